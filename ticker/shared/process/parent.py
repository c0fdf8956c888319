"""Ending with one's parent, also when that is killed with -9; it knows nothing of what runs.

On Linux the kernel does it (PR_SET_PDEATHSIG, prctl(2)). Elsewhere a small guard process holds the read end of a
pipe whose write end only the parent has: its end of file is the parent's end.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
# Looked up before any fork: between fork and exec, loading a library could wait for a lock that nobody holds any more.
_libc: Final = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def kernel_guards() -> bool:
    """Whether the kernel ends children with their parent here."""
    return _libc is not None


def die_with(parent: int) -> None:
    """In a new child: from now on the kernel kills it when the thread that forked it ends; at once if that is past."""
    if _libc is None:
        return
    # SIGKILL and not SIGTERM: nothing acknowledged is lost by it, and a process that drains would hold its port.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


class Guard:
    """Kills one child when this process ends, where the kernel does not; `release` it when the child is gone."""

    _ends: Final[set[int]] = set()

    def __init__(self, child: int) -> None:
        read, self._write = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            _watch(read, child)
        os.close(read)
        Guard._ends.add(self._write)

    def release(self) -> None:
        """Ends the guard without harm to whatever has the child's number now."""
        os.write(self._write, b".")
        os.close(self._write)
        Guard._ends.discard(self._write)
        os.waitpid(self._pid, 0)

    @classmethod
    def close_ends(cls) -> None:
        """In a forked child: lets go of every guard's pipe, which only the parent may hold."""
        for end in cls._ends:
            os.close(end)
        cls._ends.clear()


def guard(child: int, *, kernel: Callable[[], bool] = kernel_guards) -> Guard | None:
    """A guard for `child` where one is needed."""
    return None if kernel() else Guard(child)


def _watch(read: int, child: int) -> None:
    try:
        os.setpgid(0, 0)
        # Also the write end, the lock and every listening socket: none may live as long as this does.
        os.closerange(3, read)
        os.closerange(read + 1, os.sysconf("SC_OPEN_MAX"))
        if not os.read(read, 1):
            os.kill(child, signal.SIGKILL)
    finally:
        os._exit(0)
