"""The poller: one epoll set for all of a node's connections, inside the event loop's own; it knows no protocol.

The loop sees one descriptor instead of thousands. A connection costs a look-up here and no object of the loop's,
with whose transports one comes to 1.3 KiB.
"""

import asyncio
import select
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

# Level-triggered: what is not taken in one turn comes first in the next, and between two turns the loop does the rest.
BATCH: Final = 128
# A client may send 700 pings in one read, which take 7 ms; of 128 such clients the loop would hear for a second.
TURN_SECONDS: Final = 0.004

READABLE: Final = getattr(select, "EPOLLIN", 1)
WRITABLE: Final = getattr(select, "EPOLLOUT", 4)


class Holder(Protocol):
    """Who holds a descriptor."""

    def take(self, events: int) -> bytes | OSError | None:
        """Told what its descriptor is ready for, hang-ups and errors included: returns what it read, nothing at the
        end, what went wrong, or None; must not raise.
        """

    def give(self, taken: bytes | OSError) -> None:
        """Told what it took, when all have taken theirs; must not raise."""

    def flush(self) -> None:
        """Told to write what it kept because of a cork; must not raise."""

    def end(self) -> None:
        """Told that nothing more will be told: it drops and closes its descriptor."""


def is_available() -> bool:
    """Whether this system has epoll; Linux has."""
    return hasattr(select, "epoll")


class Poller:
    """Descriptors and their holders; all calls from the loop's own thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._epoll = select.epoll()
        self._holders: dict[int, Holder] = {}
        self.cork: list[Holder] | None = None
        """While it is a list, who has something to write for the first time keeps it, and is put there."""
        self._taken: deque[tuple[Holder, bytes | OSError]] = deque()
        self._due = False
        loop.add_reader(self._epoll.fileno(), self._turn)

    def __len__(self) -> int:
        return len(self._holders)

    def add(self, fd: int, holder: Holder) -> None:
        """From now on `holder` is told when `fd` can be read."""
        self._epoll.register(fd, READABLE)
        self._holders[fd] = holder

    def watch(self, fd: int, events: int) -> None:
        """SubscriptionChanges what `fd` is watched for; hang-ups and errors are told in any case."""
        self._epoll.modify(fd, events)

    def drop(self, fd: int) -> None:
        """Forgets `fd`, before it is closed: its number may be another's then. Its holder is told nothing more."""
        del self._holders[fd]
        self._epoll.unregister(fd)

    @contextmanager
    def corked(self) -> Iterator[None]:
        """What is first written to each in the block leaves at its end."""
        kept: list[Holder] = []
        self.cork = kept
        try:
            yield
        finally:
            self.cork = None
            for holder in kept:
                # Must not raise, and if it does must not silence those after it.
                try:
                    holder.flush()
                except Exception as error:
                    told = {"message": "a connection failed to write", "exception": error}
                    self._loop.call_exception_handler(told)

    def close(self) -> None:
        """Ends the set, and all who hold a descriptor in it; theirs are closed in the loop's next turn."""
        self._taken.clear()
        for holder in list(self._holders.values()):
            holder.end()
        self._loop.remove_reader(self._epoll.fileno())
        self._epoll.close()

    def _turn(self) -> None:
        # Pass by pass over all of them, as in `ticker.net.accept`.
        until = time.monotonic() + TURN_SECONDS
        taken = self._taken
        # What was read and not given yet comes before anything that its client sent later.
        if not taken:
            for fd, events in self._epoll.poll(0, BATCH):
                # One that was told earlier in this turn may have dropped it.
                holder = self._holders.get(fd)
                if holder is not None and (found := holder.take(events)) is not None:
                    taken.append((holder, found))
                if time.monotonic() >= until:
                    break
        with self.corked():
            while taken:
                holder, found = taken.popleft()
                holder.give(found)
                if time.monotonic() >= until:
                    break
        if taken and not self._due:
            self._due = True
            self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        self._due = False
        if self._taken:
            self._turn()
