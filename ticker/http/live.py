"""`GET /v1/live` as JSON: a snapshot or a replay, at once or, with `wait`, when there is news."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ticker.core.frame import Encoded
from ticker.core.joins import Subscription
from ticker.core.query import STALE_WAIT, WAIT_LIMIT, ParameterError, Query, read_pairs
from ticker.http.respond import EVENT_STREAM, JSON, problem_reply
from ticker.net.admission import RETRY_SECONDS, admit
from ticker.net.client_address import ADDRESS
from ticker.net.handshake import HALF_CLOSED, RefusalError, joined, refusal, wants_events
from ticker.net.joining import TOO_BUSY
from ticker.node.long_read import LongRead
from ticker.node.node import Node
from ticker.node.work_queue import BusyError

T = TypeVar("T")

_HEADERS: Final = {"Cache-Control": "no-store"}


async def live(request: Request) -> Response:
    """Replies with one message; the client sends the next request with its cursor."""
    node: Node = request.state["node"]
    try:
        address: str = request.scope["state"][ADDRESS]
        admit(node, joined(request.scope["headers"]), address)
        query = Query(read_pairs(request.scope["query_string"]), node.site)
        wait = query.number("wait", 0.0, 0.0, WAIT_LIMIT)
        subscription = query.subscription(request.headers.get("last-event-id"))
        if request.method == "HEAD":
            # The headers of GET, without a join and without waiting.
            events = wants_events(", ".join(request.headers.getlist("accept")).encode("latin-1"))
            head = Response(None, 200, _HEADERS, EVENT_STREAM if events else JSON)
            # The length of GET's reply is not known without a join (RFC 9110, 8.6).
            del head.headers["content-length"]
            return head
        first = await _first(node, request, subscription, wait, address)
    except (ParameterError, RefusalError) as error:
        problem = error.problem() if isinstance(error, ParameterError) else error.problem
        node.metrics.refused.labels(str(problem.status)).inc()
        return problem_reply(problem, retry_after=RETRY_SECONDS if problem.status == 503 else None)
    if first is None:
        return Response(None, 200)
    node.metrics.count_join("poll", first.message.kind, resumes=subscription.cursor is not None)
    if first.message.items:
        return LongReply(node, first)
    return Response(first.message.body, 200, _HEADERS, JSON)


async def _first(node: Node, request: Request, subscription: Subscription, wait: float, address: str) -> Encoded | None:
    """The message of the reply, or None if the client left while it waited."""
    began = node.steady()
    try:
        first = await _answer(node, request, subscription, address)
        # Only a replay can be empty and wait: any other message has news for the client.
        while first is not None and first.message.kind == "replay" and _is_empty(first):
            rest = began + (min(wait, STALE_WAIT) if node.stale else wait) - node.steady()
            if rest <= 0 or node.draining:
                break
            if not await _wait_for_entry(node, request, rest, address):
                if _is_half_closed(request):
                    break
                return None
            first = await _answer(node, request, subscription, address, bounded=False)
    except BusyError:
        raise refusal(503, "unavailable", TOO_BUSY) from None
    return first


async def _answer(
    node: Node, request: Request, subscription: Subscription, address: str, *, bounded: bool = True
) -> Encoded | None:
    if node.may_answer(subscription):
        start = node.steady()
        first = node.first_message(subscription)
        # Without this the budget never ends: 300 clients that subscription at once were all answered before other work.
        node.work_queue.charge(start)
        return first
    # A queued answer is not made for a client that has left.
    return await _unless_disconnected(
        request, node.work_queue.do(address, lambda: node.first_message(subscription), bounded=bounded)
    )


def _is_empty(first: Encoded) -> bool:
    # The parts of a long message are not joined for this check.
    return not first.message.items and first.message.body.endswith(b'"items":[]}')


async def _wait_for_entry(node: Node, request: Request, limit: float, address: str) -> bool:
    """Waits for the next entry; returns False at once if the client leaves."""
    node.polls += 1
    node.address_counts.add(address)
    node.http_connections.count_poll(address, 1)
    try:
        if not await _unless_disconnected(request, node.next_entry.wait(limit), half=True):
            return False
    finally:
        node.polls -= 1
        node.address_counts.remove(address)
        node.http_connections.count_poll(address, -1)
    # The same entry wakes all long polls.
    await node.request_queue.enter()
    return True


async def _unless_disconnected(request: Request, coroutine: Coroutine[Any, Any, T], *, half: bool = False) -> T | None:
    """Returns what `coroutine` returns, or None if the client leaves first; `coroutine` is then cancelled.

    With `half`, a client that has ended its side of the connection counts as one that left.
    """
    disconnect = asyncio.ensure_future(_wait_for_disconnect(request, half=half))
    task = asyncio.ensure_future(coroutine)
    try:
        await asyncio.wait((disconnect, task), return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        disconnect.cancel()
        task.cancel()


async def _wait_for_disconnect(request: Request, *, half: bool) -> None:
    while not (half and _is_half_closed(request)) and (await request.receive())["type"] != "http.disconnect":
        pass


def _is_half_closed(request: Request) -> bool:
    return HALF_CLOSED in request.scope["state"]


class LongReply(Response):
    """A reply with a long message, in pieces; each is made when the client has taken the one before."""

    def __init__(self, node: Node, first: Encoded) -> None:
        super().__init__(None, 200, {**_HEADERS, "Content-Length": str(first.message.size)}, JSON)
        self._node = node
        self._first = first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = self._node.steady()
        pieces = LongRead(self._node.unsent, self._first, None)
        self._node.work_queue.charge(start)
        disconnect = asyncio.ensure_future(_wait_for_disconnect(Request(scope, receive), half=False))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            # In `send`, uvicorn waits only for a client that does not read. For any other, all 500 pieces would be sent
            # in one iteration of the loop, in 10 ms.
            while not disconnect.done() and (piece := pieces.next_piece()) is not None:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                await self._node.request_queue.enter()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            disconnect.cancel()
            pieces.close()
