"""The two ceremonies of passkeys (WebAuthn level 3) on the server: options, and verification of the browser's answer.

1. Challenges are random, kept in the database for five minutes, and count once at any desk.
2. A passkey is discoverable and verifies its user (PIN, finger or face), so it needs neither name nor password.
3. The relying party is the host of the desk's address; browsers accept none that is an IP address.
"""

import base64
import ipaddress
import json
import secrets
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import structlog
from starlette.requests import Request

from publisher.api.parts import Parts
from publisher.api.problems import ApiError
from publisher.api.secrets_work import in_thread
from publisher.core.refusals import printable
from publisher.records.credentials import Passkey
from ticker.shared.http.addresses import page_origin
from ticker.shared.http.trusted_proxies import HOSTS

LABEL_LIMIT: Final = 60

_log = structlog.get_logger(__name__)


class RelyingParty(msgspec.Struct, frozen=True):
    """The desk as authenticators know it: the id of its address, and the origins of its page."""

    id: str
    origins: list[str]


class Registration(msgspec.Struct, frozen=True):
    """What a challenge to register is bound to."""

    relying_party: RelyingParty
    user: str
    name: str


class SignIn(msgspec.Struct, frozen=True):
    """What a challenge to sign in is bound to."""

    relying_party: RelyingParty


def relying_party(request: Request, parts: Parts) -> RelyingParty | None:
    """The relying party of the page that sends `request`; None if its address cannot have passkeys."""
    settings = parts.settings
    hosts = [*request.scope.get(HOSTS, ()), request.headers.get("host", "")]
    pages = [settings.desk_url] if settings.desk_url else []
    sent = request.headers.get("origin", "")
    # A proxy that ends TLS may not say so; the browser's own header does. Another site's page is refused before.
    schemes = dict.fromkeys((urlsplit(sent).scheme, request.scope["scheme"]))
    pages += [f"{scheme}://{host}" for host in hosts for scheme in schemes if scheme]
    origins = [origin for page in pages if (origin := page_origin("/".join(page.split("/")[:3])))]
    # A proxy may pass the host without its port. The request was checked, so its Origin is a page of the desk.
    further = [origin for page in (sent, *settings.desk_origins.split(",")) if (origin := page_origin(page))]
    for origin in origins:
        host = urlsplit(origin).hostname or ""
        if _may_have_passkeys(origin, host):
            same = [other for other in (*origins, *further) if _is_within(urlsplit(other).hostname or "", host)]
            return RelyingParty(host, list(dict.fromkeys(same)))
    return None


async def registration_options(parts: Parts, party: RelyingParty, user: str, name: str) -> dict[str, Any]:  # Any: JSON
    """The options for `navigator.credentials.create`."""
    registered = await parts.database.call(parts.people.credentials.passkeys, user)
    challenge = await parts.database.call(parts.people.challenges.make, "register", Registration(party, user, name))

    def options() -> dict[str, Any]:
        import webauthn
        from webauthn.helpers import structs

        built = webauthn.generate_registration_options(
            rp_id=party.id,
            rp_name=f"Flashwire {parts.settings.brand}",
            user_name=name,
            user_display_name=name,
            user_id=user.encode(),
            challenge=challenge.encode(),
            authenticator_selection=structs.AuthenticatorSelectionCriteria(
                resident_key=structs.ResidentKeyRequirement.REQUIRED,
                user_verification=structs.UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                structs.PublicKeyCredentialDescriptor(id=passkey.credential) for passkey in registered
            ],
        )
        return json.loads(webauthn.options_to_json(built))  # type: ignore[no-any-return]  # an object

    return await in_thread(options)


async def register(
    parts: Parts, credential: dict[str, Any], label: str, user: str | None = None
) -> tuple[Passkey, str]:
    """The passkey that a browser has made, not stored yet, and the name of its user.

    Raises `ApiError` 422 `passkey-refused` unless it answers a challenge, for `user` where that is given.
    """
    challenge = _challenge(credential)
    bound = await parts.database.call(parts.people.challenges.take, "register", challenge, Registration)
    if bound is None or user not in (None, bound.user):
        raise ApiError(422, "passkey-refused")

    def verify() -> Passkey | None:
        import webauthn
        from webauthn.helpers.exceptions import WebAuthnException

        try:
            verified = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=challenge.encode(),
                expected_rp_id=bound.relying_party.id,
                expected_origin=bound.relying_party.origins,
                require_user_verification=True,
            )
        # The library decodes what the client sent, and lets errors of the decoders pass.
        except (WebAuthnException, ValueError, KeyError, TypeError, IndexError) as error:
            _log.info("passkey not added", reason=type(error).__name__)
            return None
        synced = verified.credential_backed_up
        text = printable(label.strip())[:LABEL_LIMIT]
        return Passkey(
            secrets.token_urlsafe(9), bound.user, verified.credential_id, verified.credential_public_key,
            verified.sign_count, text, parts.clock(), None, synced,
        )  # fmt: skip

    passkey = await in_thread(verify)
    if passkey is None:
        raise ApiError(422, "passkey-refused")
    registered = await parts.database.call(parts.people.credentials.passkey, passkey.credential)
    if registered is not None:
        raise ApiError(422, "passkey-refused")
    return passkey, bound.name


async def sign_in_options(parts: Parts, party: RelyingParty) -> dict[str, Any]:  # Any: JSON
    """The options for `navigator.credentials.get`, for any passkey of this desk."""
    challenge = await parts.database.call(parts.people.challenges.make, "sign-in", SignIn(party))
    # Written here: the library's own writer needs an import of a second, and a sign-in begins with these.
    return {
        "challenge": base64.urlsafe_b64encode(challenge.encode()).decode().rstrip("="),
        "timeout": 60_000,
        "rpId": party.id,
        "allowCredentials": [],
        "userVerification": "required",
    }


async def signed_in_passkey(parts: Parts, credential: dict[str, Any]) -> Passkey | None:
    """The passkey that signs a user in, its use stored; None if the answer of the browser proves nothing."""
    challenge = _challenge(credential)
    bound = await parts.database.call(parts.people.challenges.take, "sign-in", challenge, SignIn)
    passkey = await parts.database.call(parts.people.credentials.passkey, _bytes(credential.get("rawId")))
    if bound is None or passkey is None:
        return None

    def verify() -> int | None:
        import webauthn
        from webauthn.helpers.exceptions import WebAuthnException

        try:
            verified = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge.encode(),
                expected_rp_id=bound.relying_party.id,
                expected_origin=bound.relying_party.origins,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError, IndexError) as error:
            # A count that does not grow may be a copy of the authenticator.
            _log.warning("passkey refused", reason=type(error).__name__, passkey=passkey.id)
            return None
        return verified.new_sign_count

    sign_count = await in_thread(verify)
    if sign_count is None or not await parts.database.call(parts.people.credentials.use_passkey, passkey, sign_count):
        return None
    return passkey


def _may_have_passkeys(origin: str, host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return origin.startswith("https:") or host == "localhost" or host.endswith(".localhost")
    return False


def _is_within(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


def _challenge(credential: dict[str, Any]) -> str:
    """The challenge that the browser answered; empty where there is none."""
    response = credential.get("response")
    try:
        client = msgspec.json.decode(_bytes(response.get("clientDataJSON")) if isinstance(response, dict) else b"")
        return _bytes(client["challenge"]).decode()
    except (msgspec.DecodeError, KeyError, TypeError, UnicodeDecodeError):
        return ""


def _bytes(text: object) -> bytes:
    """The bytes of base64url text; empty for anything else."""
    if not isinstance(text, str):
        return b""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""
