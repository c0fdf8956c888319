"""Settings that both sides share: the stream, its brand, the signing keys. Command-line flags take precedence.

Environment variables carry the prefix `FLASHWIRE_` (`REDIS_URL` has none), and may stand in `.env`.
"""

import re
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import AliasChoices, Field, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ticker.shared.http import addresses

REHEARSAL_SUFFIX: Final = "-rehearsal"
"""What a rehearsal adds to the brand, and so to the name of every key in Redis."""
REHEARSAL_FOLDER: Final = "rehearsal"
"""The folder in `data` that has the data of a rehearsal."""
_BRAND: Final = re.compile("[a-z0-9][a-z0-9-]{0,30}")


class StreamSettings(BaseSettings):
    """Settings of the stream, the same for desk and ticker."""

    model_config = SettingsConfigDict(
        env_prefix="FLASHWIRE_",
        env_file=".env",
        env_file_encoding="utf-8-sig",
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )

    redis_url: str | None = Field(
        None,
        validation_alias=AliasChoices("redis_url", "REDIS_URL"),
        repr=False,  # it may hold a password
        description="redis://, rediss://, unix://, redis+sentinel://host:port,host:port/service or redis+cluster://host:port,host:port",
    )
    brand: str = Field("news", description="name of the stream: flashwire:{brand}:items")
    data: Path = Field(Path("data"), description="directory of keys, tokens and the files of the embedded server")
    rehearsal: bool = Field(False, description="a rehearsal: keys and data of its own, and no way to the live stream")
    site: Path | None = Field(None, description="TOML file of editions, sections, places and sources")
    signing_keys: str | None = Field(
        None, repr=False, description="<id>:<base64>, …; the first key signs, all verify; default: data/signing.key"
    )
    stream_length: int = Field(10_000, ge=100, le=1_000_000, description="entries in the stream and in each node")
    log_format: Literal["auto", "json", "text"] = Field("auto", description="auto is text on a terminal, else json")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="debug, info, warning or error")

    # The validators name fields of subclasses too, so that there is one rule for each kind of value.

    @field_validator("*", mode="before")
    @classmethod
    def _strip_quotes(cls, value: object) -> object:
        # Docker's --env-file and service managers do not remove quotes.
        is_quoted = isinstance(value, str) and value.strip()[:1] in addresses.QUOTES
        return addresses.unquoted(value) if is_quoted and isinstance(value, str) else value

    @field_validator("log_format", "log_level", "secure_cookies", "transport", mode="before", check_fields=False)
    @classmethod
    def _choice(cls, value: object) -> object:
        return value.strip().lower() if isinstance(value, str) else value

    @field_validator("brand")
    @classmethod
    def _brand(cls, value: str) -> str:
        if not _BRAND.fullmatch(value):
            raise ValueError("write 1 to 31 small letters from a to z, digits and hyphens, not with a hyphen first")
        return value

    @field_validator(
        "redis_url", "database_url", "site", "signing_keys", "desk_url", "public_url", "redis_server",
        "address_connections", "oidc_issuer", "oidc_client_id", "oidc_client_secret", mode="before",
        check_fields=False,
    )  # fmt: skip
    @classmethod
    def _blank_is_unset(cls, value: object) -> object:
        # A compose file passes an unset variable on as an empty one.
        return addresses.unquoted(value) or None if isinstance(value, str) else value

    @model_validator(mode="after")
    def _rehearsal_apart(self) -> Self:
        # A suffix and no second setting: no mistake in the environment can name the live stream's keys.
        is_marked = self.brand.endswith(REHEARSAL_SUFFIX)
        if not self.rehearsal and is_marked:
            raise ValueError(
                f"a brand that ends with {REHEARSAL_SUFFIX} belongs to a rehearsal: choose another FLASHWIRE_BRAND,"
                " or set FLASHWIRE_REHEARSAL=true"
            )
        if self.rehearsal and not is_marked:
            self.brand += REHEARSAL_SUFFIX
            if not _BRAND.fullmatch(self.brand):
                raise ValueError("a rehearsal needs a FLASHWIRE_BRAND of 21 characters at most")
        if self.rehearsal and self.data.name != REHEARSAL_FOLDER:
            self.data /= REHEARSAL_FOLDER
        return self

    @field_validator("data", mode="before")
    @classmethod
    def _directory(cls, value: object) -> object:
        # An empty path would be the current directory.
        directory = addresses.unquoted(value) if isinstance(value, str) else value
        if directory == "":
            raise ValueError("write the name of a directory, or . for the current one")
        return directory

    @field_validator("data", "site", "redis_server", check_fields=False)
    @classmethod
    def _path(cls, value: Path | None) -> Path | None:
        if value is None:
            return None
        try:
            # A shell expands ~; a settings file and a service manager do not.
            value = value.expanduser()
            # Fails for a link that leads to itself.
            str(value.resolve()).encode()
        except UnicodeEncodeError:
            raise ValueError("the path is not text in UTF-8; choose another") from None
        except (OSError, RuntimeError):
            raise ValueError("the path leads nowhere from here; write a whole one, without ~") from None
        return value

    @field_validator("allowed_origins", "desk_origins", check_fields=False)
    @classmethod
    def _origins(cls, value: str, info: ValidationInfo) -> str:
        origins = addresses.origins(value)
        if not origins and info.field_name == "allowed_origins":
            raise ValueError("no origin is allowed, which refuses every page; write * or leave it out")
        if origins == addresses.ANY and info.field_name == "desk_origins":
            raise ValueError("* names no origin; write each address of the desk page, such as https://desk.example")
        return origins

    @field_validator("forwarded_allow_ips", check_fields=False)
    @classmethod
    def _proxies(cls, value: str) -> str:
        return addresses.proxies(value)

    @field_validator("ticker_url", "desk_url", "public_url", "oidc_issuer", check_fields=False)
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return None if value is None else addresses.http_address(value)

    @field_validator("ticker_host", "desk_host", check_fields=False)
    @classmethod
    def _host(cls, value: str) -> str:
        return addresses.unquoted(value)
