"""A node for the resume machine: the real one, fed by the real reader, next to a plain list of its entries."""

from collections.abc import Callable, Sequence
from typing import cast

from tests.support.resume_stream import KEYRING, Model, Published, View, drive
from ticker.contract.cursor import Cursor
from ticker.contract.entry import Entry
from ticker.contract.item import Item
from ticker.contract.site import load_site
from ticker.core.filter import Filter
from ticker.node.node import Node
from ticker.node.recovery import Recovery
from ticker.node.subscriber import Subscriber
from ticker.node.waiting_entries import WaitingEntries
from ticker.node.work_queue import WorkQueue
from ticker.reader.reader import Reader
from ticker.reader.sink import StreamContents
from ticker.settings import TickerSettings
from ticker.stream.redis_stream import StreamAwayError

SITE = load_site(None)
PIPE_LIMIT = 2_400


class Clock:
    """Seconds since 1970, set by the test."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class WatchedRecovery(Recovery[Subscriber]):
    """A recovery that records the position of each cursor that it makes."""

    def __init__(self, node: "WatchedNode") -> None:
        super().__init__(node.hub, node.work_queue, node.steady)
        self._node = node

    def begin(self, position: Cursor, is_affected: Callable[[Filter], bool] = lambda _: True) -> None:
        self._node.positions[str(self._node.backlog.newest)] = self._node.tip
        super().begin(position, is_affected)


class WatchedInbox(WaitingEntries):
    """An inbox that calls `on_take` with the entries that are on_take from it."""

    on_take: Callable[[Sequence[Entry]], None]

    def take(self) -> list[Entry]:
        entries = super().take()
        self.on_take(entries)
        return entries


class WatchedNode(Node):
    """A node with a plain list of the newest `stream_length` entries that it received."""

    def __init__(self, model: Model, clock: Clock, length: int) -> None:
        settings = TickerSettings.model_construct(stream_length=length, write_limit_bytes=PIPE_LIMIT)
        super().__init__(settings, SITE, clock, clock)
        self.model = model
        self.view = View(model)
        self.reader = Reader(self.view, KEYRING, self, rebuild_pause=0)
        self.passed: dict[str, int] = {}
        """Versions that it read and that the stream lost afterwards."""
        self.unnamed: set[int] = set()
        """The numbers of unreadable published entries that name no item."""
        self.log: list[Published] = []
        self.known: dict[Published, list[Item]] = {}
        """For each entry in the list, the versions of its item in the list when it came."""
        self._waiting_entries = inbox = WatchedInbox(self.backlog, length, PIPE_LIMIT)
        inbox.on_take = self._note
        # Waiting work is done at once: the model has no loop.
        self.work_queue = WorkQueue(clock, lambda call: call(), lambda _seconds, call: call())
        self.recovery = WatchedRecovery(self)
        self.tip: Published | None = None
        """The newest published number at the last rebuild."""
        self.positions: dict[str, Published | None] = {}
        """The newest published number for each cursor that belongs to no entry."""

    def read(self) -> None:
        """One step of the reader, with the error handling of its `run`."""
        try:
            drive(self.reader._step())
        except StreamAwayError as error:
            self.reader._needs_check = True
            self.mark_stale(str(error))

    def rebuild(self, contents: StreamContents) -> None:
        entries, position = contents.entries, contents.position
        self.rounds.finish()
        versions_before = {uri: item.version for uri, item in self.folded().items()}
        for uri, version in self.passed.items():
            versions_before[uri] = max(version, versions_before.get(uri, 0))
        self.log, self.known = [], {}
        self._note(entries)
        folded = self.folded()
        self.passed = {uri: n for uri, n in versions_before.items() if uri in folded and folded[uri].version < n}
        numbers = {entry.seq for entry in entries if entry.cursor.epoch == position.epoch}
        self.unnamed = {n for n in self.view.unreadable if 0 < n <= position.seq} - numbers
        self.tip = self.view.tips[position.epoch, position.seq]
        super().rebuild(contents)
        self.positions[str(self.backlog.newest)] = self.tip

    def published(self, cursor: str | None = None) -> Published | None:
        """The entry of a cursor of this node; without a cursor, the newest."""
        text = cursor or str(self.backlog.newest)
        return self.model.by_cursor[text] if text in self.model.by_cursor else self.positions[text]

    def holds_path(self, start: Published | None) -> bool:
        """Whether `start` and every entry after it are in the list."""
        newest = self.published()
        if start is None or newest is None or start not in self.known:
            return False
        path = newest.path_from(start)
        return path is not None and all(
            entry in self.known and entry.cursor.epoch == start.cursor.epoch for entry in path
        )

    def has_newer(self, published: Published) -> bool:
        """Whether a newer version of its item is in the list, or was before the stream went back."""
        item = cast(Item, published.item)
        return self.passed.get(item.uri, 0) > item.version or any(
            entry.item is not None and entry.item.uri == item.uri and entry.item.version > item.version
            for entry in self.log
        )

    def _note(self, entries: Sequence[Entry]) -> None:
        length = self.settings.stream_length
        for entry in entries:
            published = self.model.by_cursor[str(entry.cursor)]
            self.log.append(published)
            self.known[published] = [
                earlier.item for earlier in self.log if earlier.item is not None and earlier.item.uri == entry.item.uri
            ]
            if len(self.log) > length:
                self.known.pop(self.log[0], None)
                self.unnamed = {number for number in self.unnamed if number >= self.log[0].cursor.seq}
                del self.log[0]

    def folded(self) -> dict[str, Item]:
        """The newest version of each item in the list."""
        contents: dict[str, Item] = {}
        for entry in self.log:
            if entry.item is not None and entry.item.version >= contents.get(entry.item.uri, entry.item).version:
                contents[entry.item.uri] = entry.item
        return contents

    def current(self) -> dict[str, Item]:
        """The items that it may show: never a version before one that it read, even if that one was lost."""
        return {
            uri: item
            for uri, item in self.folded().items()
            if item.pub_status == "usable" and item.version >= self.passed.get(uri, 0)
        }
