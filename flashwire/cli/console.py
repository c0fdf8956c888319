"""How the command line speaks: results on standard output, everything else on standard error; colour on a terminal."""

import unicodedata
from typing import IO, TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from rich.console import Console

_FSI, _PDI = "\u2068", "\u2069"


def console(file: IO[str]) -> "Console":
    """A rich console that never guesses: no wrapping, no markup in what comes from outside."""
    from rich.console import Console

    return Console(file=file, soft_wrap=True, highlight=False, markup=False, emoji=False)


def notice(line: str) -> None:
    """One line on standard error, at once."""
    import sys

    console(sys.stderr).print(plain(line), style="yellow")


def refuse(line: str, status: int = 2) -> NoReturn:
    """Ends the command with one line on standard error."""
    import sys

    console(sys.stderr).print(plain(line), style="red")
    raise typer.Exit(status)


def shows_all(file: IO[str]) -> bool:
    """Whether `file` can show every character."""
    return (getattr(file, "encoding", None) or "utf-8").lower().startswith("utf")


def write_json(file: IO[str], text: str) -> None:
    """One line of JSON that is JSON in the encoding of `file`, too: a program reads it."""
    import json

    if not shows_all(file):
        text = "".join(c if c.isascii() else json.dumps(c)[1:-1] for c in text)
    file.write(f"{text}\n")


def plain(text: str) -> str:
    """`text` on one line and without what a terminal would obey."""
    return "".join(" " if unicodedata.category(character) in ("Cc", "Zl", "Zp") else character for character in text)


def isolated(text: str) -> str:
    """`text` in a bidi isolate of its own (UAX 9), so that an Arabic name does not reorder the line around it."""
    return f"{_FSI}{plain(text)}{_PDI}"


def show(line: str) -> None:
    """One line on standard output, at once, whatever is at its other end."""
    import sys

    console(sys.stdout).print(line)
    sys.stdout.flush()
