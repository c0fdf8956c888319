"""Who stored each version, as a member `bylines` of the desk's items. A name must never delay an item."""

from collections.abc import Iterable, Mapping

import msgspec
import structlog
from starlette.requests import Request

from publisher.api.ed_notes import with_member
from publisher.api.parts import Parts
from publisher.records.bylines import Byline
from publisher.records.errors import DatabaseError

_log = structlog.get_logger(__name__)


async def asked_bylines(request: Request, parts: Parts, uris: Iterable[str]) -> Mapping[str, list[Byline]]:
    """As `bylines_of` where the request has `bylines=true`, else empty: other clients compare items as a whole."""
    return await bylines_of(parts, uris) if request.query_params.get("bylines") == "true" else {}


async def bylines_of(parts: Parts, uris: Iterable[str]) -> Mapping[str, list[Byline]]:
    """The bylines of each of `uris`, the oldest version first; empty if the database cannot be read."""
    try:
        return await parts.bylines.of_items(uris)
    except DatabaseError as error:
        _log.error("names of versions not shown", reason=str(error))
        return {}


def with_bylines(item_json: bytes, bylines: list[Byline] | None) -> bytes:
    """The JSON object of an item with the member `bylines`; unchanged where no name is known."""
    return with_member(item_json, b"bylines", msgspec.json.encode(bylines) if bylines else None)
