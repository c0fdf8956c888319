"""A node whose rounds pause after every member, and clients on real sockets behind a plain transport.

The clients compare each message with all published entries: no entry comes twice, out of order or not at all, and
no cursor is ahead of the entries that came.
"""

import asyncio
import contextlib
import itertools
import json
import socket
from collections.abc import Callable
from typing import Any

from tests.support.entries import entry
from ticker.contract.closes import CloseCode
from ticker.contract.entry import Entry
from ticker.contract.item import Text
from ticker.contract.site import load_site
from ticker.core.filter import Filter
from ticker.core.frame import PING, Format
from ticker.core.joins import Subscription
from ticker.net.handshake import RefusalError
from ticker.net.joining import JoiningConnection
from ticker.node.node import Node
from ticker.node.recovery import Recovery
from ticker.node.rounds import Rounds
from ticker.node.work_queue import WorkQueue
from ticker.settings import TickerSettings

LIMIT = 6_000
SEND_BUFFER = 4_608
READ_BYTES = 1 << 20


class SteppedNode(Node):
    """A node that writes to one member at a time; `run_steps` lets it continue."""

    def __init__(self, length: int = 1000) -> None:
        clock = itertools.count()
        settings = TickerSettings.model_construct(stream_length=length, write_limit_bytes=LIMIT)
        super().__init__(settings, load_site(None), lambda: 1_800_000_000.0, lambda: next(clock))
        self.steps_due: list[Callable[[], None]] = []
        # The work queue runs in the same steps; with a clock at 0 it never rests.
        self.work_queue = WorkQueue(
            lambda: 0.0, self.steps_due.append, lambda _seconds, call: self.steps_due.append(call)
        )
        self.recovery = Recovery(self.hub, self.work_queue, self.steady)
        self.rounds = Rounds(
            self.steady, self.metrics.count_delivered, self.steps_due.append, batch=1, on_failure=self._round_failed
        )
        self.published: list[Entry] = []
        self.filled, self.lost = True, None
        self.sockets: list[socket.socket] = []

    def close(self) -> None:
        """Closes both ends of every connection."""
        for sock in self.sockets:
            sock.close()

    def publish(self, *editions: str) -> None:
        """A new item in each of `editions`, all read at once."""
        entries = []
        for edition in editions:
            number = len(self.published) + 1
            entries.append(entry(number, edition=edition, headline=Text("x" * 400, edition, "ltr")))
            self.published.append(entries[-1])
        assert self.is_next(entries[0])
        self.append(entries)
        assert self.position() == ("e1", len(self.published))

    def run_steps(self, limit: int = 10_000) -> int:
        """Writes to at most `limit` members; returns the number of steps."""
        steps = 0
        while self.steps_due and steps < limit:
            self.steps_due.pop(0)()
            steps += 1
        return steps


class BufferedSocket(asyncio.Transport):
    """The node's end of a socket pair, with a buffer as asyncio's transports have it."""

    def __init__(self, client: "CheckingClient", end: socket.socket) -> None:
        super().__init__()
        self._client = client
        self._end = end
        self._waiting = b""
        self._paused = False
        self.aborted = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # Any: as in the base class
        return self._end if name == "socket" else default

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert high is not None and low is not None
        self._high, self._low = high, low

    def get_write_buffer_size(self) -> int:
        return len(self._waiting)

    def write(self, data: Any) -> None:  # Any: as in the base class
        self._waiting += bytes(data)
        if len(self._waiting) > self._high and not self._paused:
            self._paused = True
            self._client.pause_writing()

    def abort(self) -> None:
        self.aborted = True

    def is_closing(self) -> bool:
        return self.aborted

    def flush(self) -> None:
        """What the loop does when the socket takes more."""
        while self._waiting:
            try:
                sent = self._end.send(self._waiting)
            except BlockingIOError:
                break
            self._waiting = self._waiting[sent:]
        if self._paused and len(self._waiting) <= self._low:
            self._paused = False
            self._client.resume_writing()


