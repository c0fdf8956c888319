"""What a caller may learn about this machine: both sides give details to callers on the machine itself, only."""

import ipaddress
import re
from typing import Final

_PRIVATE: Final = re.compile(r"\S*(?:[/\\@]|\d+\.\d+\.\d+\.\d+|[\da-fA-F]*:[\da-fA-F]*:|\w:\d)\S*")


def is_local(address: str | None) -> bool:
    """Whether `address`, as a trusted proxy names the caller, is a loopback address."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback


def reason_for(reason: str, address: str | None) -> str:
    """`reason` ("kind: details") for the caller at `address`: details name addresses, paths and users."""
    if is_local(address):
        return reason
    # Not every message has this form, so what looks like a path, an address or a user goes from the rest too.
    return _PRIVATE.sub("…", reason.partition(": ")[0])
