"""Reading items: one item, and the list of the newest ones, those on hold included."""

from collections.abc import Collection
from typing import Final, get_args

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.caller import caller_while_away
from publisher.api.ed_notes import notes_json, with_notes
from publisher.api.item_records import find_record, item_json, unreadable_version
from publisher.api.parts import Parts
from publisher.api.problems import ApiError
from publisher.core.refusals import printable
from ticker.contract.item import Item, PubStatus

LIST_LIMIT: Final = 200
_LIST_DEFAULT: Final = 50
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
        notes = await notes_json(parts, [record.uri]) if fault is None else {}
        body = with_notes(item_json(record.item, record.version), notes.get(record.uri))
        return Response(body, headers={"ETag": f'"{record.version}"'}, media_type="application/json")

    async def list_items(request: Request) -> Response:
        _, fault = await caller_while_away(request, parts)
        limit = request.query_params.get("limit", str(_LIST_DEFAULT))
        if not (limit.isascii() and limit.isdigit() and len(limit) < 4 and 1 <= int(limit) <= LIST_LIMIT):
            raise ApiError(400, "bad-parameter", limit=LIST_LIMIT)
        editions = frozenset(_valid_names(request, "edition", parts.site.editions))
        statuses = frozenset(_valid_names(request, "status", _STATUSES)) or _DEFAULT_STATUSES

        def is_listed(item: Item, is_newest: bool) -> bool:
            status = item.pub_status if is_newest else _UNREADABLE
            return status in statuses and (not editions or item.edition in editions)

        items = await parts.store.newest(int(limit), is_wanted=is_listed)
        notes = await notes_json(parts, (item.uri for item, _ in items)) if fault is None else {}
        bodies = (with_notes(item_json(item, version), notes.get(item.uri)) for item, version in items)
        return Response(b'{"items":[%b]}' % b",".join(bodies), media_type="application/json")

    return [
        Route("/v1/items", list_items, methods=["GET"]),
        Route("/v1/items/{uri}", read_item, methods=["GET"]),
    ]


def _valid_names(request: Request, parameter: str, valid: Collection[str]) -> list[str]:
    """The values of a query parameter; raises `ApiError` 400 for one that is not in `valid`."""
    values = request.query_params.getlist(parameter)
    for value in values:
        if value not in valid:
            raise ApiError(400, "unknown-name", value=printable(value), known=", ".join(valid))
    return values
