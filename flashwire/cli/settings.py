"""Settings and options of the commands: read from flags, environment and `.env`, or refused in one line."""

import difflib
import os
from collections.abc import Callable, Iterable
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

from flashwire.cli.console import refuse
from ticker.shared.http.addresses import typed_address, unquoted
from ticker.shared.process.plain_file import PlainFileError, read_plain_text

if TYPE_CHECKING:
    from dotenv.parser import Binding

    from ticker.shared.process.settings import StreamSettings

DEFAULT_TICKER: Final = "http://127.0.0.1:8000"
DEFAULT_DESK: Final = "http://127.0.0.1:8001"
_PREFIX: Final = "FLASHWIRE_"
_ENV_FILE: Final = Path(".env")

DeskDataOption = Annotated[
    str | None,
    typer.Option("--data", metavar="PATH", help="Directory of keys and tokens (FLASHWIRE_DATA; default ./data)."),
]
TickerOption = Annotated[str, typer.Option("--ticker", envvar="FLASHWIRE_TICKER_URL", help="Address of the ticker.")]
DeskOption = Annotated[str, typer.Option("--desk", envvar="FLASHWIRE_DESK_URL", help="Address of the desk.")]
TokenOption = Annotated[
    str,
    typer.Option("--token", envvar="FLASHWIRE_TOKEN", help="API token; better in the environment.", hidden=True),
]

checked_names: Final[set[str]] = set()
"""The setting names that `check_names` accepted in this process; a worker that replaces another accepts them too."""

Settings = TypeVar("Settings", bound="StreamSettings")


def load(kind: type[Settings], **flags: object) -> Settings:
    """Settings of `kind`; a flag that is None was not set. Ends the command if a value is wrong."""
    from ticker.shared.process.setting_faults import variable

    settings = load_without_redis(kind, **flags)
    if settings.redis_url:
        from ticker.stream.redis_stream import connect

        try:
            connect(settings.redis_url, timeout=1)  # does not connect yet
        except ValueError as error:
            refuse(f"{variable('redis_url')}: {error}")
    return settings


def load_without_redis(kind: type[Settings], **flags: object) -> Settings:
    """As `load`, but does not check the address of Redis and does not import its client."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from ticker.shared.process.setting_faults import fault_sentences

    try:
        settings = kind.model_validate({name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        refuse(fault_sentences(kind, error))
    except (SettingsError, UnicodeDecodeError) as error:
        refuse(f"The settings cannot be read ({type(error).__name__}); check the environment and .env.")
    return settings


def check_names(kinds: "Iterable[type[StreamSettings]]", others: Iterable[str]) -> None:
    """Ends the command if the environment or `.env` sets a FLASHWIRE_ name that no field of `kinds` has.

    A misspelled setting would otherwise be ignored, and its default would count.
    """
    from ticker.shared.process.setting_faults import variable

    names = {variable(field) for kind in kinds for field in kind.model_fields} | {_PREFIX + name for name in others}
    checked_names.update(names)
    for name, source in (*((name, "") for name in os.environ), *((name, " in .env") for name in _env_file())):
        if name.upper().startswith(_PREFIX) and name.upper() not in names:
            matches = difflib.get_close_matches(name.upper(), sorted(names), n=1)
            match = "REDIS_URL" if name.upper() == _PREFIX + "REDIS_URL" else matches[0] if matches else None
            advice = f"did you mean {match}?" if match else "docs/settings.md lists them."
            refuse(f"{name}{source} is not a setting; {advice}")


def read_address(read: Callable[[str], str], side: str, value: str) -> str:
    """The address of a side as `read` returns it; ends the command if it raises `ValueError`."""
    try:
        return read(value)
    except ValueError as error:
        refuse(f"--{side} (or {_PREFIX}{side.upper()}_URL): {error}.")


def read_desk(url: str, token: str) -> tuple[str, str]:
    """The address of a desk and the token for it; ends the command if one of them cannot be one."""
    url = read_address(typed_address, "desk", url)
    token = unquoted(token)
    if not token:
        refuse("Set FLASHWIRE_TOKEN to a token; make one with: flashwire token create NAME --role editor", status=1)
    if not (token.isascii() and token.isprintable()):
        refuse("FLASHWIRE_TOKEN is not a token: copy it again.", status=1)
    return url, token


def read_env_file(names: Iterable[str]) -> None:
    """Sets the FLASHWIRE_ variables `names` from `.env`, unless the environment has them."""
    # If a name has several lines the last counts, in any case, as pydantic reads the file.
    lines = {name.upper(): value for name, value in _env_file().items()}
    for name in (_PREFIX + name for name in names):
        if (value := lines.get(name)) and not os.environ.get(name):
            os.environ[name] = value


def _is_wrong(line: "Binding") -> bool:
    # A line for another program may have any form.
    text = line.original.string
    return (line.error or "\0" in text) and (_PREFIX in text.upper() or "REDIS_URL" in text.upper())


def _env_file() -> dict[str, str | None]:
    from dotenv import dotenv_values
    from dotenv.parser import parse_stream

    try:
        # A virtual environment is often a folder of that name.
        text = "" if _ENV_FILE.is_dir() else read_plain_text(_ENV_FILE)
    except FileNotFoundError:
        return {}
    except (OSError, PlainFileError) as error:
        refuse(f"The file .env cannot be read: {error}. Make it a plain file of lines NAME=value, or remove it.")
    wrong = next((line.original for line in parse_stream(StringIO(text)) if _is_wrong(line)), None)
    if wrong is None:
        return dotenv_values(stream=StringIO(text))
    refuse(f"Line {wrong.line} of .env cannot be read: write NAME=value.")
