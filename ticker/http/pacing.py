"""Pacing: a few HTTP requests in each iteration of the loop, for all that came together would be answered in one.

300 requests of a millisecond each would keep live news waiting for all of it. Health checks have a lane of their own:
a flood of other requests must not make a balancer take the node away.
"""

from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ticker.http.respond import problem
from ticker.net.http_fallback import TOO_MANY
from ticker.shared.http.lane import LEFT, Lane

_HEALTH: Final = "/health/"


class Paced:
    """ASGI middleware that sends each request through a lane."""

    def __init__(self, app: ASGIApp, lane: Lane) -> None:
        self._app = app
        self._lane = lane
        self._health = Lane()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if scope["state"].get(TOO_MANY):
                await _too_many()(scope, receive, send)
                return
            lane = self._health if scope["path"].startswith(_HEALTH) else self._lane
            state = scope["state"]
            await lane.enter(lambda: LEFT in state)
            if LEFT in state:
                return
        await self._app(scope, receive, send)


def _too_many() -> Response:
    refused = problem(503, "unavailable", "This node has too many connections; ask again.", retry_after=2)
    refused.headers["Connection"] = "close"
    return refused
