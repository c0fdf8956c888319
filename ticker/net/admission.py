"""Admission: the one rule for WebSocket, SSE and JSON that says whether a client may join."""

from collections.abc import Mapping
from typing import Final

from ticker.net.handshake import refusal
from ticker.net.origins import is_allowed
from ticker.node.node import Node

RETRY_SECONDS: Final = 2
RETRY_AFTER: Final = b"Retry-After: %d" % RETRY_SECONDS


def admit(node: Node, headers: Mapping[bytes, bytes], address: str) -> None:
    """Returns if a client at `address` with these headers may join now, else raises `RefusalError`.

    Call it before any object is made for the client.
    """
    if not is_allowed(node.settings, headers):
        raise refusal(403, "origin", "This origin may not read here; ask the operator to allow it.")
    reason = node.refusal(address)
    if reason is not None:
        raise refusal(503, "unavailable", reason, RETRY_AFTER)
