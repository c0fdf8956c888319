"""The wire format: messages of the public protocol as bytes; it does not know transports.

An item's JSON is never encoded again: the bytes that the publisher signed are set into the message as they
are. Clients may rely on names and values, not on the order of keys.
"""

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from ticker.contract.cursor import Cursor

# A new connection's send buffer takes what is shorter at once (ticker.server); longer ones wait.
LONG_BYTES: Final = 32_768

Kind = Literal["snapshot", "replay", "item", "heartbeat", "bye"]


class Message(msgspec.Struct, frozen=True):
    """One JSON object, UTF-8, on one line, and what a transport has to know of it.

    A long list stays in parts: its items are the backlog's own bytes, and joined they would be megabytes for a client.
    """

    kind: Kind
    cursor: str
    start: bytes
    """The whole object; of one in parts, what comes before its items."""
    items: tuple[bytes, ...] = ()
    end: bytes = b""
    items_size: int = 0
    """The bytes of all items together: to add them up takes 0.5 ms where there are 10,000."""

    @property
    def body(self) -> bytes:
        """The whole object, joined anew for one in parts."""
        return self.start + b",".join(self.items) + self.end if self.items else self.start

    @property
    def size(self) -> int:
        """The length of `body` in bytes."""
        commas = max(0, len(self.items) - 1)
        return len(self.start) + self.items_size + commas + len(self.end)

    @property
    def memory(self) -> int:
        """Bytes that only this message holds: of items in parts it has no more than their addresses."""
        return len(self.start) + 8 * len(self.items)


def snapshot(
    cursor: Cursor, items: Iterable[bytes], *, complete: bool, heartbeat: float, time: str, stale: bool = False
) -> Message:
    """The current items, newest first. `complete` is false where a cursor was given and something may be lost."""
    return _list("snapshot", cursor, items, complete, heartbeat, time, stale)


def replay(cursor: Cursor, items: Iterable[bytes], *, heartbeat: float, time: str, stale: bool = False) -> Message:
    """Every entry since the client's cursor, oldest first, withdrawals and corrections included."""
    return _list("replay", cursor, items, True, heartbeat, time, stale)


def live(cursor: Cursor, item: bytes) -> Message:
    """One entry as it arrives."""
    text = str(cursor)
    return Message("item", text, b'{"type":"item","cursor":"%b","item":%b}' % (text.encode(), item))


def heartbeat(cursor: Cursor, *, time: str, stale: bool) -> Message:
    """A sign of life, with the newest place the node knows; `stale` while the node has lost the stream."""
    text = str(cursor)
    body = b'{"type":"heartbeat","cursor":"%b","time":"%b","stale":%b}' % (text.encode(), time.encode(), _bool(stale))
    return Message("heartbeat", text, body)


def bye(cursor: Cursor, *, reason: str, reconnect: float) -> Message:
    """The last message before the server hangs up; `reconnect` is in seconds, chosen for this client."""
    body = msgspec.json.encode({"type": "bye", "reason": reason, "reconnect": round(reconnect, 2)})
    return Message("bye", str(cursor), body)


def cloud_event(message: Message, *, source: str, time: str) -> bytes:
    """`message` as a CloudEvents 1.0 JSON event; the same entry has the same `id` on every node."""
    return cloud_event_start(message, source=source, time=time) + message.body + b"}"


def cloud_event_start(message: Message, *, source: str, time: str) -> bytes:
    """All of `cloud_event` before the message; a brace comes after it."""
    return (
        b'{"specversion":"1.0","id":"%b/%b","source":%b,"type":"flashwire.%b","time":"%b",'
        % (
            message.kind.encode(),
            message.cursor.encode(),
            msgspec.json.encode(source),
            message.kind.encode(),
            time.encode(),
        )
        + b'"datacontenttype":"application/json","data":'
    )


def _list(
    kind: Literal["snapshot", "replay"],
    cursor: Cursor,
    items: Iterable[bytes],
    complete: bool,
    heartbeat: float,
    time: str,
    stale: bool,
) -> Message:
    text = str(cursor)
    start = b'{"type":"%b","cursor":"%b","complete":%b,"heartbeat":%b,"time":"%b","stale":%b,"items":[' % (
        kind.encode(),
        text.encode(),
        _bool(complete),
        msgspec.json.encode(heartbeat),
        time.encode(),
        _bool(stale),
    )
    parts = tuple(items)
    size = sum(map(len, parts))
    if size > LONG_BYTES:
        return Message(kind, text, start, parts, b"]}", size)
    return Message(kind, text, b"%b%b]}" % (start, b",".join(parts)))


def _bool(value: bool) -> bytes:
    return b"true" if value else b"false"
