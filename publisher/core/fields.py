"""Checks single fields of a request against the site; each function raises `RefusedError`."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from msgspec import UNSET, UnsetType

from publisher.core.refusals import Refusals, printable
from publisher.core.request import SourceInput, StoryInput, TextInput
from ticker.contract.item import ROLES, URI_PREFIX, Direction, InfoSource, Story, Text, moment
from ticker.contract.sentences import RefusedError
from ticker.contract.site import Site
from ticker.contract.story import is_story_id
from ticker.contract.text import HEADLINE_LIMIT, SOURCE_LIMIT, clean, clean_language

# More names than this make a line a paragraph.
SOURCES_LIMIT: Final = 5
ED_NOTE_LIMIT: Final = 2000
STORY_LIMIT: Final = 120
"""The most characters of a story's title."""
# RFC 3339, 5.6, which allows lower-case t and z; seconds and the colon of the offset are optional here.
_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?"
    r"([Zz]|[+-][0-9]{2}:?[0-5][0-9])"
)


def text_of(text: str | TextInput, language: str, direction: Direction, *, limit: int = HEADLINE_LIMIT) -> Text:
    """The text in a request; `language` and `direction` are the defaults."""
    if isinstance(text, str):
        return Text(clean(text, limit=limit), language, direction)
    value = clean(text.value, limit=limit)
    own_language = language if text.language is UNSET else clean_language(text.language)
    return Text(value, own_language, _direction(text.direction, own_language, language, direction))


def language_of(language: str | UnsetType, direction: Direction | UnsetType, default: Text) -> tuple[str, Direction]:
    """The request's language and direction, by default those of `default`.

    Another language without a direction has the direction `auto`: it is never guessed from the language.
    """
    chosen = default.language if language is UNSET else clean_language(language)
    return chosen, _direction(direction, chosen, default.language, default.direction)


def _direction(
    requested: Direction | UnsetType, language: str, default_language: str, default_direction: Direction
) -> Direction:
    if requested is not UNSET:
        return requested
    return default_direction if language == default_language else "auto"


def sources_of(
    attributions: Iterable[SourceInput], line: Text, site: Site, refusals: Refusals, *, field: str = "infoSources"
) -> tuple[InfoSource, ...]:
    """The attributions of a request, with names in the language of `line`; each wrong one becomes a refusal."""
    sources: list[InfoSource] = []
    for index, attribution in enumerate(attributions):
        if index >= SOURCES_LIMIT:
            refusals.add("sources-many", field, limit=SOURCES_LIMIT)
            break
        path = f"{field}[{index}]"
        source = source_of(
            attribution, line, site, refusals, name_at=f"{path}.name", role_at=f"{path}.role", uri_at=f"{path}.uri"
        )
        if source and any(source.name.value == other.name.value for other in sources):
            refusals.add("source-twice", f"{path}.name", name=source.name.value)
        elif source:
            sources.append(source)
    return tuple(sources)


def source_of(
    attribution: SourceInput, line: Text, site: Site, refusals: Refusals, *, name_at: str, role_at: str, uri_at: str
) -> InfoSource | None:
    """One attribution; a registered source has its own role, and its label in the language of `line`.

    `name_at`, `role_at` and `uri_at` are the fields that refusals name.
    """
    name: Text | None = None
    if attribution.name is not UNSET:
        with refusals.at(name_at):
            name = text_of(attribution.name, line.language, line.direction, limit=SOURCE_LIMIT)
        if name is None:
            return None
    if attribution.uri is not UNSET and attribution.uri not in site.sources:
        refusals.add("source-uri", uri_at, uri=printable(attribution.uri))
        return None
    if attribution.uri is not UNSET:
        source_id: str | None = attribution.uri
    elif name is not None:
        source_id = site.find_source(name.value)
    else:
        refusals.add("missing", name_at, name="name")
        return None
    if source_id is not None:
        registered = site.sources[source_id]
        label = site.source_name(source_id, line.language)
        if attribution.role is not UNSET and attribution.role != registered.role:
            refusals.add("source-role", role_at, name=label.value, role=registered.role)
        return InfoSource(label, registered.role, source_id)
    assert name is not None
    if attribution.role is UNSET:
        refusals.add("source-unknown", role_at, name=name.value, roles=", ".join(ROLES))
        return None
    return InfoSource(name, attribution.role)


def story_of(story: StoryInput, line: Text, refusals: Refusals, new_id: str) -> Story | None:
    """The story in a request, with a title in the language of `line`; `new_id` is the id of a new one."""
    title: Text | None = None
    with refusals.at("story.title"):
        title = text_of(story.title, line.language, line.direction, limit=STORY_LIMIT)
    story_id = new_id if story.id is UNSET else story.id
    if not is_story_id(story_id):
        refusals.add("story-id", "story.id")
        return None
    return None if title is None else Story(story_id, title)


def urgency_of(urgency: int) -> int:
    """An urgency from 1 (flash) to 8."""
    if not 1 <= urgency <= 8:
        raise RefusedError("urgency")
    return urgency


def names_of(names: list[str], configured: Mapping[str, object]) -> tuple[str, ...]:
    """Ids of sections or places; each must be configured, and named once."""
    for name in names:
        if name not in configured:
            raise RefusedError("unknown-name", value=printable(name), known=", ".join(configured))
        if names.count(name) > 1:
            raise RefusedError("repeated", value=name)
    return tuple(names)


def edition_of(edition: str, site: Site) -> str:
    """The id of a configured edition."""
    if edition not in site.editions:
        raise RefusedError("unknown-name", value=printable(edition), known=", ".join(site.editions))
    return edition


def future_of(time: str, now: float) -> str:
    """A time after `now`, as RFC 3339 in UTC with milliseconds."""
    match = _TIME.fullmatch(time)
    if match is None:
        raise RefusedError("time")
    day, minute, second, fraction, offset = match.groups()
    is_leap = second == "60"
    try:
        # To the microsecond: Python's versions differ in what they do with further digits.
        exact = f"{day}T{minute}:{'59' if is_leap else second or '00'}.{(fraction or '')[:6]:0<6}{offset.upper()}"
        seconds = datetime.fromisoformat(exact).timestamp() + is_leap
        normal = moment(seconds)
    except (ValueError, OverflowError):
        raise RefusedError("time") from None
    # A leap second is the last second of a day in UTC.
    if is_leap and int(seconds) % 86_400:
        raise RefusedError("time")
    if seconds <= now:
        raise RefusedError("time-past")
    return normal


def translated_uri(uri: str) -> str:
    """A uri that has the form of this service's items."""
    rest = uri.removeprefix(URI_PREFIX)
    if rest == uri or len(rest) != 26 or not (rest.isascii() and rest.isalnum()):
        raise RefusedError("uri")
    return uri
