"""A live connection: what WebSocket and SSE share; it has no task, no queue and no timer of its own.

A client that does not read costs a bounded number of bytes: when its buffer passes the limit nothing more is
written to it, and when it drains it is brought up to date from the backlog, in stream order. The sweep closes
it if it stays behind.
"""

import asyncio
import contextlib
import math
import os
import socket
from abc import ABC, abstractmethod
from typing import Final, cast

from ticker.contract.closes import CloseCode
from ticker.contract.cursor import Cursor
from ticker.core.frame import Encoded, Format
from ticker.core.hub import Group
from ticker.core.joins import Subscription
from ticker.net.transport import RESET, SocketTransport
from ticker.node.connection_job import ConnectionJob
from ticker.node.long_read import LongRead
from ticker.node.node import Node
from ticker.node.subscriber import Subscriber

# How long a client that was told to close may take to do so.
LEAVE_SECONDS: Final = 5.0
NOWHERE: Final = -1
_NOTHING: Final = Subscription()


class Connection(asyncio.Protocol, ABC):
    """The protocol of one joined client; subclasses say how messages are framed and how one hangs up."""

    __slots__ = (
        "_behind",
        "_full",
        "_group",
        "_job",
        "_long",
        "_since",
        "_unanswered",
        "address",
        "fd",
        "form",
        "last_heard",
        "last_round",
        "node",
        "subscription",
        "transport",
    )  # fmt: skip

    transport_name: str
    """One of `ticker.node.metrics.STREAMS`."""
    transport: asyncio.Transport

    def __init__(self, node: Node) -> None:
        self.node = node
        self.address = ""
        self.subscription = _NOTHING
        self.form = Format.PLAIN
        self.last_heard = math.inf
        self.last_round = 0
        self.fd = NOWHERE
        self._group: Group[Subscriber] | None = None
        self._behind: Cursor | None = None
        self._full = False
        self._unanswered = False
        self._long: LongRead | None = None
        self._job: ConnectionJob | None = None
        self._since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Takes over a socket that a request has come in on."""
        self.transport = transport  # type: ignore[assignment]  # a stream's; `cast` would be one more call a join

    def set_limits(self) -> None:
        limit = self.node.settings.write_limit_bytes
        self.transport.set_write_buffer_limits(high=limit, low=limit // 4)

    def _mark_lagging(self, place: Cursor) -> None:
        self._behind = place
        self._since = self.node.steady()
        self.fd = NOWHERE
        self.node.lagging.add(self)

    # What is said to a client goes one of these ways, so that it keeps its order.

    def write(self, data: bytes | memoryview) -> None:
        """Writes `data` to the socket itself, or behind what waits in the transport's buffer.

        That costs 0.9 µs over the system call; a transport's own write(), and the call to it, 2.0 to 2.5 µs
        (docs/design.md, "Transports and loop"). What the kernel does not take is the transport's, and so are all
        bounds.
        """
        if self.fd < 0 and not self._is_clear():
            self.transport.write(data)
            return
        try:
            sent = os.write(self.fd, data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.abort()
            return
        if sent < len(data):
            self.buffer_rest(data, sent)

    def buffer_rest(self, data: bytes | memoryview, sent: int) -> None:
        self.fd = NOWHERE
        self.transport.write(memoryview(data)[sent:])

    def _is_clear(self) -> bool:
        # One that is behind is passed by in rounds, which look at its descriptor. One that has left, or is not here
        # yet, has no group.
        if self._group is None or self._full or self._behind is not None or self.transport.get_write_buffer_size():
            return False
        self.fd = descriptor(self.transport)
        return self.fd >= 0

    # What the node calls (ticker.node.node.Subscriber)

    def write_now(self, data: bytes) -> bool:
        if self._behind is None and self._group is not None:
            self.write(data)
            return True
        return False

    def lagging_for(self, now: float) -> float:
        return 0.0 if self._behind is None else now - self._since

    @abstractmethod
    def close_with(self, code: CloseCode, reason: str | None = None, reconnect: float | None = None) -> None: ...

    @abstractmethod
    def say_first(self, first: Encoded, head: bytes = b"") -> None:
        """Says a first message, `head` before it; a long one in pieces, from now on."""

    @property
    def inside_message(self) -> bool:
        """Whether a long first message is only partly handed over, so that nothing else may be said."""
        return self._long is not None and self._long.is_begun

    @property
    def position(self) -> Cursor:
        """The newest entry that was handed to it: where it stands, and should come back to."""
        return self.node.cursor_of(self) if self._behind is None else self._behind

    def abort(self) -> None:
        self.fd = NOWHERE
        # A loop's transport does not end with a reset by itself, as ours does.
        sock = self.transport.get_extra_info("socket")
        # Whatever has become of the socket: this is called where others are still to be written to.
        with contextlib.suppress(OSError):
            if sock is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.transport.abort()

    # What the loop calls

    def data_received(self, data: bytes) -> None:
        """An SSE client has nothing to say; whatever comes is dropped."""

    def eof_received(self) -> bool | None:
        # The transport closes, and drops what it is given from now on; nothing later may pass that by.
        self.left()
        self.node.closing[self] = self.node.steady() + LEAVE_SECONDS
        return None

    def pause_writing(self) -> None:
        self._full = True
        # Everything up to the newest entry has been handed over by now: offers and this call are one turn.
        if self._behind is None and self._group is not None:
            self._mark_lagging(self.node.cursor_of(self))

    def resume_writing(self) -> None:
        self._full = False
        self._go_on()

    def mark_lagging(self, place: Cursor) -> None:
        # One that is behind already stands at an older place, from which it is caught up in any case.
        if self._behind is None and self._group is not None:
            self._mark_lagging(place)
            # It does not wait for its client: that is no reason to close it.
            self._since = math.inf

    def catch_up(self) -> None:
        if self._since == math.inf:
            self._since = self.node.steady()
        self._go_on()

    def _go_on(self) -> None:
        # Until the buffer is full again: a transport says that there is room only after it was full.
        while self._behind is not None and self._group is not None and not self._full:
            # One that is closing takes what it is given, and drops it: that would be the whole message in one go.
            if self.transport.is_closing():
                return
            if self._long is not None and not self._long.packed:
                return
            self._bring_up(self._behind, self._group)

    def _bring_up(self, behind: Cursor, group: Group[Subscriber]) -> None:
        node = self.node
        found: Cursor | None = None
        if self._long is not None:
            self._hand_over(self._long)
            return
        if self._unanswered:
            self._unanswered, self._behind = False, node.backlog.newest
            subscription = self.subscription
            self.subscription = Subscription(group.filter, None, subscription.backlog, subscription.heartbeat)
            begun = node.steady()
            self.say_first(node.first_message_for(self, subscription))
            node.work_queue.charge(begun)
            return
        if not node.backlog.can_resume(behind):
            self._behind = node.backlog.newest
            self.say_first(node.joins.snapshot(self.subscription, node.wall(), complete=False, stale=node.stale))
            return
        # Half the limit at a time, so that the buffer never holds much more than it may.
        room = node.settings.write_limit_bytes // 2
        chunk: list[bytes] = []
        for entry, encoded in node.missed(group.filter, behind, self.form):
            chunk.append(encoded)
            room -= len(encoded)
            if room <= 0:
                found = entry.cursor
                break
        data = b"".join(chunk)
        self._behind = found
        if found is None:
            node.lagging.discard(self)
            # It has what the round under way brings.
            self.last_round = node.rounds.number
        # Last, because it may be full at once, which is to be known by what is behind now.
        self.write(data)

    def _hand_over(self, long: LongRead) -> None:
        # Who takes piece after piece is not one who does not read.
        self._since = self.node.steady()
        piece = long.next_piece()
        if piece is None:
            self._forget_long()
            self.set_limits()
        else:
            self.write(piece)

    def _forget_long(self) -> None:
        long, self._long = self._long, None
        if long is not None:
            long.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.left()

    def left(self) -> None:
        """Gives its place up; nothing is offered any more."""
        # Before the transport closes the descriptor, whose number may be another's then.
        self.fd = NOWHERE
        self._forget_long()
        if self._job is not None:
            self._job.leave()
            self._job = None
        group, self._group = self._group, None
        if group is not None:
            self.node.leave(self, group)


def descriptor(transport: asyncio.Transport) -> int:
    """The socket's own number, where bytes may go past the transport; not where it closes or encrypts them."""
    if isinstance(transport, SocketTransport):
        return transport.fd
    sock = transport.get_extra_info("socket")
    if sock is None or transport.is_closing() or transport.get_extra_info("sslcontext") is not None:
        return NOWHERE
    return cast(int, sock.fileno())
