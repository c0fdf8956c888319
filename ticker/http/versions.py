"""The versions of one item in the ledger, verified and decoded."""

import asyncio
import re
from typing import Final

import msgspec
from starlette.requests import Request

from ticker.contract.entry import Keyring, PoisonError, unseal
from ticker.contract.item import Item, decode_item
from ticker.core.filter import CANARY
from ticker.node.node import Node
from ticker.stream.redis_stream import Stream

# Versions per iteration of the loop; they take 2 ms to verify and decode.
_DECODED: Final = 50
_URI: Final = re.compile(r"urn:flashwire:[0-9A-Za-z]{1,40}")


class Versions(msgspec.Struct):
    """The versions of one item in the ledger."""

    readable: list[Item]
    """The versions that can be read, oldest first."""
    count: int
    """The number of the newest version, readable or not."""


def newest_version(versions: Versions, node: Node, uri: str) -> Item | None:
    """The newest version, or None if it cannot be read; no other version may then replace it."""
    current = node.backlog.item(uri)
    if current is not None and not node.backlog.is_confirmed(uri):
        return None
    items = [*versions.readable, *([current.item] if current else [])]
    newest = max(items, key=lambda item: item.version, default=None)
    return newest if newest is not None and newest.version >= versions.count else None


async def read_versions(request: Request, uri: str) -> Versions:
    """Every version of an item; none for an unknown one. Raises `StreamAwayError` and `BusyError`."""
    if not _URI.fullmatch(uri):
        return Versions([], 0)
    stream: Stream = request.state["stream"]
    keyring: Keyring = request.state["keyring"]
    node: Node = request.state["node"]
    versions: dict[int, Item] = {}
    bodies = await node.lookups.run(lambda: stream.ledger(uri))
    for number, body in enumerate(bodies, 1):
        if number % _DECODED == 0:
            await asyncio.sleep(0)
        # An empty body is that of a version whose text is lost.
        if not body:
            continue
        try:
            item = decode_item(unseal(body, keyring))
        except (PoisonError, msgspec.DecodeError):
            node.count_skipped("ledger")
            continue
        # A body that was sealed for another item is no version of this one.
        if item.uri == uri and item.edition != CANARY and item.version <= len(bodies):
            versions[item.version] = item
    return Versions([versions[number] for number in sorted(versions)], len(bodies))
