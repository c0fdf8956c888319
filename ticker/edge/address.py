"""Whose request it is: the other end's address, or what a proxy of ours says of it."""

from functools import lru_cache
from typing import Any, Final

from uvicorn.middleware.proxy_headers import _TrustedHosts

from ticker.edge.transport import SocketTransport

FORWARDED: Final = b"x-forwarded-for"


# Any: a transport of the loop's or one of ours.
def client_address(transport: Any, forwarded: bytes | None, proxies: str) -> str:
    """The client's address; `forwarded` is its X-Forwarded-For, `proxies` whose word on that counts."""
    if isinstance(transport, SocketTransport):
        peer = transport.peer()
    else:
        name = transport.get_extra_info("peername")
        peer = str(name[0]) if isinstance(name, tuple) else ""
    trusted = _trusted(proxies)
    if forwarded is None or peer not in trusted:
        return peer
    found, _port = trusted.get_trusted_client_address(forwarded.decode("latin-1"))
    return found or peer


# uvicorn's own reading of the setting, which it keeps to itself: the HTTP side has the same addresses.
@lru_cache(maxsize=8)
def _trusted(proxies: str) -> _TrustedHosts:
    return _TrustedHosts(proxies)
