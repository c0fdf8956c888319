"""`python -m bench weights`: what each file of the widget weighs, into docs/performance/wire.md; measures no server."""

import sys
from pathlib import Path
from typing import Final

from bench.stats import table
from ticker.shared.http.assets import WEB, load_assets

BUDGET: Final = 8_192
WIDGET: Final = "breaking-ticker.js"
_PAGE: Final = Path("docs/performance/wire.md")
_START: Final = "<!-- by python -m bench weights -->\n"
_END: Final = "<!-- end -->\n"
_WHEN: Final = {
    WIDGET: "always",
    "controls.js": "after the list",
    "steps.js": "layout `line`, after the item",
    "card.js": "layout `card`",
    "crawl.js": "layout `crawl`",
    "own-words.js": "where the page has words of its own",
    "paint.js": "a share of pages that the operator sets",
    "shared.js": "with the connection; before it where the page or the browser has another ticker",
    "poll.js": "where neither WebSocket nor server-sent events work",
}


def file_sizes() -> dict[str, int]:
    """Each script of the widget by name, in bytes as a node sends it gzipped."""
    return {name: len(asset.gzipped) for name, asset in load_assets(WEB / "dist").items() if name.endswith(".js")}


def live_size(sizes: dict[str, int]) -> int:
    """What a page loads to be live, as a list or as a line."""
    return sizes[WIDGET]


def files_table(sizes: dict[str, int]) -> str:
    """The section of the page."""
    rows = [(f"`{name}`", _WHEN.get(name, "its language"), f"{size:,}") for name, size in sizes.items()]
    files = table(("file of the widget", "loaded", "bytes, gzip -9"), sorted(rows, key=lambda row: row[1] != "always"))
    return (
        f"{_START}\n{files}\n\nTo be live a list or a line loads {live_size(sizes):,} bytes; "
        f"the bound is {BUDGET:,}.\n\n{_END}"
    )


def weights_command() -> None:
    """Prints the bytes of the widget's files, writes them into the page, and fails above the bound."""
    sizes = file_sizes()
    section = files_table(sizes)
    page = _PAGE.read_text("utf-8")
    before, _, rest = page.partition(_START)
    _PAGE.write_text(before + section + rest.partition(_END)[2], "utf-8")
    sys.stdout.write(section)
    if live_size(sizes) > BUDGET:
        sys.exit(1)
