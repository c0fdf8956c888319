"""The node: what the reader tells it, who is connected, and what they get; it owns no socket and no task.

The reader calls in from one side, connections from the other; every call is plain, so that one is over before the
next begins. The clocks are given: `wall` in seconds since 1970, `steady` for durations.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Protocol

import structlog

from ticker.contract import message
from ticker.contract.cursor import entry_check
from ticker.contract.entry import Entry
from ticker.contract.item import moment
from ticker.contract.site import Site
from ticker.core.backlog import Backlog
from ticker.core.filter import Filter
from ticker.core.frame import Encoded, Format
from ticker.core.hub import Delivery, Group, Hub
from ticker.core.joins import Joins, Subscription
from ticker.edge.metrics import NodeMetrics
from ticker.edge.query import Questions
from ticker.settings import TickerSettings
from ticker.stream import Position

# Long replays that are being read, all together; who asks for one beyond it gets a snapshot with complete: false.
HELD_LIMIT_BYTES: Final = 64 << 20

log = structlog.get_logger()


class Member(Protocol):
    """A live connection, as the node sees it."""

    transport_name: str
    asked: Subscription
    form: Format
    heard: float
    """When the client last said something, by the steady clock; infinity where it cannot speak."""

    def offer(self, data: bytes) -> None:
        """Writes `data`, or leaves it to the catching-up if the client is behind."""

    def beat(self, data: bytes) -> None:
        """Writes a heartbeat, or nothing if the client is behind."""

    def behind_for(self, now: float) -> float:
        """Seconds since its buffer was full and not caught up again; 0 when it keeps up."""

    def farewell(self, code: int, reason: str, reconnect: float | None = None) -> None:
        """Says bye where `reconnect` is given, closes, and leaves."""

    def abort(self) -> None:
        """Ends it at once; what is in its buffer is thrown away."""


class Knocker(Protocol):
    """A connection that has not said what it wants."""

    def show_out(self) -> None:
        """Ends it."""


class Node:
    """One node's state. `lost` is why the stream is away, None while it answers."""

    def __init__(
        self,
        settings: TickerSettings,
        site: Site,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self.site = site
        self.questions = Questions(site)
        self.wall = wall
        self.steady = steady
        self.metrics = NodeMetrics()
        self.backlog = Backlog(settings.stream_length)
        self.hub: Hub[Member] = Hub(self.backlog)
        self.joins = Joins(self.backlog, settings.heartbeat_seconds)
        self.lost: str | None = "the stream has not been read yet"
        self.filled = False
        self.draining = False
        self.leaving: dict[Member, float] = {}
        """Those told to close, and when their patience ends (steady clock)."""
        self.behind: set[Member] = set()
        self.knocking: dict[Knocker, float] = {}
        """Connections without a whole request yet, and when their patience ends (steady clock)."""
        self.polls = 0
        """Long polls that wait; each holds a socket like any connection."""
        self.room = settings.max_connections
        """How many may be here at once."""
        self._held: dict[int, int] = {}
        self.held_bytes = 0
        """Bytes of long first messages that somebody has not wholly taken, shared ones once."""
        self._answered = steady()
        self._arrival: asyncio.Future[None] | None = None
        self._named: set[str] = set()

    # What connections ask

    @property
    def stale(self) -> bool:
        """Whether what is shown may be old because the stream does not answer."""
        return self.lost is not None

    def refusal(self) -> str | None:
        """Why no join can be taken now, as a sentence for the client, or None."""
        if self.draining:
            return "This node is stopping; come back in a moment and another will answer."
        if not self.filled:
            return "This node is starting; come back in a moment."
        if len(self.hub) + self.polls >= self.room:
            return "This node is full; come back in a moment."
        return None

    def join(self, member: Member) -> tuple[Encoded, Group[Member]]:
        """The first message for `member`, who gets everything after it from now on."""
        first = self.joins.first(member.asked, self.wall(), stale=self.stale)
        if len(first.message.body) > self.settings.write_limit_bytes and self.held_bytes > HELD_LIMIT_BYTES:
            asked = member.asked
            first = self.joins.snapshot(asked.wanted, asked.backlog, self.wall(), complete=False, stale=self.stale)
        kind = first.message.kind
        lost = kind == "snapshot" and member.asked.cursor is not None
        self.metrics.joins.labels(member.transport_name, "lost" if lost else kind).inc()
        self.metrics.connections.labels(member.transport_name).inc()
        return first, self.hub.join(member, member.asked.wanted, member.form)

    def leave(self, member: Member, group: Group[Member]) -> None:
        """Forgets `member`."""
        self.hub.leave(member, group, member.form)
        self.behind.discard(member)
        self.leaving.pop(member, None)
        self.metrics.connections.labels(member.transport_name).dec()

    def hold(self, data: bytes) -> None:
        """Counts a long first message that somebody has not wholly taken; the same bytes count once."""
        held = self._held.get(id(data), 0)
        self._held[id(data)] = held + 1
        self.held_bytes += 0 if held else len(data)

    def release(self, data: bytes) -> None:
        """The other end of `hold`."""
        held = self._held.pop(id(data)) - 1
        if held:
            self._held[id(data)] = held
        else:
            self.held_bytes -= len(data)

    def owed(self, wanted: Filter, entries: Sequence[Entry], form: Format) -> Iterator[tuple[Entry, bytes]]:
        """The live messages of `entries` for one who was behind, in order, each with its entry."""
        for entry in entries:
            if self.backlog.matches(wanted, entry):
                yield entry, self._live(entry).bytes_for(form)

    async def arrival(self, limit: float) -> None:
        """Waits for the next entry, of whatever filter, at most `limit` seconds."""
        if self._arrival is None or self._arrival.done():
            self._arrival = asyncio.get_running_loop().create_future()
        await asyncio.wait([self._arrival], timeout=limit)

    # What the reader says (ticker.reader.Sink)

    def follows(self, entry: Entry) -> bool:
        return self.backlog.follows(entry)

    def place(self) -> tuple[str, int]:
        return self.backlog.newest.epoch, self.backlog.newest.seq

    def turn(self) -> None:
        self._answered = self.steady()
        if self.lost is not None:
            log.info("stream followed", seq=self.backlog.newest.seq)
            self.lost = None
            self.beat()

    def away(self, reason: str) -> None:
        fresh = self.lost is None
        self.lost = reason
        if fresh:
            self.beat()

    def poison(self, reason: str) -> None:
        self.metrics.poison.labels(reason).inc()
        if reason not in self._named:
            self._named.add(reason)
            log.error("entry skipped; further ones of this kind are only counted", reason=reason)

    def arrived(self, entries: Sequence[Entry]) -> None:
        length = self.settings.stream_length
        # No more at once than is held: an entry goes also to those who saw an earlier version, which must be known.
        for start in range(0, len(entries), length):
            part = entries[start : start + length]
            for entry in part:
                self.backlog.add(entry)
            self._send(self.hub.deliveries([(entry, self._live(entry)) for entry in part]))
        self.metrics.entries.inc(len(entries))
        now = self.wall()
        for entry in entries:
            # Two clocks: that of Redis and this one; a skew must not make a negative latency.
            self.metrics.latency.observe(max(0.0, now - entry.added))
        self.wake()

    def canary(self, entry: Entry) -> None:
        live = message.live(self.backlog.newest, entry.item_json)
        self._send(self.hub.canary(Encoded(live, entry.item.version_created)))

    def rebuilt(self, entries: Sequence[Entry], position: Position) -> None:
        before = self.backlog.newest
        # Alike on every node where the stream has an entry there; where it has none, nothing can tell two losses apart.
        proof = entry_check(position.last_id or secrets.token_bytes(8), b"")
        self.backlog.rebuild(entries, position.epoch, position.seq, proof)
        if not self.filled:
            self.filled = True
        elif self.backlog.holds(before):
            missed = self.backlog.since(before)
            self._send(self.hub.deliveries([(entry, self._live(entry)) for entry in missed]))
        else:
            self.metrics.rebuilds.inc()
            self._resnap()
        self.wake()

    def time_text(self) -> str:
        """Now, as messages say it."""
        return moment(self.wall())

    # What the sweep and the drain ask

    def beat(self) -> None:
        """A heartbeat for everyone, now."""
        encoded = Encoded(*self._heartbeat())
        for delivery in self.hub.everyone(encoded):
            for member in tuple(delivery.members):
                member.beat(delivery.data)

    def gauge(self) -> None:
        """Brings the metrics that are states up to date."""
        self.metrics.stale.set(self.stale)
        self.metrics.lag.set(self.steady() - self._answered)
        self.metrics.backlog.set(len(self.backlog))
        self.metrics.behind.set(len(self.behind))

    def _heartbeat(self) -> tuple[message.Message, str]:
        now = self.time_text()
        return message.heartbeat(self.backlog.newest, time=now, stale=self.stale), now

    def _live(self, entry: Entry) -> Encoded:
        return Encoded(message.live(entry.cursor, entry.item_json), entry.item.version_created)

    def _resnap(self) -> None:
        # The place is lost for everyone: what they show may be wrong, so each gets its list anew, and is told.
        for member in self.hub.members():
            asked = member.asked
            snapshot = self.joins.snapshot(asked.wanted, asked.backlog, self.wall(), complete=False, stale=self.stale)
            member.offer(snapshot.bytes_for(member.form))

    def _send(self, deliveries: Iterable[Delivery[Member]]) -> None:
        for members, data, entries in deliveries:
            # A tuple, because a write that fails may make a member leave.
            for member in tuple(members):
                try:
                    member.offer(data)
                except Exception:
                    # One broken connection must not cost those after it this entry: it is never offered again.
                    log.exception("connection failed")
                    member.abort()
            self.metrics.deliveries.inc(entries * len(members))
            self.metrics.bytes.inc(len(data) * len(members))

    def wake(self) -> None:
        """Lets everyone who waits for an arrival look again."""
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)
