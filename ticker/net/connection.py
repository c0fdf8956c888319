"""A live connection: what WebSocket and SSE have in common, without a task, a queue or a timer per connection.

A client that does not read costs a limited number of bytes. When its buffer passes the limit the connection is lagging,
and nothing more is written to it; when the buffer has drained it catches up from the backlog, in the order of the
stream. The sweep closes a connection that lags for too long.
"""

import asyncio
import math
import os
from abc import ABC, abstractmethod
from typing import Final, cast

from ticker.contract.closes import CloseCode
from ticker.contract.cursor import Cursor
from ticker.core.frame import Encoded, Format
from ticker.core.hub import Group
from ticker.core.joins import Subscription
from ticker.net.sockets import reset_on_close
from ticker.net.transport import SocketTransport
from ticker.node.connection_job import ConnectionJob
from ticker.node.long_read import LongRead
from ticker.node.node import Node
from ticker.node.subscriber import Subscriber

# Time for a client to answer a close; then the connection is aborted.
CLOSE_SECONDS: Final = 5.0
NO_DESCRIPTOR: Final = -1
_NO_SUBSCRIPTION: Final = Subscription()


class Connection(asyncio.Protocol, ABC):
    """The protocol of one live connection; subclasses define how messages are framed and how it closes.

    `fd` is the descriptor while bytes may be written to it directly, else negative.
    """

    __slots__ = (
        "_group", "_is_full", "_job", "_lagging_at", "_lagging_since", "_long", "_unanswered",
        "address", "fd", "form", "last_heard", "last_round", "node", "subscription", "transport",
    )  # fmt: skip

    transport_name: str
    """One of `ticker.node.metrics.STREAMS`."""
    transport: asyncio.Transport

    def __init__(self, node: Node) -> None:
        self.node = node
        self.address = ""
        self.subscription = _NO_SUBSCRIPTION
        self.form = Format.PLAIN
        self.last_heard = math.inf
        self.last_round = 0
        self.fd = NO_DESCRIPTOR
        self._group: Group[Subscriber] | None = None
        self._lagging_at: Cursor | None = None
        self._is_full = False
        self._unanswered = False
        self._long: LongRead | None = None
        self._job: ConnectionJob | None = None
        self._lagging_since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Takes over a socket on which a request has arrived."""
        self.transport = transport  # type: ignore[assignment]  # a stream's; `cast` would be one more call a join

    def set_limits(self) -> None:
        high, low = self.node.write_limits
        self.transport.set_write_buffer_limits(high=high, low=low)

    def _begin_lagging(self, position: Cursor) -> None:
        self._lagging_at = position
        self._lagging_since = self.node.steady()
        self.fd = NO_DESCRIPTOR
        self.node.lagging.add(self)

    def write(self, data: bytes | memoryview) -> None:
        """Writes `data` to the descriptor, or to the transport while that has buffered bytes.

        A direct write takes 0.9 µs more than the system call, the transport's write() 2.0 to 2.5 µs (docs/design.md,
        "Transports and loop"). The transport buffers what the kernel does not take, and applies the limits.
        """
        if self.fd < 0 and not self._can_write_directly():
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
        self.fd = NO_DESCRIPTOR
        self.transport.write(memoryview(data)[sent:])

    def _can_write_directly(self) -> bool:
        # A round skips a lagging connection, whose `fd` is negative. Before its join and after its end it has no group.
        if self._group is None or self._is_full or self._lagging_at is not None:
            return False
        if self.transport.get_write_buffer_size():
            return False
        self.fd = descriptor(self.transport)
        return self.fd >= 0

    # What the node calls (ticker.node.node.Subscriber)

    def write_now(self, data: bytes) -> bool:
        if self._lagging_at is None and self._group is not None:
            self.write(data)
            return True
        return False

    def lagging_for(self, now: float) -> float:
        return 0.0 if self._lagging_at is None else now - self._lagging_since

    @abstractmethod
    def close_with(self, code: CloseCode, reason: str | None = None, reconnect: float | None = None) -> None: ...

    @abstractmethod
    def send_first(self, first: Encoded, head: bytes = b"") -> None:
        """Sends the first message after `head`, which may be empty; a long message goes out in pieces."""

    @property
    def is_open(self) -> bool:
        return self._group is not None

    @property
    def inside_message(self) -> bool:
        """Whether a long first message is partly written, so that no other message may be sent."""
        return self._long is not None and self._long.is_begun

    @property
    def position(self) -> Cursor:
        """The cursor of the newest entry that was written to it, with which the client should reconnect."""
        return self.node.cursor_of(self) if self._lagging_at is None else self._lagging_at

    def abort(self) -> None:
        self.fd = NO_DESCRIPTOR
        # The loop's transports do not reset on abort(); `SocketTransport` does, and has no socket object.
        sock = self.transport.get_extra_info("socket")
        if sock is not None:
            reset_on_close(sock)
        self.transport.abort()

    # asyncio.Protocol

    def data_received(self, data: bytes) -> None:
        """Drops the bytes: an SSE client sends nothing after its request."""

    def eof_received(self) -> bool | None:
        # The transport closes and drops later writes; a direct write must not get past it.
        self.leave()
        self.node.closing[self] = self.node.steady() + CLOSE_SECONDS
        return None

    def pause_writing(self) -> None:
        self._is_full = True
        # Everything up to the newest entry is written by now: a round's write and this call are one iteration.
        if self._lagging_at is None and self._group is not None:
            self._begin_lagging(self.node.cursor_of(self))

    def resume_writing(self) -> None:
        self._is_full = False
        self._go_on()

    def mark_lagging(self, position: Cursor) -> None:
        # A connection that lags already is at an older position, from which it catches up in any case.
        if self._lagging_at is None and self._group is not None:
            self._begin_lagging(position)
            # It waits for the node, not for its client, so the sweep must not close it.
            self._lagging_since = math.inf

    def catch_up(self) -> None:
        if self._lagging_since == math.inf:
            self._lagging_since = self.node.steady()
        self._go_on()

    def _go_on(self) -> None:
        # Until the buffer is full again: only then does the transport call resume_writing().
        while self._lagging_at is not None and self._group is not None and not self._is_full:
            # A closing transport drops what it gets: the whole message would be made and dropped at once.
            if self.transport.is_closing():
                return
            if self._long is not None and not self._long.packed:
                return
            self._send_missed(self._lagging_at, self._group)

    def _send_missed(self, position: Cursor, group: Group[Subscriber]) -> None:
        node = self.node
        reached: Cursor | None = None
        if self._long is not None:
            self._send_piece(self._long)
            return
        if self._unanswered:
            self._unanswered, self._lagging_at = False, node.backlog.newest
            subscription = self.subscription
            self.subscription = Subscription(group.filter, None, subscription.backlog, subscription.heartbeat)
            start = node.steady()
            # Its request may have a cursor from before what it was sent, which the stream has lost since.
            first = node.first_message_for(self, subscription, has_lost=not node.backlog.can_resume(position))
            self.send_first(first)
            node.work_queue.charge(start)
            return
        if not node.backlog.can_replay(group.filter, position):
            self._lagging_at = node.backlog.newest
            self.send_first(node.joins.snapshot(self.subscription, node.wall(), complete=False, stale=node.stale))
            return
        # Half the limit at a time, so that the buffer never holds much more than the limit.
        free = node.settings.write_limit_bytes // 2
        chunk: list[bytes] = []
        for entry, encoded in node.replay(group.filter, position, self.form):
            chunk.append(encoded)
            free -= len(encoded)
            if free <= 0:
                reached = entry.cursor
                break
        data = b"".join(chunk)
        self._lagging_at = reached
        if reached is None:
            node.caught_up(self, group)
        # Last, since the write may fill the buffer: `pause_writing` then notes the position that is set now.
        self.write(data)

    def _send_piece(self, long: LongRead) -> None:
        # A client that keeps accepting pieces is not slow; restart its timer.
        self._lagging_since = self.node.steady()
        piece = long.next_piece()
        if piece is None:
            self._forget_long()
            self.set_limits()
            if self._job is not None and self._job.early:
                # What the client sent during the message; the job may be in the queue already.
                self.node.work_queue.discard(self._job)
                self.node.work_queue.submit(self._job, bounded=False)
        else:
            self.write(piece)

    def _forget_long(self) -> None:
        long, self._long = self._long, None
        if long is not None:
            long.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.leave()

    def leave(self) -> None:
        """Leaves the node: no round writes to this connection any more."""
        # Before the transport closes the descriptor, whose number may belong to another socket then.
        self.fd = NO_DESCRIPTOR
        self._forget_long()
        if self._job is not None:
            self._job.cancel()
            self._job = None
        group, self._group = self._group, None
        if group is not None:
            self.node.leave(self, group)


def descriptor(transport: asyncio.Transport) -> int:
    """The descriptor for direct writes, or a negative number for a transport that is closing or uses TLS."""
    if isinstance(transport, SocketTransport):
        return transport.fd
    sock = transport.get_extra_info("socket")
    if sock is None or transport.is_closing() or transport.get_extra_info("sslcontext") is not None:
        return NO_DESCRIPTOR
    return cast(int, sock.fileno())
