"""The session cookie: its names, and when it is Secure.

The name holds a digest of brand and database: cookies ignore ports, so two desks on one host would overwrite each
other's. A browser takes `__Host-` only over https and from the host itself, never from a subdomain (RFC 6265bis).
"""

import hashlib
from collections.abc import Iterator
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from publisher.records.sessions import SESSION_SECONDS
from publisher.settings import DeskSettings
from ticker.shared.http.addresses import page_origin

OLD_NAME: Final = "flashwire_desk"
"""The name up to release 0.1.0; still read without TLS, so that an upgrade signs no editor out there."""
_HOST_PREFIX: Final = "__Host-"


def cookie_name(brand: str, desk_id: str) -> str:
    """The cookie's name at the desk of that brand and database."""
    return f"{OLD_NAME}_{hashlib.blake2s(f'{brand} {desk_id}'.encode(), digest_size=5).hexdigest()}"


def sessions_of(request: Request, name: str, settings: DeskSettings) -> Iterator[str]:
    """The session ids that a browser sent, the most trustworthy first."""
    names = [_HOST_PREFIX + name]
    # Over https a cookie without the prefix may come from a subdomain.
    if settings.secure_cookies == "never" or request.scope["scheme"] != "https":
        names += [name, OLD_NAME]
    for known in names:
        if session := request.cookies.get(known):
            yield session


def set_session(response: Response, request: Request, name: str, session: str, settings: DeskSettings) -> None:
    """Gives the browser a session."""
    secure = is_secure(request, settings)
    response.set_cookie(
        _HOST_PREFIX + name if secure else name,
        session,
        max_age=SESSION_SECONDS,
        path="/",
        httponly=True,
        samesite="strict",
        secure=secure,
    )


def clear_session(response: Response, request: Request, name: str, settings: DeskSettings) -> None:
    """Takes the session away, under whichever names the browser sent one."""
    sent = [known for known in (_HOST_PREFIX + name, name, OLD_NAME) if known in request.cookies]
    for known in sent or [_HOST_PREFIX + name if is_secure(request, settings) else name]:
        secure = known.startswith(_HOST_PREFIX) or is_secure(request, settings)
        response.delete_cookie(known, path="/", httponly=True, samesite="strict", secure=secure)


def is_secure(request: Request, settings: DeskSettings) -> bool:
    """Whether the cookie is Secure: as the setting says, or if the browser uses https.

    A load balancer may end TLS and set no header; then the page's Origin still says https.
    """
    if settings.secure_cookies != "auto":
        return settings.secure_cookies == "always"
    origin = page_origin(request.headers.get("origin", "")) or ""
    return request.scope["scheme"] == "https" or origin.startswith("https:")
