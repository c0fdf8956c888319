"""Connections to Redis: one server, through Sentinel, or a cluster; the one module of the ticker that imports redis.

1. A connection that stands proves nothing: the server behind it may have been replaced (a failover, an address that
   moved) and still answer. `PrimaryCheck` asks again where the address leads, and drops connections to elsewhere.
2. Whatever goes wrong with the server or the way to it leaves here as `StreamAwayError`.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, cast

import redis.asyncio
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import Connection, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import MasterNotFoundError, Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import AskError, ClusterDownError, RedisClusterException, RedisError, ResponseError, TryAgainError

from ticker.stream.address import Address, read_address

# Client libraries differ between one server and a cluster only in their class; both answer these commands.
Client = redis.asyncio.Redis | RedisCluster

CONNECT_SECONDS: Final = 2.0
# With a check every 1.5 s, doubts are known within 5 s: the last check that succeeded, these 3, and one that times out.
DOUBT_SECONDS: Final = 2.0
_CHECK_SECONDS: Final = 1.5
# A Sentinel that does not answer must not hold up those that do.
_SENTINEL_SECONDS: Final = 0.4


class StreamAwayError(Exception):
    """The stream cannot be used now; the message is for an operator and holds no password."""


def connect(url: str, *, timeout: float) -> Client:
    """A client for `url`; connects lazily, never retries by itself.

    redis-py's own retries repeat a write whose reply was lost, which would publish twice. `timeout` in
    seconds bounds each command and must exceed the longest blocking read. Raises `ValueError`, without a
    password in it, for an address that is none.
    """
    address = read_address(url)
    common: dict[str, Any] = {  # Any: redis-py's constructors share no typed options
        "socket_timeout": timeout,
        "socket_connect_timeout": CONNECT_SECONDS,
        "retry": Retry(NoBackoff(), 0),
        "legacy_responses": False,
    }
    options = common | address.options
    if address.kind == "cluster":
        # Whether the slots of others are served is for the servers to judge: only one slot is used here.
        options["startup_nodes"] = [ClusterNode(host, port) for host, port in address.hosts]
        return RedisCluster(require_full_coverage=False, ssl=address.is_encrypted, **options)
    if address.kind == "sentinel":
        return _through_sentinels(address, options)
    kind: type = UnixDomainSocketConnection
    if address.kind == "server":
        kind = SSLConnection if address.is_encrypted else Connection
        options["host"], options["port"] = address.hosts[0]
    return redis.asyncio.Redis.from_pool(redis.asyncio.ConnectionPool(connection_class=kind, **options))


async def disconnect(client: Client) -> None:
    """Gives back every connection of `client`, those to Sentinels included; never raises for a server that is away."""
    try:
        await client.aclose()
        pool = None if isinstance(client, RedisCluster) else client.connection_pool
        if isinstance(pool, SentinelConnectionPool):
            await pool.sentinel_manager.aclose()
    except (RedisError, RedisClusterException, OSError):
        return


async def drop(client: Client) -> None:
    """Lets every later command connect anew; a cluster's layout is asked for again."""
    if isinstance(client, RedisCluster):
        await client.aclose()
    else:
        pool: Any = client.connection_pool  # Any: redis-py leaves it without types
        await pool.disconnect(inuse_connections=False)
        await pool.update_active_connections_for_reconnect()


@asynccontextmanager
async def lease(client: Client, key: str) -> AsyncIterator[Any]:  # Any: redis-py has a class for each kind
    """A connection to the server that `key` is on; it is closed unless the block ends well."""
    if isinstance(client, RedisCluster):
        await client.initialize()
        node: Any = client.get_node_from_key(key)  # Any: as above
        connection = node.acquire_connection()
        try:
            await node.disconnect_if_needed(connection)
            await connection.connect()
            yield connection
        except BaseException:
            # What is still to come would be the reply to somebody else's command.
            await connection.disconnect(nowait=True)
            # The next call asks which server has the key now.
            await client.aclose()
            raise
        finally:
            node.release(connection)
        return
    pool: Any = client.connection_pool  # Any: redis-py leaves it without types
    connection = await pool.get_connection()
    try:
        yield connection
    except BaseException:
        await connection.disconnect(nowait=True)
        raise
    finally:
        await pool.release(connection)


