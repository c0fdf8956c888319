"""What a node broadcasts: the entries that the reader passes on, canaries and heartbeats, each as a round.

The reader calls the methods of `ticker.reader.sink.Sink`. Each is an ordinary call, so one ends before the next begins.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import structlog

from ticker.contract import message
from ticker.contract.cursor import Cursor
from ticker.contract.entry import Entry
from ticker.contract.item import moment
from ticker.core.backlog import Backlog
from ticker.core.filter import Filter
from ticker.core.frame import Encoded
from ticker.core.hub import Delivery, Hub
from ticker.core.joins import Joins
from ticker.core.receipts import Receipts
from ticker.node.heartbeats import EVERYONE, Heartbeats
from ticker.node.metrics import NodeMetrics
from ticker.node.next_entry import NextEntry
from ticker.node.recovery import NOWHERE, Recovery
from ticker.node.rounds import Rounds
from ticker.node.subscriber import Subscriber
from ticker.node.waiting_entries import WaitingEntries
from ticker.node.work_queue import WorkQueue
from ticker.reader.sink import StreamContents
from ticker.settings import TickerSettings

# Missed entries times groups. Up to here what was missed is one round; above it each subscriber catches up by itself.
_MISSED_LIMIT: Final = 50_000

log = structlog.get_logger()


class Broadcast:
    """The stream as a node has it, and its subscribers. `lost` says why the stream cannot be followed, or is None.

    `wall` returns seconds since 1970, `steady` measures durations.
    """

    def __init__(self, settings: TickerSettings, wall: Callable[[], float], steady: Callable[[], float]) -> None:
        self.settings = settings
        self.wall = wall
        self.steady = steady
        self.metrics = NodeMetrics()
        self.backlog = Backlog(settings.stream_length)
        self.hub: Hub[Subscriber] = Hub(self.backlog)
        self.joins = Joins(self.backlog, settings.heartbeat_seconds, settings.paint_sample)
        self.work_queue = WorkQueue(steady)
        self.lost: str | None = "the stream has not been read yet"
        self.is_ahead = False
        """Whether it is lost because the stream holds entries that this node cannot read."""
        self.filled = False
        """Whether the stream has been read once."""
        self.next_entry = NextEntry()
        """What long polls wait for."""
        self.rounds: Rounds[Subscriber] = Rounds(steady, self._count_delivered, on_failure=self._round_failed)
        self.receipts: Receipts[Subscriber] = Receipts(self.rounds, wall, steady)
        self.heartbeats: Heartbeats[Subscriber] = Heartbeats(
            self.hub, lambda: self.rounds, settings.heartbeat_seconds, steady, self._heartbeat
        )
        self.recovery: Recovery[Subscriber] = Recovery(self.hub, self.work_queue, steady)
        self._last_answer = steady()
        self._before_round = self.backlog.newest
        """The newest entry when the round under way began."""
        self._waiting_entries = WaitingEntries(self.backlog, settings.stream_length, settings.write_limit_bytes)

    @property
    def stale(self) -> bool:
        """Whether clients may see old news: the stream does not answer, or holds entries that cannot be read."""
        return self.lost is not None

    @property
    def lag(self) -> float:
        """Seconds since the stream last answered."""
        return self.steady() - self._last_answer

    def cursor_of(self, member: Subscriber) -> Cursor:
        """The newest entry that a `member` which is not lagging has been sent.

        A member that the round under way has not reached is still at the position before that round.
        """
        return self._before_round if self.rounds.is_pending(member) else self.backlog.newest

    def time_text(self) -> str:
        """The current time, as messages write it."""
        return moment(self.wall())

    def send_heartbeat(self) -> None:
        """Sends a heartbeat to every subscriber, now or after the rounds that wait."""
        self.heartbeats.begin(EVERYONE)

    # ticker.reader.sink.Sink

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
        self._last_answer = self.steady()
        self.joins.is_incomplete = self.is_ahead = False
        if self.lost is not None:
            self.lost = None
            self.send_heartbeat()
            log.info("stream reachable", seq=self.backlog.newest.seq, formerly="stream followed")

    def mark_ahead(self, reason: str) -> None:
        self._last_answer = self.steady()
        self.joins.is_incomplete = True
        self._lose(reason, is_ahead=True)

    def mark_stale(self, reason: str) -> None:
        self._lose(reason, is_ahead=False)

    def _lose(self, reason: str, *, is_ahead: bool) -> None:
        is_new = self.lost is None
        self.lost, self.is_ahead = reason, is_ahead
        if is_new:
            self.send_heartbeat()
            # Long polls get no heartbeat.
            self.next_entry.wake()

    def count_skipped(self, reason: str) -> None:
        if self.metrics.count_poison(reason):
            log.error("entry skipped; further ones of this kind are only counted", reason=reason)

    def append(self, entries: Sequence[Entry]) -> None:
        has_waiting = bool(self._waiting_entries)
        self._waiting_entries.put(entries)
        if not has_waiting:
            self.rounds.begin(self._entries_round)
        if self._waiting_entries.is_full:
            # The stream must wait for the subscribers, or more entries would wait here than a backlog holds.
            self.rounds.finish()

    def deliver_canary(self, entry: Entry) -> None:
        self.rounds.begin(lambda: self._canary_round(entry))

    def rebuild(self, contents: StreamContents) -> None:
        self.rounds.finish()
        previous = self.backlog.newest
        position = (contents.position.epoch, contents.position.seq, contents.check, contents.doubts)
        if contents.unchanged:
            self.backlog.append_after_hole(contents.entries[contents.unchanged :], *position)
        else:
            self.backlog.rebuild(contents.entries, *position, contents.records)
        if self.backlog.hidden:
            log.error("items are not shown: their newest version cannot be read", items=len(self.backlog.hidden))
        if not self.filled:
            self.filled = True
        elif not self.backlog.can_resume(previous):
            self.metrics.rebuilds.inc()
            self._recover(previous, contents.entries)
        elif len(missed_entries := self.backlog.entries_after(previous)) * len(
            self.hub.groups
        ) > _MISSED_LIMIT or self.backlog.withholds(Filter(), previous):
            self._recover(previous, missed_entries)
        else:
            self._before_round = previous
            missed = [(entry, encoded_item(entry, public)) for entry, public in self.backlog.replay(Filter(), previous)]
            self.rounds.begin(lambda: self._receipted(missed))
        self.next_entry.wake()

    def _recover(self, position: Cursor, entries: Sequence[Entry]) -> None:
        self.recovery.begin(position)
        self.receipts.recovered(self.backlog.newest.epoch, entries, self.hub.members())

    # The rounds. Each makes its messages when it begins, so that they are true for members with all earlier rounds.

    def _entries_round(self) -> Iterator[Delivery[Subscriber]]:
        self._before_round = self.backlog.newest
        entries = self._waiting_entries.take()
        if self._waiting_entries:
            self.rounds.begin(self._entries_round)
        news = [entry for entry in entries if self.backlog.add(entry)]
        if self.backlog.hidden:
            self._report_withheld(self._before_round)
        self.next_entry.wake()
        yield from self._receipted([(entry, encoded_item(entry, entry.item_json)) for entry in news])
        self.metrics.count_entries([entry.added for entry in entries], self.wall())

    def _report_withheld(self, before: Cursor) -> None:
        """Sends an incomplete list to the members for which an entry after `before` is that may not be sent."""
        if not self.backlog.can_replay(Filter(), before):
            self.recovery.begin(NOWHERE, lambda filter_: not self.backlog.can_replay(filter_, before))

    def _receipted(self, news: Sequence[tuple[Entry, Encoded]]) -> Iterator[Delivery[Subscriber]]:
        return self.receipts.counted(news, self.hub.deliveries(news, self.rounds.is_over), self.hub.count)

    def _count_delivered(self, entries: int, sent: int) -> None:
        self.metrics.count_delivered(entries, sent)
        self.receipts.note()

    def _canary_round(self, entry: Entry) -> Iterator[Delivery[Subscriber]]:
        self._before_round = self.backlog.newest
        live = message.live(self.backlog.newest, entry.item_json)
        return self.hub.canary_deliveries(Encoded(live, entry.item.version_created), self.rounds.is_over)

    def _heartbeat(self) -> Encoded:
        self._before_round, now = self.backlog.newest, self.time_text()
        return Encoded(message.heartbeat(self._before_round, time=now, stale=self.stale), now, ping=True)

    def _round_failed(self) -> None:
        # Members that the round did not reach have a gap, and the stream does not send those entries again.
        self.recovery.begin(NOWHERE)


def encoded_item(entry: Entry, item_json: bytes) -> Encoded:
    """The live message of `entry`, with `item_json` as its item."""
    return Encoded(message.live(entry.cursor, item_json), entry.item.version_created)
