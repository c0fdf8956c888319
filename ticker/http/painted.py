"""`POST /v1/painted`: a page reports how long an item took until it was painted; it names no reader and has no body."""

from starlette.requests import Request
from starlette.responses import Response

from ticker.core.paint_budget import WINDOW_SECONDS
from ticker.http.respond import problem
from ticker.net.client_address import ADDRESS
from ticker.net.handshake import joined
from ticker.net.origins import is_allowed
from ticker.node.node import Node

VERSION_LIMIT = 1_000_000
MILLISECONDS_LIMIT = 600_000
_URI_LIMIT = 200


async def painted(request: Request) -> Response:
    """Counts the report; also answers 204 where nothing is known of the item, as a page cannot know that."""
    node: Node = request.state["node"]
    if not is_allowed(node.settings, joined(request.scope["headers"])):
        return problem(403, "origin", "This origin may not read here; ask the operator to allow it.")
    if not node.paint_budget.takes(request.scope["state"][ADDRESS], node.steady()):
        node.metrics.paint_refused.inc()
        reports = "Too many reports come from your address or to this node; come back later."
        return problem(429, "paint-rate", reports, retry_after=int(WINDOW_SECONDS))
    parameters = request.query_params
    uri = parameters.get("uri", "")
    version = _number(parameters.get("version", ""), VERSION_LIMIT)
    milliseconds = _number(parameters.get("ms", ""), MILLISECONDS_LIMIT)
    if not 0 < len(uri) <= _URI_LIMIT or not version or milliseconds is None:
        advice = f"Send uri, version and ms, which is a whole number up to {MILLISECONDS_LIMIT}."
        return problem(400, "bad-parameter", advice)
    seconds = node.receipts.paint(uri, version, milliseconds / 1000)
    if seconds is not None:
        node.metrics.painted.observe(seconds)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


def _number(text: str, limit: int) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= limit else None
