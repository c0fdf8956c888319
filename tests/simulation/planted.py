"""Faults to plant into the ticker, one at a time, which show that the simulator finds faults of this kind."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast
from unittest.mock import patch

from ticker.core.frame import Encoded
from ticker.core.hub import Hub
from ticker.core.joins import Joins
from ticker.core.lost_versions import LostVersions
from ticker.core.record import ItemRecord
from ticker.net.connection import Connection
from ticker.node.node import Node
from ticker.stream.redis_stream import Stream


async def _always_exists(stream: Stream, entry_id: bytes) -> bool:
    return True


def _complete(joins: Joins, *arguments: Any, **options: Any) -> Encoded:  # Any: those of the real method
    return _snapshot(joins, *arguments, **{**options, "complete": True})


def _without_round(node: Node, member: Any) -> Any:  # Any: a subscriber and its group
    group = _join(node, member)
    member.last_round = -1
    return group


def _caught_up_without_round(node: Node, member: Any, group: Any) -> None:  # Any: a subscriber and its group
    number = member.last_round
    _caught_up(node, member, group)
    member.last_round = number


def _rest_twice(connection: Connection, data: bytes, sent: int) -> None:
    _buffer_rest(connection, data, max(0, sent - 1))


_snapshot, _buffer_rest = Joins.snapshot, Connection.buffer_rest
_join, _caught_up = Node.join, Node.caught_up

FAULTS: dict[str, tuple[type, str, Callable[..., Any]]] = {  # Any: methods of any type
    "a reader that lagged keeps its references to messages that it did not get": (Hub, "restart", lambda *_: None),
    "a reader that joins in a round gets the entries of the round again": (Node, "join", _without_round),
    "a reader that caught up in a round gets its entries again": (Node, "caught_up", _caught_up_without_round),
    "entries that a failover lost are taken for present": (Stream, "exists", _always_exists),
    "a list after a gap is called complete": (Joins, "snapshot", _complete),
    "a version that was read and lost is forgotten": (LostVersions, "settle", lambda *_: None),
    "a replay has the words of what was withdrawn": (
        ItemRecord,
        "public_json",
        cast(Any, property(lambda record: record.entry.item_json)),
    ),
    "a byte is sent twice when the kernel takes a part": (Connection, "buffer_rest", _rest_twice),
}


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Within the block the ticker has this fault."""
    owner, attribute, replacement = FAULTS[name]
    with patch.object(owner, attribute, replacement):
        yield
