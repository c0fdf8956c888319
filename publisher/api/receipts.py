"""`/v1/items/{uri}/receipt`, `/v1/receipts` and `/v1/audience`: what the nodes have reported."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.caller import caller_while_away
from publisher.api.item_records import find_record
from publisher.api.parts import Parts
from publisher.api.problems import ApiError
from publisher.core.receipts import unreported

# A page asks about what changed since its last look, or since it was opened.
SECONDS_LIMIT = 3600


def receipt_routes(parts: Parts) -> list[BaseRoute]:
    """The receipt of one item, those of all items that nodes reported lately, and the open connections."""

    async def of_item(request: Request) -> Response:
        await caller_while_away(request, parts)
        record = await find_record(parts, request.path_params["uri"])
        await parts.receipts.refresh()
        reported = {receipt.version: receipt for receipt in parts.receipts.book.receipts(record.uri)}
        versions = [reported.get(number) or unreported(number) for number in range(1, record.version + 1)]
        return _json({"uri": record.uri, "versions": versions})

    async def recent(request: Request) -> Response:
        await caller_while_away(request, parts)
        seconds = request.query_params.get("seconds", "60")
        if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 5 and int(seconds) <= SECONDS_LIMIT):
            raise ApiError(400, "bad-query", name="seconds")
        await parts.receipts.refresh()
        book = parts.receipts.book
        nodes, connections = book.connections()
        receipts = book.since(book.now - int(seconds))
        audience = book.audience(parts.site.editions)
        return _json({"nodes": nodes, "connections": connections, "receipts": receipts, "audience": audience})

    async def audience(request: Request) -> Response:
        await caller_while_away(request, parts)
        await parts.receipts.refresh()
        return _json(msgspec.structs.asdict(parts.receipts.book.audience(parts.site.editions)))

    return [
        Route("/v1/items/{uri}/receipt", of_item, methods=["GET"]),
        Route("/v1/receipts", recent, methods=["GET"]),
        Route("/v1/audience", audience, methods=["GET"]),
    ]


def _json(value: dict[str, object]) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")
