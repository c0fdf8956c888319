"""Calls to Redis that end within `BUDGET_SECONDS`; the one module of the publisher that imports `redis`.

1. A call whose reply was lost is made again: every script here is safe to repeat.
2. Every call ends within its budget, even if the server accepts connections and does not reply.
3. Every fault of the server is raised as `StreamAwayError`.
"""

import asyncio
import hashlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from hiredis import pack_command
from redis.exceptions import ConnectionError as LostError
from redis.exceptions import NoScriptError, ResponseError
from redis.exceptions import TimeoutError as SlowError

from ticker.stream.connect import Client, disconnect, drop, lease
from ticker.stream.errors import StreamAwayError, is_misdirected, translated
from ticker.stream.primary import PrimaryCheck

# An editor learns within 3 s that the stream is away. On an open connection two attempts fit, the second one cut to 1 s
# if both waited behind a slow call. Connecting may take 2 s; then one attempt fits.
BUDGET_SECONDS: Final = 2.5
ATTEMPT_SECONDS: Final = 1.2
PAGE: Final = 200
_WAIT_MS: Final = 1000
_PAUSES: Final = (0.05, 0.3, None)
# redis-py's pool refuses more than 100 connections. Further calls wait within their budget.
_CONCURRENT_CALLS: Final = 64

Reply = TypeVar("Reply")
ScriptArguments = tuple[int | str | bytes, ...]
"""Of a script: the number of keys, the keys, the other arguments."""
ScriptReply = tuple[Any, int]  # Any: a script's reply
"""A reply, and how many replicas have the writes of its call."""


class Script(msgspec.Struct, frozen=True):
    """A Lua script and the name under which the server keeps it."""

    text: str
    sha: str


def load_script(name: str) -> Script:
    """The script in the file `name` of this package."""
    text = Path(__file__).with_name(name).read_text("utf-8")
    # Redis names scripts by SHA-1; security does not depend on it.
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


class RedisCalls:
    """Calls with one client, each bounded in time; a script succeeds only if `replicas` replicas have its writes."""

    def __init__(self, client: Client, replicas: int = 0) -> None:
        self.client = client
        self.replicas = replicas
        self._slots = asyncio.Semaphore(_CONCURRENT_CALLS)
        self._primary = PrimaryCheck(client)

    async def confirm_primary(self) -> None:
        """Drops the connections if the address now names another server.

        Raises `StreamAwayError` where the server is a replica, or where the primary is not known.
        """
        doubt = await self._primary.doubt()
        if doubt is not None:
            raise StreamAwayError(doubt)

    async def command(self, call: Callable[[], Awaitable[Reply]]) -> Reply:
        """The reply to `call`, which is repeated if the connection is lost; raises `StreamAwayError`."""

        async def attempt() -> Reply:
            try:
                return await call()
            except ResponseError as error:
                await self._drop_if_wrong_server(error)
                raise

        async with self.bounded():
            return await repeated(attempt)

    async def _drop_if_wrong_server(self, error: ResponseError) -> None:
        """If `error` says that another server is the primary: drops the connections and raises `LostError`."""
        if is_misdirected(error):
            await drop(self.client)
            raise LostError(str(error))

    async def script(self, script: Script, arguments: ScriptArguments) -> Any:  # Any: a script's reply
        """The reply to one script; raises `StreamAwayError`."""

        async def attempt() -> Any:  # Any: a script's reply
            [result] = await self.scripts(script, [arguments])
            if isinstance(result, Exception):
                raise result
            reply, replicas = result
            self.check_replicas(replicas)
            return reply

        async with self.bounded():
            return await repeated(attempt)

    def check_replicas(self, replicas: int) -> None:
        """Raises `StreamAwayError` where too few replicas have the writes of a call."""
        if replicas < self.replicas:
            raise StreamAwayError(f"{replicas} of {self.replicas} replicas hold the entry")

    async def scripts(self, script: Script, batch: Sequence[ScriptArguments]) -> list[ScriptReply | Exception]:
        """The replies to `script` for each of `batch`, sent together; neither bounded in time nor repeated."""
        replies = await self._evaluate("EVALSHA", script.sha, batch)
        unknown = [index for index, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        if unknown:
            loaded = await self._evaluate("EVAL", script.text, [batch[index] for index in unknown])
            for index, reply in zip(unknown, loaded, strict=True):
                replies[index] = reply
        return replies

    async def _evaluate(
        self, command: str, script: str, batch: Sequence[ScriptArguments]
    ) -> list[ScriptReply | Exception]:
        # redis-py's pipeline packs in Python and sets a timer for each reply: 130 µs a line, this takes 25.
        packed = [_packed(command, script, *arguments) for arguments in batch]
        if self.replicas:
            # WAIT counts the replicas that have the last write of the same connection.
            packed.append(_packed("WAIT", self.replicas, _WAIT_MS))
        # All keys of a brand are in one slot of a cluster.
        async with lease(self.client, str(batch[0][1])) as connection, asyncio.timeout(ATTEMPT_SECONDS):
            await connection.send_packed_command(b"".join(packed))
            replies = [await read_reply(connection) for _ in packed]
        for reply in replies:
            if isinstance(reply, ResponseError):
                await self._drop_if_wrong_server(reply)
        replicas = replies.pop() if self.replicas else 0
        if isinstance(replicas, Exception):
            raise replicas
        return [reply if isinstance(reply, Exception) else (reply, replicas) for reply in replies]

    async def pages_backwards(self, stream: str) -> AsyncIterator[list[tuple[bytes, dict[bytes, bytes]]]]:
        """The entries of `stream` in pages, the newest first; each page is a separate call."""
        end = "+"
        while True:
            read = partial(self.client.xrevrange, stream, max=end, count=PAGE)
            page: Any = await self.command(read)  # Any: redis-py's stream replies have no type of their own
            yield [(entry_id, fields) for entry_id, fields in page if fields is not None]
            if len(page) < PAGE:
                return
            end = f"({page[-1][0].decode()}"

    @asynccontextmanager
    async def bounded(self) -> AsyncIterator[None]:
        """A block that ends within the budget, and raises `StreamAwayError` for every fault of the server."""
        async with translated(), asyncio.timeout(BUDGET_SECONDS), self._slots:
            yield

    async def aclose(self) -> None:
        """Closes the connections; does not raise for a server that is away."""
        try:
            async with self.bounded():
                await disconnect(self.client)
        except StreamAwayError:
            return


async def repeated(call: Callable[[], Awaitable[Reply]]) -> Reply:
    """The result of `call`, which is called again if the connection was lost."""
    for pause in _PAUSES:
        try:
            return await call()
        except (LostError, SlowError, OSError):
            if pause is None:
                raise
            await asyncio.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


async def read_reply(connection: Any) -> Any:  # Any: redis-py has a class for each kind of connection
    """The next reply on `connection`; an error reply is returned and not raised."""
    try:
        reply = await connection.read_response(timeout=math.inf)
    except ResponseError as error:
        return error
    if reply is None:
        # redis-py returns None for ETIMEDOUT. No script here replies with nil.
        await connection.disconnect(nowait=True)
        raise LostError("The connection timed out.")
    return reply


def _packed(*arguments: int | str | bytes) -> bytes:
    packed: bytes = pack_command(arguments)  # type: ignore[arg-type]  # hiredis declares a tuple of one word
    return packed
