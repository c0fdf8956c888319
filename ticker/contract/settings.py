"""What both sides must be told alike: where the stream is, whose it is, who signs; flags go before these.

Environment variables carry the prefix `FLASHWIRE_` (`REDIS_URL` has none), and may stand in `.env`.
"""

from pathlib import Path

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class StreamSettings(BaseSettings):
    """Settings of the stream, the same for desk and ticker."""

    model_config = SettingsConfigDict(
        env_prefix="FLASHWIRE_", env_file=".env", extra="ignore", populate_by_name=True, hide_input_in_errors=True
    )

    redis_url: str | None = Field(
        None,
        validation_alias=AliasChoices("redis_url", "REDIS_URL"),
        repr=False,  # it may hold a password
        description="redis://, rediss://, unix://, redis+sentinel://host:port,host:port/service or redis+cluster://host:port",
    )
    brand: str = Field(
        "news", pattern=r"^[a-z0-9][a-z0-9-]{0,30}$", description="names the stream: flashwire:{brand}:items"
    )
    data: Path = Field(Path("data"), description="directory of keys, tokens and the embedded server's files")
    site: Path | None = Field(None, description="TOML file of editions, sections, places and sources")
    signing_keys: str | None = Field(
        None, repr=False, description="<id>:<base64>, …; the first signs, all verify; default: data/signing.key"
    )
    stream_length: int = Field(10_000, ge=100, le=1_000_000, description="entries the stream and each node keep")
    log_format: str = Field("auto", pattern="^(auto|json|text)$", description="auto is text on a terminal, else json")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="debug, info, warning or error")
