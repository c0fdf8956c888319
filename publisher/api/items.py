"""Publishing: from a request to an entry, and the desk's own list of what there is.

A request goes: who is asking, what they sent, may they, is it sound, is there room, the script. Only the script
decides; where something before it refuses, what was answered to the same request earlier still holds.
"""

import hashlib
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Collection
from typing import Final, get_args

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.caller import caller, caller_or_remembered, read
from publisher.api.ed_notes import keep_note, log_lost_note, notes_json, with_notes
from publisher.api.item_records import existing, next_item, shown, stale, unreadable
from publisher.api.parts import Parts
from publisher.api.problems import ApiError, away
from publisher.api.warnings import Warnings
from publisher.core.first_version import first_version
from publisher.core.phrases import act_phrase, role_phrase
from publisher.core.refusals import RefusalsError, printable
from publisher.core.request import ActRequest, ItemRequest
from publisher.core.roles import ACTS_THAT_TAKE_BACK, role_needed
from publisher.core.ulid import CHANCE_BYTES, ulid
from publisher.records.tokens import Actor
from publisher.stream.store import MismatchError, Published, StaleError
from publisher.stream.versions import ItemRecord
from ticker.contract.item import URI_PREFIX, Act, Item, PubStatus, encode_item
from ticker.contract.sentences import RefusedError
from ticker.stream.redis_stream import StreamAwayError

KEY_LIMIT: Final = 200
LIST_LIMIT: Final = 200
PUBLISH_PATH: Final = "/v1/items"
_LIST_DEFAULT: Final = 50
_UNREADABLE: Final = "unreadable"
_STATUSES: Final = (*get_args(PubStatus), _UNREADABLE)
# Nothing that was answered before can change these.
_FINAL: Final = frozenset({"key-reused", "stream-away"})
# The tag is a version number, so what a compressing proxy makes of it means the same: W/"1" (nginx), "1-gzip" (Apache),
# "1--gzip" (Jetty), "1;gzip".
_ETAG: Final = re.compile(r'(?:W/)?"([1-9][0-9]{0,8})(?:(?:--?|;)(?:gzip|br|zstd|deflate))?"')

_log = structlog.get_logger(__name__)


class _Once(msgspec.Struct, frozen=True):
    """What makes a request the same as an earlier one: its key's digest, and the fingerprint of the rest."""

    digest: str
    fingerprint: str
    given: bool


def publish_route(parts: Parts) -> Callable[[Request], Awaitable[Response]]:
    """`POST /v1/items`, which the application also calls past its router."""
    warnings = Warnings(parts.site)

    async def publish(request: Request) -> Response:
        actor = await caller(request, parts)
        asked = await read(request, parts, ItemRequest)
        started = time.perf_counter()
        _check_role(actor, "publish", dry_run=asked.dry_run)
        now = parts.clock()
        uri = URI_PREFIX + ulid(now, secrets.token_bytes(CHANCE_BYTES))
        if asked.dry_run:
            tried = first_version(asked, parts.site, uri=uri, now=now)
            return _tried(tried, warnings.member(request, asked, tried))
        once = _once(request, actor, asked, "")

        async def decided() -> Published:
            item = first_version(asked, parts.site, uri=uri, now=now)
            return await _admitted(parts, actor, "publish", once, lambda: _written(parts, item, once))

        published = await _first_answer(parts, once, decided)
        warned = warnings.member(request, asked, published.item)
        return await _told(parts, actor, published, asked.ed_note, started, warned, status=201)

    return publish


