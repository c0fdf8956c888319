"""Requests of a composer while a line is typed: the site's names, the split of a line, a canary."""

import math
import secrets

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.caller import caller, read_body
from publisher.api.parts import CANARY_LIMIT, Parts
from publisher.api.problems import ApiError
from publisher.core.digital_source import DIGITAL_SOURCE_TYPES
from publisher.core.first_version import LINE_LIMIT
from publisher.core.refusals import Refusals
from publisher.core.request import CanaryRequest, SplitRequest
from publisher.core.split import split
from publisher.core.ulid import CHANCE_BYTES, ulid
from ticker.contract.item import ROLES, URI_PREFIX, InfoSource, Item, Text, encode_item, moment
from ticker.contract.text import HEADLINE_LIMIT, NOTE_LIMIT, SOURCE_LIMIT, clean, clean_language

CANARY_EDITION = "canary"


def composer_routes(parts: Parts) -> list[BaseRoute]:
    """`/v1/site`, `/v1/split` and `/v1/canary`."""

    async def site(request: Request) -> Response:
        await caller(request, parts)
        description = {
            "brand": parts.settings.brand,
            "rehearsal": parts.settings.rehearsal,
            "editions": parts.site.editions,
            "sections": parts.site.sections,
            "places": parts.site.places,
            "sources": parts.site.sources,
            "roles": ROLES,
            "digitalSourceTypes": DIGITAL_SOURCE_TYPES,
            "limits": {
                "headline": HEADLINE_LIMIT,
                "source": SOURCE_LIMIT,
                "note": NOTE_LIMIT,
                "idempotencyHours": parts.settings.idempotency_hours,
            },
            "ticker": parts.settings.ticker_url,
        }
        return _json(msgspec.json.encode(description))

    async def split_line(request: Request) -> Response:
        await caller(request, parts)
        body = await read_body(request, parts, SplitRequest)
        refusals = Refusals()
        language, line = "en", ""
        with refusals.at("language"):
            language = clean_language(body.language)
        with refusals.at("text"):
            line = clean(body.text, limit=LINE_LIMIT)
        refusals.raise_any()
        halves = split(line, parts.site)
        if halves is None:
            return _json(msgspec.json.encode({"text": line, "source": None}))
        source: dict[str, object] = {"label": halves.label, "known": halves.source is not None}
        if halves.source:
            name = parts.site.source_name(halves.source, language)
            source |= {"uri": halves.source, "role": parts.site.sources[halves.source].role, "name": name}
        return _json(msgspec.json.encode({"text": halves.text, "source": source}))

    async def canary(request: Request) -> Response:
        actor = await caller(request, parts)
        body = await read_body(request, parts, CanaryRequest, empty=b"{}")
        refusals = Refusals()
        mark = ""
        with refusals.at("mark"):
            mark = clean(body.mark, limit=SOURCE_LIMIT)
        refusals.raise_any()
        _check_canary_rate(parts, actor.name)
        now = parts.clock()
        item = _canary(mark, actor.name, now)
        cursor = await parts.store.publish_canary(item)
        return _json(b'{"item":%b,"cursor":"%b"}' % (encode_item(item), str(cursor).encode()), 201)

    return [
        Route("/v1/site", site, methods=["GET"]),
        Route("/v1/split", split_line, methods=["POST"]),
        Route("/v1/canary", canary, methods=["POST"]),
    ]


def _check_canary_rate(parts: Parts, name: str) -> None:
    """Raises `ApiError` 429: any role may send canaries, and each one wakes every node."""
    seconds = parts.canary_rate.admit(name, secrets.token_hex(8), parts.steady())
    if seconds:
        wait = max(1, math.ceil(seconds))
        raise ApiError(429, "canary-rate", headers={"Retry-After": str(wait)}, limit=CANARY_LIMIT, seconds=wait)


def _canary(mark: str, sender: str, now: float) -> Item:
    return Item(
        uri=URI_PREFIX + ulid(now, secrets.token_bytes(CHANCE_BYTES)),
        version=1,
        act="publish",
        pub_status="usable",
        urgency=8,
        headline=Text(mark, "en", "auto"),
        info_sources=(InfoSource(Text(sender, "en", "auto"), "organisation"),),
        edition=CANARY_EDITION,
        sections=(),
        places=(),
        link=None,
        note=None,
        first_created=moment(now),
        version_created=moment(now),
        expires=None,
        pinned_until=None,
        translation_of=None,
    )


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="application/json")
