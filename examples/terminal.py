"""A ticker in the terminal, in a program without an event loop.

    python examples/terminal.py http://127.0.0.1:8000 --edition en --cursor en.cursor

Ctrl+C ends it. With --cursor the next run begins where this one ended.
"""

import argparse
import sys

from flashwire.client import (
    FileCursorStore,
    Gap,
    Item,
    MemoryCursorStore,
    Reconnecting,
    Snapshot,
    Stale,
    SubscriptionRefusedError,
)
from flashwire.client.blocking import follow
from flashwire.client.events import AnyItem, Event

BOLD, RED, PLAIN = ("\033[1m", "\033[31m", "\033[0m") if sys.stdout.isatty() else ("", "", "")
FLASH, BULLETIN = 1, 2


def printable(text: str) -> str:
    """The text without characters that a terminal might take for commands."""
    joiners = "\u200c\u200d"
    return "".join(character for character in text if character.isprintable() or character in joiners)


def line(item: AnyItem) -> str:
    """One line about one version of an item."""
    time = item.version_created[11:16]
    note = f" ({printable(item.note.value)})" if item.note else ""
    if item.pub_status == "canceled":
        return f"{time} Withdrawn: {item.uri}{note}"
    if not isinstance(item, Item) or item.pub_status != "usable":
        return f"{time} On hold: {item.uri}{note}"
    style = BOLD + RED if item.urgency == FLASH else BOLD if item.urgency == BULLETIN else ""
    source = printable(item.info_sources[0].name.value)
    return f"{time} {style}{source}: {printable(item.headline.value)}{PLAIN}{note}"


def notice(event: Event) -> str:
    """What a reader must know about the connection, or nothing."""
    match event:
        case Gap():
            return "Some items may be missing here."
        case Stale():
            return "The ticker has lost its stream: this list may be out of date."
        case Reconnecting(reason=reason, seconds=seconds):
            return f"Disconnected: {printable(reason)}. The next attempt is in {seconds:.0f} s."
    return ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ticker")
    parser.add_argument("--edition", action="append", default=[])
    parser.add_argument("--cursor", help="a file that keeps the position between two runs")
    arguments = parser.parse_args()
    cursors = FileCursorStore(arguments.cursor) if arguments.cursor else MemoryCursorStore()
    with follow(arguments.ticker, edition=arguments.edition, cursors=cursors) as events:
        for event in events:
            if text := notice(event):
                print(f"-- {text}", flush=True)
            # A snapshot begins with the newest item, and a terminal ends with it.
            items = reversed(event.items) if isinstance(event, Snapshot) else event.items
            for item in items:
                print(line(item), flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
    except (SubscriptionRefusedError, ValueError) as error:
        # The edition or the address is wrong, and the sentence says how.
        sys.exit(str(error))
