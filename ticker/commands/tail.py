"""`flashwire tail`: the live ticker in a terminal, or as JSON lines for a program."""

import asyncio
import signal
import sys
from contextlib import aclosing
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ticker.commands.say import console, isolated, plain, refuse

if TYPE_CHECKING:
    from rich.console import Console

    from ticker.commands.follow import Follower, Message, State
    from ticker.contract.item import Item

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
    from ticker.commands.follow import EndedError, Follower

    many = {"edition": edition, "section": section, "place": place, "role": role, "source": source}
    many["language"] = language
    parameters = [(name, value) for name, values in many.items() for value in values or ()]
    parameters += [("urgency", str(urgency))] if urgency else []
    parameters.append(("backlog", str(backlog)))
    # `flashwire tail | head` ends like any other filter in a pipe.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    printer = Printer(console(sys.stdout), console(sys.stderr), as_json=json)
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


class Printer:
    """Prints each version of each item once."""

    def __init__(self, out: "Console", states: "Console", *, as_json: bool) -> None:
        self._out = out
        self._states = states
        self._as_json = as_json
        # Isolates reorder nothing where nobody reads: a pipe gets the text as it is.
        self._isolate = isolated if out.is_terminal else plain
        self._versions: dict[str, int] = {}

    def state(self, state: "State", sentence: str) -> None:
        """One line on standard error; colour only there where it is read."""
        style = {"live": "green", "stale": "yellow", "offline": "red"}.get(state, "dim")
        self._states.print(f"[{state}] {plain(sentence)}", style=style)

    def message(self, message: "Message") -> None:
        """Prints the items of one message, oldest first."""
        import msgspec

        from ticker.contract.item import decode_item

        raws = [message.item] if message.type == "item" else list(message.items)
        # A snapshot has the newest first, as a page shows it; a terminal has it last.
        for raw in reversed(raws) if message.type == "snapshot" else raws:
            try:
                item = decode_item(bytes(raw))
            except msgspec.DecodeError:
                self._states.print("[skipped] An item that this version does not understand.", style="yellow")
                continue
            if self._versions.get(item.uri, 0) >= item.version:
                continue
            self._versions[item.uri] = item.version
            if self._as_json:
                self._out.file.write(f'{{"cursor":"{message.cursor}","item":{bytes(raw).decode()}}}\n')
            else:
                self._line(item)
        self._out.file.flush()

    def _line(self, item: "Item") -> None:
        from rich.text import Text

        label, style = _ACTS.get(item.act) or _URGENCIES.get(item.urgency, ("", ""))
        time = datetime.fromisoformat(item.version_created).astimezone().strftime("%H:%M:%S")
        names = ", ".join(self._isolate(source.name.value) for source in item.info_sources)
        line = Text.assemble((time, "dim"), "  ", (f"{label:<{_WIDTH}}", style), "  ", (names, "bold"), ": ")
        gone = item.act in _GONE
        line.append(self._isolate(item.headline.value), "strike dim" if gone else "bold" if item.urgency <= 2 else "")
        if item.note is not None:
            line.append(f"  ({self._isolate(item.note.value)})", "italic")
        self._out.print(line)
