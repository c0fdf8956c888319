"""The stream in Redis as the ticker reads it; every error of the server is a `StreamAwayError`."""

from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from typing import Any, Final, cast

import msgspec

from ticker.contract.cursor import is_epoch
from ticker.contract.entry import read_number

# Other packages import these from here, so that they need to know one module of the stream.
from ticker.stream.connect import Client as Client
from ticker.stream.connect import connect as connect
from ticker.stream.connect import disconnect as disconnect
from ticker.stream.connect import send_all
from ticker.stream.errors import StreamAwayError as StreamAwayError
from ticker.stream.errors import translated as translated
from ticker.stream.keys import Keys as Keys
from ticker.stream.primary import PrimaryCheck

Record = tuple[bytes, Mapping[bytes, bytes]]
"""The id and the fields of an entry, which is not verified."""

_PAGE: Final = 1000
RECEIPTS_KEPT: Final = 5000
"""Reports in the key of receipts: more than ten minutes of eight nodes that report every second."""
# A lookup checks the primary if the last check is older; the reader checks as often.
_LOOKUP_CHECK_SECONDS: Final = 1.5


class Position(msgspec.Struct, frozen=True):
    """The stream's own position: its epoch (None before the first publication), its counter, its newest entry."""

    epoch: str | None
    seq: int
    last_id: bytes | None


class ServerFacts(msgspec.Struct, frozen=True):
    """The properties of a server that `flashwire doctor` checks; `fsync` is None if the server does not report it."""

    version: str
    append_only: bool
    fsync: str | None
    clock: float
    """The server's time: seconds since 1970."""
    eviction: str | None = None
    """Its `maxmemory-policy`, or None if it does not report it."""


class Stream:
    """Reads one brand's stream; every method raises `StreamAwayError`."""

    def __init__(self, client: Client, brand: str) -> None:
        self._client = client
        self._keys = Keys(brand)
        self._primary = PrimaryCheck(client)

    async def doubt(self) -> str | None:
        """As `PrimaryCheck.doubt`: returns why it is unknown whether the server is still the primary, or None."""
        return await self._primary.doubt()

    async def position(self) -> Position:
        """Returns the stream's position."""
        async with translated():
            # Not a pipeline: that of a cluster does not look for the new primary when the old one has gone.
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
        """Returns every record in the stream, oldest first, read in pages."""
        records: list[Record] = []
        start = "-"
        while True:
            async with translated():
                page = _records(await _awaited(self._client.xrange(self._keys.items, min=start, count=_PAGE)))
            records += page
            if len(page) < _PAGE:
                return records
            start = "(" + page[-1][0].decode()

    async def after(self, entry_id: bytes, limit: int) -> list[Record] | None:
        """Returns the records after an entry; None if that entry is gone, or if there are `limit` or more."""
        if not await self.exists(entry_id):
            return None
        records, _ = await self.follow(entry_id, b"$", block=None, count=limit)
        return records if len(records) < limit else None

    async def newest(self) -> Record | None:
        """Returns the newest record, or None."""
        async with translated():
            records = _records(await _awaited(self._client.xrevrange(self._keys.items, count=1)))
        return records[0] if records else None

    async def server(self) -> ServerFacts:
        """Returns what the server reports about itself, as far as it allows that."""
        async with translated():
            clock = await _awaited(self._client.time())
            info = await _awaited(self._client.info())
        try:
            async with translated():
                settings = await _awaited(self._client.config_get("appendfsync"))
            fsync = next(iter(settings.values())) if settings else None
        except StreamAwayError:
            # Managed services do not allow CONFIG.
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
            reply = await _awaited(self._client.xrange(self._keys.items, min=entry_id, max=entry_id, count=1))
        return bool(_records(reply))

    async def last_canary(self) -> bytes:
        """Returns the id of the newest canary, or `0`."""
        async with translated():
            records = _records(await _awaited(self._client.xrevrange(self._keys.canary, count=1)))
        return records[0][0] if records else b"0"

    async def follow(
        self, after: bytes, after_canary: bytes, *, block: float | None, count: int
    ) -> tuple[list[Record], list[Record]]:
        """Returns records and canaries after these ids. Waits up to `block` seconds for the first; None: not at all."""
        ids: dict[Any, Any] = {self._keys.items: after, self._keys.canary: after_canary}  # Any: dicts are invariant
        async with translated():
            # At least 1 ms, because 0 means to Redis that it waits without a limit.
            milliseconds = None if block is None else max(1, int(block * 1000))
            reply = await _awaited(self._client.xread(ids, count=count, block=milliseconds))
        streams = cast(Mapping[bytes, list[Any]], reply or {})  # Any: the entries; _records gives them a type
        records = {name.decode(): _records(entries) for name, entries in streams.items()}
        return records.get(self._keys.items, []), records.get(self._keys.canary, [])

    async def report(self, report: bytes) -> None:
        """Appends a report of this node for the desk."""
        fields: dict[Any, Any] = {"report": report}  # Any: redis-py's own field type
        async with translated():
            await _awaited(self._client.xadd(self._keys.receipts, fields, maxlen=RECEIPTS_KEPT, approximate=True))

    async def ledger(self, uri: str) -> list[bytes]:
        """Returns the sealed bodies of an item's versions, oldest first; empty if there is no such item."""
        if self._primary.age > _LOOKUP_CHECK_SECONDS:
            await self._primary.doubt()
        async with translated():
            return list(await cast(Awaitable[list[bytes]], self._client.lrange(self._keys.ledger(uri), 0, -1)))

    async def ledgers(self) -> AsyncIterator[list[bytes]]:
        """Yields the bodies of each ledger, in no order."""
        prefix = self._keys.ledger("")
        async with translated():
            names = {name async for name in self._client.scan_iter(match=f"{prefix}*", count=_PAGE)}
        for name in names:
            yield await self.ledger(name.decode("utf-8", "replace").removeprefix(prefix))

    async def ledger_lengths(self, uris: Sequence[str]) -> list[int]:
        """Returns the number of versions in each item's ledger; 0 if its key is no ledger."""
        return [count or 0 for count in await self._ask_ledgers(uris, "LLEN")]

    async def ledger_ends(self, uris: Sequence[str]) -> list[bytes]:
        """Returns the sealed body of the newest version in each item's ledger; empty if there is none."""
        return [body or b"" for body in await self._ask_ledgers(uris, "LINDEX", "-1")]

    # Any: redis-py's replies
    async def _ask_ledgers(self, uris: Sequence[str], command: str, *arguments: str) -> list[Any]:
        async with translated():
            commands = [(command, self._keys.ledger(uri), *arguments) for uri in uris]
            replies = await send_all(self._client, self._keys.items, commands) if uris else []
            return [_list_reply(reply) for reply in replies]

    async def aclose(self) -> None:
        """Closes the connections; never raises for a server that is away."""
        await disconnect(self._client)


def id_order(entry_id: bytes) -> tuple[int, ...]:
    """Returns a sort key for the ids of entries."""
    return tuple(map(int, entry_id.split(b"-")))


def _records(reply: Any) -> list[Record]:  # Any: redis-py's stream replies have no type
    # In some replies a deleted entry has no fields.
    return [(entry_id, fields) for entry_id, fields in reply if fields is not None]


def _list_reply(reply: Any) -> Any:  # Any: a reply
    """Returns `reply`, or None if the key holds no list: one such key must not stop a node."""
    if isinstance(reply, Exception):
        if "WRONGTYPE" not in str(reply):
            raise reply
        return None
    return reply


async def _awaited(value: Any) -> Any:  # Any: redis-py types its commands for both sync and async
    return await value
