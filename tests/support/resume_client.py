"""A client for the resume machine: the real connection over a pipe without a socket, checked against the model.

Its items are a plain list, merged as the widget merges them.
"""

import asyncio
import json
import zlib
from typing import Any, cast

from tests.support.resume_node import PIPE_LIMIT, WatchedNode
from tests.support.resume_stream import Published
from ticker.contract.closes import CloseCode
from ticker.contract.item import Item, decode_item
from ticker.core.filter import Filter
from ticker.core.frame import GZIP, PING, WINDOW_BITS, Format
from ticker.core.joins import Subscription
from ticker.net.handshake import RefusalError
from ticker.net.joining import JoiningConnection

PIPE_PIECE = PIPE_LIMIT // 2


class Pipe(asyncio.Transport):
    """A transport whose peer reads on demand; it pauses and resumes as asyncio's transports do."""

    def __init__(self, client: "Client") -> None:
        super().__init__()
        self._client = client
        self._high = PIPE_LIMIT
        self._waiting = b""
        self._paused = False
        self.reading = True
        self.prompt = True
        """Whether the peer reads a message when it is written, so that node and message agree."""

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
        # During a long first message the limit is lower: half of a piece.
        assert high == (PIPE_LIMIT if self._client.is_handed_over else PIPE_PIECE // 2)
        self._high = high

    def get_write_buffer_size(self) -> int:
        return len(self._waiting)

    def read(self) -> None:
        """The peer reads until no more bytes come."""
        self.reading = True
        self._flush()
        while self._paused:
            self._paused = self.reading = False
            # Bytes written now wait, as in a socket, so that the node may have to pause again.
            self._client.resume_writing()
            self.reading = True
            self._flush()

    def _flush(self) -> None:
        data, self._waiting = self._waiting, b""
        self._client.read(data)


class Client(JoiningConnection):
    """One client: its filter, its newest cursor, and its items."""

    transport_name = "websocket"

    def __init__(self, node: WatchedNode, filter: Filter, wire_form: Format = Format.PLAIN) -> None:
        super().__init__(node)
        self.filter = filter
        self.wire_form = wire_form
        self._window = zlib.decompressobj(-WINDOW_BITS)
        self.cursor: str | None = None
        self.reached: Published | None = None
        """The entry of `cursor`; None before the first entry of all."""
        self.base: Published | None = None
        """The entry of the cursor of its last snapshot."""
        self.known: dict[str, Item] = {}
        self.joining = False
        self.withdrawn: set[str] = set()
        self.online = False
        self.served: WatchedNode = node
        self._partly = b""
        self._text = b""
        self.pipe = Pipe(self)

    @property
    def is_handed_over(self) -> bool:
        """Whether no long message is being sent to it."""
        return self._long is None

    def close_with(self, code: CloseCode, reason: str | None = None, reconnect: float | None = None) -> None:
        raise AssertionError("no client is closed in the model")

    def refuse_join(self, refused: RefusalError) -> None:
        raise AssertionError("no client is refused in the model")

    def join(self, node: WatchedNode) -> None:
        """Connects, with its newest cursor."""
        # A new connection starts without the state of the one before.
        super().__init__(node)
        self.served = node
        self.pipe = self.transport = Pipe(self)
        self.online = self.joining = True
        self._partly = b""
        # What it decompressed, as a browser keeps it: it knows nothing of the steps that the node counts.
        self._window = zlib.decompressobj(-WINDOW_BITS)
        self._text = b""
        self.enter(b"", Subscription(self.filter, self.cursor, 100), self.wire_form)
        assert not self.joining, "the first message was not the first"

    def cut(self) -> None:
        """Breaks the connection; bytes on the way are lost."""
        self.online = False
        self.leave()

    def read(self, data: bytes) -> None:
        """Decodes the bytes as a browser does; a message may come in pieces."""
        data = self._partly + data
        if self.wire_form in GZIP:
            self._partly = self._read_chunks(data)
            return
        while len(data := data.removeprefix(PING)) > 1:
            assert data[0] in (0x81, 0xC1)
            size, start = data[1], 2
            if size > 125:
                start = 4 if size == 126 else 10
                size = int.from_bytes(data[2:start], "big")
            if len(data) < start + size:
                break
            payload = data[start : start + size]
            if data[0] == 0xC1:
                payload = self._window.decompress(payload + b"\0\0\xff\xff")
            self._take(json.loads(payload))
            data = data[start + size :]
        self._partly = data

    def _read_chunks(self, data: bytes) -> bytes:
        """Reads the whole chunks of an event stream in gzip; returns the rest."""
        while b"\r\n" in data:
            size, _, rest = data.partition(b"\r\n")
            end = int(size, 16)
            if len(rest) < end + 2:
                break
            assert rest[end : end + 2] == b"\r\n"
            self._text += self._window.decompress(rest[:end])
            data = rest[end + 2 :]
            *events, self._text = self._text.split(b"\n\n")
            for event in events:
                self._take(json.loads(event.partition(b"\ndata: ")[2]))
        return data

    def _queue(self, head: bytes = b"", early: bytes = b"", *, wants_status: bool = False) -> None:
        """Compresses a long message at once; the model has no work queue."""
        while self._is_packing():
            self._pack()

    def visible(self) -> dict[str, Item]:
        """The items that it shows."""
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
        self.reached = self.served.model.by_cursor.get(message["cursor"]) or self.served.published(message["cursor"])

    def _snapshot(self, items: list[Item], complete: bool) -> None:
        passed = self.served.passed
        whole = all(item.version >= passed.get(uri, 0) for uri, item in self.served.folded().items())
        whole = whole and not self.served.unnamed and not self.served.joins.is_incomplete
        fresh = self.cursor is None and whole
        assert complete == fresh, "a fresh join is complete, any other snapshot says that it is not"
        if self.joining and self.cursor is not None:
            assert not self.served.holds_path(self.reached), "a valid cursor got a snapshot"
        expected = {uri: item for uri, item in self.served.current().items() if self.filter.matches(item)}
        if self.pipe.prompt:
            assert {item.uri: item for item in items} == expected and len(items) == len(expected)
        withdrawn = {uri: item for uri, item in self.known.items() if item.pub_status == "canceled"}
        self.known = {item.uri: item for item in items} | withdrawn

    # Any: JSON
    def _follow(self, cursor: str, entries: list[dict[str, Any]], *, is_replay: bool) -> None:
        node = self.served
        newest = node.published(cursor)
        path = newest.path_from(self.reached) if newest is not None else [] if self.reached is None else None
        assert path is not None, "a complete replay to an entry that does not descend from the cursor"
        if self.reached is None and newest and all(entry.cursor.epoch == newest.cursor.epoch for entry in node.log):
            # It has no entry yet, and no server knows the lost entries of another epoch.
            path = [entry for entry in path if entry.cursor.epoch == newest.cursor.epoch]
        assert all(entry.item is not None for entry in path), (
            "an unreadable entry was omitted without an incomplete snapshot"
        )
        remaining = list(entries)
        items: list[Item] = []
        for entry in path:
            item = cast(Item, entry.item)
            if remaining and (remaining[0]["uri"], remaining[0]["version"]) == (item.uri, item.version):
                assert any(self.filter.matches(version) for version in versions_of(entry)), (
                    "no version of it matches the filter"
                )
                check_words(remaining.pop(0), item, is_replay=is_replay)
                items.append(item)
            elif not node.has_newer(entry):
                is_missing = any(self.filter.matches(version) for version in node.known.get(entry, [item]))
                assert not is_missing, f"an entry was left out: {entry.cursor}"
        assert not remaining, "an entry came twice, too late, or from elsewhere"
        for item in items:
            old = self.known.get(item.uri)
            if old is None or (item.version > old.version and old.pub_status != "canceled"):
                self.known[item.uri] = item


def check_words(sent: dict[str, Any], item: Item, *, is_replay: bool) -> None:  # Any: JSON
    """An item is sent as it was published; in a replay without its text if it is withdrawn or on hold."""
    if item.pub_status != "usable" and (is_replay or sent["headline"] is None):
        assert (sent["headline"], sent["infoSources"], sent["link"]) == (None, [], None)
    else:
        assert decode_item(json.dumps(sent).encode()) == item


def versions_of(published: Published) -> list[Item]:
    """Every version of its item up to it."""
    uri = cast(Item, published.item).uri
    path = cast(list[Published], published.path_from(None))
    return [entry.item for entry in path if entry.item is not None and entry.item.uri == uri]
