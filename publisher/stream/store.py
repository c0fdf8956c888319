"""One brand's stream as the desk writes it and looks it up.

1. Only publish.lua writes to the stream. It is safe to repeat, so a lost reply is answered by asking again.
2. What is written at the same time is sent together: the server syncs its disk once for all of it.
3. Whatever goes wrong with the server leaves here as `StreamAwayError`; what may
   have been done is found again under the same digest.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, cast

import msgspec

from publisher.settings import DeskSettings
from publisher.stream.batch import Batch
from publisher.stream.redis_calls import (
    ATTEMPT_SECONDS,
    BUDGET_SECONDS,
    RedisCalls,
    ScriptArguments,
    ScriptReply,
    load_script,
    repeated,
)
from publisher.stream.versions import ItemRecord, Version, is_verified, read_record, read_version, signed_anew
from ticker.contract.cursor import Cursor, entry_check
from ticker.contract.entry import Keyring, PoisonError, named_uri, seal
from ticker.contract.facets import Facets
from ticker.contract.item import Item, encode_item
from ticker.stream.redis_stream import Client, Keys, StreamAwayError, connect, translated

# A call that takes longer does not hold up those after it. It ends within 3.2 s (2 s to connect, one attempt), so
# that 32 are on their way at most: with the 64 other calls at once that stays below the pool's 100 connections.
_PATIENCE_SECONDS: Final = 0.1
# What one call may write: 64 take the server some 3 ms, and the first of them waits for the last.
_TOGETHER: Final = 64
_CANARIES_KEPT: Final = 100
_PAGES_VERIFIED: Final = 50
# Every message says it: eight digits, that one stream in four thousand millions bears the name of the one before; then
# the check of its entries still tells them apart (ticker.contract.cursor).
_EPOCH_BYTES: Final = 4
_RENEW_ANSWER_MS: Final = 60_000
# Neither is a uri or a digest: no item and no Idempotency-Key can have it.
_PROBE: Final = "probe"

_PUBLISH: Final = load_script("publish.lua")
_COUNTS: Final = load_script("counts.lua")


class StaleError(Exception):
    """Someone was faster: `current` is the item's version now."""

    def __init__(self, current: int) -> None:
        self.current = current
        super().__init__(f"the current version is {current}")


class MismatchError(Exception):
    """The Idempotency-Key was used before, for another request."""


