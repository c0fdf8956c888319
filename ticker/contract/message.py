"""Messages of the public protocol as JSON; without transports.

The JSON of an item is never encoded again: the bytes that the publisher signed are copied into the message. Clients may
rely on names and values, not on the order of keys.
"""

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from ticker.contract.cursor import Cursor

# The send buffer of a new connection has room for a shorter message (ticker.server); longer ones are sent in pieces.
LONG_BYTES: Final = 32_768

Kind = Literal["snapshot", "replay", "item", "heartbeat", "bye"]


class Message(msgspec.Struct, frozen=True):
    """One JSON object, UTF-8, on one line, with its kind and cursor.

    A long list is not joined: its items are the bytes of the backlog, and joined they would be megabytes per client.
    """

    kind: Kind
    cursor: str
    start: bytes
    """The whole object; for a long list, the part before its items."""
    items: tuple[bytes, ...] = ()
    end: bytes = b""
    items_size: int = 0
    """The bytes of all items together: adding them up takes 0.5 ms for 10,000 items."""

    @property
    def body(self) -> bytes:
        """The whole object; a long list is joined on each call."""
        return self.start + b",".join(self.items) + self.end if self.items else self.start

    @property
    def size(self) -> int:
        """The length of `body` in bytes."""
        commas = max(0, len(self.items) - 1)
        return len(self.start) + self.items_size + commas + len(self.end)

    @property
    def memory(self) -> int:
        """The bytes that only this message uses; of the items of a long list it has only the addresses."""
        return len(self.start) + 8 * len(self.items)


def snapshot(
    cursor: Cursor,
    items: Iterable[bytes],
    *,
    complete: bool,
    heartbeat: float,
    time: str,
    stale: bool = False,
    paint: float = 0,
) -> Message:
    """Returns a message with current items, newest first; not `complete` if entries after a cursor may be missing.

    `paint` is the share of pages that report when an item is painted.
    """
    return _list("snapshot", cursor, items, complete, heartbeat, time, stale, paint)


def replay(
    cursor: Cursor, items: Iterable[bytes], *, heartbeat: float, time: str, stale: bool = False, paint: float = 0
) -> Message:
    """Returns a message with all changes since the client's cursor, oldest first, withdrawals included."""
    return _list("replay", cursor, items, True, heartbeat, time, stale, paint)


def live(cursor: Cursor, item: bytes) -> Message:
    """Returns a message with one new entry."""
    text = str(cursor)
    return Message("item", text, b'{"type":"item","cursor":"%b","item":%b}' % (text.encode(), item))


def heartbeat(cursor: Cursor, *, time: str, stale: bool) -> Message:
    """Returns a heartbeat with the node's newest cursor; `stale` while the node has lost the stream."""
    text = str(cursor)
    body = b'{"type":"heartbeat","cursor":"%b","time":"%b","stale":%b}' % (text.encode(), time.encode(), _bool(stale))
    return Message("heartbeat", text, body)


def bye(cursor: Cursor, *, reason: str, reconnect: float) -> Message:
    """Returns the last message before the server closes; `reconnect` is in seconds, different for each client."""
    body = msgspec.json.encode({"type": "bye", "reason": reason, "reconnect": round(reconnect, 2)})
    return Message("bye", str(cursor), body)


def cloud_event(message: Message, *, source: str, time: str) -> bytes:
    """Returns `message` as a CloudEvents 1.0 JSON event; an entry has the same `id` on every node."""
    return cloud_event_start(message, source=source, time=time) + message.body + b"}"


def cloud_event_start(message: Message, *, source: str, time: str) -> bytes:
    """Returns the part of `cloud_event` before the message; a brace must follow the message."""
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
    paint: float,
) -> Message:
    text = str(cursor)
    start = b'{"type":"%b","cursor":"%b","complete":%b,"heartbeat":%b,"time":"%b","stale":%b,%b"items":[' % (
        kind.encode(),
        text.encode(),
        _bool(complete),
        msgspec.json.encode(heartbeat),
        time.encode(),
        _bool(stale),
        b'"paint":%b,' % msgspec.json.encode(paint) if paint else b"",
    )
    parts = tuple(items)
    size = sum(map(len, parts))
    if size > LONG_BYTES:
        return Message(kind, text, start, parts, b"]}", size)
    return Message(kind, text, b"%b%b]}" % (start, b",".join(parts)))


def _bool(value: bool) -> bytes:
    return b"true" if value else b"false"
