"""Internal notes on versions (`edNote`) in requests and answers; they never enter the stream.

A note must never delay an item: if the database cannot store or read notes, the fault is logged and the answer has no
notes.
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
    """Stores the note that came with `item`; a failure is only logged, because the item is published already."""
    try:
        await parts.database.call(parts.notes.keep, item.uri, item.version, actor.name, ed_note)
    except DatabaseError as error:
        # After an error, a client without an Idempotency-Key would publish the item again.
        log_lost_note(item, error)


def log_lost_note(item: Item, error: DatabaseError) -> None:
    """Logs that the note of `item` is not stored; the same request, sent again later, stores it."""
    _log.error("the desk's note is not kept", reason=str(error), uri=item.uri, version=item.version)


async def notes_json(parts: Parts, uris: Iterable[str]) -> Mapping[str, bytes]:
    """The notes on each of `uris` as a JSON array; empty if the database cannot be read."""
    try:
        notes = await parts.database.call(parts.notes.of_items, uris)
        return {uri: msgspec.json.encode(item_notes) for uri, item_notes in notes.items()}
    except DatabaseError as error:
        _log.error("the desk's notes are not shown", reason=str(error))
        return {}


def with_notes(item_json: bytes, notes: bytes | None) -> bytes:
    """The JSON object of an item with the member `edNotes`; unchanged if it has no notes."""
    return with_member(item_json, b"edNotes", notes)


def with_member(json: bytes, name: bytes, value: bytes | None) -> bytes:
    """A JSON object that is not empty with one more member; unchanged if `value` is None."""
    return json if value is None else b'%b,"%b":%b}' % (json[:-1], name, value)
