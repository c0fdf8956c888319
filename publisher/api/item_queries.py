"""Reading items: one item, and the list of the newest ones, those on hold included."""

from collections.abc import Sequence
from typing import Final, get_args

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.bylines import asked_bylines, with_bylines
from publisher.api.caller import caller_while_away
from publisher.api.ed_notes import notes_json, with_member, with_notes
from publisher.api.item_records import find_record, item_json, unreadable_version
from publisher.api.parts import Parts
from publisher.api.query_parameters import LIST_LIMIT, limit_of, valid_names
from publisher.api.stale import stale_json, stale_reasons
from ticker.contract.item import Item, PubStatus, instant

_UNREADABLE: Final = "unreadable"
_STATUSES: Final = (*get_args(PubStatus), _UNREADABLE)
_DEFAULT_STATUSES: Final = frozenset({"usable", "withheld"})


def query_routes(parts: Parts) -> list[BaseRoute]:
    """`GET /v1/items` and `GET /v1/items/{uri}`."""

    async def read_item(request: Request) -> Response:
        _, fault = await caller_while_away(request, parts)
        record = await find_record(parts, request.path_params["uri"])
        if record.item is None:
            raise unreadable_version(record)
        [body] = await desk_items(request, parts, [(record.item, record.version)], has_records=fault is None)
        return Response(body, headers={"ETag": f'"{record.version}"'}, media_type="application/json")

    async def list_items(request: Request) -> Response:
        _, fault = await caller_while_away(request, parts)
        limit = limit_of(request)
        editions = frozenset(valid_names(request, "edition", parts.site.editions))
        statuses = frozenset(valid_names(request, "status", _STATUSES)) or _DEFAULT_STATUSES
        only_stale = bool(valid_names(request, "stale", ("1",)))
        ahead = valid_names(request, "ahead", ("expires", "pinnedUntil"))
        now = parts.clock()

        def is_listed(item: Item, is_newest: bool) -> bool:
            status = item.pub_status if is_newest else _UNREADABLE
            is_wanted = status in statuses and (not editions or item.edition in editions)
            if ahead and not any(_is_ahead(item, name, now) for name in ahead):
                return False
            return is_wanted and (item.translation_of is not None or not only_stale)

        # Of translations, the newest ones are compared with their originals.
        items = await parts.store.newest(LIST_LIMIT if only_stale else limit, is_wanted=is_listed)
        if only_stale:
            reasons = await stale_reasons(parts, [item for item, _ in items])
            items = [(item, version) for item, version in items if item.uri in reasons][:limit]
        bodies = await desk_items(request, parts, items, has_records=fault is None)
        return Response(b'{"items":[%b]}' % b",".join(bodies), media_type="application/json")

    return [
        Route("/v1/items", list_items, methods=["GET"]),
        Route("/v1/items/{uri}", read_item, methods=["GET"]),
    ]


def _is_ahead(item: Item, name: str, now: float) -> bool:
    """Whether the time in the field `name` is still to come."""
    time = item.expires if name == "expires" else item.pinned_until
    return time is not None and instant(time) > now


async def desk_items(
    request: Request, parts: Parts, items: Sequence[tuple[Item, int]], *, has_records: bool
) -> list[bytes]:
    """Items and the numbers of their newest versions as JSON, with what the desk knows of them.

    Without `has_records` nothing of the database is read.
    """
    uris = [item.uri for item, _ in items]
    notes = await notes_json(parts, uris) if has_records else {}
    names = await asked_bylines(request, parts, uris) if has_records else {}
    reasons = await stale_reasons(parts, [item for item, _ in items])
    bodies: list[bytes] = []
    for item, version in items:
        body = with_notes(item_json(item, version), notes.get(item.uri))
        body = with_bylines(body, names.get(item.uri))
        bodies.append(with_member(body, b"stale", stale_json(reasons.get(item.uri))))
    return bodies
