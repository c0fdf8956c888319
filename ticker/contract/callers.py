"""What a caller may learn about this machine: both sides give details to callers on the machine itself, only."""

import ipaddress


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
    return reason if is_local(address) else reason.partition(":")[0]
