"""Users and tokens, as a chief manages them; a chief with few editions manages only what stays within them."""

from collections.abc import Iterable
from functools import partial
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.caller import caller, read_body, session_of
from publisher.api.kill import check_person
from publisher.api.parts import Parts
from publisher.api.people_answers import session_entry, token_answer, user_answer
from publisher.api.permission import check
from publisher.api.problems import ApiError
from publisher.api.signed_in import json_response
from publisher.core.people_requests import InviteRequest, TokenRequest, UserChange, UserRequest
from publisher.core.permission import Editions, FurtherAction, denial, editions_phrase, may_grant
from publisher.core.refusals import Refusals, printable
from publisher.core.roles import ROLES, Role
from publisher.records.invitations import invitation_link
from publisher.records.tokens import Actor, TokenInfo
from publisher.records.users import LastChiefError, State, User
from ticker.contract.item import moment


def user_routes(parts: Parts) -> list[BaseRoute]:
    """`/v1/users` and what is below it."""
    call, people = parts.database.call, parts.people

    async def users(request: Request) -> Response:
        await manager(request, parts, "users")
        return json_response({"users": [user_answer(user) for user in await call(people.users.all)]})

    async def create(request: Request) -> Response:
        actor = await manager(request, parts, "users")
        body = await read_body(request, parts, UserRequest)
        role, editions = rights(parts, actor, body.role, body.editions)
        await call(people.users.check_new, body.name, body.email)
        await record(actor, "user-create", f"user:{printable(body.name)}", _rights_text(role, editions))
        user = await call(people.users.create, body.name, role, editions, body.email)
        return await answer_with_link(request, user.id, reset=False)

    async def user_record(request: Request) -> Response:
        await manager(request, parts, "users")
        return json_response({"user": user_answer(await user_at(request))})

    async def change(request: Request) -> Response:
        actor = await manager(request, parts, "users")
        body = await read_body(request, parts, UserChange)
        user = await user_to_manage(request, actor)
        role, editions = rights(parts, actor, body.role, body.editions)
        state = _state(body.state)
        details: dict[str, str] = {} if body.role is UNSET else {"role": role}
        details |= {} if body.editions is UNSET else {"editions": editions_phrase(editions)}
        details |= {} if state is None else {"state": state}
        new_role, new_email = None if body.role is UNSET else role, "keep" if body.email is UNSET else body.email
        rights_now: Editions | Literal["keep"] = "keep" if body.editions is UNSET else editions
        apply = partial(people.users.change, user.id, role=new_role, editions=rights_now, state=state, email=new_email)
        try:
            await call(apply, dry_run=True)
            await record(actor, "user-change", f"user:{user.name}", details)
            changed = await call(apply)
        except LastChiefError:
            raise ApiError(409, "last-chief") from None
        return json_response({"user": user_answer(changed or user)})

    async def invite(request: Request) -> Response:
        actor = await manager(request, parts, "users")
        body = await read_body(request, parts, InviteRequest, empty=b"{}")
        user = await user_to_manage(request, actor)
        if user.state == "disabled":
            raise ApiError(409, "user-disabled")
        await record(actor, "user-invite", f"user:{user.name}", {"reset": str(body.reset).lower()})
        return await answer_with_link(request, user.id, reset=body.reset)

    async def sessions(request: Request) -> Response:
        await manager(request, parts, "users")
        user = await user_at(request)
        current = await session_of(request, parts)
        entries = [session_entry(session, current) for session in await call(parts.sessions.of_user, user.id)]
        return json_response({"sessions": entries})

    async def end_sessions(request: Request) -> Response:
        actor = await manager(request, parts, "users")
        user = await user_to_manage(request, actor)
        await call(parts.sessions.close_of_user, user.id)
        await parts.audit.record(actor.name, "sessions-end", f"user:{user.name}", {}, may_spool=True)
        return Response(status_code=204)

    async def end_session(request: Request) -> Response:
        actor = await manager(request, parts, "users")
        user, session = await user_to_manage(request, actor), request.path_params["session"]
        if not await call(parts.sessions.close_of_user, user.id, session=session):
            raise ApiError(404, "not-found")
        details = {"session": session}
        await parts.audit.record(actor.name, "sessions-end", f"user:{user.name}", details, may_spool=True)
        return Response(status_code=204)

    async def record(actor: Actor, action: str, object: str, details: dict[str, str]) -> None:
        await parts.audit.record(actor.name, action, object, details)

    async def user_at(request: Request) -> User:
        user = await call(people.users.get, request.path_params["id"])
        if user is None:
            raise ApiError(404, "no-user")
        return user

    async def user_to_manage(request: Request, actor: Actor) -> User:
        user = await user_at(request)
        check_grant(actor, user.editions)
        return user

    async def answer_with_link(request: Request, user: str, *, reset: bool) -> Response:
        invitation = await call(people.invitations.invite, user, reset=reset)
        if invitation is None:
            raise ApiError(404, "no-user")
        person, code, expires = invitation
        link = invitation_link(desk_address(request, parts), code)
        answer = {"link": link, "code": code, "expires": moment(expires)}
        return json_response({"user": user_answer(person), "invitation": answer}, 201)

    return [
        Route("/v1/users", users, methods=["GET"]),
        Route("/v1/users", create, methods=["POST"]),
        Route("/v1/users/{id}", user_record, methods=["GET"]),
        Route("/v1/users/{id}", change, methods=["PATCH"]),
        Route("/v1/users/{id}/invitation", invite, methods=["POST"]),
        Route("/v1/users/{id}/sessions", sessions, methods=["GET"]),
        Route("/v1/users/{id}/sessions", end_sessions, methods=["DELETE"]),
        Route("/v1/users/{id}/sessions/{session}", end_session, methods=["DELETE"]),
    ]


