"""Limits how long HTTP is parsed in one iteration of the event loop.

asyncio reads from every ready connection in one iteration: 300 connections with 50 requests each would delay live
news by half a second. Data beyond the limit waits in the order of arrival, and its connection pauses reading.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, Protocol

READ_SECONDS: Final = 0.004
# How long to wait before asking again whether the stream reader has finished its work.
PAUSE_SECONDS: Final = 0.001


class HttpConnection(Protocol):
    """The attributes of an HTTP connection that `ReadBudget` uses."""

    flow: Any  # uvicorn's
    transport: Any  # the loop's

    def read(self, data: bytes) -> None:
        """Parses `data` as HTTP."""


class ReadBudget:
    """The time in which one process parses HTTP: `READ_SECONDS` per iteration, and none while `is_paused`.

    With `piece_bytes` a connection parses that much at a time, then waits behind the others. `call_soon` and
    `call_later` are the event loop's; tests replace them.
    """

    def __init__(
        self,
        steady: Callable[[], float],
        is_paused: Callable[[], bool] = lambda: False,
        call_soon: Callable[[Callable[[], None]], None] | None = None,
        call_later: Callable[[float, Callable[[], None]], None] | None = None,
        piece_bytes: int | None = None,
    ) -> None:
        self._piece_bytes = piece_bytes
        self._steady = steady
        self._is_paused = is_paused
        self._call_soon = call_soon or (lambda call: asyncio.get_running_loop().call_soon(call))
        self._call_later = call_later or (lambda seconds, call: asyncio.get_running_loop().call_later(seconds, call))
        self._waiting: dict[HttpConnection, bytes] = {}
        self._spent = 0.0
        self._is_scheduled = False

    def __contains__(self, connection: HttpConnection) -> bool:
        """Whether data of `connection` waits to be parsed."""
        return connection in self._waiting

    def feed(self, connection: HttpConnection, data: bytes) -> None:
        """Parses `data` now if the budget allows it; otherwise queues it and pauses reading."""
        if not self._waiting and self._spent < READ_SECONDS and not self._is_paused():
            self._read(connection, self._next_piece(connection, data))
        else:
            self._waiting[connection] = self._waiting.get(connection, b"") + data
            connection.flow.pause_reading()
        self._schedule()

    async def wait_for_pass(self) -> None:
        """Returns when at least a piece of everything that waits now has been parsed."""
        if self._waiting:
            marker = _Marker()
            self._waiting[marker] = b""
            await marker.reached

    def flush(self, connection: HttpConnection) -> None:
        """Parses all that waits for `connection` at once, because no more data will come."""
        if connection in self._waiting:
            self._read(connection, self._waiting.pop(connection))

    def discard(self, connection: HttpConnection) -> None:
        """Drops the data of a connection that is lost."""
        self._waiting.pop(connection, None)

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            self._call_soon(self._run)

    def _run(self) -> None:
        self._is_scheduled, self._spent = False, 0.0
        if self._waiting and self._is_paused():
            self._is_scheduled = True
            self._call_later(PAUSE_SECONDS, self._run)
            return
        while self._waiting and self._spent < READ_SECONDS:
            connection = next(iter(self._waiting))
            data = self._waiting.pop(connection)
            if not connection.transport.is_closing():
                piece = self._next_piece(connection, data)
                if connection not in self._waiting:
                    connection.flow.resume_reading()
                self._read(connection, piece)
        if self._waiting:
            self._schedule()

    def _next_piece(self, connection: HttpConnection, data: bytes) -> bytes:
        """Returns the part of `data` to parse now; queues the rest behind all other connections."""
        rest = data[self._piece_bytes :] if self._piece_bytes else b""
        if rest:
            self._waiting[connection] = rest
            connection.flow.pause_reading()
        return data[: self._piece_bytes]

    def _read(self, connection: HttpConnection, data: bytes) -> None:
        start = self._steady()
        try:
            connection.read(data)
        except Exception as error:
            # asyncio closes a connection that fails to read, and serves the others; so does this.
            asyncio.get_running_loop().call_exception_handler(
                {"message": "a connection failed to read", "exception": error, "transport": connection.transport}
            )
            connection.transport.abort()
        finally:
            self._spent += self._steady() - start


class _Marker:
    """A position in the queue. It has the attributes of a connection, and reading it completes `reached`."""

    def __init__(self) -> None:
        self.flow = self.transport = self
        self.reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def is_closing(self) -> bool:
        return self.reached.done()

    def resume_reading(self) -> None:
        """Does nothing: a marker has no socket."""

    def read(self, data: bytes) -> None:
        self.reached.set_result(None)
