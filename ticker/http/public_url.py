"""The public address of a ticker, as its pages and oEmbed answers name it."""

import re
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from starlette.requests import Request

from ticker.settings import TickerSettings
from ticker.shared.http.addresses import http_address

# A host name or address, and a port: nothing that means something in a header, a policy or a page.
_HOST: Final = re.compile(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")


def public_address(settings: TickerSettings, request: Request) -> str | None:
    """The address of `/` without its slash: as set, else as this request named it; None if its Host is not one."""
    if settings.public_url is not None:
        return settings.public_url.rstrip("/")
    # The header itself: for one that is no host Starlette names this machine's own address.
    host = request.headers.get("host") or request.url.netloc
    return f"{request.url.scheme}://{host}" if _HOST.fullmatch(host) else None


def page_path(address: str, url: SplitResult) -> str | None:
    """The path of `url` below a public address, or None if it is not there."""
    try:
        # Somebody may have copied it from an address bar, with letters of any script in host and path.
        named = urlsplit(http_address(f"{url.scheme}://{url.netloc}{url.path}"))
        own = urlsplit(http_address(address))
    except ValueError:
        return None
    path, prefix = ([unquote(part) for part in each.path.split("/")] for each in (named, own))
    # A page that is reached by TLS at a proxy may name itself otherwise: the scheme does not count.
    if named.netloc != own.netloc or path[: len(prefix)] != prefix:
        return None
    return "/" + "/".join(path[len(prefix) :])
