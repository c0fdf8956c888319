"""Starts a few HTTP requests in each iteration of the event loop; asyncio would run all that are ready in one.

300 requests of a millisecond each would delay live news by all of that. Health checks have their own queue: a flood
of other requests must not make a balancer remove the node.
"""

from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ticker.http.respond import problem
from ticker.net.http_fallback import TOO_MANY
from ticker.shared.http.request_queue import DISCONNECTED, RequestQueue

_HEALTH: Final = "/health/"


class Paced:
    """ASGI middleware that lets each request wait for its start in a queue."""

    def __init__(self, app: ASGIApp, request_queue: RequestQueue) -> None:
        self._app = app
        self._request_queue = request_queue
        self._health = RequestQueue()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if scope["state"].get(TOO_MANY):
                await _too_many()(scope, receive, send)
                return
            queue = self._health if scope["path"].startswith(_HEALTH) else self._request_queue
            state = scope["state"]
            await queue.enter(lambda: DISCONNECTED in state)
            if DISCONNECTED in state:
                return
        await self._app(scope, receive, send)


def _too_many() -> Response:
    refused = problem(503, "unavailable", "This node has too many connections; ask again.", retry_after=2)
    refused.headers["Connection"] = "close"
    return refused
