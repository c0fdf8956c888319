"""Builds the first version of an item from a request; time and uri are arguments."""

from typing import Final

import msgspec
from msgspec import UNSET

from publisher.core import fields
from publisher.core.digital_source import digital_source_type
from publisher.core.refusals import Refusals
from publisher.core.request import ItemRequest, Request, SourceInput
from publisher.core.schedule import due_of
from publisher.core.split import split
from ticker.contract.item import URI_PREFIX, InfoSource, Item, Text, moment
from ticker.contract.link import clean_link
from ticker.contract.sentences import RefusedError
from ticker.contract.site import Site
from ticker.contract.text import HEADLINE_LIMIT, SOURCE_LIMIT, clean

ROUTINE: Final = 4
# Source, separator, space, headline.
LINE_LIMIT: Final = HEADLINE_LIMIT + SOURCE_LIMIT + 2


def first_version(request: ItemRequest, site: Site, *, uri: str, now: float) -> Item:
    """Version 1 of the item in `request`; raises `RefusalsError` with everything that is wrong."""
    refusals = Refusals()
    edition = ""
    with refusals.at("edition"):
        edition = fields.edition_of(request.edition, site)
    # Without a valid edition the other fields are checked all the same, so that a person sees all errors at once.
    chosen = site.editions[edition] if edition else next(iter(site.editions.values()))
    plain = Text("", chosen.language, chosen.direction)
    with refusals.at("language"):
        language, direction = fields.language_of(request.language, request.direction, plain)
        plain = Text("", language, direction)
    headline, sources = _line(request, plain, site, refusals)
    due = due_of(request, now, refusals)
    # What has expired by then would never be seen.
    base = now if due is None else due
    changes = changed_fields(request, plain, site, base, refusals, new_story=story_id(uri, 1))
    translation_of: str | None = None
    if request.translation_of is not None:
        with refusals.at("translationOf"):
            translation_of = fields.translated_uri(request.translation_of)
    check_ed_note(request.ed_note, refusals)
    refusals.raise_any()
    assert headline is not None
    created = moment(now)
    item = Item(
        uri=uri,
        version=1,
        act="publish",
        pub_status="usable",
        urgency=ROUTINE,
        headline=headline,
        info_sources=sources,
        edition=edition,
        sections=(),
        places=(),
        link=None,
        note=None,
        first_created=created,
        version_created=created,
        expires=None,
        pinned_until=None,
        translation_of=translation_of,
    )
    return msgspec.structs.replace(item, **changes)


def _line(
    request: ItemRequest, plain: Text, site: Site, refusals: Refusals
) -> tuple[Text | None, tuple[InfoSource, ...]]:
    if request.text is not UNSET:
        if request.headline is not UNSET or request.info_sources is not UNSET:
            refusals.add("text-and-headline", "text")
            return None, ()
        return _split_line(request, request.text, plain, site, refusals)
    if request.role is not UNSET:
        refusals.add("role-place", "role")
    headline: Text | None = None
    if request.headline is UNSET:
        refusals.add("no-headline", "headline")
    else:
        with refusals.at("headline"):
            headline = fields.text_of(request.headline, plain.language, plain.direction)
    attributions = [] if request.info_sources is UNSET else request.info_sources
    if not attributions:
        refusals.add("no-source", "infoSources")
    return headline, fields.sources_of(attributions, headline or plain, site, refusals)


def _split_line(
    request: ItemRequest, text: str, plain: Text, site: Site, refusals: Refusals
) -> tuple[Text | None, tuple[InfoSource, ...]]:
    headline: Text | None = None
    with refusals.at("text"):
        # The whole line is checked first, so that the position of a refused character is the one in the typed text.
        halves = split(clean(text, limit=LINE_LIMIT), site)
        if halves is None:
            raise RefusedError("no-source")
        headline = Text(clean(halves.text, limit=HEADLINE_LIMIT), plain.language, plain.direction)
    if headline is None or halves is None:
        return None, ()
    attribution = SourceInput(name=halves.label, role=request.role)
    source = fields.source_of(attribution, headline, site, refusals, name_at="text", role_at="role", uri_at="text")
    return headline, (source,) if source else ()


def changed_fields(
    request: Request, plain: Text, site: Site, now: float, refusals: Refusals, *, new_story: str
) -> dict[str, object]:
    """The fields of a request that are neither line nor note, by the item's field names.

    `plain` has the language and direction of the item; `new_story` is the id of a story that the request makes.
    """
    changes: dict[str, object] = {}
    if request.urgency is not UNSET:
        with refusals.at("urgency"):
            changes["urgency"] = fields.urgency_of(request.urgency)
    if request.sections is not UNSET:
        with refusals.at("sections"):
            changes["sections"] = fields.names_of(request.sections, site.sections)
    if request.places is not UNSET:
        with refusals.at("places"):
            changes["places"] = fields.names_of(request.places, site.places)
    if request.link is not UNSET:
        with refusals.at("link"):
            changes["link"] = None if request.link is None else clean_link(request.link)
    for name, field, value in (
        ("expires", "expires", request.expires),
        ("pinned_until", "pinnedUntil", request.pinned_until),
    ):
        if value is not UNSET:
            with refusals.at(field):
                changes[name] = None if value is None else fields.future_of(value, now)
    if request.story is not UNSET:
        changes["story"] = request.story and fields.story_of(request.story, plain, refusals, new_story)
    if request.digital_source_type is not UNSET:
        with refusals.at("digitalSourceType"):
            term = request.digital_source_type
            changes["digital_source_type"] = None if term is None else digital_source_type(term)
    if request.reviewed_by is not UNSET:
        with refusals.at("reviewedBy"):
            reviewer = request.reviewed_by
            changes["reviewed_by"] = None if reviewer is None else clean(reviewer, limit=SOURCE_LIMIT)
    return changes


def story_id(uri: str, version: int) -> str:
    """The id of the story that version `version` of the item `uri` makes."""
    started = uri.removeprefix(URI_PREFIX).lower()
    return started if version == 1 else f"{started}-{version}"


def check_ed_note(note: str | None, refusals: Refusals) -> None:
    """Adds a refusal if the desk's internal note is too long or has a character that is not allowed."""
    if note is not None:
        with refusals.at("edNote"):
            clean(note, limit=fields.ED_NOTE_LIMIT)
