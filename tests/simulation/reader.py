"""A simulated reader: it joins, reads or stops reading, changes its filter, is cut off, and resumes with its cursor."""

import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from tests.simulation.decoding import EventStreamDecoder, Message, Refused, WebSocketDecoder
from tests.simulation.kernel import Socket
from tests.simulation.oracle import View
from ticker.contract.closes import CloseCode
from ticker.core.filter import Filter

if TYPE_CHECKING:
    from tests.simulation.world import World

FILTERS: tuple[dict[str, list[str]], ...] = (
    {},
    {"edition": ["en"]},
    {"edition": ["ar", "es"]},
    {"section": ["world"]},
    {"edition": ["en"], "section": ["politics"], "urgency": ["2"]},
)
_OFFER = "Sec-WebSocket-Extensions: permessage-deflate; "
KINDS = {
    "shared": _OFFER + "client_max_window_bits\r\n",
    "alone": _OFFER + "server_no_context_takeover; client_max_window_bits\r\n",
    "plain": "",
    "events": _OFFER + "client_max_window_bits\r\nSec-WebSocket-Protocol: cloudevents.json\r\n",
    "sse": "",
    "gzip": "Accept-Encoding: gzip, deflate, br\r\n",
}
EVENT_STREAMS = ("sse", "gzip")
_UPGRADE = (
    "GET /v1/live%s HTTP/1.1\r\nHost: ticker\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n%s\r\n"
)
_STREAM = "GET /v1/live%s HTTP/1.1\r\nHost: ticker\r\nAccept: text/event-stream\r\n%s\r\n"
# Masked with zeros, which RFC 6455 allows.
_PONG = b"\x8a\x80\0\0\0\0"
_PINGS = (b"\x89\xe4\0\0\0\0" + b"p" * 100) * 40
_CLOSE = b"\x88\x82\0\0\0\0\x03\xe8"
_ALLOWED_CLOSES = {CloseCode.STOPPING, CloseCode.SLOW, CloseCode.NO_PONG, CloseCode.BUSY, 1000}


class SimulatedReader:
    """One reader over all its connections."""

    def __init__(self, world: "World", number: int, kind: str, filter_index: int, capacity: int) -> None:
        self.number = number
        self.kind = kind
        self.is_present = True
        """Whether it wants to be connected."""
        self.filter_index = filter_index
        self.view = View(world.store, filter_of(filter_index), world.length)
        self.sock: Socket | None = None
        self.is_frozen = False
        self._world = world
        self._capacity = capacity
        self._decoder: WebSocketDecoder | EventStreamDecoder = WebSocketDecoder()
        self._node_index = 0
        self._changes = 0

    @property
    def is_connected(self) -> bool:
        return self.sock is not None and not self.sock.is_gone

    def join(self, node_index: int) -> None:
        """Connects with the newest cursor, if it has one."""
        if self.is_connected:
            return
        self.is_present, self._node_index = True, node_index
        node = self._world.node_at(node_index)
        if node is None:
            self._retry()
            return
        self.view.begin()
        query = urlencode({**FILTERS[self.filter_index], "backlog": "100"}, doseq=True)
        headers = KINDS[self.kind]
        if self.view.cursor is not None:
            if self.kind in EVENT_STREAMS:
                headers += f"Last-Event-ID: {self.view.cursor}\r\n"
            else:
                query += f"&cursor={self.view.cursor}"
        self._decoder = EventStreamDecoder() if self.kind in EVENT_STREAMS else WebSocketDecoder()
        self.sock = self._world.kernel.connect(self, self._capacity)
        self.sock.is_reading = not self.is_frozen
        head = (_STREAM if self.kind in EVENT_STREAMS else _UPGRADE) % (f"?{query}", headers)
        node.accept(self.sock, head.encode(), f"10.0.0.{self.number + 1}")

    def leave(self) -> None:
        """Closes the connection in order, and stays away."""
        self.is_present = False
        if self.sock is not None and self.is_connected:
            if self.kind not in EVENT_STREAMS:
                self.sock.send(_CLOSE)
            self.sock.finish()

    def cut(self) -> None:
        """The connection breaks; the reader comes back."""
        if self.sock is not None and self.is_connected:
            self.sock.reset()
            self._retry()

    def vanish(self) -> None:
        """As `cut`, without a sign to the node."""
        if self.sock is not None and self.is_connected:
            self.sock.vanish()
            self._retry()

    def freeze(self) -> None:
        """Stops reading, so that it lags."""
        self.is_frozen = True
        if self.sock is not None:
            self.sock.is_reading = False

    def thaw(self) -> None:
        """Reads again."""
        self.is_frozen = False
        if self.sock is not None:
            self.sock.read_again()

    def change(self, filter_index: int, *, resumes: bool) -> None:
        """Sends a `subscribe` message."""
        if self.kind in EVENT_STREAMS or not self.view.has_first or self.sock is None or not self.is_connected:
            return
        self._changes += 1
        # The answer repeats the heartbeat, by which the reader knows it among other lists.
        heartbeat = 10 + self._changes % 50
        self.filter_index = filter_index
        self.view.request(filter_of(filter_index), heartbeat, resumes=resumes)
        subscribe = {"type": "subscribe", **FILTERS[filter_index], "backlog": 100, "heartbeat": heartbeat}
        if resumes and self.view.cursor is not None:
            subscribe["cursor"] = self.view.cursor
        text = json.dumps(subscribe).encode()
        self.sock.send(bytes((0x81, 0x80 | 126)) + len(text).to_bytes(2, "big") + b"\0\0\0\0" + text)

    def ping(self) -> None:
        """Sends pings, whose answers may fill its buffer at any moment."""
        if self.kind not in EVENT_STREAMS and self.view.has_first and self.sock is not None and self.is_connected:
            self.sock.send(_PINGS)

    # What the kernel calls

    def receive(self, data: bytes) -> None:
        decoder, sock = self._decoder, self.sock
        assert sock is not None
        try:
            for message in decoder.feed(data):
                self._take(message)
        except Refused:
            sock.finish()
            self._retry()
            return
        if decoder.pings and not sock.is_gone:
            sock.send(_PONG * decoder.pings)
            decoder.pings = 0
        if decoder.close_code is not None and not sock.is_gone:
            assert decoder.close_code in _ALLOWED_CLOSES, f"closed with {decoder.close_code}"
            if self.kind not in EVENT_STREAMS:
                sock.send(_CLOSE)
            sock.finish()
            self._retry()

    def end(self) -> None:
        self._retry()

    def _take(self, message: Message) -> None:
        self.view.take(message, self._world.position_of(message.cursor) if message.cursor else None)

    def _retry(self) -> None:
        if self.is_present:
            seconds = self._world.chance.choice((0.05, 0.5, 2.0))
            self._world.loop.call_later(seconds, self._come_back)

    def _come_back(self) -> None:
        if self.is_present and not self.is_connected:
            self.join(self._world.chance.choice((self._node_index, self._node_index + 1)))


def filter_of(index: int) -> Filter:
    """The filter that a query with these values means."""
    query = FILTERS[index]
    return Filter(
        editions=frozenset(query.get("edition", ())),
        sections=frozenset(query.get("section", ())),
        urgency=int(query.get("urgency", ["8"])[0]),
    )
