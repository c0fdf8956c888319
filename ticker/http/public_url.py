"""The public address of a ticker, for its pages and oEmbed answers."""

import re
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from starlette.requests import Request

from ticker.settings import TickerSettings
from ticker.shared.http.addresses import http_address

# A host name or address, and a port: no character with a meaning in a header, a policy or a page.
_HOST: Final = re.compile(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")


def public_address(settings: TickerSettings, request: Request) -> str | None:
    """The address of `/` without its slash: the setting, else the Host of this request; None if that is no host."""
    if settings.public_url is not None:
        return settings.public_url.rstrip("/")
    # The header itself: for an invalid Host, Starlette returns the address of this machine.
    host = request.headers.get("host") or request.url.netloc
    return f"{request.url.scheme}://{host}" if _HOST.fullmatch(host) else None


def page_path(address: str, url: SplitResult) -> str | None:
    """The path of `url` below a public address, or None if it is elsewhere."""
    try:
        # A person may have copied it from an address bar, with letters of any script in host and path.
        target = urlsplit(http_address(f"{url.scheme}://{url.netloc}{url.path}"))
        public = urlsplit(http_address(address))
    except ValueError:
        return None
    path, prefix = ([unquote(part) for part in parts.path.split("/")] for parts in (target, public))
    # The scheme does not count: behind a proxy that ends TLS, a page may have either.
    if target.netloc != public.netloc or path[: len(prefix)] != prefix:
        return None
    return "/" + "/".join(path[len(prefix) :])
