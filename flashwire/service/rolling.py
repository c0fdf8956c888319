"""A rolling restart: each child is replaced by a successor on the same socket.

1. One child after another: at most one additional process, and one that drains.
2. The successor serves the same listening socket, so no pending connection is lost. It accepts when it is ready, and
   only then the old process stops accepting.
3. If a successor ends or is not ready in time, the old process and all that follow stay as they are.
"""

import signal
import time
from collections.abc import Callable

from flashwire.service.children import ChildProcess, describe_exit


class Rolling:
    """Restarts `children`; each successor takes the index of its predecessor in that list. No method blocks."""

    def __init__(
        self,
        children: list[ChildProcess],
        successor: Callable[[ChildProcess], ChildProcess],
        notice: Callable[[str], None],
        *,
        ready_seconds: float,
        end_seconds: float,
    ) -> None:
        self._children = children
        self._make_successor = successor
        self._notice = notice
        self._ready_seconds = ready_seconds
        self._end_seconds = end_seconds
        self._to_replace: list[ChildProcess] = []
        self._successor: ChildProcess | None = None
        self._draining: ChildProcess | None = None
        self._deadline = 0.0
        self._replaced_count = 0
        self.is_active = False

    @property
    def extra_children(self) -> list[ChildProcess]:
        """Processes that are not in the list: a successor that is starting, a predecessor that drains."""
        return [child for child in (self._successor, self._draining) if child is not None]

    def is_replacing(self, child: ChildProcess) -> bool:
        """Whether a successor of `child` is starting, which will open their socket."""
        return self._successor is not None and self._successor.spec is child.spec

    def start(self) -> None:
        """Begins to replace every child."""
        self._to_replace = list(self._children)
        self._replaced_count = 0
        self.is_active = True
        self._notice(f"Rolling restart of {_workers(len(self._to_replace))}, one after another.")

    def cancel(self) -> None:
        """Kills a successor that is starting, which has no clients yet. For a service that stops."""
        if self._successor is not None:
            self._successor.signal(signal.SIGKILL)

    def step(self) -> None:
        """Does the next part of the restart, if its time has come; call it often while `is_active`."""
        now = time.monotonic()
        if self._draining is not None:
            self._wait_for_end(self._draining, now)
        elif self._successor is not None:
            self._check_successor(self._successor, now)
        elif self._to_replace:
            self._start_successor(self._make_successor(self._to_replace[0]), now)
        elif self.is_active:
            self.is_active = False
            if self._replaced_count:
                self._notice(f"Rolling restart done: {_workers(self._replaced_count)} new.")

    def _start_successor(self, successor: ChildProcess, now: float) -> None:
        try:
            successor.start(has_predecessor=True)
        except OSError as error:
            self._give_up(successor, f"cannot be started ({error.strerror})")
        else:
            self._successor = successor
            self._deadline = now + self._ready_seconds

    def _wait_for_end(self, child: ChildProcess, now: float) -> None:
        if child.reap() is not None:
            self._draining = None
        elif now > self._deadline:
            child.signal(signal.SIGKILL)

    def _check_successor(self, successor: ChildProcess, now: float) -> None:
        status = successor.reap()
        if status is not None:
            self._give_up(successor, f"ended ({describe_exit(status)}) before it was ready")
        elif successor.is_ready:
            self._replace(self._to_replace.pop(0), successor, now)
        elif now > self._deadline:
            successor.signal(signal.SIGKILL)
            self._draining = successor
            self._give_up(successor, f"was not ready within {self._ready_seconds:.0f} s")

    def _replace(self, old: ChildProcess, successor: ChildProcess, now: float) -> None:
        self._children[self._children.index(old)] = successor
        self._successor = None
        self._replaced_count += 1
        if successor.spec.shared is not None:
            successor.spec.shared.count("flashwire_worker_restarts", reason="rolled")
        # The old process may have just ended by itself.
        if old.pid:
            if old.slot is not None:
                old.slot.mark_retiring()
            old.signal(signal.SIGTERM)
            self._draining = old
            self._deadline = now + self._end_seconds

    def _give_up(self, successor: ChildProcess, reason: str) -> None:
        self._notice(f"The new {successor.spec.name} {reason}; the old one stays, and so do those after it.")
        self._successor = None
        self._to_replace = []


def _workers(count: int) -> str:
    return "1 worker" if count == 1 else f"{count} workers"
