"""Signing in at an OpenID provider; roles and editions stay those of the desk's user."""

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from publisher.api.cookie import is_secure, set_session
from publisher.api.oidc_client import Flow, Identity, OidcClient, OidcError, is_offered
from publisher.api.parts import Parts
from publisher.api.problems import ApiError
from publisher.api.sign_in import check_ceremony_rate
from publisher.api.signed_in import begin_attempt, refuse_sign_in, start_session
from publisher.api.users import desk_address

CALLBACK = "/v1/session/oidc/callback"
_STATE_SECONDS = 600

_log = structlog.get_logger(__name__)


def oidc_routes(parts: Parts) -> list[BaseRoute]:
    """`/v1/session/oidc` and where the provider sends the browser back to; none without the settings."""
    if not is_offered(parts.settings):
        if parts.settings.oidc_issuer:
            _log.error("sign-in by OIDC is not installed", fix="pip install 'flashwire[oidc]'")
        return []
    client = OidcClient(parts.settings)

    async def begin(request: Request) -> Response:
        check_ceremony_rate(request, parts)

        async def state_of(flow: Flow) -> str:
            return await parts.database.call(parts.people.challenges.make, "oidc", flow)

        try:
            address, state = await client.authorization(desk_address(request, parts) + CALLBACK, state_of)
        except OidcError as error:
            _log.error("the OIDC provider failed", reason=str(error))
            return _back(parts, "refused")
        response = RedirectResponse(address, 303, {"Cache-Control": "no-store"})
        # Lax, because the provider's redirect comes from another site.
        response.set_cookie(
            _cookie(request, parts), state, max_age=_STATE_SECONDS, path="/", httponly=True, samesite="lax",
            secure=is_secure(request, parts.settings),
        )  # fmt: skip
        return response

    async def callback(request: Request) -> Response:
        attempt = await begin_attempt(request, parts, "oidc")
        try:
            identity = await identified(request)
        except OidcError as error:
            _log.warning("an OIDC sign-in failed", reason=str(error))
            identity = None
        if identity is None:
            await refuse_sign_in(parts, "oidc")
            return _back(parts, "refused")
        user = await parts.database.call(parts.people.users.oidc_user, identity.subject, identity.email)
        if user is None:
            await refuse_sign_in(parts, "oidc")
            return _back(parts, "unknown-user")
        await parts.database.call(parts.people.attempts.forget, attempt)
        try:
            secret, _ = await start_session(request, parts, user.actor, "oidc")
        except ApiError:
            return _back(parts, "refused")
        response = _back(parts, "")
        set_session(response, request, parts.cookie, secret, parts.settings)
        response.delete_cookie(_cookie(request, parts), path="/", secure=is_secure(request, parts.settings))
        return response

    async def identified(request: Request) -> Identity | None:
        state, code = request.query_params.get("state", ""), request.query_params.get("code", "")
        # Otherwise another site could sign this browser in under the name of an attacker.
        if not state or not code or request.cookies.get(_cookie(request, parts)) != state:
            return None
        flow = await parts.database.call(parts.people.challenges.take, "oidc", state, Flow)
        return None if flow is None else await client.identity(flow, code, parts.clock())

    return [
        Route("/v1/session/oidc", begin, methods=["GET"]),
        Route(CALLBACK, callback, methods=["GET"]),
    ]


def _cookie(request: Request, parts: Parts) -> str:
    return f"{'__Host-' if is_secure(request, parts.settings) else ''}{parts.cookie}_oidc"


def _back(parts: Parts, outcome: str) -> Response:
    """To the desk's page, which says what happened."""
    fragment = f"#sign-in={outcome}" if outcome else ""
    return RedirectResponse(f"{parts.settings.path_prefix()}/{fragment}", 303, {"Cache-Control": "no-store"})
