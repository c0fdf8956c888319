"""The stream in Redis, as the ticker reads it: following and looking up.

The stream is one key of a brand; every key that a script touches with it shares its hash tag, so that they
live in one slot of a cluster. Whatever goes wrong with the server leaves here as `StreamAwayError`.
"""

from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from typing import Any, Final, cast

import msgspec

from ticker.contract.cursor import is_epoch
from ticker.contract.entry import read_number

# The rest of the code takes these from here: it knows one module that speaks of the stream.
from ticker.stream.connect import Client as Client
from ticker.stream.connect import PrimaryCheck, ask_all
from ticker.stream.connect import StreamAwayError as StreamAwayError
from ticker.stream.connect import connect as connect
from ticker.stream.connect import disconnect as disconnect
from ticker.stream.connect import translated as translated

Record = tuple[bytes, Mapping[bytes, bytes]]

_PAGE: Final = 1000
# A look-up believes a connection as long as the reader does between two checks.
_LOOK_UP_SECONDS: Final = 1.5


class Position(msgspec.Struct, frozen=True):
    """Where the stream stands: its epoch (None before the first publish), its number, its newest entry."""

    epoch: str | None
    seq: int
    last_id: bytes | None


class ServerFacts(msgspec.Struct, frozen=True):
    """A server as `flashwire doctor` looks at it; `fsync` is None where it may not be asked."""

    version: str
    append_only: bool
    fsync: str | None
    clock: float
    """Seconds since 1970, when it answered."""
    eviction: str | None = None
    """Its `maxmemory-policy`, or None where it does not say."""


class Keys(msgspec.Struct, frozen=True):
    """The names of a brand's keys."""

    brand: str

    @property
    def items(self) -> str:
        """The stream itself."""
        return f"flashwire:{{{self.brand}}}:items"

    @property
    def canary(self) -> str:
        """A stream beside it for proving the way to a socket; its entries reach only those who ask for them."""
        return f"flashwire:{{{self.brand}}}:canary"

    @property
    def meta(self) -> str:
        """A hash: the stream's `epoch` and `seq`."""
        return f"flashwire:{{{self.brand}}}:meta"

    @property
    def newest(self) -> str:
        """A hash: for each item in the stream the id and version of its newest entry (`<id> <version>`)."""
        return f"flashwire:{{{self.brand}}}:newest"

    def ledger(self, uri: str) -> str:
        """A list: the sealed body of every version of one item, oldest first."""
        return f"flashwire:{{{self.brand}}}:ledger:{uri}"

    def answer(self, digest: str) -> str:
        """What was answered to one Idempotency-Key."""
        return f"flashwire:{{{self.brand}}}:answer:{digest}"


