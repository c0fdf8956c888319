"""What readers have: a client of the ticker that follows the whole stream, to check the outcome of each task."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import msgspec

from bench.load_reports import MissedError
from flashwire.client import Gap, Item, ItemEvent, Reconnecting, RemovedItem, SkippedItem, Snapshot, follow

_WAIT_SECONDS: Final = 10.0


class Expected(msgspec.Struct, frozen=True):
    """A line as readers must have it after a task: its newest version."""

    edition: str
    source: str
    published: str
    """The words of its first version."""
    added: str = ""
    """The words that the newest version has after them."""
    version: int = 1
    act: str = "publish"
    note: str | None = None


class Readers:
    """The versions that one client of the ticker was sent."""

    def __init__(self) -> None:
        self._versions: dict[str, list[Item | RemovedItem]] = {}
        self._has_news = asyncio.Event()

    async def read(self, url: str, joined: asyncio.Event) -> None:
        """Follows the ticker at `url`; raises `MissedError` after a gap or a lost connection."""
        async with contextlib.aclosing(follow(url)) as events:
            async for event in events:
                if isinstance(event, Gap | Reconnecting | SkippedItem):
                    raise MissedError(f"the client of the ticker reported {event}")
                if isinstance(event, Snapshot):
                    joined.set()
                if isinstance(event, ItemEvent):
                    self.add(event.item)

    def add(self, item: Item | RemovedItem) -> None:
        """Takes one version from the ticker."""
        self._versions.setdefault(item.uri, []).append(item)
        self._has_news.set()

    async def check(self, expected: list[Expected], *, seconds: float = _WAIT_SECONDS) -> None:
        """Waits until readers have every line of `expected`, each once; raises `MissedError` if they do not."""
        try:
            async with asyncio.timeout(seconds):
                while not all(self._has(line) for line in expected):
                    self._has_news.clear()
                    await self._has_news.wait()
        except TimeoutError:
            missing = next(line for line in expected if not self._has(line))
            raise MissedError(f"readers did not get {missing}") from None
        # A line that was sent twice has two uris.
        items = sum(any(_is_same_line(line, versions) for line in expected) for versions in self._versions.values())
        if items != len(expected):
            raise MissedError(f"readers have {items} items instead of {len(expected)} of {expected[0].published!r}")

    def _has(self, line: Expected) -> bool:
        return any(_is_same_line(line, versions) and _is_newest(line, versions) for versions in self._versions.values())


def _is_same_line(line: Expected, versions: list[Item | RemovedItem]) -> bool:
    """Whether an item is the line, by its edition and the words of its first version."""
    first = versions[0]
    return isinstance(first, Item) and (first.edition, first.headline.value) == (line.edition, line.published)


def _is_newest(line: Expected, versions: list[Item | RemovedItem]) -> bool:
    """Whether the versions came in order, each once, and the newest one is as it must be."""
    if [version.version for version in versions] != list(range(1, line.version + 1)):
        return False
    newest = versions[-1]
    if (newest.act, newest.note.value if newest.note else None) != (line.act, line.note):
        return False
    if newest.pub_status != "usable":
        return line.act == "withdraw"
    return (
        isinstance(newest, Item)
        and newest.headline.value == line.published + line.added
        and [source.name.value for source in newest.info_sources] == [line.source]
    )


@asynccontextmanager
async def readers(port: int) -> AsyncIterator[Readers]:
    """A client that follows the ticker on `port` and has its first list."""
    client, joined = Readers(), asyncio.Event()
    reading = asyncio.create_task(client.read(f"http://127.0.0.1:{port}", joined))
    try:
        waiting = asyncio.create_task(joined.wait())
        await asyncio.wait({reading, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=_WAIT_SECONDS)
        waiting.cancel()
        if not joined.is_set():
            raise MissedError("the ticker sent no list")
        yield client
        if reading.done():
            await reading
    finally:
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError, MissedError):
            await reading
