"""Finds clients that answer no pings any more."""

from collections.abc import Callable
from typing import Generic, TypeVar

from ticker.core.hub import Hub
from ticker.node.heartbeats import SILENT_HEARTBEATS, HeartbeatListener, Heartbeats

M = TypeVar("M", bound=HeartbeatListener)


class SilentClients(Generic[M]):
    """Looks through the members of `hub` only when one of them may be silent for too long.

    A look at 18,000 members takes 3 ms, and 13 where many workers share a core and its caches; news waits for it.
    `seconds` is the node's heartbeat interval; a member for which `is_lagging` is true does not read, so it cannot
    answer.
    """

    def __init__(self, hub: Hub[M], heartbeats: Heartbeats[M], seconds: float, is_lagging: Callable[[M], bool]) -> None:
        self._hub = hub
        self._heartbeats = heartbeats
        self._seconds = seconds
        self._is_lagging = is_lagging
        self.next_look = 0.0
        """No member can be silent for too long before this time (steady clock)."""

    def find(self, now: float) -> list[M]:
        """Returns the members that have been silent for too long; an empty list before `next_look`."""
        if now < self.next_look:
            return []
        silent, usual = list[M](), self._seconds * SILENT_HEARTBEATS
        # Members that join later, or choose a shorter interval, are heard then: they are not silent before that.
        next_look = now + usual
        for member in self._hub.members():
            last_heard, chosen = member.last_heard, member.subscription.heartbeat
            due = last_heard + (usual if chosen <= self._seconds else chosen * SILENT_HEARTBEATS)
            if now < due:
                next_look = min(next_look, due)
            elif not self._is_lagging(member):
                if self._heartbeats.was_asked_twice(chosen, last_heard, now):
                    silent.append(member)
                else:
                    next_look = min(next_look, now + self._heartbeats.grace(chosen))
        self.next_look = next_look
        return silent
