"""Every version in the stream with its time, read once and then kept up to date when somebody asks.

1. Only what is new since the last call is read. If the newest known entry has left or changed (a wipe, a failover), the
   stream is read again.
2. An item that has left the stream has a ledger that expires: the time that is left of it says when the item left. So
   the versions that the stream had at an earlier moment are found again, for as long as ledgers are kept.
3. Verifying a page of entries takes some 8 ms, and so it runs in a thread.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, cast

import msgspec

from publisher.core.at import Stored
from publisher.stream.redis_calls import PAGE, RedisCalls, load_script
from publisher.stream.versions import read_version
from ticker.contract.entry import Keyring, PoisonError, named_uri
from ticker.contract.item import instant
from ticker.stream.redis_stream import Keys, translated

_DEPARTED: Final = load_script("departed.lua")
# Bounds of one search through the ledgers.
SCANNED_LIMIT: Final = 200_000
LEDGERS_LIMIT: Final = 2_000
_SCAN_COUNT: Final = 1_000
_AT_ONCE: Final = 50


class Timeline:
    """The versions of one brand's stream; its methods raise `StreamAwayError`."""

    def __init__(self, calls: RedisCalls, keys: Keys, keyring: Keyring, ledger_ms: int) -> None:
        self._calls = calls
        self._keys = keys
        self._keyring = keyring
        self._ledger_ms = ledger_ms
        self._lock = asyncio.Lock()
        self._ids: list[bytes] = []
        self._stored: list[Stored] = []
        self._last_body = b""
        self._lowest: dict[str, int] = {}
        """The lowest version of each item in the stream."""
        self._left: dict[str, float] | None = None
        """When each item left the stream; None before all ledgers were looked at."""
        self._dropped: list[str] = []
        """Items that may have left since then."""
        self._is_whole = True
        self.is_trimmed = False
        """Whether entries have left the stream."""

    async def read(self) -> Sequence[Stored]:
        """Every version that the stream has, oldest first."""
        async with self._lock:
            await self._forget_trimmed()
            while await self._read_page():
                pass
            return self._stored

    async def earlier(self, time: float) -> tuple[list[Stored], bool]:
        """Versions that were in the stream at `time` and are in ledgers only, perhaps with others, and whether all are.

        Call `read` first.
        """
        async with self._lock:
            if self._left is None:
                self._left = {}
                self._dropped, self._is_whole = await self._uris_of_ledgers()
            await self._note_departures()
            uris = [uri for uri, left_at in self._left.items() if left_at > time]
            # An item whose first versions have left the stream may have been there with one of them.
            uris += [uri for uri, version in self._lowest.items() if version > 1]
        versions: list[Stored] = []
        for start in range(0, min(len(uris), LEDGERS_LIMIT), _AT_ONCE):
            piece = uris[start : min(start + _AT_ONCE, LEDGERS_LIMIT)]
            for ledger in await asyncio.gather(*(self._ledger(uri) for uri in piece)):
                versions += ledger
        return versions, self._is_whole and len(uris) <= LEDGERS_LIMIT

    async def _ledger(self, uri: str) -> list[Stored]:
        """The versions in an item's ledger, oldest first, with the times that they say."""
        bodies = cast(
            list[bytes], await self._calls.command(lambda: self._calls.client.lrange(self._keys.ledger(uri), 0, -1))
        )
        return await asyncio.to_thread(self._ledger_versions, bodies, uri)

    async def _forget_trimmed(self) -> None:
        first: Any = await self._calls.command(  # Any: redis-py's stream replies have no type of their own
            lambda: self._calls.client.xrange(self._keys.items, count=1)
        )
        if not first:
            self._clear()
            return
        entry_id, fields = first[0]
        self.is_trimmed = fields.get(b"seq") != b"1"
        if self._ids and _order(self._ids[-1]) < _order(entry_id):
            self._clear()
        count = next((index for index, stored_id in enumerate(self._ids) if _order(stored_id) >= _order(entry_id)), 0)
        self._dropped += [version.uri for version in self._stored[:count] if version.uri is not None]
        del self._ids[:count], self._stored[:count]
        if count:
            self._lowest = {}
            self._note_lowest(self._stored)

    async def _read_page(self) -> bool:
        """Reads the next entries; returns whether there may be more."""
        start = self._ids[-1].decode() if self._ids else "-"
        read = partial(self._calls.client.xrange, self._keys.items, min=start, count=PAGE)
        page: Any = await self._calls.command(read)  # Any: as above
        entries = [(entry_id, fields.get(b"body", b"")) for entry_id, fields in page if fields is not None]
        if self._ids:
            if not entries or entries[0] != (self._ids[-1], self._last_body):
                self._clear()
                return True
            entries = entries[1:]
        if entries:
            versions = await asyncio.to_thread(self._versions, entries)
            self._stored += versions
            self._note_lowest(versions)
            self._ids += [entry_id for entry_id, _ in entries]
            self._last_body = entries[-1][1]
        return len(page) == PAGE

    def _clear(self) -> None:
        self._ids, self._stored, self._last_body = [], [], b""
        self._lowest, self._left, self._dropped = {}, None, []

    def _note_lowest(self, versions: Sequence[Stored]) -> None:
        for version in versions:
            if version.item is not None:
                lowest = self._lowest.get(version.item.uri, version.item.version)
                self._lowest[version.item.uri] = min(lowest, version.item.version)

    def _versions(self, entries: Sequence[tuple[bytes, bytes]]) -> list[Stored]:
        return [self._version(_order(entry_id)[0] / 1000, body) for entry_id, body in entries]

    def _version(self, added: float, body: bytes) -> Stored:
        try:
            item = read_version(body, self._keyring).item
        except PoisonError:
            return Stored(added, named_uri(body), None)
        return Stored(added, item.uri, item)

    def _ledger_versions(self, bodies: Sequence[bytes], uri: str) -> list[Stored]:
        stored: list[Stored] = []
        for body in bodies:
            version = self._version(0.0, body)
            if version.item is None or version.item.uri != uri:
                # The time of a lost version is that of the version before it.
                stored.append(Stored(stored[-1].added if stored else 0.0, uri, None))
            else:
                stored.append(msgspec.structs.replace(version, added=instant(version.item.version_created)))
        return stored

    async def _uris_of_ledgers(self) -> tuple[list[str], bool]:
        """The items that have a ledger and are not in the stream, and whether these are all."""
        prefix = self._keys.ledger("")
        uris: set[str] = set()
        async with translated():
            async for key in self._calls.client.scan_iter(match=f"{prefix}*", count=_SCAN_COUNT):
                uris.add(key.decode("utf-8", "replace").removeprefix(prefix))
                if len(uris) >= SCANNED_LIMIT:
                    return list(uris - self._lowest.keys()), False
        return list(uris - self._lowest.keys()), True

    async def _note_departures(self) -> None:
        assert self._left is not None
        while self._dropped:
            piece = self._dropped[-PAGE:]
            keys = [self._keys.ledger(uri) for uri in piece]
            began = await self._calls.script(_DEPARTED, (len(keys), *keys, self._ledger_ms))
            self._left |= {uri: milliseconds / 1000 for uri, milliseconds in zip(piece, began, strict=True)}
            del self._dropped[-PAGE:]


def _order(entry_id: bytes) -> tuple[int, int]:
    milliseconds, _, part = entry_id.partition(b"-")
    return int(milliseconds), int(part)
