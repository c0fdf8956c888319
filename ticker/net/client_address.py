"""The address under which a client is counted: that of its socket, or the one that a trusted proxy names."""

from functools import lru_cache
from typing import Any, Final

from ticker.shared.http.trusted_proxies import Proxies, counted_address, network

FORWARDED: Final = b"x-forwarded-for"
# Key of a request's state: the address of its client.
ADDRESS: Final = "address"


# Any: a transport of the loop, or a `SocketTransport`.
def peer_of(transport: Any) -> str:
    """The client's address as a transport of the loop knows it; "" for a `SocketTransport`, which does not keep it."""
    name = transport.get_extra_info("peername")
    return str(name[0]) if isinstance(name, tuple) else ""


def client_address(peer: str, forwarded: bytes | None, proxies: str) -> str:
    """The address under which a client is counted; "" for a proxy that does not name its client.

    `forwarded` is the X-Forwarded-For of its request, `proxies` the setting with the trusted proxies.
    """
    trusted = _trusted(proxies)
    if forwarded is None or peer not in trusted:
        return counted_address(peer, trusted)
    client, _port = trusted.get_trusted_client_address(forwarded.decode("latin-1"))
    # With `*` every address is a proxy's, and the first of the list is the client.
    return network(client) if trusted.always_trust else counted_address(client, trusted)


@lru_cache(maxsize=8)
def _trusted(proxies: str) -> Proxies:
    return Proxies(proxies)
