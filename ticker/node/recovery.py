"""Recovery: everybody is brought up to date one by one after the stream's place was lost, or too much was missed.

As a round, a list for each of 3,000 filters took 15 seconds, and the next news waited for all of it. In the work queue
it goes in steps. Until its turn comes a member gets nothing, so that it never has news without the list before it.
"""

from collections import deque
from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

from ticker.contract.cursor import NO_EPOCH, Cursor
from ticker.core.hub import Hub
from ticker.node.work_queue import STEP_SECONDS, WorkQueue

# UnsentBytes by no backlog: its first entry would be numbered 1, and no stream has this epoch.
NOWHERE: Final = Cursor(NO_EPOCH, 1, "0")


class Recovering(Protocol):
    """A member, as recovery sees it."""

    def mark_lagging(self, place: Cursor) -> None:
        """Gets nothing more until `catch_up`: it stands at `place`, which may be lost."""

    def catch_up(self) -> None:
        """Is brought up to date from the backlog, as far as its buffer has room."""


R = TypeVar("R", bound=Recovering)


class Recovery(Generic[R]):
    """Catches up all members of `hub`, those of the largest groups first."""

    def __init__(self, hub: Hub[R], work: WorkQueue, steady: Callable[[], float]) -> None:
        self._hub = hub
        self._work = work
        self._steady = steady
        self._waiting: deque[R] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def begin(self, place: Cursor) -> None:
        """All who are members now stand at `place`, and come up to date as time allows."""
        under_way = bool(self._waiting)
        groups = sorted(self._hub.groups.values(), key=len, reverse=True)
        self._waiting = deque(member for group in groups for members in group.members for member in members)
        for member in self._waiting:
            member.mark_lagging(place)
        if self._waiting and not under_way:
            self._work.submit_own(self._step)

    def _step(self) -> bool:
        until = self._steady() + STEP_SECONDS
        while self._waiting:
            self._waiting.popleft().catch_up()
            if self._steady() >= until:
                break
        return not self._waiting
