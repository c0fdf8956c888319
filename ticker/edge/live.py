"""`GET /v1/live` as JSON: the snapshot or the replay, at once or, with `wait`, when there is news."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ticker.core.frame import Encoded
from ticker.core.joins import Subscription
from ticker.edge.admission import admit
from ticker.edge.handshake import RefusalError, joined, refusal, wants_events
from ticker.edge.joining import TOO_BUSY
from ticker.edge.node import Node
from ticker.edge.query import WAIT_LIMIT, ParameterError, Query, read_pairs
from ticker.edge.reading import Reading
from ticker.edge.respond import EVENT_STREAM, JSON, problem_reply
from ticker.edge.work import BusyError

_HEADERS = {"Cache-Control": "no-store"}


async def live(request: Request) -> Response:
    """One message; the client asks again with its cursor."""
    node: Node = request.state["node"]
    try:
        admit(node, joined(request.scope["headers"]))
        query = Query(read_pairs(request.scope["query_string"]), node.site)
        wait = query.number("wait", 0.0, 0.0, WAIT_LIMIT)
        asked = query.subscription(request.headers.get("last-event-id"))
        if request.method == "HEAD":
            # What GET would send, without joining and without waiting.
            events = wants_events(", ".join(request.headers.getlist("accept")).encode("latin-1"))
            return Response(None, 200, _HEADERS, EVENT_STREAM if events else JSON)
        first = await _first(node, request, asked, wait)
    except (ParameterError, RefusalError) as error:
        problem = error.problem() if isinstance(error, ParameterError) else error.problem
        node.metrics.refused.labels(str(problem.status)).inc()
        return problem_reply(problem, retry_after=2 if problem.status == 503 else None)
    node.count_join("poll", asked, first)
    if first.message.items:
        return LongReply(node, first)
    return Response(first.message.body, 200, _HEADERS, JSON)


async def _first(node: Node, request: Request, asked: Subscription, wait: float) -> Encoded:
    address = request.client.host if request.client else ""
    until = node.steady() + wait
    try:
        first = await _made(node, address, asked)
        # Only one with a good cursor can wait: any other has something to be told now.
        while first.message.kind == "replay" and _is_empty(first):
            left = until - node.steady()
            if left <= 0 or node.draining or not await _arrival(node, request, left):
                break
            first = await _made(node, address, asked, bounded=False)
    except BusyError:
        raise refusal(503, "unavailable", TOO_BUSY) from None
    return first


async def _made(node: Node, address: str, asked: Subscription, *, bounded: bool = True) -> Encoded:
    if node.may_answer(asked):
        begun = node.steady()
        first = node.first(asked)
        # Without this the budget never ends: 300 clients that asked at once were all answered before other work.
        node.work.charge(begun)
        return first
    return await node.work.do(address, lambda: node.first(asked), bounded=bounded)


def _is_empty(first: Encoded) -> bool:
    # The parts of a long one are not joined for this.
    return not first.message.items and first.message.body.endswith(b'"items":[]}')


async def _arrival(node: Node, request: Request, limit: float) -> bool:
    """Waits for the next entry; False if the client left, whose place is free at once."""
    node.polls += 1
    gone = asyncio.ensure_future(_disconnected(request))
    arrival = asyncio.ensure_future(node.arrival(limit))
    try:
        await asyncio.wait((gone, arrival), return_when=asyncio.FIRST_COMPLETED)
        if gone.done():
            return False
    finally:
        node.polls -= 1
        for task in (gone, arrival):
            task.cancel()
    # All who wait are woken by the same entry.
    await node.lane.enter()
    return True


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class LongReply(Response):
    """A long message as the body of a reply, in pieces that are made when the client has taken those before."""

    def __init__(self, node: Node, first: Encoded) -> None:
        super().__init__(None, 200, {**_HEADERS, "Content-Length": str(first.message.size)}, JSON)
        self._node = node
        self._first = first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = self._node.steady()
        reading = Reading(self._node.held, self._first, None)
        self._node.work.charge(begun)
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            # uvicorn waits in `send` while the client does not read.
            while (piece := reading.next_piece()) is not None:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            reading.close()
