"""When a server under a parent may stop: a signal to all processes of a service must not end them out of order.

A service manager, or `pkill`, signals every process at once. The desk, the nodes and the store end in an order, by
which what was acknowledged is delivered and each reader is told to come back. So the parent writes its permission into
memory that its children share, and a child takes no SIGTERM before it stands there. A server without a parent always
may stop.
"""

import mmap
import os
import sys
import tempfile
from typing import Final

STAY: Final = 0
STOP: Final = 1
AT_ONCE: Final = 2


class Permission:
    """One byte that a parent writes and its children read; they have it by fork, or by `descriptor`."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._memory = mmap.mmap(descriptor, 1)

    @classmethod
    def make(cls) -> "Permission":
        """A new one, which says `STAY`."""
        if sys.platform == "linux":
            descriptor = os.memfd_create("flashwire-stop")
        else:
            with tempfile.TemporaryFile() as file:
                descriptor = os.dup(file.fileno())
        os.ftruncate(descriptor, 1)
        return cls(descriptor)

    def give(self, what: int) -> None:
        """Lets every child stop: `STOP` in its time, `AT_ONCE` without a drain."""
        self._memory[0] = what

    @property
    def given(self) -> int:
        """`STAY`, `STOP` or `AT_ONCE`."""
        return self._memory[0]


class _Held:
    permission: Permission | None = None


def hold(permission: Permission) -> None:
    """This process and what it forks are under a parent from now on."""
    _Held.permission = permission


def may_stop() -> bool:
    """Whether a SIGTERM is meant for this process, as far as its parent says."""
    return _Held.permission is None or _Held.permission.given != STAY


def at_once() -> bool:
    """Whether the parent waits no longer."""
    return _Held.permission is not None and _Held.permission.given == AT_ONCE