def item_routes(parts: Parts) -> list[BaseRoute]:
    """`/v1/items` and what is below it."""
    warnings = Warnings(parts.site)

    async def act(request: Request) -> Response:
        actor, fault = await caller_or_remembered(request, parts)
        asked = await read(request, parts, ActRequest)
        if fault is not None and asked.act not in ACTS_THAT_TAKE_BACK:
            raise fault
        started = time.perf_counter()
        _check_role(actor, asked.act, dry_run=asked.dry_run)
        seen = _seen_version(request)
        once = _once(request, actor, asked, str(seen))
        # The item before the answer: were the answer looked up first, a twin that finishes between the two
        # would make this one look late.
        record = await existing(parts, request.path_params["uri"])
        if asked.dry_run:
            tried = next_item(record, seen, asked, parts)
            return _tried(tried, warnings.member(request, asked, tried))

        async def decided() -> Published:
            item = next_item(record, seen, asked, parts)
            return await _admitted(parts, actor, asked.act, once, lambda: _written(parts, item, once, record))

        published = await _first_answer(parts, once, decided)
        warned = warnings.member(request, asked, published.item)
        if fault is not None:
            _log.warning(
                "act accepted without the database",
                act=asked.act, uri=published.item.uri, version=published.item.version, by=actor.name, reason=str(fault),
            )  # fmt: skip
            # To ask the database once more would double the wait.
            if asked.ed_note is not None:
                log_lost_note(published.item, fault)
        ed_note = asked.ed_note if fault is None else None
        return await _told(parts, actor, published, ed_note, started, warned, status=200)

    async def one(request: Request) -> Response:
        _, fault = await caller_or_remembered(request, parts)
        record = await existing(parts, request.path_params["uri"])
        if record.item is None:
            raise unreadable(record)
        notes = await notes_json(parts, [record.uri]) if fault is None else {}
        body = with_notes(shown(record.item, record.version), notes.get(record.uri))
        return _json(body, headers={"ETag": f'"{record.version}"'})

    async def newest(request: Request) -> Response:
        _, fault = await caller_or_remembered(request, parts)
        limit = request.query_params.get("limit", str(_LIST_DEFAULT))
        if not (limit.isascii() and limit.isdigit() and len(limit) < 4 and 1 <= int(limit) <= LIST_LIMIT):
            raise ApiError(400, "bad-parameter", limit=LIST_LIMIT)
        editions = frozenset(_known(request, "edition", parts.site.editions))
        statuses = frozenset(_known(request, "status", _STATUSES)) or {"usable", "withheld"}
        items = await parts.store.newest(
            int(limit),
            wanted=lambda item, is_newest: (
                (item.pub_status if is_newest else _UNREADABLE) in statuses
                and (not editions or item.edition in editions)
            ),
        )
        notes = await notes_json(parts, (item.uri for item, _ in items)) if fault is None else {}
        bodies = (with_notes(shown(item, version), notes.get(item.uri)) for item, version in items)
        return _json(b'{"items":[%b]}' % b",".join(bodies))

    return [
        Route(PUBLISH_PATH, newest, methods=["GET"]),
        Route(PUBLISH_PATH, publish_route(parts), methods=["POST"]),
        Route("/v1/items/{uri}", one, methods=["GET"]),
        Route("/v1/items/{uri}/acts", act, methods=["POST"]),
    ]


def _check_role(actor: Actor, act: Act, *, dry_run: bool) -> None:
    needed = role_needed(actor.role, act)
    if needed and not dry_run:
        raise ApiError(403, "role-act", needed=role_phrase(needed), act=act_phrase(act))


def _once(request: Request, actor: Actor, asked: msgspec.Struct, seen: str) -> _Once:
    key = request.headers.get("idempotency-key")
    if key is not None and not (0 < len(key) <= KEY_LIMIT and key.isascii() and key.isprintable()):
        raise ApiError(400, "key", limit=KEY_LIMIT)
    # Without a key of the client's a lost reply is still asked for again, by the store.
    parts = (actor.name, key or secrets.token_hex(16))
    said = (request.method, request.scope["path"], actor.name, seen, msgspec.json.encode(asked, order="deterministic"))
    return _Once(_digest(*parts), _digest(*said), key is not None)


def _digest(*parts: str | bytes) -> str:
    whole = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else part.encode()
        # With its length before it, so that no two lists of parts run into the same bytes.
        whole.update(b"%d:%b" % (len(data), data))
    return whole.hexdigest()


