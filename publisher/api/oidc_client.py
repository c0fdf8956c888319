"""The desk as a client of an OpenID provider: authorization code with PKCE, state and nonce, and a checked ID token.

Authlib has the parameters and the rules of the claims, joserfc the signatures; both come with the extra `oidc`.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from publisher.api.secrets_work import in_thread
from publisher.settings import DeskSettings

_TIMEOUT_SECONDS: Final = 5.0
_BODY_LIMIT: Final = 262_144
_LEEWAY_SECONDS: Final = 60
# Asymmetric only: with HS256 the client's secret would be the key.
_ALGORITHMS: Final = ["RS256", "PS256", "ES256", "EdDSA"]


StateOf = Callable[["Flow"], Awaitable[str]]


class OidcError(Exception):
    """The provider did not answer as it must; the message is for the log, and has no secret."""


class Flow(msgspec.Struct, frozen=True):
    """A sign-in that has begun, as a challenge keeps it."""

    nonce: str
    verifier: str
    redirect_uri: str


class Identity(msgspec.Struct, frozen=True):
    """Who signed in at the provider; `email` only where the provider has verified it."""

    subject: str
    email: str | None


def is_offered(settings: DeskSettings) -> bool:
    """Whether this desk can send people to an OpenID provider: it has the settings, and the extra is installed."""
    return bool(settings.oidc_issuer) and find_spec("authlib") is not None


class OidcClient:
    """The provider of the settings; `FLASHWIRE_OIDC_ISSUER` must be set."""

    def __init__(self, settings: DeskSettings) -> None:
        self._issuer = settings.oidc_issuer or ""
        self._id = settings.oidc_client_id or ""
        self._secret = settings.oidc_client_secret or ""
        self._metadata: dict[str, Any] | None = None  # Any: JSON

    async def authorization(self, redirect_uri: str, state_of: StateOf) -> tuple[str, str]:
        """The address to send the browser to, and the state that must come back. Raises `OidcError`."""
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        metadata = await self._discover()
        flow = Flow(secrets.token_urlsafe(24), secrets.token_urlsafe(48), redirect_uri)
        state = await state_of(flow)
        address: str = prepare_grant_uri(
            metadata["authorization_endpoint"],
            self._id,
            "code",
            redirect_uri,
            "openid email",
            state,
            nonce=flow.nonce,
            code_challenge=create_s256_code_challenge(flow.verifier),
            code_challenge_method="S256",
        )
        return address, state

    async def identity(self, flow: Flow, code: str, now: float) -> Identity:
        """The identity that the provider gives for `code`. Raises `OidcError`."""
        metadata = await self._discover()
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": flow.redirect_uri,
            "code_verifier": flow.verifier,
        }  # fmt: skip
        answer = await self._fetch("POST", metadata["token_endpoint"], form)
        keys = await self._fetch("GET", metadata["jwks_uri"])
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise OidcError("the provider sent no ID token")
        claims = await in_thread(self._claims, token, keys, flow.nonce, now)
        # Another provider may use the same subject.
        email = claims.get("email") if claims.get("email_verified") is True else None
        return Identity(f"{self._issuer} {claims['sub']}", email if isinstance(email, str) else None)

    def _claims(self, token: str, keys: dict[str, Any], nonce: str, now: float) -> Mapping[str, Any]:
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        try:
            decoded = jwt.decode(token, KeySet.import_key_set(keys), algorithms=_ALGORITHMS)  # type: ignore[arg-type]  # checked by the library
            options = {
                "iss": {"essential": True, "value": self._issuer}, "aud": {"essential": True, "value": self._id},
                "sub": {"essential": True}, "nonce": {"essential": True, "value": nonce},
            }  # fmt: skip
            claims = CodeIDToken(decoded.claims, decoded.header, options, {"nonce": nonce, "client_id": self._id})
            claims.validate(now=int(now), leeway=_LEEWAY_SECONDS)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise OidcError(f"the ID token is not valid ({type(error).__name__})") from None
        except Exception as error:
            # Authlib's errors have their own root, which older releases name differently.
            if type(error).__module__.partition(".")[0] != "authlib":
                raise
            raise OidcError(f"the ID token is not valid ({type(error).__name__})") from None
        return decoded.claims

    async def _discover(self) -> dict[str, Any]:
        if self._metadata is None:
            metadata = await self._fetch("GET", f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            if metadata.get("issuer") != self._issuer:
                raise OidcError("the provider names another issuer")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if urlsplit(str(metadata.get(name))).scheme not in ("https", urlsplit(self._issuer).scheme):
                    raise OidcError(f"the provider names no {name}")
            self._metadata = metadata
        return self._metadata

    async def _fetch(self, method: str, address: str, form: dict[str, str] | None = None) -> dict[str, Any]:
        # Its import takes 0.1 s, and few desks have a provider.
        import httpx2

        auth = (self._id, self._secret) if form else None
        try:
            async with httpx2.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
                answer = await client.request(method, address, data=form, auth=auth)
            if answer.status_code != 200 or len(answer.content) > _BODY_LIMIT:
                raise OidcError(f"the provider answered {answer.status_code}")
            return msgspec.json.decode(answer.content, type=dict[str, Any])
        except (httpx2.HTTPError, msgspec.DecodeError) as error:
            raise OidcError(f"the provider did not answer ({type(error).__name__})") from None
