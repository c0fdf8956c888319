"""The public address of a ticker, as its pages and oEmbed answers name it."""

import re
from typing import Final
from urllib.parse import SplitResult

from starlette.requests import Request

from ticker.settings import TickerSettings

# A host name or address, and a port: nothing that means something in a header, a policy or a page.
_HOST: Final = re.compile(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")
_PORTS: Final = {"http": ":80", "https": ":443"}


def public_address(settings: TickerSettings, request: Request) -> str | None:
    """The address of `/` without its slash: as set, else as this request named it; None if its Host is not one."""
    if settings.public_url is not None:
        return settings.public_url.rstrip("/")
    # The header itself: for one that is no host Starlette names this machine's own address.
    host = request.headers.get("host") or request.url.netloc
    return f"{request.url.scheme}://{host}" if _HOST.fullmatch(host) else None


def _host(scheme: str, authority: str) -> str:
    """Host and port, in the one form that is compared: without the scheme's own port."""
    return authority.lower().removesuffix(_PORTS[scheme])


def page_path(address: str, url: SplitResult) -> str | None:
    """The path of `url` below a public address, or None if it is not there."""
    scheme, _, rest = address.partition("://")
    authority, slash, prefix = rest.partition("/")
    # A page that is reached by TLS at a proxy may name itself otherwise.
    if url.scheme not in _PORTS or _host(url.scheme, url.netloc) != _host(scheme, authority):
        return None
    path = url.path or "/"
    if not path.startswith(slash + prefix):
        return None
    below = path[len(slash + prefix) :] or "/"
    return below if below.startswith("/") else None
