"""Calls to Redis that end within `BUDGET_SECONDS`; the one module of the publisher that imports `redis`.

1. A lost reply is answered by the same call again: every script here is safe to repeat.
2. Every call ends within its budget, also when the server accepts connections and says nothing more.
3. Whatever goes wrong with the server leaves here as `StreamAwayError`.
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

from ticker.stream.connect import Client, PrimaryCheck, StreamAwayError, disconnect, drop, is_misled, lease, translated

# An editor is told within three seconds that the stream is away. Two attempts fit on a connection that stands, the
# second cut to a second where both waited behind a slow call; to connect may take 2 s, and then one fits.
BUDGET_SECONDS: Final = 2.5
ATTEMPT_SECONDS: Final = 1.2
PAGE: Final = 200
_WAIT_MS: Final = 1000
_PAUSES: Final = (0.05, 0.3, None)
# redis-py's pool refuses more than 100 connections at once; more than this wait their turn inside their budget.
_AT_ONCE: Final = 64

Answer = TypeVar("Answer")
ScriptArguments = tuple[int | str | bytes, ...]
"""The arguments of a script: the number of keys, the keys, the rest."""
ScriptReply = tuple[Any, int]  # Any: a script's reply
"""A reply, and how many replicas hold the writes before it."""


class Script(msgspec.Struct, frozen=True):
    """A Lua script and the name under which the server keeps it."""

    text: str
    sha: str


def load_script(name: str) -> Script:
    """The script in the file `name` of this package."""
    text = Path(__file__).with_name(name).read_text("utf-8")
    # Redis names scripts by SHA-1; nothing is secured by it.
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


class RedisCalls:
    """One client's calls, each bounded in time; `replicas` must hold the writes of `scripts`."""

    def __init__(self, client: Client, replicas: int = 0) -> None:
        self.client = client
        self.replicas = replicas
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._primary = PrimaryCheck(client)

    async def confirm_primary(self) -> None:
        """Drops connections to a server that the address does not name any more.

        Raises `StreamAwayError` where that is a replica, or where nobody knows which server is the primary.
        """
        doubt = await self._primary.doubt()
        if doubt is not None:
            raise StreamAwayError(doubt)

    async def command(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """The reply to `call`, repeated where the connection is lost; raises `StreamAwayError`."""

        async def once() -> Answer:
            try:
                return await call()
            except ResponseError as error:
                await self._leave_if_misled(error)
                raise

        async with self.bounded():
            return await repeated(once)

    async def _leave_if_misled(self, answer: object) -> None:
        """Drops the connections where `answer` says that another server is meant, and raises what is repeated."""
        if is_misled(answer):
            await drop(self.client)
            raise LostError(str(answer))

    async def script(self, script: Script, words: ScriptArguments) -> Any:  # Any: a script's reply
        """The reply to one script; raises `StreamAwayError`."""

        async def once() -> Any:  # Any: a script's reply
            [answer] = await self.scripts(script, [words])
            if isinstance(answer, Exception):
                raise answer
            return self.checked(*answer)

        async with self.bounded():
            return await repeated(once)

    def checked(self, answer: Any, held: int) -> Any:  # Any: a script's reply
        """`answer`, unless too few replicas hold what was written before it; then raises `StreamAwayError`."""
        if held < self.replicas:
            raise StreamAwayError(f"{held} of {self.replicas} replicas hold the entry")
        return answer

    async def scripts(self, script: Script, words: Sequence[ScriptArguments]) -> list[ScriptReply | Exception]:
        """The replies to `script` for each of `words`, sent together; not bounded and not repeated."""
        answers = await self._evaluated("EVALSHA", script.sha, words)
        unknown = [place for place, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
        if unknown:
            second = await self._evaluated("EVAL", script.text, [words[place] for place in unknown])
            for place, answer in zip(unknown, second, strict=True):
                answers[place] = answer
        return answers

    async def _evaluated(
        self, command: str, script: str, words: Sequence[ScriptArguments]
    ) -> list[ScriptReply | Exception]:
        # Not redis-py's pipeline: packing in Python, and a timer for each reply, took 130 µs a line; this takes 25.
        packed = [_packed(command, script, *each) for each in words]
        if self.replicas:
            # It counts for what its own connection wrote last.
            packed.append(_packed("WAIT", self.replicas, _WAIT_MS))
        # All keys of a brand share one slot of a cluster.
        async with lease(self.client, str(words[0][1])) as connection, asyncio.timeout(ATTEMPT_SECONDS):
            await connection.send_packed_command(b"".join(packed))
            answers = [await read_reply(connection) for _ in packed]
        for answer in answers:
            if isinstance(answer, ResponseError):
                await self._leave_if_misled(answer)
        held = answers.pop() if self.replicas else 0
        if isinstance(held, Exception):
            raise held
        return [answer if isinstance(answer, Exception) else (answer, held) for answer in answers]

    async def pages_backwards(self, stream: str) -> AsyncIterator[list[tuple[bytes, dict[bytes, bytes]]]]:
        """The entries of `stream` in pages, the newest first; each page is a call of its own."""
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
        """A block that ends within the budget and raises `StreamAwayError` for what goes wrong with the server."""
        async with translated(), asyncio.timeout(BUDGET_SECONDS), self._slots:
            yield

    async def aclose(self) -> None:
        """Gives the connections back; never raises for a server that is away."""
        try:
            async with self.bounded():
                await disconnect(self.client)
        except StreamAwayError:
            return


async def repeated(call: Callable[[], Awaitable[Answer]]) -> Answer:
    """The reply to `call`, asked for again where the connection was lost."""
    for pause in _PAUSES:
        try:
            return await call()
        except (LostError, SlowError, OSError):
            if pause is None:
                raise
            await asyncio.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


async def read_reply(connection: Any) -> Any:  # Any: redis-py has a class for each kind of connection
    """The next reply on `connection`, an error among them."""
    try:
        answer = await connection.read_response(timeout=math.inf)
    except ResponseError as error:
        return error
    if answer is None:
        # So it says that the network gave up (ETIMEDOUT); nothing of ours is answered by nothing.
        await connection.disconnect(nowait=True)
        raise LostError("The connection timed out.")
    return answer


def _packed(*words: int | str | bytes) -> bytes:
    packed: bytes = pack_command(words)  # type: ignore[arg-type]  # hiredis declares a tuple of one word
    return packed