class Stream:
    """One brand's stream, read; every method raises `StreamAwayError`."""

    def __init__(self, client: Client, brand: str) -> None:
        self._client = client
        self._keys = Keys(brand)
        self._primary = PrimaryCheck(client)

    async def doubt(self) -> str | None:
        """Why it is not known whether the server is still the primary, or None; raises where it is a replica.

        Asks anew where the address leads, and drops connections that lead elsewhere.
        """
        return await self._primary.doubt()

    async def position(self) -> Position:
        """Where the stream stands now."""
        async with translated():
            # Not a pipeline: a cluster's does not look for the new primary when the old one has gone.
            epoch, seq = await _awaited(self._client.hmget(self._keys.meta, ["epoch", "seq"]))
            newest = await _awaited(self._client.xrevrange(self._keys.items, count=1))
        records = _records(newest)
        last_id = records[0][0] if records else None
        if epoch is None and seq is None:
            return Position(None, 0, last_id)
        try:
            if not is_epoch(name := (epoch or b"").decode("ascii")):
                raise ValueError
            return Position(name, read_number(seq or b""), last_id)
        except ValueError:
            raise StreamAwayError(f"The key {self._keys.meta} does not hold a stream's epoch and number.") from None

    async def records(self) -> list[Record]:
        """Every entry that the stream keeps, oldest first, read in pages."""
        records: list[Record] = []
        start = "-"
        while True:
            async with translated():
                page = _records(await _awaited(self._client.xrange(self._keys.items, min=start, count=_PAGE)))
            records += page
            if len(page) < _PAGE:
                return records
            start = "(" + page[-1][0].decode()

    async def after(self, entry_id: bytes, most: int) -> list[Record] | None:
        """What came after exactly that entry; None where it is gone, or so much came."""
        if not await self.exists(entry_id):
            return None
        found, _ = await self.follow(entry_id, b"$", block=None, count=most)
        return found if len(found) < most else None

    async def newest(self) -> Record | None:
        """The newest entry, or None."""
        async with translated():
            records = _records(await _awaited(self._client.xrevrange(self._keys.items, count=1)))
        return records[0] if records else None

    async def server(self) -> ServerFacts:
        """What the server says of itself, as far as it lets itself be asked."""
        async with translated():
            clock = await _awaited(self._client.time())
            info = await _awaited(self._client.info())
        try:
            async with translated():
                found = await _awaited(self._client.config_get("appendfsync"))
            fsync = next(iter(found.values())) if found else None
        except StreamAwayError:
            # Managed services do not answer CONFIG.
            fsync = None
        return ServerFacts(
            version=str(info.get("valkey_version") or info.get("redis_version") or "?"),
            append_only=bool(info.get("aof_enabled")),
            fsync=fsync.decode() if isinstance(fsync, bytes) else fsync,
            clock=clock[0] + clock[1] / 1_000_000,
            eviction=info.get("maxmemory_policy"),
        )

    async def exists(self, entry_id: bytes) -> bool:
        """Whether exactly that entry is still in the stream."""
        async with translated():
            found = await _awaited(self._client.xrange(self._keys.items, min=entry_id, max=entry_id, count=1))
        return bool(_records(found))

    async def last_canary(self) -> bytes:
        """The id of the newest canary, or `0`."""
        async with translated():
            records = _records(await _awaited(self._client.xrevrange(self._keys.canary, count=1)))
        return records[0][0] if records else b"0"

    async def follow(
        self, after: bytes, after_canary: bytes, *, block: float | None, count: int
    ) -> tuple[list[Record], list[Record]]:
        """Entries and canaries after the given ids; waits up to `block` seconds for the first, or not at all."""
        asked: dict[Any, Any] = {self._keys.items: after, self._keys.canary: after_canary}  # Any: dicts are invariant
        async with translated():
            # Never 0: to Redis that means for ever.
            wait = None if block is None else max(1, int(block * 1000))
            answer = await _awaited(self._client.xread(asked, count=count, block=wait))
        streams = cast(Mapping[bytes, list[Any]], answer or {})  # Any: the entries, given their type by _records
        found = {name.decode(): _records(entries) for name, entries in streams.items()}
        return found.get(self._keys.items, []), found.get(self._keys.canary, [])

    async def ledger(self, uri: str) -> list[bytes]:
        """The sealed bodies of an item's versions, oldest first; empty where there is no such item."""
        if self._primary.age > _LOOK_UP_SECONDS:
            await self._primary.doubt()
        async with translated():
            return list(await cast(Awaitable[list[bytes]], self._client.lrange(self._keys.ledger(uri), 0, -1)))

    async def ledgers(self) -> AsyncIterator[list[bytes]]:
        """The bodies of each ledger, in no order."""
        prefix = self._keys.ledger("")
        async with translated():
            names = {name async for name in self._client.scan_iter(match=f"{prefix}*", count=_PAGE)}
        for name in names:
            yield await self.ledger(name.decode("utf-8", "replace").removeprefix(prefix))

    async def ledger_lengths(self, uris: Sequence[str]) -> list[int]:
        """How many versions the ledger of each item has; 0 where it is no ledger at all."""
        return [count or 0 for count in await self._of_ledgers(uris, "LLEN")]

    async def ledger_ends(self, uris: Sequence[str]) -> list[bytes]:
        """The sealed body of the newest version in each item's ledger; empty where there is none."""
        return [body or b"" for body in await self._of_ledgers(uris, "LINDEX", "-1")]

    # Any: redis-py's replies
    async def _of_ledgers(self, uris: Sequence[str], command: str, *more: str) -> list[Any]:
        async with translated():
            commands = [(command, self._keys.ledger(uri), *more) for uri in uris]
            answers = await ask_all(self._client, self._keys.items, commands) if uris else []
            return [_of_list(answer) for answer in answers]

    async def aclose(self) -> None:
        """Gives the connections back; never raises for a server that is away."""
        await disconnect(self._client)


def id_order(entry_id: bytes) -> tuple[int, ...]:
    """An entry's id in the order of the stream."""
    return tuple(map(int, entry_id.split(b"-")))


def _records(answer: Any) -> list[Record]:  # Any: redis-py's stream replies have no type of their own
    # A deleted entry stands as None in some replies.
    return [(entry_id, fields) for entry_id, fields in answer if fields is not None]


def _of_list(answer: Any) -> Any:  # Any: a reply
    """`answer`, or None where a key holds something else than a list: one such key must not stop a node."""
    if isinstance(answer, Exception):
        if "WRONGTYPE" not in str(answer):
            raise answer
        return None
    return answer


async def _awaited(value: Any) -> Any:  # Any: redis-py types its commands for sync and async alike
    return await value
