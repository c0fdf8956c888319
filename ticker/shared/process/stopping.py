"""The parent's permission to stop, so that a signal to all processes does not end a service in the wrong order.

A service manager, or `pkill`, signals every process at once. But the desk, the nodes and the store must end in order,
so that confirmed items are delivered and clients know when to reconnect. So the parent writes its permission into
shared memory, and a child ignores SIGTERM until then. A server without a parent may always stop.
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
    """One byte that the parent writes and its children read; they inherit it by fork, or attach to `descriptor`."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._memory = mmap.mmap(descriptor, 1)

    @classmethod
    def create(cls) -> "Permission":
        """Creates the memory, with the value `STAY`."""
        if sys.platform == "linux":
            descriptor = os.memfd_create("flashwire-stop")
        else:
            with tempfile.TemporaryFile() as file:
                descriptor = os.dup(file.fileno())
        os.ftruncate(descriptor, 1)
        return cls(descriptor)

    def set(self, value: int) -> None:
        """Lets every child stop: after a drain (`STOP`) or without one (`AT_ONCE`)."""
        self._memory[0] = value

    @property
    def value(self) -> int:
        """`STAY`, `STOP` or `AT_ONCE`."""
        return self._memory[0]


class _Current:
    permission: Permission | None = None


def set_permission(permission: Permission) -> None:
    """Makes this process, and the processes that it forks, wait for `permission`."""
    _Current.permission = permission


def may_stop() -> bool:
    """Whether this process may stop when it gets SIGTERM."""
    return _Current.permission is None or _Current.permission.value != STAY


def skips_drain() -> bool:
    """Whether the parent does not wait for a drain."""
    return _Current.permission is not None and _Current.permission.value == AT_ONCE
