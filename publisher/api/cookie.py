"""The session cookie: its names, and whether it is Secure.

The name contains a digest of brand and database: cookies ignore ports, so two desks on one host would overwrite each
other's cookie. A browser accepts `__Host-` only over https and from the host itself, never from a subdomain (RFC
6265bis).
"""

import hashlib
from collections.abc import Iterator
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from publisher.settings import DeskSettings
from ticker.shared.http.addresses import page_origin

OLD_NAME: Final = "flashwire_desk"
"""The name up to release 0.1.0; it is still read without TLS, so that an upgrade keeps editors signed in."""
_HOST_PREFIX: Final = "__Host-"


def cookie_name(brand: str, desk_id: str) -> str:
    """The name of the cookie of the desk with this brand and database."""
    return f"{OLD_NAME}_{hashlib.blake2s(f'{brand} {desk_id}'.encode(), digest_size=5).hexdigest()}"


def sessions_of(request: Request, name: str, settings: DeskSettings) -> Iterator[str]:
    """The session ids of a request, the most trustworthy first."""
    names = [_HOST_PREFIX + name]
    # Over https, a cookie without the prefix may come from a subdomain.
    if settings.secure_cookies == "never" or request.scope["scheme"] != "https":
        names += [name, OLD_NAME]
    for candidate in names:
        if session := request.cookies.get(candidate):
            yield session


def set_session(response: Response, request: Request, name: str, session: str, settings: DeskSettings) -> None:
    """Sets the session cookie."""
    secure = is_secure(request, settings)
    response.set_cookie(
        _HOST_PREFIX + name if secure else name,
        session,
        max_age=round(settings.session_hours * 3600),
        path="/",
        httponly=True,
        samesite="strict",
        secure=secure,
    )


def clear_session(response: Response, request: Request, name: str, settings: DeskSettings) -> None:
    """Deletes every session cookie that the browser sent."""
    cookies = [cookie for cookie in (_HOST_PREFIX + name, name, OLD_NAME) if cookie in request.cookies]
    for cookie in cookies or [_HOST_PREFIX + name if is_secure(request, settings) else name]:
        secure = cookie.startswith(_HOST_PREFIX) or is_secure(request, settings)
        response.delete_cookie(cookie, path="/", httponly=True, samesite="strict", secure=secure)


def is_secure(request: Request, settings: DeskSettings) -> bool:
    """Whether the cookie is Secure: by the setting, or because the browser uses https.

    If a load balancer ends TLS and sets no header, the page's Origin still says https.
    """
    if settings.secure_cookies != "auto":
        return settings.secure_cookies == "always"
    origin = page_origin(request.headers.get("origin", "")) or ""
    return request.scope["scheme"] == "https" or origin.startswith("https:")