class UnreadableAnswerError(Exception):
    """The request was carried out before, and no key of ours verifies what was answered: it concerned item `uri`."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        super().__init__(f"what was answered before about {uri} cannot be read")


class Published(msgspec.Struct, frozen=True):
    """An item in the stream; `again` where an earlier request with the same key put it there."""

    item: Item
    item_json: bytes
    cursor: Cursor
    again: bool


class Store:
    """One brand's stream, written and looked up; every method raises `StreamAwayError`."""

    def __init__(
        self,
        client: Client,
        keyring: Keyring,
        *,
        length: int = 10_000,
        replicas: int = 0,
        answer_ms: int = 86_400_000,
        ledger_ms: int = 400 * 86_400_000,
    ) -> None:
        self.calls = RedisCalls(client, replicas)
        self.keyring = keyring
        self.keys = Keys(keyring.brand)
        self.ledger_ms = ledger_ms
        self._limits = (length, answer_ms, ledger_ms)
        self._batch: Batch[ScriptArguments, ScriptReply] = Batch(self._run, most=_TOGETHER, patience=_PATIENCE_SECONDS)

    @classmethod
    def open(cls, settings: DeskSettings, keyring: Keyring) -> "Store":
        """The store that `settings` name; connects at the first call."""
        assert settings.redis_url is not None, "the commands choose a server before they open the store"
        return cls(
            connect(settings.redis_url, timeout=ATTEMPT_SECONDS),
            keyring,
            length=settings.stream_length,
            replicas=settings.replicas,
            answer_ms=int(settings.idempotency_hours * 3_600_000),
            ledger_ms=settings.ledger_days * 86_400_000,
        )

    async def publish(
        self, item: Item, digest: str, fingerprint: str, earlier: Sequence[Facets] = (), before: bytes = b""
    ) -> Published:
        """Puts one version into stream and ledger, once for `digest`.

        `earlier` and `before` are those of the item's `ItemRecord`. The same digest and fingerprint get the first
        answer again; raises `MismatchError` for another fingerprint and `StaleError` unless `item` is the version
        after the current one, `UnreadableAnswerError` where the first answer cannot be read.
        """
        item_json = encode_item(item)
        body = seal(item_json, self.keyring, earlier)
        takes_off = item.pub_status != "usable"
        words = self._words("publish", fingerprint, item.version, body, item.uri, digest, before, takes_off=takes_off)
        answer, has_repeats = await self._answered(words)
        match answer:
            case [b"done", entry_id, epoch, seq]:
                cursor = Cursor(epoch.decode(), int(seq), entry_check(entry_id, body))
                return Published(item, item_json, cursor, False)
            case [b"again", _, _, _, stored] if has_repeats and stored == body:
                # A reply was lost, and it was this call's own: a body is known by its fresh uri or time.
                return await self._earlier(answer, again=False)
        return await self._earlier(answer, again=True)

    async def again(self, digest: str, fingerprint: str) -> Published | None:
        """What was answered to `digest`, or None; raises `MismatchError` and `UnreadableAnswerError`."""
        answer, _ = await self._answered(self._words("look", fingerprint, 0, b"", "", digest))
        return None if answer == [b"none"] else await self._earlier(answer, again=True)

    async def renew(self, version: Version, body: bytes, current: bytes) -> bool:
        """Puts the newest version of an item into the stream again as `body`; False if the item changed meanwhile.

        `current` is the body that its ledger ends with.
        """
        item = version.item
        digest = secrets.token_hex(16)
        try:
            await self._answered(self._words("renew", digest, item.version, body, item.uri, digest, current))
        except StaleError:
            return False
        return True

    async def probe(self) -> bool:
        """Does what publishing does but for the entry; returns whether every item in the stream is in `newest`.

        Raises `StreamAwayError` with the reason if publishing would fail now.
        """
        await self.calls.confirm_primary()
        answer = await self.calls.script(_PUBLISH, self._words("probe", _PROBE, 1, b"", _PROBE, _PROBE))
        return bool(answer == [b"ready"])

    def _words(
        self,
        mode: str,
        fingerprint: str,
        version: int,
        body: bytes,
        uri: str,
        digest: str,
        before: bytes = b"",
        *,
        takes_off: bool = False,
    ) -> ScriptArguments:
        keys = self.keys
        length, answer_ms, ledger_ms = self._limits
        if mode == "renew":
            # Nobody but this call asks for its answer, and a whole stream is renewed at once.
            answer_ms = _RENEW_ANSWER_MS
        names = (keys.items, keys.meta, keys.newest, keys.ledger(uri), keys.answer(digest))
        epoch = secrets.token_hex(_EPOCH_BYTES)
        limits = (length, answer_ms, ledger_ms)
        replicas = self.calls.replicas
        rest = (version, body, epoch, *limits, uri, before, replicas, int(takes_off))
        return (len(names), *names, mode, fingerprint, *rest)

    async def _answered(self, words: ScriptArguments) -> tuple[Any, bool]:  # Any: a reply
        """The script's answer, and whether it was asked more than once."""
        attempts = 0

        def ask() -> Awaitable[ScriptReply]:
            nonlocal attempts
            attempts += 1
            return self._batch.submit(words)

        async with translated(), asyncio.timeout(BUDGET_SECONDS):
            answer, held = await repeated(ask)
        match answer:
            case [b"mismatch"]:
                raise MismatchError
            case [b"stale", current]:
                raise StaleError(current)
            case [b"done" | b"again", *_]:
                self.calls.checked(answer, held)
        return answer, attempts > 1

    async def _earlier(self, answer: Any, *, again: bool) -> Published:  # Any: a reply
        match answer:
            case [b"again", entry_id, epoch, seq, stored]:
                cursor = Cursor(epoch.decode(), int(seq), entry_check(entry_id, stored))
                try:
                    version = read_version(stored, self.keyring)
                except PoisonError:
                    # Its key was dropped since; the ledger was signed again before that, if all went well.
                    found = await signed_anew(self.calls, self.keys, self.keyring, stored)
                    if found is None:
                        raise UnreadableAnswerError(named_uri(stored) or "?") from None
                    version = found
                return Published(version.item, version.item_json, cursor, again)
        raise StreamAwayError("the script gave an answer that is not its own")

    async def _run(self, words: Sequence[ScriptArguments]) -> list[ScriptReply | Exception]:
        return await self.calls.scripts(_PUBLISH, words)

    async def record(self, uri: str) -> ItemRecord | None:
        """What is stored of one item, or None where there is no such item."""
        return await read_record(self.calls, self.keys, self.keyring, uri)

    async def newest(self, limit: int, *, wanted: Callable[[Item, bool], bool]) -> list[tuple[Item, int]]:
        """Up to `limit` items that are `wanted`, the latest first published first, and their newest versions' numbers.

        Each is the newest version that can be read; `wanted` is also told whether there is no newer one.
        """
        found: dict[str, tuple[Item, int]] = {}
        passed: set[str] = set()
        async with translated(), asyncio.timeout(BUDGET_SECONDS):
            async for page in self.calls.pages_backwards(self.keys.items):
                # The first version met of an item is its newest in the stream; the ledger may know a newer one.
                fresh: list[Item] = []
                for _, fields in page:
                    item = self._readable(fields)
                    if item and item.uri not in passed:
                        passed.add(item.uri)
                        fresh.append(item)
                for item, count in zip(fresh, await self._counts(fresh), strict=True):
                    number = count
                    if count > item.version:
                        record = await self.record(item.uri)
                        item, number = (record.item, record.version) if record and record.item else (item, count)
                    if wanted(item, item.version >= number):
                        found[item.uri] = (item, max(number, item.version))
                    if len(found) == limit:
                        break
                if len(found) == limit:
                    break
        return sorted(found.values(), key=lambda pair: (pair[0].first_created, pair[0].uri), reverse=True)

    async def _counts(self, items: Sequence[Item]) -> list[int]:
        if not items:
            return []
        ledgers = [self.keys.ledger(item.uri) for item in items]
        return list(await self.calls.script(_COUNTS, (len(ledgers), *ledgers)))

    async def canary(self, item: Item) -> Cursor:
        """Puts a canary into the stream beside the items; one that is doubled by a lost reply does no harm."""
        body = seal(encode_item(item), self.keyring)
        fields: dict[Any, Any] = {"epoch": "canary", "seq": 1, "body": body}  # Any: redis-py's own field type
        entry_id = cast(
            bytes,
            await self.calls.command(
                lambda: self.calls.client.xadd(self.keys.canary, fields, maxlen=_CANARIES_KEPT, approximate=True)
            ),
        )
        return Cursor("canary", 1, entry_check(entry_id, body))

    async def eviction_policy(self) -> str | None:
        """The server's `maxmemory-policy`, or None where it may not be asked."""
        try:
            found: Any = await self.calls.command(lambda: self.calls.client.info("memory"))  # Any: a reply
        except StreamAwayError:
            return None
        return str(found["maxmemory_policy"]) if "maxmemory_policy" in found else None

    async def unverified(self) -> int:
        """How many of the newest 10,000 entries no key of ours verifies."""
        found = pages = 0
        async for page in self.calls.pages_backwards(self.keys.items):
            found += sum(not is_verified(fields.get(b"body", b""), self.keyring) for _, fields in page)
            pages += 1
            if pages == _PAGES_VERIFIED:
                break
        return found

    async def aclose(self) -> None:
        """Gives the connections back; never raises for a server that is away."""
        await self.calls.aclose()

    def _readable(self, fields: dict[bytes, bytes] | None) -> Item | None:
        try:
            return read_version((fields or {}).get(b"body", b""), self.keyring).item
        except PoisonError:
            return None
