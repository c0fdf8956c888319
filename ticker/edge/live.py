"""`GET /v1/live` as JSON: the snapshot or the replay, at once or, with `wait`, when there is news."""

from starlette.requests import Request
from starlette.responses import Response

from ticker.core.joins import Subscription
from ticker.edge.admission import admit
from ticker.edge.handshake import RefusalError
from ticker.edge.node import Node
from ticker.edge.query import WAIT_LIMIT, ParameterError, Query, read_pairs
from ticker.edge.respond import JSON, problem_reply


async def live(request: Request) -> Response:
    """One message; the client asks again with its cursor."""
    node: Node = request.state["node"]
    origin = request.headers.get("origin")
    try:
        admit(node, None if origin is None else origin.encode("latin-1"))
        query = Query(read_pairs(request.scope["query_string"]), node.site)
        wait = query.number("wait", 0.0, 0.0, WAIT_LIMIT)
        asked = query.subscription(request.headers.get("last-event-id"))
    except ParameterError as error:
        return problem_reply(error.problem())
    except RefusalError as refused:
        node.metrics.refused.labels(str(refused.problem.status)).inc()
        return problem_reply(refused.problem, retry_after=2 if refused.problem.status == 503 else None)
    return Response(await _message(node, asked, wait), 200, {"Cache-Control": "no-store"}, JSON)


async def _message(node: Node, asked: Subscription, wait: float) -> bytes:
    first = node.joins.first(asked, node.wall(), stale=node.stale)
    until = node.steady() + wait
    # Only one with a good cursor can wait: everyone else has something to be told now.
    while first.message.kind == "replay" and first.message.body.endswith(b'"items":[]}'):
        left = until - node.steady()
        if left <= 0 or node.draining:
            break
        node.polls += 1
        try:
            await node.arrival(left)
        finally:
            node.polls -= 1
        first = node.joins.first(asked, node.wall(), stale=node.stale)
    node.metrics.joins.labels("poll", _kind(asked, first.message.kind)).inc()
    return first.message.body


def _kind(asked: Subscription, kind: str) -> str:
    return "lost" if kind == "snapshot" and asked.cursor is not None else kind
