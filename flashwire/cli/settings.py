"""Settings for a command: from flags, environment and `.env`, or one line that says what is wrong with them."""

import difflib
import os
from collections.abc import Callable, Iterable
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from flashwire.cli.console import refuse
from ticker.shared.process.plain_file import PlainFileError, read_plain_text
from ticker.shared.process.setting_faults import PREFIX, fault_sentences, variable
from ticker.shared.process.settings import StreamSettings

if TYPE_CHECKING:
    from dotenv.parser import Binding

_ENV_FILE: Final = Path(".env")

checked: Final[set[str]] = set()
"""Every name that `check_names` let pass in this process: what a process that takes over from it lets pass too."""

Kind = TypeVar("Kind", bound=StreamSettings)


def load(kind: type[Kind], **flags: object) -> Kind:
    """Settings of `kind`; flags that are None were not given. Ends the command for a value that does not serve."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    given = {name: value for name, value in flags.items() if value is not None}
    try:
        settings = kind(**given)  # type: ignore[arg-type]  # pydantic checks them, by field
    except ValidationError as error:
        refuse(fault_sentences(kind, error))
    except (SettingsError, UnicodeDecodeError) as error:
        refuse(f"The settings cannot be read ({type(error).__name__}); check the environment and .env.")
    if settings.redis_url:
        _check_address(settings.redis_url)
    return settings


def _check_address(url: str) -> None:
    from ticker.stream.redis_stream import connect

    try:
        connect(url, timeout=1)  # connects to nothing yet
    except ValueError as error:
        refuse(f"{variable('redis_url')}: {error}")


def check_names(kinds: Iterable[type[StreamSettings]], others: Iterable[str]) -> None:
    """Ends the command if the environment or `.env` sets a FLASHWIRE_ name that no field of `kinds` has.

    A misspelt setting would otherwise be a default that somebody believes to have changed.
    """
    known = {variable(field) for kind in kinds for field in kind.model_fields} | {PREFIX + name for name in others}
    checked.update(known)
    for name, where in (*((name, "") for name in os.environ), *((name, " in .env") for name in _env_file())):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), sorted(known), n=1)
            wanted = "REDIS_URL" if name.upper() == PREFIX + "REDIS_URL" else near[0] if near else None
            advice = f"did you mean {wanted}?" if wanted else "docs/settings.md lists them."
            refuse(f"{name}{where} is not a setting; {advice}")


def read_address(read: Callable[[str], str], side: str, value: str) -> str:
    """The address of a side that a command speaks to; ends the command for one that is none."""
    try:
        return read(value)
    except ValueError as error:
        refuse(f"--{side} (or {PREFIX}{side.upper()}_URL): {error}.")


def read_env_file(names: Iterable[str]) -> None:
    """Takes settings of the command line that stand in `.env` alone into the environment; it goes before the file."""
    # Of several lines for one name the last counts, whatever their case, as for the settings themselves.
    lines = {name.upper(): value for name, value in _env_file().items()}
    for name in (PREFIX + name for name in names):
        if (value := lines.get(name)) and not os.environ.get(name):
            os.environ[name] = value


def _is_wrong(line: "Binding") -> bool:
    # Passed over it would be a default that somebody believes to have changed. Lines of other programs are their own.
    text = line.original.string
    return (line.error or "\0" in text) and (PREFIX in text.upper() or "REDIS_URL" in text.upper())


def _env_file() -> dict[str, str | None]:
    from dotenv import dotenv_values
    from dotenv.parser import parse_stream

    try:
        # A virtual environment often has that name.
        text = "" if _ENV_FILE.is_dir() else read_plain_text(_ENV_FILE)
    except FileNotFoundError:
        return {}
    except (OSError, PlainFileError) as error:
        refuse(f"The file .env cannot be read: {error}. Make it a plain file of lines NAME=value, or remove it.")
    wrong = next((line.original for line in parse_stream(StringIO(text)) if _is_wrong(line)), None)
    if wrong is None:
        return dotenv_values(stream=StringIO(text))
    refuse(f"Line {wrong.line} of .env cannot be read: write NAME=value.")