class CheckingClient(JoiningConnection):
    """One client, its socket, and the position it has reached."""

    transport_name = "websocket"

    def __init__(self, node: SteppedNode, filter_: Filter, cursor: str | None = None) -> None:
        super().__init__(node)
        self.served_by = node
        self.filter = filter_
        self.upto = 0
        """The number in the newest cursor that it received."""
        self.cursor = cursor
        self.messages: list[str] = []
        self.wants: list[Filter] = []
        self._rest = b""
        ours, self.theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        ours.setblocking(False)
        self.theirs.setblocking(False)
        self.ours = ours
        node.sockets += [ours, self.theirs]
        self.line = self.transport = BufferedSocket(self, ours)
        self._resumed = cursor
        self.upto = 0 if cursor is None else int(cursor.split(".")[1])
        self.enter(b"", Subscription(filter_, cursor, 100), Format.PLAIN)

    @property
    def online(self) -> bool:
        """Whether it is still a member of the node."""
        return self._group is not None

    def subscribe(self, filter_: Filter) -> None:
        """Changes its filter; messages on the way still match the filter before."""
        if self._unanswered:
            # Several requests without a read in between get one answer, to the last of them.
            self.wants.pop()
        self.wants.append(filter_)
        self.change(Subscription(filter_, None, 100))

    def hang_up(self) -> None:
        """Leaves, as after `connection_lost`; the descriptor's number may be reused."""
        self.connection_lost(None)
        self.ours.close()
        self.theirs.close()

    def close_with(self, code: CloseCode, reason: str | None = None, reconnect: float | None = None) -> None:
        self.leave()

    def refuse_join(self, refused: RefusalError) -> None:
        raise AssertionError("no client is refused here")

    def read(self) -> None:
        """Reads until no more bytes come."""
        while True:
            self.line.flush()
            try:
                data = self.theirs.recv(READ_BYTES)
            except BlockingIOError:
                if not self.line.get_write_buffer_size():
                    return
                continue
            self._rest += data
            self._decode()

    def sip(self) -> None:
        """Reads only the bytes in the socket, without a flush of the buffer."""
        with contextlib.suppress(BlockingIOError):
            self._rest += self.theirs.recv(READ_BYTES)
            self._decode()

    def _decode(self) -> None:
        while len(data := self._rest.removeprefix(PING)) > 1:
            assert data[0] == 0x81, "a message began in the middle of another"
            size, start = data[1], 2
            if size > 125:
                start = 4 if size == 126 else 10
                size = int.from_bytes(data[2:start], "big")
            if len(data) < start + size:
                return
            self._rest = data[start + size :]
            self._take(json.loads(data[start : start + size]))

    def _take(self, message: dict[str, Any]) -> None:  # Any: JSON
        kind = message["type"]
        if kind == "snapshot":
            assert message["complete"], "nothing was lost here"
            if self.messages:
                self.filter = self.wants.pop(0)
            self.upto = int(message["cursor"].split(".")[1])
            assert len(message["items"]) == len(self._expected_uris(0, self.upto)[-100:])
        else:
            if kind == "replay":
                assert not self.messages
            items = message.get("items", [message["item"]] if kind == "item" else [])
            upto = int(message["cursor"].split(".")[1])
            expected = self._expected_uris(self.upto, upto)
            assert [item["uri"] for item in items] == expected, f"{kind} after {self.upto}"
            assert upto > self.upto or kind != "item"
            assert upto >= self.upto
            self.upto = upto
        self.messages.append(kind)
        self.cursor = message["cursor"]

    def _expected_uris(self, first_number: int, upto: int) -> list[str]:
        published = self.served_by.published[first_number:upto]
        return [entry.item.uri for entry in published if self.filter.matches(entry.item)]


class RecordingClient(CheckingClient):
    """A client that records its messages and checks none."""

    def __init__(self, node: SteppedNode, filter_: Filter, cursor: str | None = None) -> None:
        self.received: list[dict[str, Any]] = []  # Any: JSON
        super().__init__(node, filter_, cursor)

    def _take(self, message: dict[str, Any]) -> None:  # Any: JSON
        self.received.append(message)


class BrokenClient(CheckingClient):
    """A client whose connection fails in every way."""

    def write_now(self, data: bytes) -> bool:
        raise ValueError("broken")

    def abort(self) -> None:
        raise ValueError("broken too")
