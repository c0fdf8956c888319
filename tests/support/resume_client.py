"""A node that is watched and the clients it serves, for the resume machine; both hold what they see against the model.

The node is the real one, fed by the real reader. The client is the real connection over a pipe without a
socket; behind it stands a plain list, merged as the widget merges it.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any, cast

from tests.support.resume_stream import KEYRING, Model, Published, View, drive
from ticker.contract.closes import CloseCode
from ticker.contract.cursor import Cursor
from ticker.contract.entry import Entry
from ticker.contract.item import Item, decode_item
from ticker.contract.site import load_site
from ticker.core.filter import Filter
from ticker.core.frame import PING, Format
from ticker.core.joins import Subscription
from ticker.net.handshake import RefusalError
from ticker.net.joining import JoiningConnection
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
PIPE_PIECE = PIPE_LIMIT // 2


class Clock:
    """Seconds since 1970, set by the test."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class WatchedRecovery(Recovery[Subscriber]):
    """A recovery whose lists have a cursor that the model knows."""

    def __init__(self, node: "WatchedNode") -> None:
        super().__init__(node.hub, node.work_queue, node.steady)
        self._node = node

    def begin(self, start: Cursor) -> None:
        self._node.places[str(self._node.backlog.newest)] = self._node.view.asked_at
        super().begin(start)


class WatchedInbox(WaitingEntries):
    """An inbox that tells what is taken from it."""

    taken: Callable[[Sequence[Entry]], None]

    def take(self) -> list[Entry]:
        entries = super().take()
        self.taken(entries)
        return entries


class WatchedNode(Node):
    """A node next to a plain list of the newest `stream_length` entries that it got."""

    def __init__(self, model: Model, clock: Clock, length: int) -> None:
        settings = TickerSettings.model_construct(stream_length=length, write_limit_bytes=PIPE_LIMIT)
        super().__init__(settings, SITE, clock, clock)
        self.model = model
        self.view = View(model)
        self.reader = Reader(self.view, KEYRING, self, rebuild_pause=0)
        self.passed: dict[str, int] = {}
        """Versions that it read and that the stream then had no more."""
        self.unnamed: set[int] = set()
        """The numbers of published entries that it cannot read and that name no item."""
        self.log: list[Published] = []
        self.known: dict[Published, list[Item]] = {}
        """For each number held, the versions of its item that were held when it came."""
        self._waiting_entries = inbox = WatchedInbox(self.backlog, length, PIPE_LIMIT)
        inbox.taken = self._note
        # What waits is done at once: the model has no loop.
        self.work_queue = WorkQueue(clock, lambda call: call(), lambda _seconds, call: call())
        self.recovery = WatchedRecovery(self)
        self.places: dict[str, Published | None] = {}
        """What the cursors stand for that are no entry's: the number at which the stream stood."""

    def read(self) -> None:
        """One turn of the reader, with what its `run` does where the stream is away."""
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
        super().rebuild(contents)
        self.places[str(self.backlog.newest)] = self.view.asked_at

    def published(self, cursor: str | None = None) -> Published | None:
        """What a cursor of this node stands for; without one, the newest."""
        text = cursor or str(self.backlog.newest)
        return self.model.by_cursor[text] if text in self.model.by_cursor else self.places[text]

    def holds_way(self, start: Published | None) -> bool:
        """Whether `place` and all that came after it are in the list."""
        newest = self.published()
        if start is None or newest is None or start not in self.known:
            return False
        path = newest.way_from(start)
        return path is not None and all(each in self.known and each.cursor.epoch == start.cursor.epoch for each in path)

    def has_newer(self, published: Published) -> bool:
        """Whether a newer version of its item is in the list, or was before the stream went back."""
        item = cast(Item, published.item)
        return self.passed.get(item.uri, 0) > item.version or any(
            each.item is not None and each.item.uri == item.uri and each.item.version > item.version
            for each in self.log
        )

    def _note(self, entries: Sequence[Entry]) -> None:
        length = self.settings.stream_length
        for entry in entries:
            published = self.model.by_cursor[str(entry.cursor)]
            self.log.append(published)
            self.known[published] = [
                each.item for each in self.log if each.item is not None and each.item.uri == entry.item.uri
            ]
            if len(self.log) > length:
                self.known.pop(self.log[0], None)
                self.unnamed = {number for number in self.unnamed if number >= self.log[0].cursor.seq}
                del self.log[0]

    def folded(self) -> dict[str, Item]:
        """The newest version of each item in the list."""
        contents: dict[str, Item] = {}
        for each in self.log:
            if each.item is not None and each.item.version >= contents.get(each.item.uri, each.item).version:
                contents[each.item.uri] = each.item
        return contents

    def current(self) -> dict[str, Item]:
        """What it may show: never a version before one that it read, whatever became of that."""
        return {
            uri: item
            for uri, item in self.folded().items()
            if item.pub_status == "usable" and item.version >= self.passed.get(uri, 0)
        }


