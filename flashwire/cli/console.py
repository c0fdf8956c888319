"""Output of the commands: results on standard output, everything else on standard error, colour on a terminal."""

import sys
import unicodedata
from typing import IO, TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from rich.console import Console

_FSI, _PDI = "\u2068", "\u2069"


def console(file: IO[str]) -> "Console":
    """A rich console that prints text as it is: no wrapping, no markup, no emoji codes."""
    from rich.console import Console

    return Console(file=file, soft_wrap=True, highlight=False, markup=False, emoji=False)


def show(line: str) -> None:
    """Prints one line on standard output and flushes it."""
    console(sys.stdout).print(line)
    sys.stdout.flush()


def notice(line: str) -> None:
    """Prints one line on standard error."""
    console(sys.stderr).print(plain(line), style="yellow")


def refuse(sentence: str, status: int = 2) -> NoReturn:
    """Ends the command with one line on standard error. Status 2 is for wrong settings and options."""
    console(sys.stderr).print(plain(sentence), style="red")
    raise typer.Exit(status)


def can_show_all(file: IO[str]) -> bool:
    """Whether `file` can show every character."""
    return (getattr(file, "encoding", None) or "utf-8").lower().startswith("utf")


def write_json(file: IO[str], text: str) -> None:
    """Writes one line of JSON. Characters that the encoding of `file` may lack are escaped, so that it stays JSON."""
    import json

    if not can_show_all(file):
        text = "".join(c if c.isascii() else json.dumps(c)[1:-1] for c in text)
    file.write(f"{text}\n")


def plain(text: str) -> str:
    """`text` on one line, with spaces for control characters, which a terminal would obey."""
    return "".join(" " if unicodedata.category(character) in ("Cc", "Zl", "Zp") else character for character in text)


def isolated(text: str) -> str:
    """`text` in its own bidi isolate (UAX 9), so that an Arabic name does not reorder the rest of the line."""
    return f"{_FSI}{plain(text)}{_PDI}"
