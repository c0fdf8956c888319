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
    """The intake of one node; while `is_held` nothing is read. `soon` and `later` as in `ticker.edge.work`."""

    def __init__(
        self,
        steady: Callable[[], float],
        is_held: Callable[[], bool],
        soon: Callable[[Callable[[], None]], None] | None = None,
        later: Callable[[float, Callable[[], None]], None] | None = None,
    ) -> None:
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
            self._read(door, data)
        else:
            self._waiting[door] = self._waiting.get(door, b"") + data
            door.flow.pause_reading()
        self._go_on()

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
                door.flow.resume_reading()
                self._read(door, data)
        if self._waiting:
            self._go_on()

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
