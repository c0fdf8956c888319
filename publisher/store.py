"""Redis, as the desk speaks it: one script writes, everything else looks up; nobody else here imports `redis`.

1. Only publish.lua writes to the stream. It is safe to repeat, so a lost reply is answered by asking again.
2. Every call ends within `BUDGET_SECONDS`, also when the server accepts connections and says nothing more.
3. What is written at the same time is sent together: the server syncs its disk once for all of it.
4. Whatever goes wrong with the server leaves here as `StreamAwayError`; then nothing is half done, and what may
   have been done is found again under the same digest.
"""

import asyncio
import hashlib
import math
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import msgspec
from hiredis import pack_command
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as LostError
from redis.exceptions import NoScriptError, ResponseError
from redis.exceptions import TimeoutError as SlowError

from publisher.batch import Batch
from publisher.settings import DeskSettings
from ticker.contract.cursor import Cursor, entry_check
from ticker.contract.entry import Keyring, Opened, PoisonError, open_body, read_entry, seal
from ticker.contract.facets import Facets, earlier_facets
from ticker.contract.item import Item, decode_item, encode_item
from ticker.stream import Client, Keys, StreamAwayError, connect, disconnect, translated

# An editor is told within three seconds that the stream is away. Two attempts fit on a connection that stands, the
# second cut to a second where both waited behind a slow call; to connect may take 2 s, and then one fits.
BUDGET_SECONDS: Final = 2.5
ATTEMPT_SECONDS: Final = 1.2
# A call that takes longer does not hold up those after it. It ends within 3.2 s (2 s to connect, one attempt), so
# that 32 are on their way at most: with `_AT_ONCE` others that stays below the pool's 100 connections.
_PATIENCE_SECONDS: Final = 0.1
_WAIT_MS: Final = 1000
_PAUSES: Final = (0.05, 0.3, None)
# redis-py's pool refuses more than 100 connections at once; more than this wait their turn inside their budget.
_AT_ONCE: Final = 64
# What one call may write: 64 take the server some 3 ms, and the first of them waits for the last.
_TOGETHER: Final = 64
_CANARIES_KEPT: Final = 100
# Every message says it: eight digits, that one stream in four thousand millions bears the name of the one before; then
# the check of its entries still tells them apart (ticker.contract.cursor).
_EPOCH_BYTES: Final = 4
_PAGE: Final = 200

_SCRIPT: Final = Path(__file__).with_name("publish.lua").read_text("utf-8")
# Redis names scripts by SHA-1; nothing is secured by it.
_SHA: Final = hashlib.sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()

Answer = TypeVar("Answer")
Words = tuple[int | str | bytes, ...]
"""What the script is given: the number of keys, the keys, the arguments."""
Answered = tuple[Any, int]  # Any: a script's reply
"""A reply, and how many replicas hold what was written before it."""


class StaleError(Exception):
    """Someone was faster: `current` is the item's version now."""

    def __init__(self, current: int) -> None:
        self.current = current
        super().__init__(f"the current version is {current}")


class MismatchError(Exception):
    """The Idempotency-Key was used before, for another request."""


class Published(msgspec.Struct, frozen=True):
    """An item in the stream; `again` where an earlier request with the same key put it there."""

    item: Item
    item_json: bytes
    cursor: Cursor
    again: bool


