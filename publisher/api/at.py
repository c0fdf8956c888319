"""`GET /v1/at`: the list as readers had it at a moment."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.caller import caller_while_away
from publisher.api.parts import Parts
from publisher.api.problems import ApiError
from publisher.api.query_parameters import limit_of, time_of, valid_names
from publisher.core.at import Stored, list_at, newest_at, stream_at
from publisher.stream.timeline import Timeline
from ticker.contract.item import Item, instant, moment

# A person's clock may be a little ahead.
_AHEAD_SECONDS: Final = 5.0


def at_routes(parts: Parts) -> list[BaseRoute]:
    """`GET /v1/at`."""
    timeline = Timeline(parts.store.calls, parts.store.keys, parts.store.keyring, parts.store.ledger_ms)

    async def at(request: Request) -> Response:
        await caller_while_away(request, parts)
        now = parts.clock()
        text = time_of(request, "time")
        if not text or instant(text) > now + _AHEAD_SECONDS:
            raise ApiError(400, "bad-query", name="time")
        time = instant(text)
        matches = _filter_of(request, parts)
        limit = limit_of(request)
        stored = tuple(await timeline.read())
        earlier, is_whole = await timeline.earlier(time) if timeline.is_trimmed else ([], True)
        newest, is_read = await asyncio.to_thread(_newest_at, stored, earlier, time, parts.settings.stream_length)
        is_kept = not timeline.is_trimmed or now - time < parts.store.ledger_ms / 1000
        answer = {
            "time": text,
            "items": list_at(newest, time, matches, limit),
            "complete": is_whole and is_read and is_kept,
            "earliest": moment(stored[0].added) if stored else None,
        }
        return Response(msgspec.json.encode(answer), media_type="application/json")

    return [Route("/v1/at", at, methods=["GET"])]


def _newest_at(
    stored: Sequence[Stored], earlier: Sequence[Stored], time: float, length: int
) -> tuple[dict[str, Item], bool]:
    return newest_at(stream_at(stored, earlier, time, length), time)


def _filter_of(request: Request, parts: Parts) -> Callable[[Item], bool]:
    site, query = parts.site, request.query_params
    editions = frozenset(valid_names(request, "edition", site.editions))
    sections = frozenset(valid_names(request, "section", site.sections))
    places = frozenset(valid_names(request, "place", site.places))
    stories = frozenset(query.getlist("story"))
    urgency = valid_names(request, "urgency", tuple("12345678"))

    def matches(item: Item) -> bool:
        return (
            (not editions or item.edition in editions)
            and (not sections or not sections.isdisjoint(item.sections))
            and (not places or not places.isdisjoint(item.places))
            and (not stories or (item.story is not None and item.story.id in stories))
            and (not urgency or item.urgency <= int(urgency[-1]))
        )

    return matches
