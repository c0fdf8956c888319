"""`POST /v1/similar`: everything that an editor should know about a line while typing it, in one answer.

POST, because a headline that is not published does not belong into addresses and logs. Nothing is stored.
"""

import asyncio
from typing import Final, Literal

import msgspec
from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.adviser import Context, Similar
from publisher.api.caller import caller, read_body
from publisher.api.check_rate import count_check
from publisher.api.parts import Parts
from publisher.api.problems import reader_of
from publisher.api.warnings import Warning, Warnings, written
from publisher.core import fields
from publisher.core.advice import Advice, Draft, moved, without_invisible
from publisher.core.alert_budget import Budget
from publisher.core.refusals import Refusals
from publisher.core.request import SimilarRequest, SourceInput, TextInput
from publisher.core.split import split
from ticker.contract.item import InfoSource, PubStatus, Text
from ticker.contract.text import clean_language

# Four times what a line may have: a paste of more is not a line.
_LONGEST: Final = 2500
# Checks that run at the same time; a further one waits, so that many typists do not slow each other down.
_AT_ONCE: Final = 2


class SimilarLine(msgspec.Struct, frozen=True, rename="camel"):
    """A line of the desk that resembles the one that is typed."""

    kind: Literal["near", "translation"]
    likeness: float
    uri: str
    version: int
    newest_version: int
    status: PubStatus
    edition: str
    urgency: int
    headline: Text
    source: Text | None
    version_created: str
    seconds_ago: int
    figures: Literal["agree", "disagree", "none"]


class SimilarAnswer(msgspec.Struct, frozen=True):
    """The answer to `POST /v1/similar`."""

    similar: list[SimilarLine]
    budget: Budget | None
    translations: Literal["on", "starting", "off"]
    warnings: list[Warning]


class _Typed(msgspec.Struct, frozen=True):
    """The parts of a typed line: the text of the field, its headline, its sources, the advice so far."""

    field: str
    draft: Draft
    kept: list[int]
    sources: list[InfoSource]
    source_field: str
    advice: list[Advice]


def similar_routes(parts: Parts) -> list[BaseRoute]:
    """`POST /v1/similar`."""
    warnings = Warnings(lambda: parts.site, parts.adviser)
    slots = asyncio.Semaphore(_AT_ONCE)

    async def similar(request: Request) -> Response:
        count_check(parts, await caller(request, parts))
        body = await read_body(request, parts, SimilarRequest)
        refusals = Refusals()
        edition = language = ""
        with refusals.at("edition"):
            edition = fields.edition_of(body.edition, parts.site)
        refusals.raise_any()
        language = parts.site.editions[edition].language
        if body.language is not UNSET:
            with refusals.at("language"):
                language = clean_language(body.language)
            refusals.raise_any()
        typed = _typed(body, language, parts)
        urgency = None if body.urgency is UNSET else body.urgency
        context = Context(
            edition=edition, urgency=urgency, uri=body.uri, translation_of=body.translation_of, story=body.story
        )
        async with slots:
            checked = await parts.adviser.check(typed.draft, context)
        advice = moved([*typed.advice, *checked.advice], typed.kept)
        advice += warnings.of_sources(typed.sources, field=typed.source_field)
        answer = SimilarAnswer(
            similar=[_line(line_found, parts) for line_found in checked.similar],
            budget=checked.budget,
            translations=parts.adviser.translations.state,
            warnings=written(advice, reader_of(request)),
        )
        return Response(msgspec.json.encode(answer), media_type="application/json")

    return [Route("/v1/similar", similar, methods=["POST"])]


def _typed(body: SimilarRequest, language: str, parts: Parts) -> _Typed:
    if body.text is not UNSET:
        clean, positions, advice = without_invisible(body.text[:_LONGEST], "text")
        halves = split(clean, parts.site)
        headline = halves.text if halves else clean
        sources = []
        if halves:
            source = halves.source
            name = parts.site.source_name(source, language) if source else Text(halves.label, language, "auto")
            sources = [InfoSource(name, body.role or "organisation", source if source else UNSET)]
        draft = Draft(headline, language, "text", clean.rfind(headline))
        return _Typed("text", draft, positions, sources, "text", advice)
    typed = "" if body.headline is UNSET else body.headline
    if isinstance(typed, TextInput):
        language = typed.language if typed.language is not UNSET else language
        typed = typed.value
    clean, positions, advice = without_invisible(typed[:_LONGEST], "headline")
    draft = Draft(clean, language, "headline")
    sources = [_source(source, language) for source in ([] if body.info_sources is UNSET else body.info_sources)]
    return _Typed("headline", draft, positions, sources, "infoSources[{}].name", advice)


def _source(source: SourceInput, language: str) -> InfoSource:
    name = source.name.value if isinstance(source.name, TextInput) else source.name or ""
    return InfoSource(Text(name, language, "auto"), "organisation", source.uri)


def _line(similar: Similar, parts: Parts) -> SimilarLine:
    line, lines = similar.line, parts.adviser.recent.lines
    state = lines.state(line.uri) if lines is not None else None
    return SimilarLine(
        kind="translation" if similar.is_translation else "near",
        likeness=round(similar.likeness, 3),
        uri=line.uri,
        version=line.version,
        newest_version=state.version if state else line.version,
        status=state.status if state else "usable",
        edition=line.edition,
        urgency=line.urgency,
        headline=line.headline,
        source=line.source.name if line.source else None,
        version_created=line.version_created,
        seconds_ago=max(0, int(parts.clock() - line.created)),
        figures="none" if similar.figures_agree is None else "agree" if similar.figures_agree else "disagree",
    )
