"""Recovery: members catch up one by one after the position in the stream was lost, or after many missed entries.

As one round, a list for each of 3,000 filters took 15 seconds, and the next news waited for it. In the work queue it
takes steps. Until a member has caught up it gets no round, so that no news comes before the list.
"""

from collections import deque
from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

from ticker.contract.cursor import NO_EPOCH, Cursor
from ticker.core.filter import Filter
from ticker.core.hub import Hub
from ticker.node.work_queue import STEP_SECONDS, WorkQueue

# A position that no backlog holds: no stream has this epoch.
NOWHERE: Final = Cursor(NO_EPOCH, 1, "0")


class Recovering(Protocol):
    """What recovery needs of a member."""

    def mark_lagging(self, position: Cursor) -> None:
        """Stops rounds for this member until `catch_up`; it is at `position`, which may be lost."""

    def catch_up(self) -> None:
        """Sends what it missed since its position from the backlog, as far as its buffer has space."""


R = TypeVar("R", bound=Recovering)


class Recovery(Generic[R]):
    """Catches up all members of `hub`, the largest groups first."""

    def __init__(self, hub: Hub[R], work_queue: WorkQueue, steady: Callable[[], float]) -> None:
        self._hub = hub
        self._work_queue = work_queue
        self._steady = steady
        self._waiting: deque[R] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def begin(self, position: Cursor, is_affected: Callable[[Filter], bool] = lambda _: True) -> None:
        """Marks every member whose filter `is_affected` as lagging since `position`; they catch up as time allows."""
        is_running = bool(self._waiting)
        groups = [group for group in self._hub.groups.values() if is_affected(group.filter)]
        groups.sort(key=len, reverse=True)
        waiting = set(self._waiting)
        for member in [member for group in groups for members in group.members for member in members]:
            member.mark_lagging(position)
            if member not in waiting:
                self._waiting.append(member)
        if self._waiting and not is_running:
            self._work_queue.submit_own(self._step)

    def _step(self) -> bool:
        until = self._steady() + STEP_SECONDS
        while self._waiting:
            self._waiting.popleft().catch_up()
            if self._steady() >= until:
                break
        return not self._waiting
