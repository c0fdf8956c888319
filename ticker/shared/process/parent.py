"""Ends child processes with their parent, also if the parent is killed with SIGKILL.

On Linux the kernel does it (PR_SET_PDEATHSIG, prctl(2)). Elsewhere a small guard process reads from a pipe of which
only the parent has the write end: when the parent ends, the guard gets EOF.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
# Loaded before any fork: in a forked child, loading a library could wait for a lock that no thread will release.
_libc: Final = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def kernel_guards() -> bool:
    """Whether the kernel ends children with their parent here."""
    return _libc is not None


def die_with(parent: int) -> None:
    """Call this in a new child: the kernel kills it when the thread that forked it ends, also if that has happened."""
    if _libc is None:
        return
    # SIGKILL, not SIGTERM: no confirmed item is lost, and a draining process would keep its port.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


class Guard:
    """Kills one child when this process ends, if the kernel does not. Call `release` when the child has ended."""

    _ends: Final[set[int]] = set()

    def __init__(self, child: int) -> None:
        read, self._write = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            _watch(read, child)
        os.close(read)
        Guard._ends.add(self._write)

    def release(self) -> None:
        """Ends the guard without a signal: another process may have the child's number by now."""
        os.write(self._write, b".")
        os.close(self._write)
        Guard._ends.discard(self._write)
        os.waitpid(self._pid, 0)

    @classmethod
    def close_ends(cls) -> None:
        """Call this in a forked child: closes the pipe of every guard, which only the parent may have open."""
        for end in cls._ends:
            os.close(end)
        cls._ends.clear()


def guard(child: int, *, kernel: Callable[[], bool] = kernel_guards) -> Guard | None:
    """Returns a guard for `child`, or None if the kernel does its work."""
    return None if kernel() else Guard(child)


def _watch(read: int, child: int) -> None:
    try:
        os.setpgid(0, 0)
        # The write end, the lock and every listening socket must not stay open as long as this process.
        os.closerange(3, read)
        os.closerange(read + 1, os.sysconf("SC_OPEN_MAX"))
        if not os.read(read, 1):
            os.kill(child, signal.SIGKILL)
    finally:
        os._exit(0)
