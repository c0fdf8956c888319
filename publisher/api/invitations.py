"""What the holder of an invitation, reset or welcome link does: choose a way to sign in, and sign in with it."""

from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.caller import check_origin, read_body
from publisher.api.parts import Parts
from publisher.api.passkeys import register, registration_options
from publisher.api.password_setup import TotpSetup, begin_setup, checked_password
from publisher.api.problems import ApiError
from publisher.api.sign_in import LIMIT_BYTES, check_ceremony_rate, needed_party
from publisher.api.signed_in import begin_attempt, json_response, refuse_sign_in, sign_in_response
from publisher.core.people_requests import InvitationRequest, InvitedPasskey, InvitedPassword
from publisher.core.refusals import Refusals
from publisher.records.credentials import Passkey, Password
from publisher.records.invitations import Invitation
from publisher.records.names import NAME_LIMIT
from publisher.records.users import new_user_id
from ticker.contract.item import moment
from ticker.contract.text import clean

_Body = TypeVar("_Body", bound=InvitationRequest)


def invitation_routes(parts: Parts) -> list[BaseRoute]:
    """`/v1/invitation` and what is below it."""

    async def look(request: Request) -> Response:
        invitation, _ = await open_link(request, InvitationRequest)
        user = invitation.user
        editions = None if user is None or user.editions is None else sorted(user.editions)
        return json_response(
            {
                "kind": invitation.kind,
                "name": user.name if user else None,
                "role": user.role if user else "chief",
                "editions": editions,
                "expires": moment(invitation.expires) if invitation.expires else None,
            }
        )

    async def passkey_options(request: Request) -> Response:
        invitation, body = await open_link(request, InvitationRequest)
        user, name = _person(invitation, body)
        return json_response({"publicKey": await registration_options(parts, needed_party(request, parts), user, name)})

    async def with_passkey(request: Request) -> Response:
        invitation, body = await open_link(request, InvitedPasskey)
        passkey, name = await register(
            parts, body.credential, body.label, invitation.user.id if invitation.user else None
        )
        return await accept(request, body.code, passkey, name, passkey.user)

    async def password_setup(request: Request) -> Response:
        invitation, body = await open_link(request, InvitationRequest)
        return json_response(await begin_setup(parts, *_person(invitation, body)))

    async def with_password(request: Request) -> Response:
        invitation, body = await open_link(request, InvitedPassword)
        setup = await parts.database.call(parts.people.challenges.look, "totp", body.setup, TotpSetup)
        if setup and invitation.user and setup.user != invitation.user.id:
            setup = None
        password = await checked_password(parts, setup, setup.name if setup else "", body.password, body.totp)
        setup = await parts.database.call(parts.people.challenges.take, "totp", body.setup, TotpSetup)
        if setup is None:
            raise ApiError(403, "invitation-refused")
        return await accept(request, body.code, password, setup.name, setup.user)

    async def open_link(request: Request, shape: type[_Body]) -> tuple[Invitation, _Body]:
        check_origin(request, parts, script=True)
        body = await read_body(request, parts, shape, limit=LIMIT_BYTES)
        check_ceremony_rate(request, parts)
        attempt = await begin_attempt(request, parts, "invitation")
        invitation = await parts.database.call(parts.people.invitations.find, body.code)
        if invitation is None:
            await refuse_sign_in(parts, "invitation")
            raise ApiError(403, "invitation-refused")
        await parts.database.call(parts.people.attempts.forget, attempt)
        return invitation, body

    async def accept(request: Request, code: str, credential: Passkey | Password, name: str, user: str) -> Response:
        answer = await parts.database.call(parts.people.invitations.accept, code, credential, name, user)
        if answer is None:
            raise ApiError(403, "invitation-refused")
        person, codes = answer
        return await sign_in_response(request, parts, person.actor, "invitation", {"recoveryCodes": codes}, status=201)

    return [
        Route("/v1/invitation", look, methods=["POST"]),
        Route("/v1/invitation/passkey/options", passkey_options, methods=["POST"]),
        Route("/v1/invitation/passkey", with_passkey, methods=["POST"]),
        Route("/v1/invitation/password/setup", password_setup, methods=["POST"]),
        Route("/v1/invitation/password", with_password, methods=["POST"]),
    ]


def _person(invitation: Invitation, body: InvitationRequest) -> tuple[str, str]:
    """Id and name of the user that the ceremony is for; raises `RefusalsError` for the name of the first chief."""
    if invitation.user:
        return invitation.user.id, invitation.user.name
    refusals = Refusals()
    name = ""
    with refusals.at("name"):
        name = clean(body.name, limit=NAME_LIMIT)
    refusals.raise_any()
    return new_user_id(), name