async def _first_answer(parts: Parts, once: _Once, decided: Callable[[], Awaitable[Published]]) -> Published:
    """What `decided` publishes, or what was answered to the same request before, whatever is refused now.

    The script knows an earlier answer too, so that it is asked for only after a refusal: an item may have expired
    since, its next version be there, or the window be full. To ask for it first took a fifth of a publication.
    """
    try:
        return await decided()
    except (ApiError, RefusalsError, RefusedError) as refusal:
        if not once.given or (isinstance(refusal, ApiError) and refusal.code in _FINAL):
            raise
        try:
            published = await parts.store.again(once.digest, once.fingerprint)
        except MismatchError:
            raise ApiError(422, "key-reused") from None
        if published is None:
            raise
        return published


async def _admitted(
    parts: Parts, actor: Actor, act: Act, once: _Once, write: Callable[[], Awaitable[Published]]
) -> Published:
    if actor.unlimited or act in ACTS_THAT_TAKE_BACK:
        return await write()
    # What an earlier attempt was counted for is not this one's to take back.
    now = parts.steady()
    fresh = not parts.rate.counts(actor.name, once.digest, now)
    seconds = parts.rate.admit(actor.name, once.digest, now)
    if seconds:
        wait = max(1, int(seconds + 0.999))
        limit = parts.settings.rate_per_minute
        raise ApiError(429, "rate", headers={"Retry-After": str(wait)}, limit=limit, seconds=wait)
    try:
        published = await write()
    except ApiError as error:
        # What may have been written (503) stays counted: its repeat has the same digest and is not counted twice.
        if fresh and error.status != 503:
            parts.rate.forget(actor.name, once.digest)
        raise
    if fresh and published.again:
        parts.rate.forget(actor.name, once.digest)
    return published


async def _written(parts: Parts, item: Item, once: _Once, record: ItemRecord | None = None) -> Published:
    earlier, before = (record.earlier, record.before) if record else ((), b"")
    try:
        return await parts.store.publish(item, once.digest, once.fingerprint, earlier, before)
    except MismatchError:
        raise ApiError(422, "key-reused") from None
    except StaleError as error:
        raise stale(error.current) from None
    except StreamAwayError as error:
        _log.warning("not published", reason=str(error), uri=item.uri, version=item.version)
        raise away() from None


async def _told(
    parts: Parts, actor: Actor, published: Published, ed_note: str | None, started: float, warned: bytes, *, status: int
) -> Response:
    item = published.item
    if ed_note is not None:
        await keep_note(parts, actor, item, ed_note)
    if published.again:
        parts.metrics.again.inc()
    else:
        parts.metrics.published.labels(item.act).inc()
        parts.metrics.seconds.observe(time.perf_counter() - started)
        _log.info("published", act=item.act, uri=item.uri, version=item.version, by=actor.name, edition=item.edition)
        _log.debug("said", uri=item.uri, headline=item.headline.value)
    body = b'{"item":%b,"cursor":"%b"%b}' % (published.item_json, str(published.cursor).encode(), warned)
    headers = {"ETag": f'"{item.version}"'}
    if status == 201:
        headers["Location"] = f"{parts.settings.path_prefix()}/v1/items/{item.uri}"
    return _json(body, status, headers)


def _tried(item: Item, warned: bytes) -> Response:
    return _json(b'{"item":%b,"dryRun":true%b}' % (encode_item(item), warned))


def _json(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status, headers, "application/json")


def _seen_version(request: Request) -> int:
    given = request.headers.getlist("if-match")
    if not given or given == ["*"]:
        raise ApiError(428, "if-match-missing")
    # A list would not say what was seen.
    match = _ETAG.fullmatch(given[0].strip()) if len(given) == 1 else None
    if match is None:
        raise ApiError(400, "if-match")
    return int(match[1])


def _known(request: Request, name: str, known: Collection[str]) -> list[str]:
    given = request.query_params.getlist(name)
    for value in given:
        if value not in known:
            raise ApiError(400, "unknown-name", value=printable(value), known=", ".join(known))
    return given
