"""Judges the single fields of a request against the site; each function raises `RefusedError`."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from msgspec import UNSET, UnsetType

from publisher.core.refusals import Refusals, printable
from publisher.core.request import SourceInput, TextInput
from ticker.contract.item import ROLES, URI_PREFIX, Direction, InfoSource, Text, moment
from ticker.contract.sentences import RefusedError
from ticker.contract.site import Site
from ticker.contract.text import HEADLINE_LIMIT, SOURCE_LIMIT, clean, clean_language

# A line with more names than this is a paragraph.
SOURCES_LIMIT: Final = 5
ED_NOTE_LIMIT: Final = 2000
# RFC 3339, 5.6, where T and Z may be small; seconds and the offset's colon may be left out.
_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?"
    r"([Zz]|[+-][0-9]{2}:?[0-5][0-9])"
)


def text_of(given: str | TextInput, language: str, direction: Direction, *, limit: int = HEADLINE_LIMIT) -> Text:
    """The line that was given; `language` and `direction` hold where it does not say its own."""
    if isinstance(given, str):
        return Text(clean(given, limit=limit), language, direction)
    value = clean(given.value, limit=limit)
    said = language if given.language is UNSET else clean_language(given.language)
    return Text(value, said, _direction(given.direction, said, language, direction))


def said_language(
    language: str | UnsetType, direction: Direction | UnsetType, otherwise: Text
) -> tuple[str, Direction]:
    """The request's language and direction, else those of `otherwise`.

    Another language without a direction is `auto`: a direction is said, never guessed from the language.
    """
    said = otherwise.language if language is UNSET else clean_language(language)
    return said, _direction(direction, said, otherwise.language, otherwise.direction)


def _direction(given: Direction | UnsetType, said: str, language: str, direction: Direction) -> Direction:
    if given is not UNSET:
        return given
    return direction if said == language else "auto"


def sources_of(
    given: Iterable[SourceInput], line: Text, site: Site, refusals: Refusals, *, field: str = "infoSources"
) -> tuple[InfoSource, ...]:
    """The attributions of a request, names in the language of `line`; wrong ones are noted by their place."""
    sources: list[InfoSource] = []
    for index, entry in enumerate(given):
        if index >= SOURCES_LIMIT:
            refusals.add("sources-many", field, limit=SOURCES_LIMIT)
            break
        place = f"{field}[{index}]"
        source = source_of(
            entry, line, site, refusals, name_at=f"{place}.name", role_at=f"{place}.role", uri_at=f"{place}.uri"
        )
        if source and any(source.name.value == other.name.value for other in sources):
            refusals.add("source-twice", f"{place}.name", name=source.name.value)
        elif source:
            sources.append(source)
    return tuple(sources)


def source_of(
    given: SourceInput, line: Text, site: Site, refusals: Refusals, *, name_at: str, role_at: str, uri_at: str
) -> InfoSource | None:
    """One attribution; a registered source brings its role and its label in the language of `line`."""
    name: Text | None = None
    if given.name is not UNSET:
        with refusals.at(name_at):
            name = text_of(given.name, line.language, line.direction, limit=SOURCE_LIMIT)
        if name is None:
            return None
    if given.uri is not UNSET and given.uri not in site.sources:
        refusals.add("source-uri", uri_at, uri=printable(given.uri))
        return None
    if given.uri is not UNSET:
        source_id: str | None = given.uri
    elif name is not None:
        source_id = site.find_source(name.value)
    else:
        refusals.add("missing", name_at, name="name")
        return None
    if source_id is not None:
        registered = site.sources[source_id]
        label = site.source_name(source_id, line.language)
        if given.role is not UNSET and given.role != registered.role:
            refusals.add("source-role", role_at, name=label.value, role=registered.role)
        return InfoSource(label, registered.role, source_id)
    assert name is not None
    if given.role is UNSET:
        refusals.add("source-unknown", role_at, name=name.value, roles=", ".join(ROLES))
        return None
    return InfoSource(name, given.role)


def urgency_of(given: int) -> int:
    """1 (flash) to 8."""
    if not 1 <= given <= 8:
        raise RefusedError("urgency")
    return given


def names_of(given: list[str], known: Mapping[str, object]) -> tuple[str, ...]:
    """Ids of sections or places, each configured and named once."""
    for name in given:
        if name not in known:
            raise RefusedError("unknown-name", value=printable(name), known=", ".join(known))
        if given.count(name) > 1:
            raise RefusedError("repeated", value=name)
    return tuple(given)


def edition_of(given: str, site: Site) -> str:
    """A configured edition."""
    if given not in site.editions:
        raise RefusedError("unknown-name", value=printable(given), known=", ".join(site.editions))
    return given


def future_of(given: str, now: float) -> str:
    """A time after `now` as RFC 3339 UTC with milliseconds."""
    match = _TIME.fullmatch(given)
    if match is None:
        raise RefusedError("time")
    day, minute, second, fraction, offset = match.groups()
    is_leap = second == "60"
    try:
        # To the microsecond: what Python does with further digits differs between its versions.
        exact = f"{day}T{minute}:{'59' if is_leap else second or '00'}.{(fraction or '')[:6]:0<6}{offset.upper()}"
        seconds = datetime.fromisoformat(exact).timestamp() + is_leap
        normal = moment(seconds)
    except (ValueError, OverflowError):
        raise RefusedError("time") from None
    # Leap seconds end a day of UTC.
    if is_leap and int(seconds) % 86_400:
        raise RefusedError("time")
    if seconds <= now:
        raise RefusedError("time-past")
    return normal


def translated_uri(given: str) -> str:
    """The uri of an item of this service."""
    rest = given.removeprefix(URI_PREFIX)
    if rest == given or len(rest) != 26 or not (rest.isascii() and rest.isalnum()):
        raise RefusedError("uri")
    return given
