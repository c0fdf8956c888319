"""Publishing items and acting on them: each request is decoded, checked, stored once and answered.

Only the publish script decides whether a version is stored. If a check before it refuses, an earlier answer to the
same Idempotency-Key still holds (`publisher.api.idempotency`).
"""

import re
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.caller import caller, caller_while_away, read_body
from publisher.api.ed_notes import keep_note, log_lost_note
from publisher.api.idempotency import RequestKey, answer_once, request_key
from publisher.api.item_records import find_record, next_item, version_conflict
from publisher.api.parts import Parts
from publisher.api.problems import ApiError, unavailable
from publisher.api.warnings import Warnings
from publisher.core.first_version import first_version
from publisher.core.phrases import act_phrase, role_phrase
from publisher.core.request import ActRequest, ItemRequest
from publisher.core.roles import ACTS_THAT_TAKE_BACK, role_needed
from publisher.core.ulid import CHANCE_BYTES, ulid
from publisher.records.tokens import Actor
from publisher.stream.outcome import MismatchError, Published, StaleError
from publisher.stream.versions import ItemRecord
from ticker.contract.item import URI_PREFIX, Act, Item, encode_item
from ticker.stream.redis_stream import StreamAwayError

PUBLISH_PATH: Final = "/v1/items"
# The tag is a version number. A compressing proxy changes its form and not its meaning: W/"1" (nginx), "1-gzip"
# (Apache), "1--gzip" (Jetty), "1;gzip".
_ETAG: Final = re.compile(r'(?:W/)?"([1-9][0-9]{0,8})(?:(?:--?|;)(?:gzip|br|zstd|deflate))?"')

_log = structlog.get_logger(__name__)


def publish_route(parts: Parts) -> Callable[[Request], Awaitable[Response]]:
    """`POST /v1/items`; the application calls it without its router (docs/design.md)."""
    warnings = Warnings(parts.site)

    async def publish(request: Request) -> Response:
        actor = await caller(request, parts)
        body = await read_body(request, parts, ItemRequest)
        started = time.perf_counter()
        _check_role(actor, "publish", dry_run=body.dry_run)
        now = parts.clock()
        uri = URI_PREFIX + ulid(now, secrets.token_bytes(CHANCE_BYTES))
        if body.dry_run:
            item = first_version(body, parts.site, uri=uri, now=now)
            return _dry_run_response(item, warnings.member(request, body, item))
        key = request_key(request, actor, body)

        async def store() -> Published:
            return await _store(parts, actor, key, first_version(body, parts.site, uri=uri, now=now))

        published = await answer_once(parts.store, key, store)
        member = warnings.member(request, body, published.item)
        return await _published_response(parts, actor, published, body.ed_note, started, member, status=201)

    return publish


def item_routes(parts: Parts) -> list[BaseRoute]:
    """`POST /v1/items` and `POST /v1/items/{uri}/acts`."""
    warnings = Warnings(parts.site)

    async def act(request: Request) -> Response:
        actor, fault = await caller_while_away(request, parts)
        body = await read_body(request, parts, ActRequest)
        if fault is not None and body.act not in ACTS_THAT_TAKE_BACK:
            raise fault
        started = time.perf_counter()
        _check_role(actor, body.act, dry_run=body.dry_run)
        seen = _seen_version(request)
        key = request_key(request, actor, body, str(seen))
        # The item is read before an earlier answer is looked for: in the other order a repeat that finishes in
        # between would make this request look late.
        record = await find_record(parts, request.path_params["uri"])
        if body.dry_run:
            item = next_item(record, seen, body, parts)
            return _dry_run_response(item, warnings.member(request, body, item))

        async def store() -> Published:
            return await _store(parts, actor, key, next_item(record, seen, body, parts), record)

        published = await answer_once(parts.store, key, store)
        member = warnings.member(request, body, published.item)
        if fault is not None:
            _log.warning(
                "act accepted without the database",
                act=body.act, uri=published.item.uri, version=published.item.version, by=actor.name, reason=str(fault),
            )  # fmt: skip
            # Asking the database again would double the wait.
            if body.ed_note is not None:
                log_lost_note(published.item, fault)
        ed_note = body.ed_note if fault is None else None
        return await _published_response(parts, actor, published, ed_note, started, member, status=200)

    return [
        Route(PUBLISH_PATH, publish_route(parts), methods=["POST"]),
        Route("/v1/items/{uri}/acts", act, methods=["POST"]),
    ]


