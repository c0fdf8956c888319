"""Settings of the desk; the table in docs/settings.md is tested against these classes."""

import re
from typing import Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from publisher.database_address import check_database_url
from ticker.shared.process.settings import StreamSettings

_OIDC_CREDENTIAL: Final = re.compile("[!-~]{1,512}")


class DeskSettings(StreamSettings):
    """The desk's settings; they are read at the start and do not change while it runs."""

    desk_host: str = Field("127.0.0.1", description="address to listen on")
    desk_port: int = Field(8001, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    ticker_url: str = Field("http://127.0.0.1:8000", description="address of the ticker for the desk page")
    desk_url: str | None = Field(None, description="public address of the desk with its path")
    desk_origins: str = Field("", description="more exact origins from which the desk page may write")
    database_url: str | None = Field(
        None,
        repr=False,  # it may hold a password
        description="postgresql://user:password@host/database, shared by several desks; default: a file in `data`",
    )
    replicas: int = Field(0, ge=0, le=10, description="replicas that must have an item before it is confirmed (WAIT)")
    idempotency_hours: float = Field(
        24, ge=0.001, le=168, description="time for which the answer of an Idempotency-Key is kept"
    )
    ledger_days: int = Field(
        400, ge=1, le=36_500, description="time for which an item's versions are kept after the last one"
    )
    rate_per_minute: int = Field(
        20, ge=1, le=1_000_000, description="publications per minute and token, except tokens with --unlimited"
    )
    approval_minutes: float = Field(
        15, ge=0.01, le=10_080, description="time in which a second person must approve a line"
    )
    schedule_late_seconds: float = Field(
        60, ge=1, le=86_400, description="a line later than this is not published before a person has decided"
    )
    alone_per_minute: int = Field(
        12,
        ge=0,
        le=1_000_000,
        description="publications per minute and signed-in user; above it a second person must approve; 0 is no limit",
    )
    body_limit_bytes: int = Field(65_536, ge=1024, le=2**30, description="longest request body")
    forwarded_allow_ips: str = Field("127.0.0.1,::1", description="proxies whose X-Forwarded-* headers are trusted")
    secure_cookies: Literal["auto", "always", "never"] = Field(
        "auto", description="auto marks the cookie Secure if the request was HTTPS"
    )

    session_hours: float = Field(12, ge=0.01, le=168, description="time after which a session ends")
    session_idle_minutes: float = Field(
        120, ge=1, le=10_080, description="time without a write after which a session ends"
    )
    sign_in_failures: int = Field(
        10, ge=1, le=1_000, description="failed sign-ins of an account in 15 minutes; five times as many of an address"
    )

    oidc_issuer: str | None = Field(None, description="address of an OpenID provider; needs the extra `oidc`")
    oidc_client_id: str | None = Field(None, description="id of the desk at the OpenID provider")
    oidc_client_secret: str | None = Field(None, repr=False, description="secret of the desk at the OpenID provider")
    oidc_name: str = Field("Single sign-on", description="name of the OpenID provider on the sign-in page")
    translations: Literal["off", "on"] = Field(
        "off", description="on finds lines in other languages by their meaning; needs the extra `translations`, 155 MB"
    )

    @field_validator("database_url")
    @classmethod
    def _database_url(cls, value: str | None) -> str | None:
        return None if value is None else check_database_url(value)

    @field_validator("oidc_client_id", "oidc_client_secret")
    @classmethod
    def _oidc_credential(cls, value: str | None) -> str | None:
        if value is not None and not _OIDC_CREDENTIAL.fullmatch(value):
            raise ValueError("write 1 to 512 visible ASCII characters, as the OpenID provider gave them")
        return value

    @field_validator("oidc_name")
    @classmethod
    def _oidc_name(cls, value: str) -> str:
        name = value.strip()
        if not (0 < len(name) <= 60 and name.isprintable()):
            raise ValueError("write 1 to 60 characters in one line, as the sign-in page shall show them")
        return name

    @model_validator(mode="after")
    def _oidc_is_whole(self) -> Self:
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_client_secret):
            raise ValueError(
                "FLASHWIRE_OIDC_ISSUER needs FLASHWIRE_OIDC_CLIENT_ID and FLASHWIRE_OIDC_CLIENT_SECRET:"
                " write both, or leave out the address"
            )
        return self

    @model_validator(mode="after")
    def _replicas_of_one_server(self) -> Self:
        # WAIT counts for one connection to one server; redis-py's cluster client gives no such connection.
        if self.replicas and "+cluster://" in (self.redis_url or ""):
            raise ValueError("FLASHWIRE_REPLICAS counts for one server or Sentinel; leave it out for a cluster")
        return self

    def path_prefix(self) -> str:
        """The path below which a proxy serves the desk, without a slash at its end."""
        return urlsplit(self.desk_url).path.rstrip("/") if self.desk_url else ""
