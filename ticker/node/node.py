"""The node: its connections of every kind, who may join, and what a connection gets first; it owns no socket."""

import time
from collections.abc import Callable, Iterator
from typing import Final

from ticker.contract.cursor import Cursor
from ticker.contract.entry import Entry
from ticker.contract.site import Site
from ticker.core.filter import Filter
from ticker.core.frame import Encoded, Format
from ticker.core.hub import Group
from ticker.core.joins import DEFAULT_BACKLOG, Subscription
from ticker.core.paint_budget import PaintBudget
from ticker.core.query_cache import QueryCache
from ticker.node.address_counts import AddressCounts
from ticker.node.broadcast import Broadcast, encoded_item
from ticker.node.http_connections import HttpConnections, Pending
from ticker.node.lookups import Lookups
from ticker.node.silent_clients import SilentClients
from ticker.node.subscriber import Subscriber
from ticker.node.unsent import UnsentBytes
from ticker.node.window_faults import WindowFaults
from ticker.settings import TickerSettings
from ticker.shared.http.read_budget import ReadBudget
from ticker.shared.http.request_queue import RequestQueue
from ticker.shared.process.tasks import Tasks

READER: Final = "reader"


class Node(Broadcast):
    """The state of one node. Connections call it, as the reader calls `Broadcast`; no call awaits anything."""

    def __init__(
        self,
        settings: TickerSettings,
        site: Site,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(settings, wall, steady)
        self.site = site
        self.questions = QueryCache(site)
        self.tasks = Tasks(self._task_ended)
        """The tasks that run as long as the node."""
        self.draining = False
        self.drains_at_once = False
        """Whether a drain closes all connections without spreading them over time."""
        self.closing: dict[Subscriber, float] = {}
        """Connections that were told to close, and when they are aborted (steady clock)."""
        self.lagging: set[Subscriber] = set()
        self.silent_clients: SilentClients[Subscriber] = SilentClients(
            self.hub, self.heartbeats, settings.heartbeat_seconds, self.lagging.__contains__
        )
        self.pending: dict[Pending, float] = {}
        """Connections without a complete request, and when each expires (steady clock)."""
        self.http_connections = HttpConnections(self.pending)
        self.lookups = Lookups()
        self.read_budget = ReadBudget(steady, is_paused=self.work_queue.is_paused)
        self.request_queue = RequestQueue(is_paused=self.work_queue.is_paused)
        self.entering = 0
        """Joins in the work queue."""
        self.polls = 0
        """Long polls that wait; each has a socket like any live connection."""
        self.capacity = settings.max_connections
        """The most live connections and waiting long polls."""
        self.address_counts = AddressCounts(settings.address_connections)
        self.paint_budget = PaintBudget()
        self.window_faults = WindowFaults(steady)
        self.unsent = UnsentBytes()
        # Connections share the two numbers, because an integer of its own costs a connection 32 bytes.
        self.write_limits = (settings.write_limit_bytes, settings.write_limit_bytes // 4)
        """The sizes of a connection's buffer, in bytes, at which it begins and ends lagging."""

    def refusal(self, address: str = "", waiting: int = 0) -> str | None:
        """A sentence for the client if no join from `address` is accepted now, or None.

        `waiting` is the number of its joins that `entering` counts already.
        """
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

    def may_answer(self, subscription: Subscription) -> bool:
        """Whether `subscription` may be answered in this iteration of the loop, ahead of the work queue."""
        if self.work_queue.is_free or (not self.work_queue.exhausted and self.joins.is_short(subscription)):
            return True
        return self.joins.cached(subscription, self.wall(), stale=self.stale) is not None

    def first_message(self, subscription: Subscription) -> Encoded:
        """The message that opens a connection; a snapshot replaces a long replay while too many bytes are unsent."""
        # Only for a cursor that really waits: a forged one could make the node write a whole round without a pause.
        if subscription.cursor is not None and self._waiting_entries.holds(subscription.cursor):
            self.rounds.finish()
        first = self.joins.first_message(subscription, self.wall(), stale=self.stale)
        if first.message.items and self.unsent.is_full:
            # Ten items: mostly short enough for one write.
            complete = subscription.cursor is None
            return self.joins.snapshot(
                subscription, self.wall(), complete=complete, stale=self.stale, limit=DEFAULT_BACKLOG
            )
        return first

    def first_message_for(self, member: Subscriber, subscription: Subscription, *, has_lost: bool = False) -> Encoded:
        """The first message of `member`, which is counted; if it `has_lost` its position, a cursor gets a snapshot."""
        if has_lost and subscription.cursor is not None:
            first = self.joins.snapshot(subscription, self.wall(), complete=False, stale=self.stale)
        else:
            first = self.first_message(subscription)
        self.metrics.count_join(member.transport_name, first.message.kind, resumes=subscription.cursor is not None)
        return first

    def join(self, member: Subscriber) -> Group[Subscriber]:
        """Adds `member`, which gets every later round; the caller sends its first message."""
        self.metrics.connections.counts[member.transport_name,] += 1
        # Its first message has everything that the round under way brings.
        member.last_round = self.rounds.number
        self.address_counts.add(member.address)
        if member.subscription.heartbeat:
            self.heartbeats.join(member)
        return self.hub.join(member, member.subscription.filter, member.form, member.subscription.heartbeat)

    def leave(self, member: Subscriber, group: Group[Subscriber]) -> None:
        """Removes `member` from `group` and from everything that counts it."""
        self.hub.leave(member, group, member.form)
        self.address_counts.remove(member.address)
        if member.subscription.heartbeat:
            self.heartbeats.leave(member)
        self.lagging.discard(member)
        self.closing.pop(member, None)
        self.metrics.connections.counts[member.transport_name,] -= 1

    def caught_up(self, member: Subscriber, group: Group[Subscriber]) -> None:
        """Notes that `member` has everything up to the newest entry, by messages of its own."""
        self.lagging.discard(member)
        # It has the entries of the round under way.
        member.last_round = self.rounds.number
        self.hub.restart(member, group, member.form)

    def replay(self, filter_: Filter, cursor: Cursor, form: Format) -> Iterator[tuple[Entry, bytes]]:
        """Every entry after a `cursor` that the backlog holds, with its message, for a client that lagged."""
        for entry, public in self.backlog.replay(filter_, cursor):
            yield entry, encoded_item(entry, public).bytes_for(form)

    def _task_ended(self, name: str) -> None:
        self.metrics.task_restarts.labels(name).inc()
        if name == READER:
            self.mark_stale("the task that reads the stream ended; it is started again")