def _check_role(actor: Actor, act: Act, *, dry_run: bool) -> None:
    """Raises `ApiError` 403 where the actor's role does not allow `act`; any role may do a dry run."""
    needed = role_needed(actor.role, act)
    if needed and not dry_run:
        raise ApiError(403, "role-act", needed=role_phrase(needed), act=act_phrase(act))


def _check_rate(parts: Parts, actor: Actor, key: RequestKey, act: str) -> bool:
    """Counts the request against the actor's rate; returns whether it was not counted before.

    Raises `ApiError` 429. Taking an item back is never limited, nor is a token made with --unlimited.
    """
    if actor.unlimited or act in ACTS_THAT_TAKE_BACK:
        return False
    now = parts.steady()
    is_new = not parts.rate.counts(actor.name, key.digest, now)
    seconds = parts.rate.admit(actor.name, key.digest, now)
    if seconds:
        wait = max(1, int(seconds + 0.999))
        limit = parts.settings.rate_per_minute
        raise ApiError(429, "rate", headers={"Retry-After": str(wait)}, limit=limit, seconds=wait)
    return is_new


async def _store(
    parts: Parts, actor: Actor, key: RequestKey, item: Item, record: ItemRecord | None = None
) -> Published:
    """Stores `item`, which follows `record`. A request that stored nothing does not count against the rate."""
    is_newly_counted = _check_rate(parts, actor, key, item.act)
    earlier, missing_body = (record.earlier, record.missing_body) if record else ((), b"")
    try:
        published = await parts.store.publish(item, key.digest, key.fingerprint, earlier, missing_body)
    except StreamAwayError as error:
        # The item may have been stored, so the request stays counted; a repeat has the same digest and counts once.
        _log.warning("not published", reason=str(error), uri=item.uri, version=item.version)
        raise unavailable() from None
    except (MismatchError, StaleError) as error:
        if is_newly_counted:
            parts.rate.forget(actor.name, key.digest)
        if isinstance(error, StaleError):
            raise version_conflict(error.current) from None
        raise ApiError(422, "key-reused") from None
    if is_newly_counted and published.is_repeat:
        parts.rate.forget(actor.name, key.digest)
    return published


async def _published_response(
    parts: Parts,
    actor: Actor,
    published: Published,
    ed_note: str | None,
    started: float,
    warnings: bytes,
    *,
    status: int,
) -> Response:
    """The answer to a stored item; `warnings` is a member of the JSON object, or empty."""
    item = published.item
    if ed_note is not None:
        await keep_note(parts, actor, item, ed_note)
    if published.is_repeat:
        parts.metrics.again.inc()
    else:
        parts.metrics.published.labels(item.act).inc()
        parts.metrics.seconds.observe(time.perf_counter() - started)
        _log.info("published", act=item.act, uri=item.uri, version=item.version, by=actor.name, edition=item.edition)
        _log.debug("headline published", uri=item.uri, headline=item.headline.value, formerly="said")
    body = b'{"item":%b,"cursor":"%b"%b}' % (published.item_json, str(published.cursor).encode(), warnings)
    headers = {"ETag": f'"{item.version}"'}
    if status == 201:
        headers["Location"] = f"{parts.settings.path_prefix()}/v1/items/{item.uri}"
    return Response(body, status, headers, "application/json")


def _dry_run_response(item: Item, warnings: bytes) -> Response:
    body = b'{"item":%b,"dryRun":true%b}' % (encode_item(item), warnings)
    return Response(body, media_type="application/json")


def _seen_version(request: Request) -> int:
    """The version in If-Match; raises `ApiError` 428 where there is none, 400 where it is not exactly one version."""
    tags = request.headers.getlist("if-match")
    if not tags or tags == ["*"]:
        raise ApiError(428, "if-match-missing")
    match = _ETAG.fullmatch(tags[0].strip()) if len(tags) == 1 else None
    if match is None:
        raise ApiError(400, "if-match")
    return int(match[1])
