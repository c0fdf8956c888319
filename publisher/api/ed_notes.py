"""The desk's notes on versions (`edNote`) as the interface keeps and shows them; no reader of the stream sees them.

A note must never stand in the way of an item: where the database cannot keep or read notes, the log says so and the
answer comes without them.
"""

from collections.abc import Iterable, Mapping

import msgspec
import structlog

from publisher.api.parts import Parts
from publisher.records.errors import DatabaseError
from publisher.records.tokens import Actor
from ticker.contract.item import Item

_log = structlog.get_logger(__name__)


async def keep_note(parts: Parts, actor: Actor, item: Item, ed_note: str) -> None:
    """Keeps the note that came with `item`. A failure is logged only: the item is published already."""
    try:
        await parts.database.call(parts.notes.keep, item.uri, item.version, actor.name, ed_note)
    except DatabaseError as error:
        # An error here would have a client without a key publish the item again.
        log_lost_note(item, error)


def log_lost_note(item: Item, error: DatabaseError) -> None:
    """Logs that the note that came with `item` is not kept. The same request, sent again later, still brings it."""
    _log.error("the desk's note is not kept", reason=str(error), uri=item.uri, version=item.version)


async def notes_json(parts: Parts, uris: Iterable[str]) -> Mapping[str, bytes]:
    """The notes on the items `uris` as a JSON array each; empty where the database cannot be read."""
    try:
        notes = await parts.database.call(parts.notes.of_items, uris)
        return {uri: msgspec.json.encode(found) for uri, found in notes.items()}
    except DatabaseError as error:
        _log.error("the desk's notes are not shown", reason=str(error))
        return {}


def with_notes(item_json: bytes, notes: bytes | None) -> bytes:
    """The JSON object of an item with its `edNotes`; unchanged where there are none."""
    return item_json if notes is None else b'%b,"edNotes":%b}' % (item_json[:-1], notes)
