"""Editors of a measurement: raw keep-alive connections that post lines, as fast as possible or at a fixed rate.

They parse only the status and the length of a response. Their own CPU is part of the result.
"""

import asyncio
import secrets
import time
from collections.abc import Iterator, Sequence
from typing import Final, cast

import msgspec

from bench.load_reports import MissedError

_BODY: Final = (
    b'{"text":"Health ministry: Hospital in the old town reopens after repairs, minister says (%d)",'
    b'"role":"official","edition":"en","urgency":3}'
)


class Posted(msgspec.Struct):
    """The result of posting lines; every response was 201."""

    seconds: float
    """From the first post to the last response."""
    client_seconds: float
    """CPU time of all editors."""
    waits: list[float]
    """For each post, the seconds from its due time to its response."""


class Editor(asyncio.Protocol):
    """One connection to a desk, with at most one post in flight."""

    def __init__(self, token: str, prefix: str) -> None:
        self._token = token
        self._prefix = prefix
        self._buffer = b""
        self._answer: asyncio.Future[float] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport is not a subclass of asyncio.Transport.
        self._transport = cast(asyncio.Transport, transport)

    def post(self, number: int) -> "asyncio.Future[float]":
        """Posts line `number`. The result of the future is the monotonic time of the acknowledgement."""
        body = _BODY % number
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(
            (
                "POST /v1/items HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\r\n"
                f"Authorization: Bearer {self._token}\r\nIdempotency-Key: {self._prefix}-{number}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            ).encode()
            + body
        )
        return self._answer

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        if len(rest) < length or self._answer is None:
            return
        self._buffer = b""
        answer, self._answer = self._answer, None
        if answer.done():
            return
        if head.split(b" ", 2)[1] == b"201":
            answer.set_result(now)
        else:
            answer.set_exception(MissedError(f"the desk did not publish: {rest[:300].decode('utf-8', 'replace')}"))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(MissedError("the desk closed the connection without a response"))

    def close(self) -> None:
        """Closes the connection."""
        self._transport.close()


async def editors(port: int, tokens: Sequence[str], number: int) -> list[Editor]:
    """Opens `number` connections to the desk on `port`, which use `tokens` in turn."""
    loop, prefix = asyncio.get_running_loop(), secrets.token_hex(6)
    connections = []
    for index in range(number):
        token = tokens[index % len(tokens)]

        def editor(token: str = token, index: int = index) -> Editor:
            return Editor(token, f"{prefix}-{index}")

        connections.append((await loop.create_connection(editor, "127.0.0.1", port))[1])
    return connections


async def post_all(port: int, tokens: Sequence[str], posts: int, *, at_once: int) -> Posted:
    """Posts `posts` lines with `at_once` editors; each posts its next line when the previous one is acknowledged."""
    working = await editors(port, tokens, at_once)
    numbers: Iterator[int] = iter(range(posts))
    waits: list[float] = []

    async def post_lines(editor: Editor) -> None:
        for number in numbers:
            began = time.monotonic()
            waits.append(await editor.post(number) - began)

    began, spent = time.monotonic(), time.process_time()
    try:
        await asyncio.gather(*(post_lines(editor) for editor in working))
        return Posted(time.monotonic() - began, time.process_time() - spent, waits)
    finally:
        for editor in working:
            editor.close()


async def post_paced(port: int, tokens: Sequence[str], posts: int, *, rate: float, at_once: int = 16) -> Posted:
    """Posts `posts` lines, `rate` per second, without waiting for earlier responses.

    A wait counts from the due time of its post, so it includes the time until a connection was free.
    """
    working = await editors(port, tokens, at_once)
    free: asyncio.Queue[Editor] = asyncio.Queue()
    for editor in working:
        free.put_nowait(editor)
    waits: list[float] = []

    async def post_line(editor: Editor, number: int, due: float) -> None:
        waits.append(await editor.post(number) - due)
        free.put_nowait(editor)

    began, spent = time.monotonic(), time.process_time()
    try:
        async with asyncio.TaskGroup() as group:
            for number in range(posts):
                due = began + number / rate
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                group.create_task(post_line(await free.get(), number, due))
        return Posted(time.monotonic() - began, time.process_time() - spent, waits)
    finally:
        for editor in working:
            editor.close()
