"""Decides whether a caller gets details about this machine: only callers on the machine itself do."""

import ipaddress
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

_PRIVATE: Final = re.compile(r"\S*(?:[/\\@]|\d+\.\d+\.\d+\.\d+|[\da-fA-F]*:[\da-fA-F]*:|\w:\d)\S*")
# Headers that proxies and content networks add to a request.
_FORWARDING: Final = re.compile(
    r"forwarded|via|x-forwarded(-.*)?|x-real-ip|x-(client|cluster-client|original)-.*|true-client-ip|cf-.*|cdn-loop"
)


def is_local(address: str | None, headers: Mapping[str, str]) -> bool:
    """Whether a request with these headers (names in lower case) was made on this machine without a proxy.

    `address` is the caller's, from a trusted proxy if there is one. A proxy on this machine that does not name the
    client has a loopback address too; its requests have another proxy header, or the public name as `Host`.
    """
    if not _is_loopback(address or "") or any(_FORWARDING.fullmatch(name) for name in headers):
        return False
    try:
        host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    except ValueError:
        return False
    return _is_loopback(host) or host == "localhost" or host.endswith(".localhost")


def reason_for(reason: str, *, local: bool) -> str:
    """Returns `reason` ("kind: details") for a caller; the details contain addresses, paths and users."""
    if local:
        return reason
    # Not every message has this form, so paths, addresses and users are removed from the rest too.
    return _PRIVATE.sub("…", reason.partition(": ")[0])


def _is_loopback(text: str) -> bool:
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback
