"""One brand's stream as the desk writes it and looks it up.

1. Only publish.lua writes to the stream. It is safe to repeat, so a call whose reply was lost is made again.
2. Versions that are published at the same time are sent together: the server syncs its disk once for all of them.
3. Every fault of the server is raised as `StreamAwayError`. The version may have been stored; the same digest finds it
   again.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, cast

import msgspec

from publisher.core.search import Search
from publisher.settings import DeskSettings
from publisher.stream.batch import Batch
from publisher.stream.family import family_of
from publisher.stream.newest import newest_items
from publisher.stream.outcome import MismatchError, Published, StaleError, UnreadableAnswerError
from publisher.stream.redis_calls import (
    ATTEMPT_SECONDS,
    BUDGET_SECONDS,
    RedisCalls,
    ScriptArguments,
    ScriptReply,
    load_script,
    repeated,
)
from publisher.stream.search import Found, find
from publisher.stream.versions import ItemRecord, Version, read_record, read_version, read_versions, resigned_version
from ticker.contract.cursor import Cursor, entry_check
from ticker.contract.entry import Keyring, PoisonError, named_uri, seal
from ticker.contract.facets import Facets
from ticker.contract.item import Item, encode_item
from ticker.stream.redis_stream import Client, Keys, StreamAwayError, connect, translated

# A slower call does not delay the next one. It ends within 3.2 s (2 s to connect, one attempt), so that at most 32 run
# at once: with the 64 other calls that is below the pool's 100 connections.
_PATIENCE_SECONDS: Final = 0.1
# Versions per call: 64 take the server some 3 ms, and the first of them waits for the last.
_BATCH_LIMIT: Final = 64
_CANARIES_KEPT: Final = 100
# Every message carries the epoch: eight digits, so that two streams have the same one in four thousand million cases;
# then the check in the cursor still tells them apart (ticker.contract.cursor).
_EPOCH_BYTES: Final = 4
_RENEW_ANSWER_MS: Final = 60_000
# Neither a uri nor a digest, so no item and no Idempotency-Key can have it.
_PROBE: Final = "probe"

_PUBLISH: Final = load_script("publish.lua")


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
        self._batch: Batch[ScriptArguments, ScriptReply] = Batch(
            self._send_batch, limit=_BATCH_LIMIT, patience=_PATIENCE_SECONDS
        )

    @classmethod
    def open(cls, settings: DeskSettings, keyring: Keyring) -> "Store":
        """The store that `settings` describe; it connects at the first call."""
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
        self,
        item: Item,
        digest: str,
        fingerprint: str,
        earlier: Sequence[Facets] = (),
        missing_body: bytes = b"",
        siblings: Sequence[Item] = (),
    ) -> Published:
        """Puts one version into stream and ledger, once for `digest`.

        `earlier` and `missing_body` come from the item's `ItemRecord`. `siblings` are first versions of other items,
        which are published together with it, all or none. A repeat with the same digest and fingerprint
        gets the first answer. Raises `MismatchError` for another fingerprint, `StaleError` unless `item` is the version
        after the current one, and `UnreadableAnswerError` if the first answer cannot be read.
        """
        item_json = encode_item(item)
        body = seal(item_json, self.keyring, earlier)
        takes_off = item.pub_status != "usable"
        arguments = self._arguments(
            "publish", fingerprint, item.version, body, item.uri, digest, missing_body, takes_off=takes_off
        )
        bodies = [seal(encode_item(sibling), self.keyring) for sibling in siblings]
        if siblings:
            arguments = _with_siblings(arguments, [self.keys.ledger(sibling.uri) for sibling in siblings])
            for sibling, sibling_body in zip(siblings, bodies, strict=True):
                arguments += (sibling.uri, sibling_body)
        reply, was_repeated = await self._publish_call(arguments)
        match reply:
            case [b"done", entry_id, epoch, seq, *places]:
                published = tuple(
                    Published(sibling, encode_item(sibling), _cursor(epoch, *index, sibling_body), False)
                    for sibling, sibling_body, index in zip(
                        siblings, bodies, zip(places[::2], places[1::2], strict=True), strict=True
                    )
                )
                return Published(item, item_json, _cursor(epoch, entry_id, seq, body), False, published)
            case [b"again", _, _, _, stored, *_] if was_repeated and stored == body:
                # The first reply was lost. A body has a fresh uri or time, so this call itself stored it.
                return await self._earlier_answer(reply, is_repeat=False)
        return await self._earlier_answer(reply, is_repeat=True)

    async def earlier_answer(self, digest: str, fingerprint: str) -> Published | None:
        """The answer to an earlier request with `digest`, or None.

        Raises `MismatchError` for another fingerprint, and `UnreadableAnswerError`.
        """
        reply, _ = await self._publish_call(self._arguments("look", fingerprint, 0, b"", "", digest))
        return None if reply == [b"none"] else await self._earlier_answer(reply, is_repeat=True)

    async def renew(self, version: Version, body: bytes, current: bytes) -> bool:
        """Appends an item's newest version to the stream once more, as `body`; False if the item has changed.

        `current` is the last body of the item's ledger.
        """
        item = version.item
        digest = secrets.token_hex(16)
        try:
            await self._publish_call(self._arguments("renew", digest, item.version, body, item.uri, digest, current))
        except StaleError:
            return False
        return True

    async def probe(self) -> bool:
        """Does all that publishing does except for the entry; returns whether the index of newest entries is complete.

        Raises `StreamAwayError` with the reason if publishing would fail now.
        """
        await self.calls.confirm_primary()
        reply = await self.calls.script(_PUBLISH, self._arguments("probe", _PROBE, 1, b"", _PROBE, _PROBE))
        return bool(reply == [b"ready"])

    async def record(self, uri: str) -> ItemRecord | None:
        """What is stored of one item, or None where there is no such item."""
        return await read_record(self.calls, self.keys, self.keyring, uri)

    async def records(self, uris: Sequence[str]) -> list[ItemRecord | None]:
        """As `record`, for several items at once."""
        return list(await asyncio.gather(*(self.record(uri) for uri in uris)))

    async def family(self, original: str) -> list[ItemRecord]:
        """As `publisher.stream.family.family_of`."""
        return await family_of(self.calls, self.keys, self.keyring, original)

    async def newest(self, limit: int, *, is_wanted: Callable[[Item, bool], bool]) -> list[tuple[Item, int]]:
        """As `publisher.stream.newest.newest_items`."""
        return await newest_items(self.calls, self.keys, self.keyring, limit, is_wanted)

    async def versions(self, uri: str) -> list[tuple[int, Item | None]]:
        """Every version of an item by its number, the oldest first; None for one that cannot be read."""
        return await read_versions(self.calls, self.keys, self.keyring, uri)

    async def find(self, search: Search, limit: int, cursor: str) -> Found:
        """As `publisher.stream.search.find`."""
        return await find(self.calls, self.keys, self.keyring, search, limit, cursor)

    async def publish_canary(self, item: Item) -> Cursor:
        """Puts a canary into its own stream next to the items; a canary that is there twice does no harm."""
        body = seal(encode_item(item), self.keyring)
        fields: dict[Any, Any] = {"epoch": "canary", "seq": 1, "body": body}  # Any: redis-py's own field type
        entry_id = cast(
            bytes,
            await self.calls.command(
                lambda: self.calls.client.xadd(self.keys.canary, fields, maxlen=_CANARIES_KEPT, approximate=True)
            ),
        )
        return Cursor("canary", 1, entry_check(entry_id, body))

    async def aclose(self) -> None:
        """Closes the connections; does not raise for a server that is away."""
        await self.calls.aclose()

    def _arguments(
        self,
        mode: str,
        fingerprint: str,
        version: int,
        body: bytes,
        uri: str,
        digest: str,
        missing_body: bytes = b"",
        *,
        takes_off: bool = False,
    ) -> ScriptArguments:
        """The keys and arguments of publish.lua, in the order that its head lists."""
        keys = self.keys
        length, answer_ms, ledger_ms = self._limits
        if mode == "renew":
            # Only this call can ask for its answer, and a whole stream is renewed at once.
            answer_ms = _RENEW_ANSWER_MS
        names = (keys.items, keys.meta, keys.newest, keys.ledger(uri), keys.answer(digest))
        epoch = secrets.token_hex(_EPOCH_BYTES)
        limits = (length, answer_ms, ledger_ms)
        rest = (version, body, epoch, *limits, uri, missing_body, self.calls.replicas, int(takes_off))
        return (len(names), *names, mode, fingerprint, *rest)

    async def _publish_call(self, arguments: ScriptArguments) -> tuple[Any, bool]:  # Any: a reply
        """The reply of publish.lua, and whether the call was made more than once."""
        attempts = 0

        def attempt() -> Awaitable[ScriptReply]:
            nonlocal attempts
            attempts += 1
            return self._batch.submit(arguments)

        async with translated(), asyncio.timeout(BUDGET_SECONDS):
            reply, replicas = await repeated(attempt)
        match reply:
            case [b"mismatch"]:
                raise MismatchError
            case [b"stale", current]:
                raise StaleError(current)
            case [b"done" | b"again", *_]:
                self.calls.check_replicas(replicas)
        return reply, attempts > 1

    async def _send_batch(self, batch: Sequence[ScriptArguments]) -> list[ScriptReply | Exception]:
        return await self.calls.scripts(_PUBLISH, batch)

    async def _earlier_answer(self, reply: Any, *, is_repeat: bool) -> Published:  # Any: a reply
        match reply:
            case [b"again", entry_id, epoch, seq, stored, *rest]:
                siblings = [
                    await self._earlier_version(index, epoch, number, body, is_repeat)
                    for index, number, body in zip(rest[::3], rest[1::3], rest[2::3], strict=True)
                ]
                published = await self._earlier_version(entry_id, epoch, seq, stored, is_repeat)
                return msgspec.structs.replace(published, siblings=tuple(siblings))
        raise StreamAwayError("the script gave an unknown reply")

    async def _earlier_version(
        self, entry_id: bytes, epoch: bytes, seq: bytes, stored: bytes, is_repeat: bool
    ) -> Published:
        try:
            version = read_version(stored, self.keyring)
        except PoisonError:
            # The key that signed it is gone. Before it went, the ledger should have been signed again.
            resigned = await resigned_version(self.calls, self.keys, self.keyring, stored)
            if resigned is None:
                raise UnreadableAnswerError(named_uri(stored) or "?") from None
            version = resigned
        return Published(version.item, version.item_json, _cursor(epoch, entry_id, seq, stored), is_repeat)


def _cursor(epoch: bytes, entry_id: bytes, seq: bytes, body: bytes) -> Cursor:
    return Cursor(epoch.decode(), int(seq), entry_check(entry_id, body))


def _with_siblings(arguments: ScriptArguments, ledgers: Sequence[str]) -> ScriptArguments:
    """`arguments` with the keys of the siblings' ledgers after the other keys."""
    count = int(arguments[0])
    return (count + len(ledgers), *arguments[1 : count + 1], *ledgers, *arguments[count + 1 :])