async def ask_all(client: Client, key: str, commands: Sequence[tuple[str, ...]]) -> list[Any]:  # Any: as above
    """The replies to `commands`, errors among them, which are about keys of the server that `key` is on.

    A pipeline of redis-py sets a timer for each reply: that took 35 µs a command, and this takes 10.
    """
    async with lease(client, key) as connection, asyncio.timeout(connection.socket_timeout):
        await connection.send_packed_command(_packed(commands) or connection.pack_commands(commands))
        replies: list[Any] = []  # Any: as above
        for _ in commands:
            try:
                replies.append(await connection.read_response(timeout=math.inf))
            except ResponseError as error:
                replies.append(error)
        return replies


def _packed(commands: Sequence[tuple[str, ...]]) -> bytes:
    """`commands` as they are sent; redis-py takes four times as long for it. Nothing where a word is not of ASCII."""
    text = "".join(
        f"*{len(command)}\r\n" + "".join([f"${len(word)}\r\n{word}\r\n" for word in command]) for command in commands
    )
    return text.encode() if text.isascii() else b""


def is_misled(error: object) -> bool:
    """Whether a reply says that another server is meant, or this one cannot serve now: nothing was done."""
    if isinstance(error, (AskError, ClusterDownError, TryAgainError)):
        return True
    # Redis 6.2 puts READONLY behind the script's place.
    return isinstance(error, ResponseError) and any(word in str(error) for word in ("READONLY", "UNBLOCKED"))


