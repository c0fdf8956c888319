"""A second person: ask, approve, refuse, publish without one for a reason, change and take back."""

from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.access import approves
from publisher.api.caller import caller, read_body
from publisher.api.etags import seen_version
from publisher.api.firing import Firing
from publisher.api.kill import check_person
from publisher.api.parts import Parts
from publisher.api.problems import ApiError, reader_of
from publisher.api.waiting_json import line_response, waiting_json
from publisher.api.waiting_lines import add_line, audit_decision, find_line, may_see, new_line, save_line
from publisher.core.phrases import role_phrase
from publisher.core.request import ApprovalRequest, DecisionRequest
from publisher.core.roles import Role
from publisher.core.schedule import without_passed_time
from publisher.core.waiting import (
    State,
    Waiting,
    approved,
    bypassed,
    canceled,
    items_of,
    opened,
    refused,
    resumed,
    rewritten,
)
from publisher.records.tokens import Actor

_APPROVAL_STATES: tuple[State, ...] = ("waiting", "refused", "expired")
_SCHEDULE_STATES: tuple[State, ...] = ("scheduled", "stopped")


def approval_routes(parts: Parts, firing: Firing) -> list[BaseRoute]:
    """`/v1/approvals`, `/v1/schedule` and what is done with one line of them."""

    async def listed(request: Request, name: str, states: tuple[State, ...]) -> Response:
        actor = await caller(request, parts)
        reader = reader_of(request)
        now = parts.clock()
        lines = await parts.database.call(parts.waiting.in_states, states)
        visible = [waiting_json(line, actor, now, reader) for line in lines if may_see(actor, line)]
        return Response(msgspec.json.encode({name: visible}), media_type="application/json")

    async def approvals(request: Request) -> Response:
        return await listed(request, "approvals", _APPROVAL_STATES)

    async def schedule(request: Request) -> Response:
        return await listed(request, "schedule", _SCHEDULE_STATES)

    async def ask(request: Request) -> Response:
        actor = await caller(request, parts)
        body = await read_body(request, parts, ApprovalRequest)
        line, need = await new_line(parts, request, actor, body, asks=True)
        await audit_decision(parts, actor, "submit", line)
        waiting = opened(line, need, parts.clock(), parts.settings.approval_minutes * 60)
        return line_response(request, parts, actor, await add_line(parts, waiting), 201)

    async def read(request: Request) -> Response:
        actor = await caller(request, parts)
        return line_response(request, parts, actor, await find_line(request, parts, actor))

    async def change(request: Request) -> Response:
        actor = await caller(request, parts)
        body = await read_body(request, parts, ApprovalRequest)
        seen = seen_version(request)
        line = await find_line(request, parts, actor)
        await check_person(parts, actor)
        if line.version != seen:
            raise ApiError(412, "waiting-changed", headers={"ETag": f'"{line.version}"'})
        # An act stays an act of its item.
        is_act = line.seen is not None
        body = msgspec.structs.replace(
            body,
            request=without_passed_time(body.request, line.request, parts.clock()),
            uri=line.uri if is_act else None,
            seen=(body.seen or line.seen) if is_act else None,
        )
        new, need = await new_line(parts, request, actor, body, asks=line.need is not None)
        changed = rewritten(line, new, actor.names, need, parts.clock(), parts.settings.approval_minutes * 60)
        await audit_decision(parts, actor, "rewrite", changed)
        await save_line(parts, changed)
        return line_response(request, parts, actor, changed)

    async def take_back(request: Request) -> Response:
        actor = await caller(request, parts)
        line = await find_line(request, parts, actor)
        changed = canceled(line, parts.clock())
        await audit_decision(parts, actor, "unschedule", line)
        await save_line(parts, changed)
        if changed.is_canceling:
            # It may be on the wire already: the answer says so, and the list shows what comes of it.
            return line_response(request, parts, actor, changed, 202)
        return Response(status_code=204)

    async def decide(
        request: Request,
        action: str,
        next_line: Callable[[Waiting, Actor, DecisionRequest], Waiting],
    ) -> Response:
        actor = await caller(request, parts)
        body = await read_body(request, parts, DecisionRequest)
        line = await find_line(request, parts, actor)
        if action != "refuse":
            await check_person(parts, actor)
        decided = next_line(line, actor, body)
        await audit_decision(parts, actor, action, line, body.reason)
        await save_line(parts, decided)
        if decided.state == "scheduled":
            decided = await firing.fire_now(decided)
        return line_response(request, parts, actor, decided)

    async def approve(request: Request) -> Response:
        def next_line(line: Waiting, actor: Actor, body: DecisionRequest) -> Waiting:
            _check_role(actor, line, line.need.approver if line.need else "editor")
            return approved(line, actor.names, body.digest, parts.clock())

        return await decide(request, "approve", next_line)

    async def bypass(request: Request) -> Response:
        def next_line(line: Waiting, actor: Actor, body: DecisionRequest) -> Waiting:
            _check_role(actor, line, line.need.bypass if line.need else "editor")
            return bypassed(line, actor.name, body.digest, body.reason, parts.clock())

        return await decide(request, "bypass", next_line)

    async def refuse(request: Request) -> Response:
        def next_line(line: Waiting, actor: Actor, body: DecisionRequest) -> Waiting:
            _check_role(actor, line, line.need.approver if line.need else "editor")
            return refused(line, actor.name, body.reason, parts.clock())

        return await decide(request, "refuse", next_line)

    async def publish(request: Request) -> Response:
        def next_line(line: Waiting, actor: Actor, body: DecisionRequest) -> Waiting:
            _check_role(actor, line, "editor")
            return resumed(line, body.digest, parts.clock())

        return await decide(request, "publish-stopped", next_line)

    routes: list[BaseRoute] = [
        Route("/v1/approvals", approvals, methods=["GET"]),
        Route("/v1/approvals", ask, methods=["POST"]),
        Route("/v1/approvals/{id}/approve", approve, methods=["POST"]),
        Route("/v1/approvals/{id}/refuse", refuse, methods=["POST"]),
        Route("/v1/approvals/{id}/bypass", bypass, methods=["POST"]),
        Route("/v1/schedule", schedule, methods=["GET"]),
        Route("/v1/schedule/{id}/publish", publish, methods=["POST"]),
    ]
    for path in ("/v1/approvals/{id}", "/v1/schedule/{id}"):
        routes += [
            Route(path, read, methods=["GET"]),
            Route(path, change, methods=["PUT"]),
            Route(path, take_back, methods=["DELETE"]),
        ]
    return routes


def _check_role(actor: Actor, line: Waiting, needed: Role) -> None:
    """Raises `ApiError` 403 unless `actor` has the role `needed` in every edition of `line`."""
    if not approves(actor, line, needed):
        editions = ", ".join(item.edition for item in items_of(line))
        raise ApiError(403, "role-approve", needed=role_phrase(needed), editions=editions)
