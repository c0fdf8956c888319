"""Checks whether connections still lead to the primary.

An open connection proves nothing: after a failover, or when an address has moved, the old server may still answer.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, cast

import redis.asyncio
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.exceptions import ResponseError

from ticker.stream.connect import Client, drop
from ticker.stream.errors import StreamAwayError, translated
from ticker.stream.sentinels import Sentinels

# With a check every 1.5 s a doubt is known within 5 s: the last successful check, these seconds, and a timeout.
DOUBT_SECONDS: Final = 2.0
# For each answer and not for the whole check, which takes about thirty iterations of the loop.
_ANSWER_SECONDS: Final = 1.5
_TICKS: Final = 30


class _AnswerLimit:
    """Ends a check of which no answer comes, after as many ticks in as many iterations of the loop.

    A timer alone would blame the server for a loop that is busy: an answer that has arrived must be read first.
    """

    def __init__(self, timeout: asyncio.Timeout) -> None:
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self.extend()
        self._handle = self._loop.call_later(_ANSWER_SECONDS / _TICKS, self._tick)

    def extend(self) -> None:
        """Gives the next answer its full time."""
        self._left = _TICKS

    def stop(self) -> None:
        self._handle.cancel()

    def _tick(self) -> None:
        self._left -= 1
        if self._left:
            self._handle = self._loop.call_later(_ANSWER_SECONDS / _TICKS, self._tick)
        else:
            self._timeout.reschedule(self._loop.time())


@contextlib.asynccontextmanager
async def _answer_limit() -> AsyncIterator[_AnswerLimit]:
    """Raises `TimeoutError` if an answer does not come."""
    async with asyncio.timeout(None) as timeout:
        limit = _AnswerLimit(timeout)
        try:
            yield limit
        finally:
            limit.stop()


class PrimaryCheck:
    """The check for one client, and the time of its last success."""

    def __init__(self, client: Client, steady: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._steady = steady
        self._confirmed = -float("inf")

    @property
    def age(self) -> float:
        """Seconds since the primary was last confirmed."""
        return self._steady() - self._confirmed

    async def doubt(self) -> str | None:
        """Checks again where the address leads, and closes connections that lead elsewhere.

        Returns why it is unknown whether this is still the primary, or None. A doubt is returned after
        `DOUBT_SECONDS`, or at once if the Sentinels report it. Raises `StreamAwayError` if the address leads to a
        replica.
        """
        client = self._client
        if isinstance(client, RedisCluster):
            # A cluster answers each command with a redirection if the key has moved.
            return None
        try:
            async with translated(), _answer_limit() as limit:
                role = await self._role_at_address(client, limit)
                reason = await self._sentinel_doubt(client)
        except StreamAwayError as error:
            is_late = isinstance(error.__cause__, TimeoutError)
            reason = f"the primary cannot be confirmed: {f'no answer in {_ANSWER_SECONDS} s' if is_late else error}"
            role = b"master"
        if role != b"master":
            await drop(client)
            raise StreamAwayError(f"the address leads to a {role.decode()}, and not to the primary")
        if reason is None:
            self._confirmed = self._steady()
        return reason if self.age > DOUBT_SECONDS else None

    async def _role_at_address(self, client: redis.asyncio.Redis, limit: _AnswerLimit) -> bytes:
        pool: Any = client.connection_pool  # Any: redis-py has no types for it
        connection = pool.make_connection()
        try:
            await connection.connect()
            limit.extend()
            # Every user may send HELLO; ROLE and INFO need rights.
            await connection.send_command("HELLO")
            reply = await connection.read_response()
        except ResponseError:
            # A proxy that does not know HELLO does not know replicas either.
            reply = {}
        finally:
            await connection.disconnect()
        limit.extend()
        # Open connections may lead elsewhere. One is opened again here, so that no publication has to wait for it.
        await pool.disconnect(inuse_connections=False)
        await pool.release(await pool.get_connection())
        limit.extend()
        fields = reply if isinstance(reply, dict) else dict(zip(reply[::2], reply[1::2], strict=False))
        return bytes(fields.get(b"role", b"master"))

    async def _sentinel_doubt(self, client: redis.asyncio.Redis) -> str | None:
        pool = client.connection_pool
        if not isinstance(pool, SentinelConnectionPool):
            return None
        has_quorum = await cast(Sentinels, pool.sentinel_manager).has_quorum(pool.service_name)
        if has_quorum is False:
            # The Sentinels themselves have waited (down-after-milliseconds), so the doubt counts at once.
            self._confirmed = -float("inf")
        return None if has_quorum else "the Sentinels that answer are too few to know of a failover"