def token_routes(parts: Parts) -> list[BaseRoute]:
    """`/v1/tokens`."""
    call = parts.database.call

    async def tokens(request: Request) -> Response:
        actor = await caller(request, parts)
        visible = [token for token in await call(parts.tokens.all) if may_see(actor, token)]
        return json_response({"tokens": [token_answer(token) for token in visible]})

    async def create(request: Request) -> Response:
        actor = await manager(request, parts, "tokens")
        body = await read_body(request, parts, TokenRequest)
        role, editions = rights(parts, actor, body.role, body.editions)
        await call(parts.tokens.check_name, body.name)
        details = _rights_text(role, editions)
        await parts.audit.record(actor.name, "token-create", f"token:{printable(body.name)}", details)
        token = await call(
            parts.tokens.create, body.name, role, unlimited=body.unlimited, editions=editions, owner=actor.names[-1]
        )
        return json_response({"token": token, **_members(await token_named(body.name))}, 201)

    async def revoke(request: Request) -> Response:
        actor = await caller(request, parts)
        token = await token_named(request.path_params["name"])
        if token is None or not is_own(actor, token):
            check(actor, "tokens")
        if token is None or token.revoked is not None:
            raise ApiError(404, "no-token")
        if not is_own(actor, token):
            check_grant(actor, token.editions)
        await call(parts.tokens.revoke, token.name)
        await parts.audit.record(actor.name, "token-revoke", f"token:{token.name}", {}, may_spool=True)
        return Response(status_code=204)

    def may_see(actor: Actor, token: TokenInfo) -> bool:
        return denial(actor.role, actor.editions, "tokens") is None or is_own(actor, token)

    def is_own(actor: Actor, token: TokenInfo) -> bool:
        return actor.kind == "user" and token.owner == actor.name

    async def token_named(name: str) -> TokenInfo | None:
        return next((token for token in await call(parts.tokens.all) if token.name == name), None)

    return [
        Route("/v1/tokens", tokens, methods=["GET"]),
        Route("/v1/tokens", create, methods=["POST"]),
        Route("/v1/tokens/{name}", revoke, methods=["DELETE"]),
    ]


async def manager(request: Request, parts: Parts, action: FurtherAction) -> Actor:
    """The actor of the request, who may do `action`, and is not stopped where it changes anything.

    Raises `ApiError` 401 or 403.
    """
    actor = await caller(request, parts)
    check(actor, action)
    if request.method not in ("GET", "HEAD"):
        await check_person(parts, actor)
    return actor


def rights(
    parts: Parts, actor: Actor, role: str | UnsetType, names: Iterable[str] | UnsetType | None
) -> tuple[Role, Editions]:
    """The role and editions of a request, those that are left out as for a reporter of every edition.

    Raises `RefusalsError` for an unknown name, `ApiError` 403 for editions that the actor may not grant.
    """
    refusals = Refusals()
    if role is not UNSET and role not in ROLES:
        refusals.add("unknown-name", "role", value=role, known=", ".join(ROLES))
    editions = None if names is None or names is UNSET else frozenset(names)
    for name in sorted(editions or ()):
        if name not in parts.site.editions:
            refusals.add("unknown-name", "editions", value=name, known=", ".join(parts.site.editions))
    if editions == frozenset():
        refusals.add("no-edition", "editions")
    refusals.raise_any()
    if names is not UNSET:
        check_grant(actor, editions)
    roles = [roles for roles in ROLES if roles == role]
    return roles[0] if roles else "reporter", editions


def check_grant(actor: Actor, editions: Editions) -> None:
    """Raises `ApiError` 403 unless `actor` may manage someone with these editions."""
    if not may_grant(actor.editions, editions):
        raise ApiError(403, "edition-grant", own=", ".join(sorted(actor.editions or ())))


def _rights_text(role: Role, editions: Editions) -> dict[str, str]:
    return {"role": role, "editions": editions_phrase(editions)}


def desk_address(request: Request, parts: Parts) -> str:
    """The address of the desk for links: its public one, else that of the request."""
    public = parts.settings.desk_url
    return public.rstrip("/") if public else f"{request.url.scheme}://{request.headers.get('host', '')}"


def _state(state: str | UnsetType) -> State | None:
    if state is UNSET:
        return None
    if state == "active":
        return "active"
    if state == "disabled":
        return "disabled"
    refusals = Refusals()
    refusals.add("unknown-name", "state", value=state, known="active, disabled")
    refusals.raise_any()
    return None


def _members(token: TokenInfo | None) -> dict[str, object]:
    return {} if token is None else msgspec.to_builtins(token_answer(token))