class Pipe(asyncio.Transport):
    """A transport whose other end reads on demand; it pauses and resumes as asyncio's transports do."""

    def __init__(self, client: "Client") -> None:
        super().__init__()
        self._client = client
        self._high = PIPE_LIMIT
        self._waiting = b""
        self._paused = False
        self.reading = True
        self.prompt = True
        """Whether the other end reads a message when it is written, so that node and message agree."""

    def is_closing(self) -> bool:
        return False

    def write(self, data: Any) -> None:  # Any: as in the base class
        self.prompt = self.reading and not self._waiting
        self._waiting += data
        if self.reading and not self._paused:
            self._flush()
        elif len(self._waiting) > self._high and not self._paused:
            self._paused = True
            self._client.pause_writing()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        # While a long first message is handed over, less than otherwise waits: half of a piece.
        assert high == (PIPE_LIMIT if self._client.is_handed_over else PIPE_PIECE // 2)
        self._high = high

    def get_write_buffer_size(self) -> int:
        return len(self._waiting)

    def read(self) -> None:
        """The other end reads all there is, until nothing more comes."""
        self.reading = True
        self._flush()
        while self._paused:
            self._paused = self.reading = False
            # What is written now waits, as in a socket, so that the node may have to stop again.
            self._client.resume_writing()
            self.reading = True
            self._flush()

    def _flush(self) -> None:
        data, self._waiting = self._waiting, b""
        self._client.read(data)


class Client(JoiningConnection):
    """One client: its filter, the cursor it saw last, and its list."""

    transport_name = "websocket"

    def __init__(self, node: WatchedNode, filter: Filter) -> None:
        super().__init__(node)
        self.filter = filter
        self.cursor: str | None = None
        self.place: Published | None = None
        """What `cursor` stands for; None before the first entry of all."""
        self.base: Published | None = None
        """What the cursor of its last snapshot stands for."""
        self.known: dict[str, Item] = {}
        self.joining = False
        self.withdrawn: set[str] = set()
        self.online = False
        self.served: WatchedNode = node
        self._partly = b""
        self.pipe = Pipe(self)

    @property
    def is_handed_over(self) -> bool:
        """Whether no long message is under way to it."""
        return self._long is None

    def close_with(self, code: CloseCode, reason: str | None = None, reconnect: float | None = None) -> None:
        raise AssertionError("nobody is sent away in the model")

    def refuse_join(self, refused: RefusalError) -> None:
        raise AssertionError("nobody is refused in the model")

    def join(self, node: WatchedNode) -> None:
        """Comes, or comes back, with the cursor it saw last."""
        # A new connection knows nothing of the one before.
        super().__init__(node)
        self.served = node
        self.pipe = self.transport = Pipe(self)
        self.online = self.joining = True
        self._partly = b""
        self.enter(b"", Subscription(self.filter, self.cursor, 100), Format.PLAIN)
        assert not self.joining, "the first message was not the first"

    def cut(self) -> None:
        """The line breaks; what was on the way is lost."""
        self.online = False
        self.leave()

    def read(self, data: bytes) -> None:
        """What a browser does with the bytes; a message may come in pieces."""
        data = self._partly + data
        while len(data := data.removeprefix(PING)) > 1:
            assert data[0] == 0x81
            size, start = data[1], 2
            if size > 125:
                start = 4 if size == 126 else 10
                size = int.from_bytes(data[2:start], "big")
            if len(data) < start + size:
                break
            self._take(json.loads(data[start : start + size]))
            data = data[start + size :]
        self._partly = data

    def shown(self) -> dict[str, Item]:
        """What it shows."""
        return {uri: item for uri, item in self.known.items() if item.pub_status == "usable"}

    def _take(self, message: dict[str, Any]) -> None:  # Any: JSON
        kind = message["type"]
        entries = message.get("items", [message["item"]] if kind == "item" else [])
        if kind == "snapshot":
            self._snapshot([decode_item(json.dumps(entry).encode()) for entry in entries], message["complete"])
            self.base = self.served.model.by_cursor.get(message["cursor"]) or self.served.published(message["cursor"])
        else:
            assert self.joining == (kind == "replay")
            assert message.get("complete", True)
            self._follow(message["cursor"], entries, is_replay=kind == "replay")
        self.joining = False
        self.cursor = message["cursor"]
        self.place = self.served.model.by_cursor.get(message["cursor"]) or self.served.published(message["cursor"])

    def _snapshot(self, items: list[Item], complete: bool) -> None:
        passed = self.served.passed
        whole = all(item.version >= passed.get(uri, 0) for uri, item in self.served.folded().items())
        whole = whole and not self.served.unnamed and not self.served.joins.is_incomplete
        fresh = self.cursor is None and whole
        assert complete == fresh, "a fresh join is complete, any other snapshot says that it is not"
        if self.joining and self.cursor is not None:
            assert not self.served.holds_way(self.place), "a good cursor was not honoured"
        expected = {uri: item for uri, item in self.served.current().items() if self.filter.matches(item)}
        if self.pipe.prompt:
            assert {item.uri: item for item in items} == expected and len(items) == len(expected)
        withdrawn = {uri: item for uri, item in self.known.items() if item.pub_status == "canceled"}
        self.known = {item.uri: item for item in items} | withdrawn

    # Any: JSON
    def _follow(self, cursor: str, entries: list[dict[str, Any]], *, is_replay: bool) -> None:
        node = self.served
        newest = node.published(cursor)
        path = newest.way_from(self.place) if newest is not None else [] if self.place is None else None
        assert path is not None, "it was told that nothing is missing on a way that leads elsewhere"
        if self.place is None and newest and all(each.cursor.epoch == newest.cursor.epoch for each in node.log):
            # It never saw anything; what another epoch held and no server holds now, nobody can know of.
            path = [each for each in path if each.cursor.epoch == newest.cursor.epoch]
        assert all(each.item is not None for each in path), "an entry that nobody could read was passed over in silence"
        remaining = list(entries)
        items: list[Item] = []
        for each in path:
            item = cast(Item, each.item)
            if remaining and (remaining[0]["uri"], remaining[0]["version"]) == (item.uri, item.version):
                assert any(self.filter.matches(version) for version in versions_of(each)), "it asked for none of this"
                check_words(remaining.pop(0), item, is_replay=is_replay)
                items.append(item)
            elif not node.has_newer(each):
                is_missing = any(self.filter.matches(version) for version in node.known.get(each, [item]))
                assert not is_missing, f"an entry was left out: {each.cursor}"
        assert not remaining, "an entry came twice, too late, or from elsewhere"
        for item in items:
            old = self.known.get(item.uri)
            if old is None or (item.version > old.version and old.pub_status != "canceled"):
                self.known[item.uri] = item


def check_words(sent: dict[str, Any], item: Item, *, is_replay: bool) -> None:  # Any: JSON
    """An item is sent as it was published; in a replay without its words if it is withdrawn or on hold."""
    if item.pub_status != "usable" and (is_replay or sent["headline"] is None):
        assert (sent["headline"], sent["infoSources"], sent["link"]) == (None, [], None)
    else:
        assert decode_item(json.dumps(sent).encode()) == item


def versions_of(published: Published) -> list[Item]:
    """Every version of its item that led to it."""
    uri = cast(Item, published.item).uri
    path = cast(list[Published], published.way_from(None))
    return [each.item for each in path if each.item is not None and each.item.uri == uri]
