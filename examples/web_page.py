"""A page that a server renders from a list in its memory: no reader's request waits for the ticker.

    python examples/web_page.py http://127.0.0.1:8000 --edition en --port 8080

The same task runs in the lifespan of a FastAPI application, which is a Starlette one.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from html import escape

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from flashwire.client import Gap, Item, Live, Reconnecting, Snapshot, Stale, SubscriptionRefusedError, follow
from flashwire.client.events import AnyItem, Event

NOTE = "Note"
KNOWN, SHOWN = 1000, 100
LABELS = {"correction": "Correction", "update": "Update"}
"""Of a note, by the act that it is for."""


class News:
    """The current items, and what a reader must know about them."""

    def __init__(self) -> None:
        self.items: dict[str, AnyItem] = {}
        self.notice = "The list is loading."
        self.has_gap = False

    def read(self, event: Event) -> None:
        match event:
            case Live():
                self.notice = ""
            case Stale() | Reconnecting():
                self.notice = self.notice or f"As of {datetime.now(UTC):%H:%M} UTC: no newer items can be received."
            case Gap():
                self.has_gap = True
            case Snapshot():
                self.items.clear()
        for item in event.items:
            previous = self.items.get(item.uri)
            if previous is None or item.version > previous.version:
                self.items[item.uri] = item
        # Without a limit the list would grow as long as the program runs.
        for uri in list(self.items)[:-KNOWN]:
            del self.items[uri]

    def current(self) -> list[Item]:
        """Pinned items first, then the newest; removed ones stay known, so that no older version returns."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        usable = [
            item
            for item in self.items.values()
            if isinstance(item, Item) and item.pub_status == "usable" and (item.expires or "9") > now
        ]
        usable.sort(key=lambda item: ((item.pinned_until or "") > now, item.first_created), reverse=True)
        return usable[:SHOWN]


def application(ticker: str, editions: list[str]) -> Starlette:
    news = News()

    async def keep_current() -> None:
        async with follow(ticker, edition=editions) as events:
            try:
                async for event in events:
                    news.read(event)
            except SubscriptionRefusedError as error:
                # It does not connect again: the list on the page would look current for good.
                news.notice = f"The list is no longer updated: {error}"

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(keep_current())
        yield
        task.cancel()

    async def page(_: Request) -> HTMLResponse:
        lines = "".join(
            f'<li lang="{escape(item.headline.language)}"><bdi>{escape(item.info_sources[0].name.value)}</bdi>: '
            f'<bdi dir="{item.headline.direction}">{escape(item.headline.value)}</bdi>'
            f"{f'<p>{LABELS.get(item.act, NOTE)}: <bdi>{escape(item.note.value)}</bdi></p>' if item.note else ''}</li>"
            for item in news.current()
        )
        notices = [news.notice, "Some items may be missing." if news.has_gap else ""]
        status = "".join(f"<p role=status>{escape(notice)}</p>" for notice in notices if notice)
        return HTMLResponse(
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>News</title>'
            f'<meta http-equiv="refresh" content="30"><h1>News</h1>{status}<ul>{lines}</ul></html>',
            headers={"Cache-Control": "max-age=1"},
        )

    return Starlette(routes=[Route("/", page)], lifespan=lifespan)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ticker")
    parser.add_argument("--edition", action="append", default=[])
    parser.add_argument("--port", type=int, default=8080)
    arguments = parser.parse_args()
    uvicorn.run(application(arguments.ticker, arguments.edition), port=arguments.port, log_level="warning")