class PrimaryCheck:
    """Whether `client` still talks to the primary that its address names."""

    def __init__(self, client: Client, steady: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._steady = steady
        self._confirmed = -float("inf")

    @property
    def age(self) -> float:
        """Seconds since the primary was last confirmed."""
        return self._steady() - self._confirmed

    async def doubt(self) -> str | None:
        """Asks again. Returns why nobody knows whether this is still the primary, or None where it is.

        A doubt counts after `DOUBT_SECONDS`, or at once where Sentinels say so; until then it is None, too. Raises
        `StreamAwayError` where the address leads to a replica.
        """
        client = self._client
        if isinstance(client, RedisCluster):
            # Each command of a cluster says itself where its key has gone.
            return None
        try:
            async with translated(), asyncio.timeout(_CHECK_SECONDS):
                role = await self._role_at_address(client)
                reason = await self._sentinels_doubt(client)
        except StreamAwayError as error:
            late = isinstance(error.__cause__, TimeoutError)
            reason = f"the primary cannot be confirmed: {f'no answer in {_CHECK_SECONDS} s' if late else error}"
            role = b"master"
        if role != b"master":
            await drop(client)
            raise StreamAwayError(f"the address leads to a {role.decode()}, and not to the primary")
        if reason is None:
            self._confirmed = self._steady()
        return reason if self.age > DOUBT_SECONDS else None

    async def _role_at_address(self, client: redis.asyncio.Redis) -> bytes:
        pool: Any = client.connection_pool  # Any: redis-py leaves it without types
        fresh = pool.make_connection()
        try:
            await fresh.connect()
            # Every user may say HELLO; ROLE and INFO are rights.
            await fresh.send_command("HELLO")
            answer = await fresh.read_response()
        except ResponseError:
            # A proxy that does not know it knows nothing of replicas either.
            answer = {}
        finally:
            await fresh.disconnect()
        # What stands may lead elsewhere: it is opened again here, so that no publication has to wait for that.
        await pool.disconnect(inuse_connections=False)
        await pool.release(await pool.get_connection())
        words = answer if isinstance(answer, dict) else dict(zip(answer[::2], answer[1::2], strict=False))
        return bytes(words.get(b"role", b"master"))

    async def _sentinels_doubt(self, client: redis.asyncio.Redis) -> str | None:
        pool = client.connection_pool
        if not isinstance(pool, SentinelConnectionPool):
            return None
        has_quorum = await cast(_Sentinels, pool.sentinel_manager).has_quorum(pool.service_name)
        if has_quorum is False:
            # The Sentinels have waited before they said so (down-after-milliseconds).
            self._confirmed = -float("inf")
        return None if has_quorum else "the Sentinels that answer are too few to know of a failover"


class _Sentinels(Sentinel):
    """Asks all Sentinels at once and believes the one that knows of the latest failover.

    redis-py asks one after the other and believes the first, which may have been cut off with the old primary.
    """

    async def discover_master(self, service_name: str) -> tuple[str, int]:
        answers = await self._states(service_name)
        latest = max((int(state["config-epoch"]) for _, state in answers), default=0)
        for _, state in answers:
            if int(state["config-epoch"]) == latest and self.check_master_state(state, service_name):
                return str(state["ip"]), int(state["port"])
        why = "they say that it is down" if answers else "none of them answers for it"
        raise MasterNotFoundError(f"No primary of {service_name!r} from the Sentinels: {why}")

    async def has_quorum(self, service_name: str) -> bool | None:
        """Whether some Sentinel would know of a failover; None where none answers."""

        async def asked(sentinel: redis.asyncio.Redis) -> bool:
            try:
                await cast(Any, sentinel).execute_command("SENTINEL CKQUORUM", service_name)  # Any: without types
            except ResponseError as error:
                return "NOQUORUM" not in str(error)
            return True

        answers = [answer for answer in await self._ask(asked) if answer is not None]
        return any(answers) if answers else None

    async def _states(self, service_name: str) -> list[tuple[int, dict[str, Any]]]:  # Any: as redis-py parses it
        async def states(sentinel: redis.asyncio.Redis) -> Any:  # Any: as above
            return await sentinel.sentinel_masters()

        answers = await self._ask(states)
        return [(n, each[service_name]) for n, each in enumerate(answers) if each and service_name in each]

    async def _ask(self, call: Callable[[redis.asyncio.Redis], Any]) -> Sequence[Any]:  # Any: what `call` returns
        """What each Sentinel answers, or None; waits for the slow only until one has answered."""
        tasks = [asyncio.ensure_future(call(sentinel)) for sentinel in self.sentinels]
        try:
            await asyncio.wait(tasks, timeout=_SENTINEL_SECONDS)
            waiting = [task for task in tasks if not task.done()]
            while waiting and all(_result(task) is None for task in tasks):
                _, rest = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                waiting = list(rest)
            return [_result(task) for task in tasks]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _result(task: "asyncio.Future[Any]") -> Any:  # Any: what the task returns
    return task.result() if task.done() and not task.cancelled() and task.exception() is None else None


def _through_sentinels(address: Address, options: dict[str, Any]) -> Client:  # Any: passed on to redis-py as it is
    encrypted = {"ssl": True} if address.is_encrypted else {}
    limits = {"socket_timeout": CONNECT_SECONDS, "socket_connect_timeout": CONNECT_SECONDS}
    retry = {"retry": options["retry"]}
    # redis-py leaves Sentinel's constructor without types.
    sentinels = _Sentinels(  # type: ignore[no-untyped-call]
        address.hosts, sentinel_kwargs=limits | retry | encrypted | address.sentinel_options, **options, **encrypted
    )
    return cast(Client, sentinels.master_for(address.service))


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Turns whatever the server or the way to it does into `StreamAwayError`."""
    try:
        yield
    # redis-py's cluster client raises some errors of its own outside RedisError.
    except (RedisError, RedisClusterException, OSError) as error:
        raise StreamAwayError(_reason(error)) from error


def _reason(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else ""
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__
