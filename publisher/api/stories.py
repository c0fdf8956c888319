"""`GET /v1/stories`: the stories on air, for a line that is being written."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.caller import caller_while_away
from publisher.api.parts import Parts
from publisher.api.problems import ApiError
from publisher.api.query_parameters import limit_of, valid_names

# A longer text is no line; comparing it would take longer.
_TEXT_LIMIT = 1_000


def story_routes(parts: Parts) -> list[BaseRoute]:
    """`GET /v1/stories`."""

    async def stories(request: Request) -> Response:
        await caller_while_away(request, parts)
        editions = valid_names(request, "edition", parts.site.editions)
        if len(editions) != 1:
            raise ApiError(400, "bad-query", name="edition")
        text = request.query_params.get("text", "")[:_TEXT_LIMIT]
        await parts.adviser.recent.catch_up()
        offered = parts.adviser.recent.stories.offered(editions[0], text, parts.clock(), limit_of(request))
        return Response(msgspec.json.encode({"stories": offered}), media_type="application/json")

    return [Route("/v1/stories", stories, methods=["GET"])]
