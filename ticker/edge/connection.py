"""A live connection: what WebSocket and SSE share; it has no task, no queue and no timer of its own.

A client that does not read costs a bounded number of bytes: when its buffer passes the limit nothing more is
written to it, and when it drains it is brought up to date from the backlog, in stream order. The sweep closes
it if it stays behind.
"""

import asyncio
import math
from typing import Final, cast

from ticker.contract.cursor import Cursor
from ticker.core.frame import Format
from ticker.core.hub import Group
from ticker.core.joins import Subscription
from ticker.edge.node import Member, Node

# How long a client that was told to close may take to do so.
LEAVE_SECONDS: Final = 5.0


class Connection(asyncio.Protocol):
    """The protocol of one joined client; subclasses say how messages are framed and how one hangs up."""

    __slots__ = ("_behind", "_group", "_since", "asked", "form", "heard", "node", "transport")

    transport_name = "none"
    transport: asyncio.Transport

    def __init__(self, node: Node) -> None:
        self.node = node
        self.asked = Subscription()
        self.form = Format.PLAIN
        self.heard = math.inf
        self._group: Group[Member] | None = None
        self._behind: Cursor | None = None
        self._since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Takes over a socket that a request has come in on."""
        self.transport = cast(asyncio.Transport, transport)

    def enter(self, head: bytes, asked: Subscription, form: Format) -> None:
        """Joins; the reply's head and the first message leave in one write."""
        limit = self.node.settings.write_limit_bytes
        self.transport.set_write_buffer_limits(high=limit, low=limit // 4)
        self.asked, self.form = asked, form
        first, self._group = self.node.join(self)
        self.transport.write(head + first.bytes_for(form))

    def change(self, asked: Subscription) -> None:
        """Leaves its group for another, and says what is current there."""
        group = self._group
        if group is not None:
            self.node.leave(self, group)
            self._behind = None
            self.enter(b"", asked, self.form)

    # What the node calls (ticker.edge.node.Member)

    def offer(self, data: bytes) -> None:
        if self._behind is None:
            self.transport.write(data)

    def beat(self, data: bytes) -> None:
        self.offer(data)

    def behind_for(self, now: float) -> float:
        return 0.0 if self._behind is None else now - self._since

    def farewell(self, code: int, reason: str, reconnect: float | None = None) -> None:
        raise NotImplementedError

    def abort(self) -> None:
        self.transport.abort()

    # What the loop calls

    def data_received(self, data: bytes) -> None:
        """An SSE client has nothing to say; whatever comes is dropped."""

    def eof_received(self) -> bool | None:
        return None

    def pause_writing(self) -> None:
        # Everything up to the newest entry has been handed over by now: offers and this call are one turn.
        if self._behind is None and self._group is not None:
            self._behind = self.node.backlog.newest
            self._since = self.node.steady()
            self.node.behind.add(self)

    def resume_writing(self) -> None:
        behind, group = self._behind, self._group
        if behind is None or group is None:
            return
        backlog = self.node.backlog
        if not backlog.holds(behind):
            self._behind = None
            lost = self.node.joins.snapshot(
                group.wanted, self.asked.backlog, self.node.wall(), complete=False, stale=self.node.stale
            )
            self.node.behind.discard(self)
            self.transport.write(lost.bytes_for(self.form))
            return
        # Half the limit at a time: the next drain fetches the rest.
        room = self.node.settings.write_limit_bytes // 2
        chunk: list[bytes] = []
        for entry, data in self.node.owed(group.wanted, backlog.since(behind), self.form):
            chunk.append(data)
            behind = entry.cursor
            room -= len(data)
            if room <= 0:
                break
        else:
            behind = None
        self._behind = behind
        if chunk:
            self.transport.write(b"".join(chunk))
        if self._behind is None:
            self.node.behind.discard(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.left()

    def left(self) -> None:
        """Gives its place up; nothing is offered any more."""
        group, self._group = self._group, None
        if group is not None:
            self.node.leave(self, group)
