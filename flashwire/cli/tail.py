"""`flashwire tail`: the live ticker in a terminal, or as JSON lines for a program."""

import asyncio
import sys
from contextlib import aclosing
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from flashwire.cli.console import console, isolated, plain, refuse, shows_all, write_json
from ticker.shared.process import output

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console
    from rich.text import Text

    from flashwire.cli.follow import Follower, Message, State
    from flashwire.cli.shown import Line

DEFAULT_URL: Final = "http://127.0.0.1:8000"
_URGENCIES: Final = {1: ("FLASH", "bold white on red"), 2: ("BULLETIN", "bold red"), 3: ("URGENT", "bold yellow")}
_ACTS: Final = {
    "update": ("UPDATE", "cyan"),
    "refile": ("REFILED", "cyan"),
    "correction": ("CORRECTION", "bold magenta"),
    "hold": ("ON HOLD", "dim"),
    "release": ("BACK", "cyan"),
    "withdraw": ("WITHDRAWN", "bold magenta"),
}
_GONE: Final = ("hold", "withdraw")
_WIDTH: Final = 10

Many = list[str] | None


def command(
    ticker: Annotated[str, typer.Option(envvar="FLASHWIRE_TICKER_URL", help="Address of the ticker.")] = DEFAULT_URL,
    edition: Annotated[Many, typer.Option(help="Only this edition; may be repeated.")] = None,
    section: Annotated[Many, typer.Option(help="Only this section; may be repeated.")] = None,
    place: Annotated[Many, typer.Option(help="Only this place; may be repeated.")] = None,
    role: Annotated[Many, typer.Option(help="Only sources of this role; may be repeated.")] = None,
    source: Annotated[Many, typer.Option(help="Only this source; may be repeated.")] = None,
    language: Annotated[Many, typer.Option(help="Only lines in this language; may be repeated.")] = None,
    urgency: Annotated[int | None, typer.Option(min=1, max=8, help="At least as urgent: 1 flash … 8.")] = None,
    backlog: Annotated[int, typer.Option(min=0, max=100, help="Current items to begin with.")] = 10,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")] = False,
) -> None:
    """Follow the live ticker; Ctrl+C ends it.

    Comes back by itself when the connection breaks, with everything published meanwhile. The state of the
    connection is told on standard error.

    [dim]$ flashwire tail --edition en --urgency 2[/dim]

    [dim]$ flashwire tail --json | jq -r .item.headline.value[/dim]
    """
    from flashwire.cli.follow import EndedError, Follower, ticker_address
    from flashwire.cli.settings import read_address
    from flashwire.cli.shown import matcher

    many = {"edition": edition, "section": section, "place": place, "role": role, "source": source}
    many["language"] = language
    parameters = [(name, value) for name, values in many.items() for value in values or ()]
    parameters += [("urgency", str(urgency))] if urgency else []
    parameters.append(("backlog", str(backlog)))
    ticker = read_address(ticker_address, "ticker", ticker)
    printer = Printer(console(sys.stdout), console(sys.stderr), as_json=json, wanted=matcher(parameters))
    try:
        asyncio.run(_tail(Follower(ticker, parameters, state=printer.state), printer))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
    except EndedError as error:
        refuse(str(error), status=1)


async def _tail(follower: "Follower", printer: "Printer") -> None:
    async with aclosing(follower.messages()) as messages:
        async for message in messages:
            printer.message(message)
            if output.failure() is not None:
                # Nothing more can be printed; `main` says why.
                return


class Printer:
    """Prints each version of each item once, as far as it concerns what is asked for."""

    def __init__(
        self,
        out: "Console",
        states: "Console",
        *,
        as_json: bool,
        wanted: "Callable[[Line], bool]" = lambda line: True,
    ) -> None:
        self._out = out
        self._states = states
        self._as_json = as_json
        self._wanted = wanted
        # Isolates reorder nothing where nobody reads: a pipe gets the text as it is.
        self._isolate = isolated if out.is_terminal and shows_all(out.file) else plain
        self._lines: dict[str, Line] = {}

    def state(self, state: "State", sentence: str) -> None:
        """One line on standard error; colour only there where it is read."""
        style = {"live": "green", "stale": "yellow", "offline": "red"}.get(state, "dim")
        self._states.print(f"[{state}] {plain(sentence)}", style=style)

    def message(self, message: "Message") -> None:
        """Prints the items of one message, oldest first."""
        import msgspec

        from flashwire.cli.shown import Line, decode_line

        raws = [message.item] if message.type == "item" else list(message.items)
        read: list[tuple[Line, bytes]] = []
        for raw in raws:
            try:
                read.append((decode_line(bytes(raw)), bytes(raw)))
            except msgspec.DecodeError:
                self._states.print("[skipped] An item that this version does not understand.", style="yellow")
        if message.type == "snapshot":
            # A page shows the newest first and pinned ones above; a terminal has the newest last.
            read.sort(key=lambda entry: (entry[0].first_created, entry[0].uri))
            if not message.complete:
                # The stream may have been rolled back: versions that were printed do not count any more.
                self._lines = {uri: line for uri, line in self._lines.items() if line.pub_status == "canceled"}
        for line, body in read:
            self._take(line, body, message.cursor)
        self._out.file.flush()

    def _take(self, line: "Line", body: bytes, cursor: str) -> None:
        known = self._lines.get(line.uri)
        if known and (known.version >= line.version or known.pub_status == "canceled"):
            return
        self._lines[line.uri] = line if line.headline else line.with_words_of(known)
        if known is None and not self._is_news(line):
            return
        if self._as_json:
            write_json(self._out.file, f'{{"cursor":"{cursor}","item":{body.decode()}}}')
        else:
            self._out.print(self._text(self._lines[line.uri], is_first=known is None))

    def _is_news(self, line: "Line") -> bool:
        """Whether a line that was not printed before is to be printed.

        An entry is delivered too where only an earlier version matched, which is of use to those who saw that one.
        """
        if line.pub_status == "usable":
            return self._wanted(line)
        return self._as_json or (line.headline is not None and self._wanted(line))

    def _text(self, line: "Line", *, is_first: bool) -> "Text":
        from rich.text import Text

        label, style = _ACTS.get(line.act) or _URGENCIES.get(line.urgency, ("", ""))
        names = ", ".join(self._isolate(source.name.value) for source in line.info_sources)
        text = Text.assemble(
            (_clock(line.version_created), "dim"), "  ", (f"{label:<{_WIDTH}}", style), "  ", (names, "bold"), ": "
        )
        words = line.headline.value if line.headline else ""
        gone = line.act in _GONE
        text.append(self._isolate(words), "strike dim" if gone else "bold" if line.urgency <= 2 else "")
        if line.note is not None:
            text.append(f"  ({self._isolate(line.note.value)})", "italic")
        last = line.corrections[-1] if line.corrections else None
        if last and last.version != line.version and not gone:
            note = self._isolate(last.note.value)
            text.append(f"  (Correction of {_clock(last.version_created)}: {note})", "italic")
        if is_first and line.version > 1:
            text.append(f"  [first published {_day(line.first_created)}]", "dim")
        return text


def _clock(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone().strftime("%H:%M:%S")


def _day(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")
