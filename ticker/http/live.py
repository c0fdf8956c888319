"""`GET /v1/live` as JSON: the snapshot or the replay, at once or, with `wait`, when there is news."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ticker.core.frame import Encoded
from ticker.core.joins import Subscription
from ticker.core.query import WAIT_LIMIT, ParameterError, Query, read_pairs
from ticker.http.respond import EVENT_STREAM, JSON, problem_reply
from ticker.net.admission import admit
from ticker.net.client_address import ADDRESS
from ticker.net.handshake import HALF_CLOSED, RefusalError, joined, refusal, wants_events
from ticker.net.joining import TOO_BUSY
from ticker.node.long_read import LongRead
from ticker.node.node import Node
from ticker.node.work_queue import BusyError

T = TypeVar("T")

_HEADERS: Final = {"Cache-Control": "no-store"}


async def live(request: Request) -> Response:
    """One message; the client asks again with its cursor."""
    node: Node = request.state["node"]
    try:
        address: str = request.scope["state"][ADDRESS]
        admit(node, joined(request.scope["headers"]), address)
        query = Query(read_pairs(request.scope["query_string"]), node.site)
        wait = query.number("wait", 0.0, 0.0, WAIT_LIMIT)
        subscription = query.subscription(request.headers.get("last-event-id"))
        if request.method == "HEAD":
            # What GET would send, without joining and without waiting.
            events = wants_events(", ".join(request.headers.getlist("accept")).encode("latin-1"))
            head = Response(None, 200, _HEADERS, EVENT_STREAM if events else JSON)
            # The length of what GET would send is not known without joining (RFC 9110, 8.6).
            del head.headers["content-length"]
            return head
        first = await _first(node, request, subscription, wait, address)
    except (ParameterError, RefusalError) as error:
        problem = error.problem() if isinstance(error, ParameterError) else error.problem
        node.metrics.refused.labels(str(problem.status)).inc()
        return problem_reply(problem, retry_after=2 if problem.status == 503 else None)
    if first is None:
        return Response(None, 200)
    node.metrics.count_join("poll", first.message.kind, resumes=subscription.cursor is not None)
    if first.message.items:
        return LongReply(node, first)
    return Response(first.message.body, 200, _HEADERS, JSON)


async def _first(node: Node, request: Request, subscription: Subscription, wait: float, address: str) -> Encoded | None:
    """What is said; None where the client left meanwhile."""
    until = node.steady() + wait
    try:
        first = await _made(node, request, subscription, address)
        # Only one with a good cursor can wait: any other has something to be told now.
        while first is not None and first.message.kind == "replay" and _is_empty(first):
            left = until - node.steady()
            if left <= 0 or node.draining:
                break
            if not await _arrival(node, request, left, address):
                if _is_half_closed(request):
                    break
                return None
            first = await _made(node, request, subscription, address, bounded=False)
    except BusyError:
        raise refusal(503, "unavailable", TOO_BUSY) from None
    return first


async def _made(
    node: Node, request: Request, subscription: Subscription, address: str, *, bounded: bool = True
) -> Encoded | None:
    if node.may_answer(subscription):
        begun = node.steady()
        first = node.first_message(subscription)
        # Without this the budget never ends: 300 clients that subscription at once were all answered before other work.
        node.work_queue.charge(begun)
        return first
    # What waits is not done for one who left.
    return await _unless_left(
        request, node.work_queue.do(address, lambda: node.first_message(subscription), bounded=bounded)
    )


def _is_empty(first: Encoded) -> bool:
    # The parts of a long one are not joined for this.
    return not first.message.items and first.message.body.endswith(b'"items":[]}')


async def _arrival(node: Node, request: Request, limit: float, address: str) -> bool:
    """Waits for the next entry; False if the client left, whose place is free at once."""
    node.polls += 1
    node.address_counts.add(address)
    node.http_connections.count_poll(address, 1)
    try:
        if not await _unless_left(request, node.next_entry.wait(limit), half=True):
            return False
    finally:
        node.polls -= 1
        node.address_counts.remove(address)
        node.http_connections.count_poll(address, -1)
    # All who wait are woken by the same entry.
    await node.request_queue.enter()
    return True


async def _unless_left(request: Request, wanted: Coroutine[Any, Any, T], *, half: bool = False) -> T | None:
    """What `wanted` returns, or None where the client leaves before that, and then `wanted` is cancelled.

    With `half`, a client that ended its side of the connection counts as one that left.
    """
    gone = asyncio.ensure_future(_left(request, half=half))
    task = asyncio.ensure_future(wanted)
    try:
        await asyncio.wait((gone, task), return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        gone.cancel()
        task.cancel()


async def _left(request: Request, *, half: bool) -> None:
    while not (half and _is_half_closed(request)) and (await request.receive())["type"] != "http.disconnect":
        pass


def _is_half_closed(request: Request) -> bool:
    return HALF_CLOSED in request.scope["state"]


class LongReply(Response):
    """A long message as the body of a reply, in pieces that are made when the client has taken those before."""

    def __init__(self, node: Node, first: Encoded) -> None:
        super().__init__(None, 200, {**_HEADERS, "Content-Length": str(first.message.size)}, JSON)
        self._node = node
        self._first = first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = self._node.steady()
        reading = LongRead(self._node.unsent, self._first, None)
        self._node.work_queue.charge(begun)
        gone = asyncio.ensure_future(_left(Request(scope, receive), half=False))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            # uvicorn waits in `send` while the client does not read, but not for one that reads fast or has left: all
            # 500 pieces in one iteration of the loop would take 10 ms.
            while not gone.done() and (piece := reading.next_piece()) is not None:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                await self._node.request_queue.enter()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()
            reading.close()
