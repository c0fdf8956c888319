"""The member `stale` of the desk's items, and the decision that a stale translation needs no change."""

from collections.abc import Mapping, Sequence

import msgspec
import structlog

from publisher.api.parts import Parts
from publisher.core.stale import Stale, stale_reason
from publisher.records.errors import DatabaseError
from ticker.contract.item import Item

_log = structlog.get_logger(__name__)


async def stale_reasons(parts: Parts, items: Sequence[Item]) -> Mapping[str, Stale]:
    """Why items of `items` are stale, by uri; raises `StreamAwayError`."""
    originals = {item.uri: item for item in items}
    translations = [item for item in items if item.translation_of is not None]
    lacking = {item.translation_of for item in translations if item.translation_of} - originals.keys()
    for record in await parts.store.records(sorted(lacking)):
        # An unreadable version decides nothing; the desk shows it as unreadable.
        if record is not None and record.item is not None:
            originals[record.uri] = record.item
    pairs = [(item, original) for item in translations if (original := originals.get(item.translation_of or ""))]
    reasons = {item.uri: reason for item, original in pairs if (reason := stale_reason(item, original))}
    if not reasons:
        return {}
    settled = await _settled(parts, reasons)
    return {uri: reason for uri, reason in reasons.items() if reason.version > settled.get(uri, 0)}


async def _settled(parts: Parts, uris: Mapping[str, Stale]) -> Mapping[str, int]:
    """The version of the original up to which each item is settled; empty while the database is away."""
    try:
        return await parts.database.call(parts.settled.of_items, list(uris))
    except DatabaseError as error:
        _log.error("settled translations not read", reason=str(error))
        return {}


def stale_json(reason: Stale | None) -> bytes | None:
    """The value of the member, or None."""
    return None if reason is None else msgspec.json.encode(reason)
