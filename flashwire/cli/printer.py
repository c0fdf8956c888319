"""Prints the events of a subscription for `flashwire tail`: items on one stream, states on the other."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, assert_never

import msgspec
from rich.console import Console
from rich.text import Text

from flashwire.cli.console import can_show_all, isolated, plain, write_json
from flashwire.client.events import (
    AnyItem,
    Connecting,
    Event,
    Gap,
    ItemEvent,
    Live,
    Reconnecting,
    Replay,
    SkippedItem,
    Snapshot,
    Stale,
)
from flashwire.client.items import RemovedItem
from ticker.contract.item import InfoSource, Item
from ticker.contract.item import Text as ItemText

_URGENCIES: Final = {1: ("FLASH", "bold white on red"), 2: ("BULLETIN", "bold red"), 3: ("URGENT", "bold yellow")}
_ACTS: Final = {
    "update": ("UPDATE", "cyan"),
    "refile": ("REFILED", "cyan"),
    "correction": ("CORRECTION", "bold magenta"),
    "hold": ("ON HOLD", "dim"),
    "release": ("BACK", "cyan"),
    "withdraw": ("WITHDRAWN", "bold magenta"),
}
_REMOVALS: Final = ("hold", "withdraw")
_WIDTH: Final = 10


class _Printed(msgspec.Struct, frozen=True):
    """The newest version of an item that was printed, or passed over."""

    version: int
    pub_status: str
    headline: ItemText | None
    info_sources: tuple[InfoSource, ...]


class Printer:
    """Prints each version of each item that `matches` accepts once."""

    def __init__(
        self,
        out: Console,
        states: Console,
        *,
        as_json: bool,
        matches: Callable[[Item], bool] = lambda item: True,
    ) -> None:
        self._out = out
        self._states = states
        self._as_json = as_json
        self._matches = matches
        # Isolates are for readers; a pipe gets the text as it is.
        self._isolate = isolated if out.is_terminal and can_show_all(out.file) else plain
        self._printed: dict[str, _Printed] = {}

    def print(self, event: Event) -> None:
        """Prints the items of an event, oldest first, or the state that it announces."""
        match event:
            case Snapshot():
                if not event.is_complete:
                    # The stream may have been rolled back: the versions that were printed no longer count.
                    self._printed = {uri: it for uri, it in self._printed.items() if it.pub_status == "canceled"}
                # A page shows pinned and new items first; a terminal shows the newest last.
                for item, raw in sorted(zip(event.items, event.raw, strict=True), key=_first_created):
                    self._print_item(item, raw, event.cursor)
            case Replay() | ItemEvent():
                for item, raw in zip(event.items, event.raw, strict=True):
                    self._print_item(item, raw, event.cursor)
            case SkippedItem():
                self._states.print("[skipped] An item that this version does not understand.", style="yellow")
            case Gap():
                self._states.print("[gap] Some items may have been missed.", style="yellow")
            case Connecting():
                self._print_state("catching-up" if event.is_resuming else "connecting", "Connecting.", "dim")
            case Live():
                self._print_state("live", "Live.", "green")
            case Stale():
                self._print_state("stale", "The ticker has lost its stream.", "yellow")
            case Reconnecting():
                sentence = f"Connection lost: {event.reason}; back in {event.seconds:.1f} s."
                self._print_state("offline", sentence, "red")
            case _:
                assert_never(event)
        self._out.file.flush()

    def _print_state(self, state: str, sentence: str, style: str) -> None:
        self._states.print(f"[{state}] {plain(sentence)}", style=style)

    def _print_item(self, item: AnyItem, raw: bytes, cursor: str) -> None:
        earlier = self._printed.get(item.uri)
        if earlier and (earlier.version >= item.version or earlier.pub_status == "canceled"):
            return
        # A removed item comes without its text: print the text of the version before.
        headline, sources = (
            (item.headline, item.info_sources)
            if isinstance(item, Item)
            else (earlier.headline, earlier.info_sources)
            if earlier
            else (None, ())
        )
        self._printed[item.uri] = _Printed(item.version, item.pub_status, headline, sources)
        if earlier is None and not self._is_news(item):
            return
        if self._as_json:
            write_json(self._out.file, f'{{"cursor":"{cursor}","item":{raw.decode()}}}')
        else:
            self._out.print(self._text(item, self._printed[item.uri], is_first=earlier is None))

    def _is_news(self, item: AnyItem) -> bool:
        """Whether to print an item of which no version was printed.

        The ticker also sends versions that do not match the filter, for clients that show an earlier one that did.
        """
        if isinstance(item, RemovedItem):
            return self._as_json
        return self._matches(item) or (self._as_json and item.pub_status != "usable")

    def _text(self, item: AnyItem, printed: _Printed, *, is_first: bool) -> Text:
        label, style = _ACTS.get(item.act) or _URGENCIES.get(item.urgency, ("", ""))
        names = ", ".join(self._isolate(source.name.value) for source in printed.info_sources)
        text = Text.assemble(
            (_clock(item.version_created), "dim"), "  ", (f"{label:<{_WIDTH}}", style), "  ", (names, "bold"), ": "
        )
        headline = printed.headline.value if printed.headline else ""
        is_removed = item.act in _REMOVALS
        text.append(self._isolate(headline), "strike dim" if is_removed else "bold" if item.urgency <= 2 else "")
        if item.note is not None:
            text.append(f"  ({self._isolate(item.note.value)})", "italic")
        last = item.corrections[-1] if item.corrections else None
        if last and last.version != item.version and not is_removed:
            note = self._isolate(last.note.value)
            text.append(f"  (Correction of {_clock(last.version_created)}: {note})", "italic")
        if is_first and item.version > 1:
            text.append(f"  [first published {_day(item.first_created)}]", "dim")
        return text


def _clock(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone().strftime("%H:%M:%S")


def _day(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")


def _first_created(entry: tuple[AnyItem, bytes]) -> tuple[str, str]:
    item, _ = entry
    return item.first_created, item.uri