class ItemRecord(msgspec.Struct, frozen=True):
    """What the store holds of one item: its newest version, and what the next version carries for filters."""

    item: Item
    earlier: tuple[Facets, ...]


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
        self._client = client
        self._keyring = keyring
        self._keys = Keys(keyring.brand)
        self._replicas = replicas
        self._limits = (length, answer_ms, ledger_ms)
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._script = Batch(self._run, most=_TOGETHER, patience=_PATIENCE_SECONDS)

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

    async def publish(self, item: Item, digest: str, fingerprint: str, earlier: Sequence[Facets] = ()) -> Published:
        """Puts one version into stream and ledger, once for `digest`; `earlier` is what its filters need.

        The same digest and fingerprint get the first answer again; raises `MismatchError` for another
        fingerprint and `StaleError` unless `item` is the version after the current one.
        """
        item_json = encode_item(item)
        body = seal(item_json, self._keyring, earlier)
        answer, repeated = await self._answered(item.uri, item.version, body, digest, fingerprint)
        match answer:
            case [b"done", entry_id, epoch, seq]:
                cursor = Cursor(epoch.decode(), int(seq), entry_check(entry_id, body))
                return Published(item, item_json, cursor, False)
            case [b"again", _, _, _, stored] if repeated and stored == body:
                # A reply was lost, and it was this call's own: a body is known by its fresh uri or time.
                return self._earlier(answer, again=False)
        return self._earlier(answer, again=True)

    async def again(self, digest: str, fingerprint: str) -> Published | None:
        """What was answered to `digest`, or None; raises `MismatchError`."""
        answer, _ = await self._answered("", 0, b"", digest, fingerprint)
        return None if answer == [b"none"] else self._earlier(answer, again=True)

    async def _answered(
        self, uri: str, version: int, body: bytes, digest: str, fingerprint: str
    ) -> tuple[Any, bool]:  # Any: a reply
        """The script's answer, and whether it was asked more than once."""
        length, answer_ms, ledger_ms = self._limits
        keys = (self._keys.items, self._keys.meta, self._keys.ledger(uri), self._keys.answer(digest))
        words = (
            len(keys),
            *keys,
            fingerprint,
            version,
            body,
            secrets.token_hex(_EPOCH_BYTES),
            length,
            answer_ms,
            ledger_ms,
        )
        attempts = 0

        def ask() -> Awaitable[Answered]:
            nonlocal attempts
            attempts += 1
            return self._script.asked(words)

        async with translated(), asyncio.timeout(BUDGET_SECONDS):
            answer, held = await _repeated(ask)
        match answer:
            case [b"mismatch"]:
                raise MismatchError
            case [b"stale", current]:
                raise StaleError(current)
            case [b"done" | b"again", *_] if held < self._replicas:
                raise StreamAwayError(f"{held} of {self._replicas} replicas hold the entry")
        return answer, attempts > 1

    def _earlier(self, answer: Any, *, again: bool) -> Published:  # Any: a reply
        match answer:
            case [b"again", entry_id, epoch, seq, stored]:
                cursor = Cursor(epoch.decode(), int(seq), entry_check(entry_id, stored))
                item_json = self._opened(stored).item_json
                return Published(decode_item(item_json), item_json, cursor, again)
        raise StreamAwayError("the script gave an answer that is not its own")

    async def _run(self, asked: Sequence[Words]) -> list[Answered | Exception]:
        answers = await self._evaluated("EVALSHA", _SHA, asked)
        unknown = [place for place, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
        if unknown:
            taught = await self._evaluated("EVAL", _SCRIPT, [asked[place] for place in unknown])
            for place, answer in zip(unknown, taught, strict=True):
                answers[place] = answer
        return answers

    async def _evaluated(self, command: str, script: str, asked: Sequence[Words]) -> list[Answered | Exception]:
        if not isinstance(self._client, Redis):
            # Each by itself: a cluster's pipeline refuses scripts.
            calls = (self._client.execute_command(command, script, *words) for words in asked)
            return [_with_held(answer, 0) for answer in await asyncio.gather(*calls, return_exceptions=True)]
        # Not redis-py's pipeline: packing in Python, and a timer for each reply, took 130 µs a line; this takes 25.
        packed = [_packed(command, script, *words) for words in asked]
        if self._replicas:
            # It counts for what its own connection wrote last.
            packed.append(_packed("WAIT", self._replicas, _WAIT_MS))
        pool: Any = self._client.connection_pool  # Any: redis-py leaves it without types
        connection = await pool.get_connection()
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                await connection.send_packed_command(b"".join(packed))
                answers = [await _reply(connection) for _ in packed]
        finally:
            await pool.release(connection)
        held = answers.pop() if self._replicas else 0
        if isinstance(held, Exception):
            raise held
        return [_with_held(answer, held) for answer in answers]

    async def record(self, uri: str) -> ItemRecord | None:
        """The newest version of an item, or None where there is none."""
        body = await self._asked(lambda: cast(Awaitable[bytes | None], self._client.lindex(self._keys.ledger(uri), -1)))
        if body is None:
            return None
        opened = self._opened(body)
        item = decode_item(opened.item_json)
        return ItemRecord(item, earlier_facets(item, opened.earlier))

    async def newest(self, limit: int, *, wanted: Callable[[Item], bool]) -> list[Item]:
        """Up to `limit` items that are `wanted`, those held included, the latest first published first."""
        found: dict[str, Item] = {}
        passed: set[str] = set()
        end = "+"
        async with self._bounded():
            while True:
                page: Any = await self._client.xrevrange(self._keys.items, max=end, count=_PAGE)  # Any: a reply
                for entry_id, fields in page:
                    item = self._readable(entry_id, fields)
                    # Read backwards, the first version met of an item is its newest.
                    if item and item.uri not in passed:
                        passed.add(item.uri)
                        if wanted(item):
                            found[item.uri] = item
                    if len(found) == limit:
                        break
                if len(found) == limit or len(page) < _PAGE:
                    break
                end = f"({page[-1][0].decode()}"
        return sorted(found.values(), key=lambda item: (item.first_created, item.uri), reverse=True)

    async def canary(self, item: Item) -> Cursor:
        """Puts a canary into the stream beside the items; one that is doubled by a lost reply does no harm."""
        body = seal(encode_item(item), self._keyring)
        fields: dict[Any, Any] = {"epoch": "canary", "seq": 1, "body": body}  # Any: redis-py's own field type
        entry_id = cast(
            bytes,
            await self._asked(
                lambda: self._client.xadd(self._keys.canary, fields, maxlen=_CANARIES_KEPT, approximate=True)
            ),
        )
        return Cursor("canary", 1, entry_check(entry_id, body))

    async def ping(self) -> None:
        """Raises `StreamAwayError` unless the server answers and takes writes."""
        # While its disk refuses writes the server refuses PING too (MISCONF); a replica's role is not seen by PING.
        await self._asked(lambda: cast(Awaitable[object], self._client.ping()))

    async def aclose(self) -> None:
        """Gives the connections back; never raises for a server that is away."""
        try:
            async with self._bounded():
                await disconnect(self._client)
        except StreamAwayError:
            return

    async def _asked(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        async with self._bounded():
            return await _repeated(ask)

    @asynccontextmanager
    async def _bounded(self) -> AsyncIterator[None]:
        async with translated(), asyncio.timeout(BUDGET_SECONDS), self._turns:
            yield

    def _opened(self, body: bytes) -> Opened:
        try:
            return open_body(body, self._keyring)
        except PoisonError as error:
            raise StreamAwayError(f"the store holds a version that no key of ours signed: {error.reason}") from None

    def _readable(self, entry_id: bytes, fields: dict[bytes, bytes]) -> Item | None:
        try:
            return read_entry(entry_id, fields, self._keyring).item
        except PoisonError:
            return None


def _packed(*words: int | str | bytes) -> bytes:
    packed: bytes = pack_command(words)  # type: ignore[arg-type]  # hiredis declares a tuple of one word
    return packed


async def _reply(connection: Any) -> Any:  # Any: redis-py has a class for each kind of connection
    try:
        answer = await connection.read_response(timeout=math.inf)
    except ResponseError as error:
        return error
    if answer is None:
        # So it says that the network gave up (ETIMEDOUT); nothing of ours is answered by nothing.
        await connection.disconnect(nowait=True)
        raise LostError("The connection timed out.")
    return answer


def _with_held(answer: Any, held: int) -> Answered | Exception:  # Any: a reply
    if isinstance(answer, Exception):
        return answer
    if isinstance(answer, BaseException):
        raise answer
    return answer, held


async def _repeated(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    for pause in _PAUSES:
        try:
            return await ask()
        except (LostError, SlowError, OSError):
            if pause is None:
                raise
            await asyncio.sleep(pause)
    raise AssertionError("the last attempt returns or raises")
