"""Drafts on the server: written and submitted by their authors, seen and published by the editors of the edition."""

import secrets
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.access import may_open
from publisher.api.caller import caller, read_body
from publisher.api.etags import seen_version
from publisher.api.idempotency import client_key
from publisher.api.parts import Parts
from publisher.api.permission import check
from publisher.api.problems import ApiError
from publisher.core.drafts import Draft, changed_draft, check_draft
from publisher.core.refusals import printable
from publisher.core.request import DraftRequest
from publisher.core.ulid import CHANCE_BYTES, ulid
from publisher.records.drafts import DraftStaleError
from publisher.records.tokens import Actor
from ticker.contract.item import moment

_STATES: Final = ("draft", "submitted", "published")


def draft_routes(parts: Parts) -> list[BaseRoute]:
    """`/v1/drafts` and `/v1/drafts/{id}`."""

    async def list_drafts(request: Request) -> Response:
        actor = await caller(request, parts)
        states = _valid_names(request, "state", _STATES)
        editions = _valid_names(request, "edition", tuple(parts.site.editions))
        drafts = [
            draft_json(draft)
            for draft in await parts.database.call(parts.drafts.all)
            if may_open(actor, draft)
            and (not states or draft.state in states)
            and (not editions or draft.edition in editions)
        ]
        return Response(msgspec.json.encode({"drafts": drafts}), media_type="application/json")

    async def add(request: Request) -> Response:
        actor = await caller(request, parts)
        body = await read_body(request, parts, DraftRequest)
        check_draft(body, parts.site)
        _check_edition(actor, body)
        now = parts.clock()
        draft = Draft(
            id=client_key(request, actor) or ulid(now, secrets.token_bytes(CHANCE_BYTES)),
            version=1,
            state=body.state,
            author=actor.name,
            edition=body.edition,
            line=body.line,
            note=body.note or None,
            translation_of=body.translation_of,
            created=now,
            changed=now,
            changed_by=actor.name,
            submitted=now if body.state == "submitted" else None,
        )
        stored = await parts.database.call(parts.drafts.add, draft)
        parts.changes.wake()
        return _response(stored, 201)

    async def read(request: Request) -> Response:
        return _response(await _find(request, parts, await caller(request, parts)))

    async def change(request: Request) -> Response:
        actor = await caller(request, parts)
        body = await read_body(request, parts, DraftRequest)
        seen = seen_version(request)
        draft = await _find(request, parts, actor)
        if draft.version != seen:
            raise _stale(draft.version)
        check_draft(body, parts.site)
        _check_edition(actor, body)
        changed = changed_draft(draft, body, actor.name, parts.clock())
        try:
            await parts.database.call(parts.drafts.replace, changed)
        except DraftStaleError as error:
            raise _stale(error.current) from None
        parts.changes.wake()
        return _response(changed)

    async def remove(request: Request) -> Response:
        actor = await caller(request, parts)
        draft = await _find(request, parts, actor)
        seen = None if request.headers.get("if-match") == "*" else seen_version(request)
        try:
            await parts.database.call(parts.drafts.remove, draft.id, seen)
        except DraftStaleError as error:
            raise _stale(error.current) from None
        parts.changes.wake()
        return Response(status_code=204)

    return [
        Route("/v1/drafts", list_drafts, methods=["GET"]),
        Route("/v1/drafts", add, methods=["POST"]),
        Route("/v1/drafts/{id}", read, methods=["GET"]),
        Route("/v1/drafts/{id}", change, methods=["PUT"]),
        Route("/v1/drafts/{id}", remove, methods=["DELETE"]),
    ]


def draft_json(draft: Draft) -> dict[str, Any]:  # Any: JSON
    """A draft as the desk shows it."""
    return {
        "id": draft.id,
        "version": draft.version,
        "state": draft.state,
        "by": draft.author,
        "edition": draft.edition,
        "line": draft.line,
        "note": draft.note,
        "translationOf": draft.translation_of,
        "created": moment(draft.created),
        "changed": moment(draft.changed),
        "changedBy": draft.changed_by,
        "submitted": None if draft.submitted is None else moment(draft.submitted),
        "uri": draft.uri,
    }


def _check_edition(actor: Actor, body: DraftRequest) -> None:
    """Raises `ApiError` 403 for an edition that is not the actor's; one may be chosen later."""
    if body.edition:
        check(actor, "submit" if body.state == "submitted" else "draft", body.edition)


async def _find(request: Request, parts: Parts, actor: Actor) -> Draft:
    """The draft in the path; raises `ApiError` 404, also for a draft that `actor` may not see."""
    draft = await parts.database.call(parts.drafts.find, request.path_params["id"])
    if draft is None or not may_open(actor, draft):
        raise ApiError(404, "no-draft")
    return draft


def _stale(current: int) -> ApiError:
    if not current:
        return ApiError(404, "no-draft")
    return ApiError(412, "draft-stale", headers={"ETag": f'"{current}"'}, current=current)


def _response(draft: Draft, status: int = 200) -> Response:
    body = msgspec.json.encode({"draft": draft_json(draft)})
    return Response(body, status, {"ETag": f'"{draft.version}"'}, "application/json")


def _valid_names(request: Request, parameter: str, valid: tuple[str, ...]) -> list[str]:
    values = request.query_params.getlist(parameter)
    for value in values:
        if value not in valid:
            raise ApiError(400, "unknown-name", value=printable(value), known=", ".join(valid))
    return values
