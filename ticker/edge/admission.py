"""Who may join: the one rule for WebSocket, SSE and JSON, asked before anything is made for a client."""

from functools import lru_cache
from typing import Final

from ticker.edge.handshake import refusal
from ticker.edge.node import Node

RETRY_AFTER: Final = b"Retry-After: 2"


def admit(node: Node, origin: bytes | None) -> None:
    """Returns if a client from `origin` (None: no browser) may join now; else raises `RefusalError`."""
    allowed = node.settings.allowed_origins
    if origin is not None and allowed != "*" and origin.decode("latin-1") not in _origins(allowed):
        raise refusal(403, "origin", "This origin may not read here; ask the operator to allow it.")
    reason = node.refusal()
    if reason is not None:
        raise refusal(503, "unavailable", reason, RETRY_AFTER)


# For the nodes of one process; a list is read once.
@lru_cache(maxsize=8)
def _origins(allowed: str) -> frozenset[str]:
    # Exactly one of the list: no patterns, no case folding, no `null` (which every sandboxed frame sends).
    return frozenset(allowed.replace(",", " ").split())
