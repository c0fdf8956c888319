"""What the keeper of an embedded server leaves for the nodes to read: its state, and why; one small file.

Nodes only read it, to say in `/health/ready` why the stream is away; `flashwire.valkey` writes it.
"""

from pathlib import Path
from typing import Final, Literal

import msgspec

STATE_FILE: Final = "server.json"

Phase = Literal["starting", "ready", "away", "damaged", "stopping", "stopped"]


class ServerState(msgspec.Struct, frozen=True):
    """How the embedded server of a data directory is."""

    state: Phase
    reason: str
    """One sentence for an operator; empty while it is ready."""
    since: str
    """RFC 3339 UTC: when this state began."""
    restarts: int
    """How often it was started again since its keeper began."""


_decoder = msgspec.json.Decoder(ServerState)


def read_state(data: Path) -> ServerState | None:
    """The state last written in `data`, or None where none is written or readable; never raises."""
    try:
        return _decoder.decode((data / STATE_FILE).read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
