"""Publishing items and acting on them: each request is decoded, checked, stored once and answered.

Only the publish script decides whether a version is stored. If a check before it refuses, an earlier answer to the
same Idempotency-Key still holds (`publisher.api.idempotency`).
"""

import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.caller import caller, caller_while_away, read_body
from publisher.api.check_rate import count_check
from publisher.api.confirmation import confirmation_member
from publisher.api.draft_publishing import publish_draft
from publisher.api.ed_notes import keep_note, log_lost_note
from publisher.api.etags import seen_version
from publisher.api.idempotency import RequestKey, answer_once, request_key
from publisher.api.item_records import find_record, next_item
from publisher.api.original_check import original_refusal
from publisher.api.parts import Parts
from publisher.api.permission import check_role, refusal
from publisher.api.publishing import note_published, store_version
from publisher.api.scheduling import schedule_line
from publisher.api.sibling_acts import (
    act_on_siblings,
    allowed_acts,
    check_sibling_approvals,
    planned_acts,
    preview_siblings,
    siblings_of,
)
from publisher.api.siblings import publish_siblings
from publisher.api.warnings import Warnings
from publisher.core.first_version import first_version
from publisher.core.request import ActRequest, ItemRequest
from publisher.core.roles import ACTS_THAT_TAKE_BACK
from publisher.core.sibling_acts import act_for, check_sibling_act
from publisher.core.ulid import CHANCE_BYTES, ulid
from publisher.records.tokens import Actor
from publisher.stream.outcome import Published
from ticker.contract.item import URI_PREFIX, Item, encode_item

PUBLISH_PATH: Final = "/v1/items"

_log = structlog.get_logger(__name__)


def publish_route(parts: Parts) -> Callable[[Request], Awaitable[Response]]:
    """`POST /v1/items`; the application calls it without its router (docs/design.md)."""
    warnings = Warnings(lambda: parts.site, parts.adviser)

    async def publish(request: Request) -> Response:
        actor = await caller(request, parts)
        body = await read_body(request, parts, ItemRequest)
        started = time.perf_counter()
        if body.dry_run:
            count_check(parts, actor)
        else:
            check_role(actor, "publish")
        has_time = body.publish_at is not None or body.embargoed_until is not None
        if has_time and not body.dry_run:
            return await schedule_line(parts, request, actor, body)
        if body.siblings is not UNSET:
            return await publish_siblings(parts, request, actor, body, warnings)
        now = parts.clock()
        uri = URI_PREFIX + ulid(now, secrets.token_bytes(CHANCE_BYTES))
        if body.dry_run:
            item = first_version(body, parts.site, uri=uri, now=now)
            denial = refusal(actor, "publish", item.edition) or await original_refusal(parts, item)
            member = await warnings.member(request, actor, body, item, denial)
            return _dry_run_response(item, member + confirmation_member(parts, actor, body, [(item, None)]))
        key = request_key(request, actor, body)

        async def store(key: RequestKey = key) -> Published:
            return await store_version(parts, actor, key, first_version(body, parts.site, uri=uri, now=now))

        if body.draft_id is None:
            published = await answer_once(parts.store, key, store)
        else:
            published = await publish_draft(parts, actor, body.draft_id, key, store)
        member = await warnings.member(request, actor, body, published.item)
        return await _published_response(parts, actor, published, body.ed_note, started, member, status=201)

    return publish


def item_routes(parts: Parts) -> list[BaseRoute]:
    """`POST /v1/items` and `POST /v1/items/{uri}/acts`."""
    warnings = Warnings(lambda: parts.site, parts.adviser)

    async def act(request: Request) -> Response:
        actor, fault = await caller_while_away(request, parts)
        body = await read_body(request, parts, ActRequest)
        if fault is not None and body.act not in ACTS_THAT_TAKE_BACK:
            raise fault
        started = time.perf_counter()
        if body.dry_run:
            count_check(parts, actor)
        else:
            check_role(actor, body.act)
        seen = seen_version(request)
        key = request_key(request, actor, body, str(seen))
        # The item is read before an earlier answer is looked for: in the other order a repeat that finishes in
        # between would make this request look late.
        record = await find_record(parts, request.path_params["uri"])
        check_sibling_act(body, parts.site)
        # Read before the act: while they cannot be read, nothing is done.
        siblings = await siblings_of(parts, record) if body.siblings is True else None
        named = body if siblings is None or record.item is None else act_for(body, record.item, record.item)
        if body.dry_run:
            item = next_item(record, seen, named, parts)
            denial = refusal(actor, body.act, item.edition)
            member = await warnings.member(request, actor, body, item, denial)
            planned = allowed_acts(actor, body, planned_acts(parts, body, item, siblings or ()))
            others = [(other, sibling) for sibling, other in planned if isinstance(other, Item)]
            member += confirmation_member(parts, actor, body, [(item, record), *others])
            if siblings is not None:
                member += preview_siblings(request, planned)
            return _dry_run_response(item, member)

        async def store() -> Published:
            item = next_item(record, seen, named, parts)
            check_sibling_approvals(parts, actor, body, item, siblings)
            return await store_version(parts, actor, key, item, record)

        published = await answer_once(parts.store, key, store)
        member = await warnings.member(request, actor, body, published.item)
        if siblings is not None:
            member += await act_on_siblings(parts, request, actor, key, body, published.item, siblings)
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
    note_published(parts, actor, published, time.perf_counter() - started)
    body = b'{"item":%b,"cursor":"%b"%b}' % (published.item_json, str(published.cursor).encode(), warnings)
    headers = {"ETag": f'"{item.version}"'}
    if status == 201:
        headers["Location"] = f"{parts.settings.path_prefix()}/v1/items/{item.uri}"
    return Response(body, status, headers, "application/json")


def _dry_run_response(item: Item, warnings: bytes) -> Response:
    body = b'{"item":%b,"dryRun":true%b}' % (encode_item(item), warnings)
    return Response(body, media_type="application/json")
