"""An item with its siblings, and the decision that a stale translation needs no change."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.caller import caller, caller_while_away, read_body
from publisher.api.item_queries import desk_items
from publisher.api.item_records import find_record
from publisher.api.parts import Parts
from publisher.api.permission import check
from publisher.core.refusals import ConflictError
from publisher.core.request import SettledRequest
from ticker.contract.item import moment


def family_routes(parts: Parts) -> list[BaseRoute]:
    """`GET /v1/items/{uri}/siblings` and `POST /v1/items/{uri}/settled`."""

    async def siblings(request: Request) -> Response:
        _, fault = await caller_while_away(request, parts)
        record = await find_record(parts, request.path_params["uri"])
        original = record.item.translation_of if record.item and record.item.translation_of else record.uri
        readable = [
            (member.item, member.version) for member in await parts.store.family(original) if member.item is not None
        ]
        order = list(parts.site.editions)
        # Also an edition that is no longer configured.
        readable.sort(key=lambda pair: (pair[0].uri != original, (*order, pair[0].edition).index(pair[0].edition)))
        bodies = await desk_items(request, parts, readable, has_records=fault is None)
        first = b"null"
        if readable and readable[0][0].uri == original:
            first = bodies.pop(0)
        editions = {item.edition for item, _ in readable if item.pub_status != "canceled"}
        missing = [edition for edition in parts.site.editions if edition not in editions]
        content = b'{"original":%b,"items":[%b],"missing":%b}' % (
            first,
            b",".join(bodies),
            msgspec.json.encode(missing),
        )
        return Response(content, media_type="application/json")

    async def settle(request: Request) -> Response:
        actor = await caller(request, parts)
        body = await read_body(request, parts, SettledRequest)
        record = await find_record(parts, request.path_params["uri"])
        item = record.item
        if item is None or item.translation_of is None:
            raise ConflictError("not-a-translation")
        check(actor, "update", item.edition)
        original = await find_record(parts, item.translation_of)
        # An editor settles what he has seen, and not what happened since.
        if original.version != body.version:
            raise ConflictError("stale-original", current=original.version)
        at = moment(parts.clock())
        await parts.database.call(parts.settled.keep, item.uri, body.version, actor.name, at)
        parts.changes.wake()
        return Response(status_code=204)

    return [
        Route("/v1/items/{uri}/siblings", siblings, methods=["GET"]),
        Route("/v1/items/{uri}/settled", settle, methods=["POST"]),
    ]
