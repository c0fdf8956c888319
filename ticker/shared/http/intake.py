"""The intake: what came on connections of HTTP is read for a few milliseconds in each iteration of the loop.

The loop tells all of them in one iteration: 300 connections with 50 requests each would keep live news waiting for half
a second. What is more waits in the order in which it came, and nothing further is read from its connection meanwhile.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, Protocol

READ_SECONDS: Final = 0.004
# How soon to look again whether the reader of the stream has still something to do.
PAUSE_SECONDS: Final = 0.001


class Door(Protocol):
    """A connection of HTTP, as this knows it."""

    flow: Any  # uvicorn's
    transport: Any  # the loop's

    def read(self, data: bytes) -> None:
        """Reads `data` as HTTP."""


class Intake:
    """The intake of one process; while `is_held` nothing is read, of each connection `piece_bytes` at most at a time.

    `soon` calls in the next iteration of the loop, `later` after some seconds.
    """

    def __init__(
        self,
        steady: Callable[[], float],
        is_held: Callable[[], bool] = lambda: False,
        soon: Callable[[Callable[[], None]], None] | None = None,
        later: Callable[[float, Callable[[], None]], None] | None = None,
        piece_bytes: int | None = None,
    ) -> None:
        self._piece_bytes = piece_bytes
        self._steady = steady
        self._is_held = is_held
        self._soon = soon or (lambda call: asyncio.get_running_loop().call_soon(call))
        self._later = later or (lambda seconds, call: asyncio.get_running_loop().call_later(seconds, call))
        self._waiting: dict[Door, bytes] = {}
        self._spent = 0.0
        self._due = False

    def __contains__(self, door: Door) -> bool:
        """Whether something that came for it was not read yet."""
        return door in self._waiting

    def offer(self, door: Door, data: bytes) -> None:
        """Has `door` read `data`, now or in its turn."""
        if not self._waiting and self._spent < READ_SECONDS and not self._is_held():
            self._read(door, self._piece(door, data))
        else:
            self._waiting[door] = self._waiting.get(door, b"") + data
            door.flow.pause_reading()
        self._go_on()

    async def catch_up(self) -> None:
        """Returns when of all that waits now at least a piece has been read."""
        if self._waiting:
            mark = _Mark()
            self._waiting[mark] = b""
            await mark.reached

    def finish(self, door: Door) -> None:
        """Has it read at once what waits: nothing more will come."""
        if door in self._waiting:
            self._read(door, self._waiting.pop(door))

    def drop(self, door: Door) -> None:
        """Forgets what came for one that is gone."""
        self._waiting.pop(door, None)

    def _go_on(self) -> None:
        if not self._due:
            self._due = True
            self._soon(self._turn)

    def _turn(self) -> None:
        self._due, self._spent = False, 0.0
        if self._waiting and self._is_held():
            self._due = True
            self._later(PAUSE_SECONDS, self._turn)
            return
        while self._waiting and self._spent < READ_SECONDS:
            door = next(iter(self._waiting))
            data = self._waiting.pop(door)
            if not door.transport.is_closing():
                piece = self._piece(door, data)
                if door not in self._waiting:
                    door.flow.resume_reading()
                self._read(door, piece)
        if self._waiting:
            self._go_on()

    def _piece(self, door: Door, data: bytes) -> bytes:
        """What of `data` is read now; the rest waits behind all others."""
        rest = data[self._piece_bytes :] if self._piece_bytes else b""
        if rest:
            self._waiting[door] = rest
            door.flow.pause_reading()
        return data[: self._piece_bytes]

    def _read(self, door: Door, data: bytes) -> None:
        begun = self._steady()
        try:
            door.read(data)
        except Exception as error:
            # As the loop does for one connection: the others must go on.
            told = {"message": "a connection failed to read", "exception": error, "transport": door.transport}
            asyncio.get_running_loop().call_exception_handler(told)
            door.transport.abort()
        finally:
            self._spent += self._steady() - begun


class _Mark:
    """A place in the order, that stands there like a connection."""

    def __init__(self) -> None:
        self.flow = self.transport = self
        self.reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def is_closing(self) -> bool:
        return self.reached.done()

    def resume_reading(self) -> None:
        """There is nothing to read."""

    def read(self, data: bytes) -> None:
        self.reached.set_result(None)
