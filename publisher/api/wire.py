"""The list of the desk page: search, the history of an item, the authors of its versions, and its present editors."""

import re
from typing import Final, get_args

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.bylines import bylines_of, with_bylines
from publisher.api.caller import caller, caller_while_away, read_body
from publisher.api.ed_notes import notes_json, with_member
from publisher.api.item_records import may_be_item
from publisher.api.parts import Parts
from publisher.api.problems import ApiError
from publisher.api.query_parameters import limit_of, time_of, valid_names
from publisher.core.presence import Presence
from publisher.core.request import PresenceRequest
from publisher.core.search import Search, fold, words_of
from ticker.contract.item import ACTS, Item, PubStatus, encode_item

_URIS: Final = 100
_QUERY_LIMIT: Final = 200
_URGENCIES: Final = tuple(map(str, range(1, 9)))
_STATUSES: Final = get_args(PubStatus)
# The id of an entry in the stream, or the cursor of a scan.
_POSITION: Final = re.compile(r"s[0-9]{1,20}-[0-9]{1,20}|l[0-9]{1,20}")
_PAGE: Final = re.compile(r"[0-9a-f]{32}")


def wire_routes(parts: Parts) -> list[BaseRoute]:
    """`/v1/search`, `/v1/items/{uri}/history`, `/v1/bylines` and `/v1/presence`."""

    async def search(request: Request) -> Response:
        _, fault = await caller_while_away(request, parts)
        criteria = _search_of(request, parts)
        cursor = request.query_params.get("after", "")
        if cursor and not _POSITION.fullmatch(cursor):
            raise ApiError(400, "bad-query", name="after")
        page = await parts.store.find(criteria, limit_of(request), cursor)
        by = frozenset(request.query_params.getlist("by"))
        names = await bylines_of(parts, [item.uri for item in page.items]) if fault is None else {}
        items = [item for item in page.items if not by or by & {byline.by for byline in names.get(item.uri, ())}]
        body = b'{"items":[%b],"next":%b}' % (
            b",".join(with_bylines(encode_item(item), names.get(item.uri)) for item in items),
            msgspec.json.encode(page.next),
        )
        return _json(body)

    async def history(request: Request) -> Response:
        _, fault = await caller_while_away(request, parts)
        uri = request.path_params["uri"]
        versions = await parts.store.versions(uri) if may_be_item(uri) else []
        if not versions:
            raise ApiError(404, "no-item")
        names = await bylines_of(parts, [uri]) if fault is None else {}
        notes = await notes_json(parts, [uri]) if fault is None else {}
        by = {byline.version: byline.by for byline in names.get(uri, ())}
        rows = b",".join(_version_json(number, item, by.get(number)) for number, item in versions)
        return _json(with_member(b'{"versions":[%b]}' % rows, b"edNotes", notes.get(uri)))

    async def bylines(request: Request) -> Response:
        await caller(request, parts)
        uris = request.query_params.getlist("uri")
        if len(uris) > _URIS:
            raise ApiError(400, "bad-query", name="uri")
        return _json(msgspec.json.encode({"bylines": await parts.bylines.of_items(uris)}))

    async def report_presence(request: Request) -> Response:
        actor = await caller(request, parts)
        body = await read_body(request, parts, PresenceRequest, limit=1000)
        for name, is_valid in (
            ("page", _PAGE.fullmatch(body.page)),
            ("uri", body.uri == "" or may_be_item(body.uri)),
            ("act", body.act in ("", "compose", *ACTS)),
        ):
            if not is_valid:
                raise ApiError(400, "bad-query", name=name)
        return _people(await parts.presences.report(body.page, actor.name, body.uri, body.act))

    async def read_presence(request: Request) -> Response:
        await caller(request, parts)
        return _people(await parts.presences.all())

    async def leave(request: Request) -> Response:
        actor = await caller(request, parts)
        await parts.presences.leave(request.query_params.get("page", ""), actor.name)
        return Response(status_code=204)

    return [
        Route("/v1/search", search, methods=["GET"]),
        Route("/v1/items/{uri}/history", history, methods=["GET"]),
        Route("/v1/bylines", bylines, methods=["GET"]),
        Route("/v1/presence", report_presence, methods=["PUT"]),
        Route("/v1/presence", read_presence, methods=["GET"]),
        Route("/v1/presence", leave, methods=["DELETE"]),
    ]


def _search_of(request: Request, parts: Parts) -> Search:
    """The conditions in the query; raises `ApiError` 400."""
    query = request.query_params
    for name in ("q", "source", "story"):
        if len(query.get(name, "")) > _QUERY_LIMIT:
            raise ApiError(400, "bad-query", name=name)
    return Search(
        words=words_of(query.get("q", "")),
        editions=frozenset(valid_names(request, "edition", parts.site.editions)),
        urgencies=frozenset(map(int, valid_names(request, "urgency", _URGENCIES))),
        statuses=frozenset(valid_names(request, "status", _STATUSES)),
        source=fold(query.get("source", "").strip()),
        story=query.get("story", ""),
        since=time_of(request, "from"),
        until=time_of(request, "until"),
    )


def _version_json(number: int, item: Item | None, by: str | None) -> bytes:
    item_json = encode_item(item) if item else b"null"
    return b'{"version":%d,"item":%b,"by":%b}' % (number, item_json, msgspec.json.encode(by))


def _people(entries: list[Presence]) -> Response:
    return _json(msgspec.json.encode({"people": entries}))


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
