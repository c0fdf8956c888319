"""A rolling restart: each child gets a successor on its own socket, and goes when that one is ready.

1. One after another: at most one process more than usual, and one that drains.
2. The successor serves the same listening socket, so that no connection waits in a queue which somebody closes. It
   accepts when it could answer, and only then the old one stops accepting.
3. A successor that ends or is not ready in time leaves the old one, and all after it, as they are.
"""

import signal
import time
from collections.abc import Callable

from flashwire.service.children import Child, ending


class Rolling:
    """Restarts of `children`, whose places in that list their successors take; it never sleeps."""

    def __init__(
        self,
        children: list[Child],
        successor: Callable[[Child], Child],
        notice: Callable[[str], None],
        *,
        ready_seconds: float,
        leave_seconds: float,
    ) -> None:
        self._children = children
        self._make = successor
        self._notice = notice
        self._ready_seconds = ready_seconds
        self._leave_seconds = leave_seconds
        self._waiting: list[Child] = []
        self._successor: Child | None = None
        self._leaving: Child | None = None
        self._limit = 0.0
        self._done = 0
        self.active = False

    @property
    def beside(self) -> list[Child]:
        """Processes that run beside those in the list: a successor that is starting, a predecessor that drains."""
        return [child for child in (self._successor, self._leaving) if child is not None]

    def begins(self, child: Child) -> bool:
        """Whether a successor of `child` is starting, which opens their socket when it is ready."""
        return self._successor is not None and self._successor.part is child.part

    def begin(self) -> None:
        """All of them, from now on."""
        self._waiting = list(self._children)
        self._done = 0
        self.active = True
        self._notice(f"Rolling restart of {_workers(len(self._waiting))}, one after another.")

    def abandon(self) -> None:
        """The service stops: one that is only starting has no clients to send away."""
        if self._successor is not None:
            self._successor.signal(signal.SIGKILL)

    def turn(self) -> None:
        """Does what is due; call it often while `active`."""
        now = time.monotonic()
        if self._leaving is not None:
            self._leave(self._leaving, now)
        elif self._successor is not None:
            self._look(self._successor, now)
        elif self._waiting:
            self._begin_next(self._make(self._waiting[0]), now)
        elif self.active:
            self.active = False
            if self._done:
                self._notice(f"Rolling restart done: {_workers(self._done)} new.")

    def _begin_next(self, successor: Child, now: float) -> None:
        try:
            successor.start(has_predecessor=True)
        except OSError as error:
            self._give_up(successor, f"cannot be started ({error.strerror})")
        else:
            self._successor = successor
            self._limit = now + self._ready_seconds

    def _leave(self, child: Child, now: float) -> None:
        if child.reap() is not None:
            self._leaving = None
        elif now > self._limit:
            child.signal(signal.SIGKILL)

    def _look(self, successor: Child, now: float) -> None:
        status = successor.reap()
        if status is not None:
            self._give_up(successor, f"ended ({ending(status)}) before it was ready")
        elif successor.ready:
            self._replace(self._waiting.pop(0), successor, now)
        elif now > self._limit:
            successor.signal(signal.SIGKILL)
            self._leaving = successor
            self._give_up(successor, f"was not ready within {self._ready_seconds:.0f} s")

    def _replace(self, old: Child, successor: Child, now: float) -> None:
        self._children[self._children.index(old)] = successor
        self._successor = None
        self._done += 1
        if successor.part.shared is not None:
            successor.part.shared.count("flashwire_worker_restarts", reason="rolled")
        # One that had just ended by itself is not there to leave.
        if old.pid:
            if old.slot is not None:
                old.slot.mark_retiring()
            old.signal(signal.SIGTERM)
            self._leaving = old
            self._limit = now + self._leave_seconds

    def _give_up(self, successor: Child, why: str) -> None:
        self._notice(f"The new {successor.part.name} {why}; the old one stays, and so do those after it.")
        self._successor = None
        self._waiting = []


def _workers(count: int) -> str:
    return "1 worker" if count == 1 else f"{count} workers"
