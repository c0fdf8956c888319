"""Heartbeats at the node's interval, and at the intervals that clients chose with `heartbeat=`.

Clients with the same interval share their heartbeats; a client that chose none costs nothing here.
"""

import math
import random
from collections.abc import Callable, Iterator
from typing import Final, Generic, Protocol, TypeVar

from ticker.core.frame import Encoded, Format
from ticker.core.hub import FORMATS, Delivery, Hub
from ticker.core.joins import Subscription
from ticker.node.rounds import Listener, Rounds

# Share of the promised interval after which a heartbeat is sent, so that a busy loop still keeps the promise.
SHARE: Final = 0.9
# A client answers each ping. Two missed ones and some grace (33 s at the default of 15) mean that it is gone.
SILENT_HEARTBEATS: Final = 2.25
# Keys in place of a number of seconds.
_NODE: Final = 0
EVERYONE: Final = -1


class HeartbeatListener(Listener, Protocol):
    """What heartbeats need of a member."""

    subscription: Subscription
    form: Format
    last_heard: float


M = TypeVar("M", bound=HeartbeatListener)


class Heartbeats(Generic[M]):
    """Knows when which heartbeat is due, and its members; `encode` makes the message when its round begins."""

    def __init__(
        self,
        hub: Hub[M],
        rounds: Callable[[], Rounds[M]],
        seconds: float,
        steady: Callable[[], float],
        encode: Callable[[], Encoded],
    ) -> None:
        self._hub = hub
        self._rounds = rounds
        self._seconds = seconds
        self._steady = steady
        self._encode = encode
        self._members: dict[int, tuple[set[M], ...]] = {}
        """Members with an interval of their choice, by seconds and format."""
        self._due: dict[int, float] = {_NODE: self._first_due(seconds)}
        """The latest time for the next heartbeat, by seconds (steady clock)."""
        self._waiting: set[int] = set()
        """Heartbeats that wait for the end of earlier rounds."""
        self._round_times: dict[int, tuple[float, float, float]] = {}
        """When the last two heartbeats that are written to all began, and when the later one ended, by seconds."""

    @property
    def intervals(self) -> list[int]:
        """The intervals that connected clients chose, in seconds."""
        return sorted(self._members)

    def join(self, member: M) -> None:
        """Adds `member` if its subscription has an interval."""
        seconds = member.subscription.heartbeat
        if seconds:
            if seconds not in self._members:
                self._members[seconds] = tuple(set() for _ in FORMATS)
                self._due[seconds] = self._first_due(seconds)
            self._members[seconds][member.form].add(member)

    def leave(self, member: M) -> None:
        """Removes `member`."""
        seconds = member.subscription.heartbeat
        if seconds in self._members:
            self._members[seconds][member.form].discard(member)
            if not any(self._members[seconds]):
                del self._members[seconds], self._due[seconds]
                self._round_times.pop(seconds, None)

    def was_asked_twice(self, seconds: int, since: float, now: float) -> bool:
        """Whether clients with the interval `seconds` were sent two heartbeats after `since`, with time to answer.

        Time alone does not tell: a node that is busy with joins sends its heartbeats late.
        """
        last_but_one, _, ended = self._round_times.get(seconds, (-math.inf, -math.inf, math.inf))
        return since < last_but_one and now - ended >= self.grace(seconds)

    def grace(self, seconds: int) -> float:
        """The time in which a client answers its second heartbeat, in seconds."""
        return (seconds or self._seconds) * (SILENT_HEARTBEATS - 2)

    def begin_due(self, next_look: float) -> None:
        """Sends every heartbeat that is due before `next_look`, the time of the next call."""
        now = self._steady()
        for seconds, due in tuple(self._due.items()):
            if due < next_look:
                self._due[seconds] = now + (seconds or self._seconds) * SHARE
                self.begin(seconds)

    def begin(self, seconds: int) -> None:
        """Sends the heartbeat of `seconds`, now or after the rounds that wait."""
        if seconds not in self._waiting and EVERYONE not in self._waiting:
            self._waiting.add(seconds)
            self._rounds().begin(lambda: self._round(seconds))

    def _round(self, seconds: int) -> Iterator[Delivery[M]]:
        self._waiting.discard(seconds)
        encoded, began = self._encode(), self._steady()
        is_over = self._rounds().is_over
        if seconds > _NODE:
            yield from self._chosen(seconds, encoded, is_over)
        else:
            if seconds == _NODE:
                self._exclude_chosen()
            yield from self._hub.broadcast(encoded, is_over, None if seconds == EVERYONE else seconds)
        last = self._round_times.get(seconds, (-math.inf, -math.inf, -math.inf))[1]
        self._round_times[seconds] = last, began, self._steady()

    def _chosen(self, seconds: int, encoded: Encoded, is_over: Callable[[M], bool]) -> Iterator[Delivery[M]]:
        for form, members in zip(FORMATS, self._members.get(seconds, ()), strict=False):
            if form is Format.SSE_SHARED:
                if members:
                    yield from self._hub.broadcast_to_streams(encoded, is_over, seconds)
            elif members:
                yield Delivery(tuple(members), encoded.bytes_for(form), 1)

    def _exclude_chosen(self) -> None:
        # A member with the number of the round is not written to in it.
        number = self._rounds().number
        for formats in self._members.values():
            for members in formats:
                for member in members:
                    member.last_round = number

    def _first_due(self, seconds: float) -> float:
        # Workers start together. At one moment for all of them, news would wait for all their heartbeats.
        return self._steady() + seconds * SHARE * random.uniform(0.2, 1.0)
