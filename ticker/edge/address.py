"""Whose request it is: the other end's address, or what a proxy of ours says of it."""

import ipaddress
from functools import lru_cache
from typing import Any, Final

from ticker.contract.forwarded import Proxies

FORWARDED: Final = b"x-forwarded-for"


# Any: a transport of the loop's or one of ours.
def peer_of(transport: Any) -> str:
    """The other end's address as the loop's transport knows it; "" for one of ours, which does not keep it."""
    name = transport.get_extra_info("peername")
    return str(name[0]) if isinstance(name, tuple) else ""


def client_address(peer: str, forwarded: bytes | None, proxies: str) -> str:
    """The client's address; `forwarded` is its X-Forwarded-For, `proxies` whose word on that counts."""
    if forwarded is None or not is_proxy(peer, proxies):
        return network(peer)
    found, _port = _trusted(proxies).get_trusted_client_address(forwarded.decode("latin-1"))
    return network(found or peer)


def is_proxy(address: str, proxies: str) -> bool:
    """Whether `address` is one of `proxies`, as FLASHWIRE_FORWARDED_ALLOW_IPS names them."""
    return address in _trusted(proxies)


def network(address: str) -> str:
    """What one client has: an IPv4 address, or the first half of an IPv6 address, of which it may use all."""
    return _network(address) if ":" in address else address


@lru_cache(maxsize=4096)
def _network(address: str) -> str:
    try:
        found = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    return str(found.ipv4_mapped or ipaddress.IPv6Network((found, 64), strict=False))


@lru_cache(maxsize=8)
def _trusted(proxies: str) -> Proxies:
    return Proxies(proxies)
