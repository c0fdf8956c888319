"""The poller: one epoll set for all connections of a node, inside the event loop's own; it knows no protocol.

The loop watches one descriptor instead of thousands. A connection costs a dictionary entry here, and no object of the
loop: with the loop's transports one takes 1.3 KiB.
"""

import asyncio
import select
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

# Level-triggered: what one iteration does not read comes first in the next, and the loop's other work comes between.
BATCH: Final = 128
# The most per iteration. 700 pings in one read take 7 ms: 128 such clients would hold the loop for a second.
STEP_SECONDS: Final = 0.004

READABLE: Final = getattr(select, "EPOLLIN", 1)
WRITABLE: Final = getattr(select, "EPOLLOUT", 4)


class Pollable(Protocol):
    """The owner of a descriptor. No method may raise."""

    def read_ready(self, events: int) -> bytes | OSError | None:
        """Called with ready events, hang-ups and errors included.

        Returns the bytes read, `b""` at the end, the error, or None.
        """

    def deliver(self, result: bytes | OSError) -> None:
        """Called with the result of `read_ready`, after all ready descriptors were read."""

    def flush(self) -> None:
        """Writes what it buffered while the poller was corked."""

    def end(self) -> None:
        """Drops and closes its descriptor: the poller closes."""


def is_available() -> bool:
    """Whether this system has epoll; Linux has."""
    return hasattr(select, "epoll")


class Poller:
    """Descriptors and their owners; only the thread of the event loop may call it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._epoll = select.epoll()
        self._owners: dict[int, Pollable] = {}
        self.cork: list[Pollable] | None = None
        """While it is a list, an owner with an empty buffer buffers what it writes, and appends itself."""
        self._results: deque[tuple[Pollable, bytes | OSError]] = deque()
        self._is_scheduled = False
        loop.add_reader(self._epoll.fileno(), self._on_ready)

    def __len__(self) -> int:
        return len(self._owners)

    def add(self, fd: int, owner: Pollable) -> None:
        """Watches `fd` for reading, and calls `owner` from now on."""
        self._epoll.register(fd, READABLE)
        self._owners[fd] = owner

    def watch(self, fd: int, events: int) -> None:
        """Changes the events for which `fd` is watched; hang-ups and errors are always among them."""
        self._epoll.modify(fd, events)

    def drop(self, fd: int) -> None:
        """Stops watching `fd`. Call it before `fd` is closed: the number may belong to another socket then."""
        del self._owners[fd]
        self._epoll.unregister(fd)

    @contextmanager
    def corked(self) -> Iterator[None]:
        """Within the block, puts off the first write of each owner to the end of the block."""
        corked: list[Pollable] = []
        self.cork = corked
        try:
            yield
        finally:
            self.cork = None
            for owner in corked:
                # If one raises in spite of the contract, the others are still flushed.
                try:
                    owner.flush()
                except Exception as error:
                    context = {"message": "a connection failed to write", "exception": error}
                    self._loop.call_exception_handler(context)

    def close(self) -> None:
        """Closes the set and every connection in it; their descriptors are closed in the next iteration of the loop."""
        self._results.clear()
        for owner in list(self._owners.values()):
            owner.end()
        self._loop.remove_reader(self._epoll.fileno())
        self._epoll.close()

    def _on_ready(self) -> None:
        # All descriptors are read first, then all results delivered: see `ticker.net.accept`.
        until = time.monotonic() + STEP_SECONDS
        results = self._results
        # What was read and not delivered yet comes before anything that the client sent later.
        if not results:
            for fd, events in self._epoll.poll(0, BATCH):
                # An owner that was called earlier in this step may have dropped it.
                owner = self._owners.get(fd)
                if owner is not None and (result := owner.read_ready(events)) is not None:
                    results.append((owner, result))
                if time.monotonic() >= until:
                    break
        with self.corked():
            while results:
                owner, result = results.popleft()
                owner.deliver(result)
                if time.monotonic() >= until:
                    break
        if results and not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._continue)

    def _continue(self) -> None:
        self._is_scheduled = False
        if self._results:
            self._on_ready()
