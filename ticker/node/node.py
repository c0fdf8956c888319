"""The node: what the reader tells it, who is connected, and what they get; it owns no socket and no task.

The reader calls in from one side, connections from the other; every call is plain, so that one is over before the
next begins. The clocks are given: `wall` in seconds since 1970, `steady` for durations.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import structlog

from ticker.contract import message
from ticker.contract.cursor import Cursor
from ticker.contract.entry import Entry
from ticker.contract.item import moment
from ticker.contract.site import Site
from ticker.core.backlog import Backlog
from ticker.core.filter import Filter
from ticker.core.frame import Encoded, Format
from ticker.core.hub import Delivery, Group, Hub
from ticker.core.joins import DEFAULT_BACKLOG, Joins, Subscription
from ticker.core.query_cache import QueryCache
from ticker.node.address_counts import AddressCounts
from ticker.node.heartbeats import EVERYONE, Heartbeats
from ticker.node.http_connections import HttpConnections, Pending
from ticker.node.lookups import Lookups
from ticker.node.metrics import NodeMetrics
from ticker.node.next_entry import NextEntry
from ticker.node.recovery import NOWHERE, Recovery
from ticker.node.rounds import Rounds
from ticker.node.subscriber import Subscriber
from ticker.node.unsent import UnsentBytes
from ticker.node.waiting_entries import WaitingEntries
from ticker.node.work_queue import WorkQueue
from ticker.reader.sink import StreamContents
from ticker.settings import TickerSettings
from ticker.shared.http.read_budget import ReadBudget
from ticker.shared.http.request_queue import RequestQueue
from ticker.shared.process.tasks import Tasks

# Entries times groups up to which what was missed is a round; beyond it everybody is brought up to date one by one.
_MISSED_LIMIT: Final = 50_000
READER: Final = "reader"

log = structlog.get_logger()


class Node:
    """One node's state. `lost` is why the stream cannot be followed, None while it can."""

    def __init__(
        self,
        settings: TickerSettings,
        site: Site,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self.site = site
        self.questions = QueryCache(site)
        self.wall = wall
        self.steady = steady
        self.metrics = NodeMetrics()
        self.tasks = Tasks(self._task_ended)
        """What must run as long as the node."""
        self.backlog = Backlog(settings.stream_length)
        self.hub: Hub[Subscriber] = Hub(self.backlog)
        self.joins = Joins(self.backlog, settings.heartbeat_seconds)
        self.lost: str | None = "the stream has not been read yet"
        self.is_ahead = False
        """Whether it is lost because the stream holds entries that cannot be read."""
        self.filled = False
        self.draining = False
        self.drains_at_once = False
        """Whether a drain ends now."""
        self.closing: dict[Subscriber, float] = {}
        """Those told to close, and when their patience ends (steady clock)."""
        self.lagging: set[Subscriber] = set()
        self.pending: dict[Pending, float] = {}
        """Connections without a whole request yet, and when their patience ends (steady clock)."""
        self.http_connections = HttpConnections(self.pending)
        self.work_queue = WorkQueue(steady)
        self.lookups = Lookups()
        self.read_budget = ReadBudget(steady, is_paused=self.work_queue.is_held)
        self.request_queue = RequestQueue(is_paused=self.work_queue.is_held)
        self.entering = 0
        """Joins that wait in the work queue."""
        self.polls = 0
        """Long polls that wait; each holds a socket like any connection."""
        self.capacity = settings.max_connections
        self.address_counts = AddressCounts(settings.address_connections)
        self.unsent = UnsentBytes()
        self.next_entry = NextEntry()
        """What long polls wait for."""
        self._answered = steady()
        self.rounds: Rounds[Subscriber] = Rounds(steady, self.metrics.count_delivered, broken=self._broken)
        self._before = self.backlog.newest
        self._waiting_entries = WaitingEntries(self.backlog, settings.stream_length, settings.write_limit_bytes)
        self.heartbeats: Heartbeats[Subscriber] = Heartbeats(
            self.hub, lambda: self.rounds, settings.heartbeat_seconds, steady, self._heartbeat
        )
        self.recovery: Recovery[Subscriber] = Recovery(self.hub, self.work_queue, steady)

    # What connections ask

    @property
    def stale(self) -> bool:
        """Whether what is shown may be old: the stream does not answer, or holds entries that cannot be read."""
        return self.lost is not None

    def refusal(self, address: str = "", waiting: int = 0) -> str | None:
        """Why no join from `address` can be taken now, for the client, or None; `waiting` are counted already."""
        if self.draining:
            return "This node is stopping; come back in a moment and another will answer."
        if not self.filled:
            return "This node is starting; come back in a moment."
        if self.hub.count + self.polls + self.entering - waiting >= self.capacity:
            return "This node is full; come back in a moment."
        if self.address_counts.is_at_limit(address, self.capacity):
            self.metrics.address_refusals.inc()
            return "Too many connections to this node come from your address; close some, or come back later."
        return None

    def join(self, member: Subscriber) -> Group[Subscriber]:
        """Lets `member` have what comes from now on; its first message is for it to say."""
        self.metrics.connections.counts[member.transport_name,] += 1
        # Its first message has all that the round under way brings.
        member.last_round = self.rounds.number
        self.address_counts.add(member.address)
        if member.subscription.heartbeat:
            self.heartbeats.join(member)
        return self.hub.join(member, member.subscription.filter, member.form)

    def first_message_for(self, member: Subscriber, subscription: Subscription) -> Encoded:
        """What `first` says, counted."""
        first = self.first_message(subscription)
        self.metrics.count_join(member.transport_name, first.message.kind, resumes=subscription.cursor is not None)
        return first

    def may_answer(self, subscription: Subscription) -> bool:
        """Whether `subscription` may be answered in this iteration of the loop, past what waits in the work queue."""
        if self.work_queue.is_free or (not self.work_queue.exhausted and self.joins.is_short(subscription)):
            return True
        return self.joins.cached(subscription, self.wall(), stale=self.stale) is not None

    def first_message(self, subscription: Subscription) -> Encoded:
        """What opens a connection; a snapshot in place of a long replay where too many of those are held."""
        # Not for any cursor that is ahead: with a forged one anybody could have a whole round written in one go.
        if subscription.cursor is not None and self._waiting_entries.holds(subscription.cursor):
            self.rounds.finish()
        first = self.joins.first_message(subscription, self.wall(), stale=self.stale)
        if first.message.items and self.unsent.is_full:
            # Ten items: mostly short enough to be said at once.
            complete = subscription.cursor is None
            return self.joins.snapshot(
                subscription, self.wall(), complete=complete, stale=self.stale, limit=DEFAULT_BACKLOG
            )
        return first

    def leave(self, member: Subscriber, group: Group[Subscriber]) -> None:
        """Forgets `member`."""
        self.hub.leave(member, group, member.form)
        self.address_counts.remove(member.address)
        if member.subscription.heartbeat:
            self.heartbeats.leave(member)
        self.lagging.discard(member)
        self.closing.pop(member, None)
        self.metrics.connections.counts[member.transport_name,] -= 1

    def missed(self, wanted: Filter, after: Cursor, form: Format) -> Iterator[tuple[Entry, bytes]]:
        """The messages for a client that was behind since a good cursor, in order, each with its entry."""
        for entry, public in self.backlog.replay(wanted, after):
            yield entry, self._live(entry, public).bytes_for(form)

    def cursor_of(self, member: Subscriber) -> Cursor:
        """The newest entry that was handed to a `member` that is not behind: it may be waiting for its turn."""
        return self._before if self.rounds.is_pending(member) else self.backlog.newest

    # What the reader says (ticker.reader.sink.Sink)

    def is_next(self, entry: Entry) -> bool:
        return self._waiting_entries.is_next(entry)

    def position(self) -> tuple[str, int]:
        newest = self._waiting_entries.newest
        return newest.epoch, newest.seq

    def entries_by_cursor(self) -> dict[Cursor, Entry]:
        return {entry.cursor: entry for entry in (*self.backlog.entries(), *self._waiting_entries)}

    def is_confirmed(self) -> bool:
        return not self.backlog.hidden

    def confirm(self) -> None:
        self._answered = self.steady()
        self.joins.is_incomplete = self.is_ahead = False
        if self.lost is not None:
            self.lost = None
            self.beat()
            log.info("stream followed", seq=self.backlog.newest.seq)

    def mark_ahead(self, reason: str) -> None:
        self._answered = self.steady()
        self.joins.is_incomplete = True
        self._lose(reason, is_ahead=True)

    def mark_stale(self, reason: str) -> None:
        self._lose(reason, is_ahead=False)

    def _lose(self, reason: str, *, is_ahead: bool) -> None:
        fresh = self.lost is None
        self.lost, self.is_ahead = reason, is_ahead
        if fresh:
            self.beat()

    def count_skipped(self, reason: str) -> None:
        if self.metrics.count_poison(reason):
            log.error("entry skipped; further ones of this kind are only counted", reason=reason)

    def append(self, entries: Sequence[Entry]) -> None:
        waiting = bool(self._waiting_entries)
        self._waiting_entries.put(entries)
        if not waiting:
            self.rounds.begin(self._entries_round)
        if self._waiting_entries.is_full:
            # More than is held waits for those who are written to: the stream must wait, too.
            self.rounds.finish()

    def deliver_canary(self, entry: Entry) -> None:
        self.rounds.begin(lambda: self._canary_round(entry))

    def rebuild(self, contents: StreamContents) -> None:
        self.rounds.finish()
        before = self.backlog.newest
        place = (contents.position.epoch, contents.position.seq, contents.check, contents.doubts)
        if contents.unchanged:
            self.backlog.append_after_hole(contents.entries[contents.unchanged :], *place)
        else:
            self.backlog.rebuild(contents.entries, *place, contents.records)
        if self.backlog.hidden:
            log.error("items are not shown: their newest version cannot be read", items=len(self.backlog.hidden))
        if not self.filled:
            self.filled = True
        elif not self.backlog.can_resume(before):
            self.metrics.rebuilds.inc()
            self.recovery.begin(before)
        elif len(self.backlog.entries_after(before)) * len(self.hub.groups) > _MISSED_LIMIT:
            self.recovery.begin(before)
        else:
            self._before = before
            arrived = [(entry, self._live(entry, public)) for entry, public in self.backlog.replay(Filter(), before)]
            self.rounds.begin(lambda: self.hub.deliveries(arrived))
        self.next_entry.wake()

    def time_text(self) -> str:
        """Now, as messages say it."""
        return moment(self.wall())

    def _task_ended(self, name: str) -> None:
        self.metrics.task_restarts.labels(name).inc()
        if name == READER:
            self.mark_stale("the task that reads the stream ended; it is started again")

    # What the sweep and the drain ask

    def beat(self) -> None:
        """A heartbeat for everyone, now or after what is being written."""
        self.heartbeats.begin(EVERYONE)

    @property
    def lag(self) -> float:
        """Seconds since the stream last answered."""
        return self.steady() - self._answered

    def _live(self, entry: Entry, item_json: bytes) -> Encoded:
        return Encoded(message.live(entry.cursor, item_json), entry.item.version_created)

    # The rounds. What they say is found when they begin, so that it is true for whoever has had all before.

    def _entries_round(self) -> Iterator[Delivery[Subscriber]]:
        self._before = self.backlog.newest
        entries = self._waiting_entries.take()
        if self._waiting_entries:
            self.rounds.begin(self._entries_round)
        news = [entry for entry in entries if self.backlog.add(entry)]
        self.next_entry.wake()
        yield from self.hub.deliveries([(entry, self._live(entry, entry.item_json)) for entry in news])
        self.metrics.count_entries([entry.added for entry in entries], self.wall())

    def _canary_round(self, entry: Entry) -> Iterator[Delivery[Subscriber]]:
        self._before = self.backlog.newest
        live = message.live(self.backlog.newest, entry.item_json)
        return self.hub.canary_deliveries(Encoded(live, entry.item.version_created))

    def _heartbeat(self) -> Encoded:
        self._before, now = self.backlog.newest, self.time_text()
        return Encoded(message.heartbeat(self._before, time=now, stale=self.stale), now, ping=True)

    def _broken(self) -> None:
        # Those the round had not come to have a hole now, and the stream will not say those entries again.
        self.recovery.begin(NOWHERE)
