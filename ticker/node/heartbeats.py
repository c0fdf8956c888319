"""Heartbeats: the node's own, and those of clients that asked for another number of seconds.

A client that did not ask costs nothing here; those that asked for the same number share their heartbeats.
"""

import random
from collections.abc import Callable, Iterator
from typing import Final, Generic, Protocol, TypeVar

from ticker.core.frame import Encoded, Format
from ticker.core.hub import FORMATS, Delivery, Hub
from ticker.core.joins import Subscription
from ticker.node.rounds import Listener, Rounds

# Slightly under the interval that was promised, so that a busy loop still keeps it.
SHARE: Final = 0.9
# In place of a number of seconds.
_NODE: Final = 0
EVERYONE: Final = -1


class HeartbeatListener(Listener, Protocol):
    """A member, as heartbeats see it."""

    subscription: Subscription
    form: Format


M = TypeVar("M", bound=HeartbeatListener)


class Heartbeats(Generic[M]):
    """When heartbeats are due, and for whom; `words` makes one when its round begins."""

    def __init__(
        self,
        hub: Hub[M],
        rounds: Callable[[], Rounds[M]],
        seconds: float,
        steady: Callable[[], float],
        words: Callable[[], Encoded],
    ) -> None:
        self._hub = hub
        self._rounds = rounds
        self._seconds = seconds
        self._steady = steady
        self._words = words
        self._members: dict[int, tuple[set[M], ...]] = {}
        """Those that asked for their own, by seconds and format."""
        self._due: dict[int, float] = {_NODE: self._first_due(seconds)}
        """The latest time for the next heartbeat, by seconds (steady clock)."""
        self._waiting: set[int] = set()
        """What is to be said when the rounds that began before are over."""

    @property
    def intervals(self) -> list[int]:
        """The seconds that connected clients asked for."""
        return sorted(self._members)

    def join(self, member: M) -> None:
        """Lets `member` have its own heartbeats if it asked for them."""
        seconds = member.subscription.heartbeat
        if seconds:
            if seconds not in self._members:
                self._members[seconds] = tuple(set() for _ in FORMATS)
                self._due[seconds] = self._first_due(seconds)
            self._members[seconds][member.form].add(member)

    def leave(self, member: M) -> None:
        """Forgets `member`."""
        seconds = member.subscription.heartbeat
        if seconds in self._members:
            self._members[seconds][member.form].discard(member)
            if not any(self._members[seconds]):
                del self._members[seconds], self._due[seconds]

    def begin_due(self, next_look: float) -> None:
        """Says every heartbeat that would be late at `next_look`, when this is called again."""
        now = self._steady()
        for seconds, due in tuple(self._due.items()):
            if due < next_look:
                self._due[seconds] = now + (seconds or self._seconds) * SHARE
                self.begin(seconds)

    def begin(self, seconds: int) -> None:
        """Says the heartbeat of `seconds`, now or after what is being written."""
        if seconds not in self._waiting and EVERYONE not in self._waiting:
            self._waiting.add(seconds)
            self._rounds().begin(lambda: self._round(seconds))

    def _round(self, seconds: int) -> Iterator[Delivery[M]]:
        self._waiting.discard(seconds)
        encoded = self._words()
        if seconds > _NODE:
            return self._own(seconds, encoded)
        if seconds == _NODE:
            self._pass_by_others()
        return self._hub.broadcast(encoded)

    def _own(self, seconds: int, encoded: Encoded) -> Iterator[Delivery[M]]:
        for form, members in zip(FORMATS, self._members.get(seconds, ()), strict=False):
            if members:
                yield Delivery(tuple(members), encoded.bytes_for(form), 1)

    def _pass_by_others(self) -> None:
        # Whoever bears the number of the round is not written to in it.
        number = self._rounds().number
        for formats in self._members.values():
            for members in formats:
                for member in members:
                    member.last_round = number

    def _first_due(self, seconds: float) -> float:
        # Workers begin together; with one beat for all of them, on one machine, news would wait for all their beats.
        return self._steady() + seconds * SHARE * random.uniform(0.2, 1.0)
