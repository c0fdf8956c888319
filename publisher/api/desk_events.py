"""`GET /v1/events`: tells a page of the desk which of its lists have changed since it read them.

A long poll and not a stream: each answer proves that the person is still signed in, and any proxy lets it through.
"""

import math
from collections import Counter
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.caller import caller
from publisher.api.parts import Parts
from publisher.api.problems import ApiError
from publisher.core.topics import TOPICS, changed_topics, decode_seen, encode_seen
from ticker.shared.process.cancellation import stop_if_cancelled

WAIT_LIMIT: Final = 25
_WAIT_DEFAULT: Final = 20
# Another desk's change is noticed after this time; to look takes one statement for all waiting pages.
_LOOK_SECONDS: Final = 0.25
# A person has a few windows. More requests would take the desk's connections.
_WAITS_PER_PERSON: Final = 8
_WAITS: Final = 400


def event_routes(parts: Parts) -> list[BaseRoute]:
    """`GET /v1/events`."""
    waits: Counter[str] = Counter()
    watched = _Watched(parts)

    async def events(request: Request) -> Response:
        actor = await caller(request, parts)
        wait = request.query_params.get("wait", str(_WAIT_DEFAULT))
        if not (wait.isascii() and wait.isdigit() and len(wait) < 3 and int(wait) <= WAIT_LIMIT):
            raise ApiError(400, "bad-wait", limit=WAIT_LIMIT)
        seen = decode_seen(request.query_params.get("seen", ""))
        numbers = await watched.numbers(0)
        if seen is None:
            return _answer(encode_seen(numbers), list(TOPICS))
        end = parts.steady() + int(wait)
        if waits[actor.name] >= _WAITS_PER_PERSON or waits.total() >= _WAITS:
            end = -math.inf
        waits[actor.name] += 1
        try:
            while not changed_topics(seen, numbers) and parts.steady() < end and not parts.watch.draining:
                stop_if_cancelled()
                await parts.changes.wait(_LOOK_SECONDS)
                numbers = await watched.numbers(_LOOK_SECONDS / 2)
        finally:
            waits[actor.name] -= 1
            if not waits[actor.name]:
                del waits[actor.name]
        return _answer(encode_seen(numbers), changed_topics(seen, numbers))

    return [Route("/v1/events", events, methods=["GET"])]


class _Watched:
    """The numbers of the topics, read once for all the requests that wait."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._numbers: dict[str, int] = {}
        self._read_at = -math.inf
        self._wakes = -1

    async def numbers(self, age: float) -> dict[str, int]:
        """The numbers, at most `age` seconds old, and never older than the last change of this desk."""
        now, wakes = self._parts.steady(), self._parts.changes.wakes
        if now - self._read_at >= age or wakes != self._wakes:
            self._read_at, self._wakes = now, wakes
            self._numbers = await self._parts.database.call(self._parts.changes.numbers)
        return self._numbers


def _answer(seen: str, topics: list[str]) -> Response:
    return Response(msgspec.json.encode({"seen": seen, "topics": topics}), media_type="application/json")
