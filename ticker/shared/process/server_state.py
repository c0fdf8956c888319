"""The state file of the embedded Valkey server.

`flashwire.valkey` writes it. Nodes read it to report in `/health/ready` why the stream is away.
"""

from pathlib import Path
from typing import Final, Literal

import msgspec

STATE_FILE: Final = "server.json"

Phase = Literal["starting", "ready", "away", "damaged", "stopping", "stopped"]


class ServerState(msgspec.Struct, frozen=True):
    """The state of the embedded server of a data directory."""

    state: Phase
    reason: str
    """One sentence for an operator; empty while it is ready."""
    since: str
    """The start of this state, RFC 3339 UTC."""
    restarts: int
    """The number of restarts since the service started."""


_decoder = msgspec.json.Decoder(ServerState)


def read_state(data: Path) -> ServerState | None:
    """Returns the state in `data`, or None if there is no readable file; never raises."""
    try:
        return _decoder.decode((data / STATE_FILE).read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
