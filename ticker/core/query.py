"""Reads a subscription from a query string. A name that is not configured is an error, never an empty ticker."""

from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import parse_qsl

from ticker.contract.item import ROLES
from ticker.contract.problem import FieldError, Problem, make_problem
from ticker.contract.sentences import RefusedError
from ticker.contract.site import Site
from ticker.contract.story import is_story_id
from ticker.core.filter import CANARY, Filter
from ticker.core.joins import BACKLOG_LIMIT, DEFAULT_BACKLOG, Subscription

WAIT_LIMIT: Final = 30.0
# While the stream cannot be followed: a client that does not know of it yet must not wait long.
STALE_WAIT: Final = 2.0
HEARTBEAT_LEAST: Final = 5
HEARTBEAT_MOST: Final = 60
VALUES_LIMIT: Final = 100
# The most errors in one answer: a hundred would take 2 ms and 30 KB.
ERRORS_LIMIT: Final = 10
_FILTERS: Final = ("edition", "section", "place", "role", "source", "language", "story")
_LIVE: Final = (*_FILTERS, "urgency", "cursor", "lastEventId", "backlog", "heartbeat", "wait")
CURSOR_PARAMETERS: Final = ("cursor", "lastEventId")
"""Two names of one parameter: EventSource polyfills append the second to the address."""

Pairs = list[tuple[str, str]]


class ParameterError(Exception):
    """The parameters of a request are wrong; the client must change them."""

    def __init__(self, errors: list[FieldError]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in errors))

    def problem(self) -> Problem:
        """Returns the body of the response with status 400."""
        detail = " ".join(f"{error.field}: {error.message}" for error in self.errors)
        return make_problem("bad-parameter", 400, detail, tuple(self.errors))


def read_pairs(query: bytes) -> Pairs:
    """Returns the parameters of a query string. Raises `ParameterError` if it cannot be decoded."""
    try:
        return parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=VALUES_LIMIT)
    except ValueError:
        raise ParameterError(
            [_error("query", "Percent-encode the query as UTF-8, a hundred values at most.")]
        ) from None


class Query:
    """Reads parameters against the names of one site, and collects up to `ERRORS_LIMIT` errors before it raises."""

    def __init__(self, pairs: Iterable[tuple[str, str]], site: Site, allowed: Iterable[str] = _LIVE) -> None:
        self._site = site
        self._values: dict[str, list[str]] = {}
        self._errors: list[FieldError] = []
        names = frozenset(allowed)
        for name, value in pairs:
            if _is_ignored(name):
                continue
            if name in CURSOR_PARAMETERS and name in names:
                name = CURSOR_PARAMETERS[0]
            if name in names:
                self._values.setdefault(name, []).append(value)
            elif len(self._errors) < ERRORS_LIMIT:
                self._errors.append(_error(name, f"Remove this parameter; known are: {', '.join(sorted(names))}."))

    def subscription(self, last_event_id: str | None = None) -> Subscription:
        """Returns the subscription; raises `ParameterError`. A `cursor` takes precedence over Last-Event-ID."""
        filter = self.filter()
        backlog = int(self.number("backlog", DEFAULT_BACKLOG, 0, BACKLOG_LIMIT))
        heartbeat = int(self.number("heartbeat", 0, HEARTBEAT_LEAST, HEARTBEAT_MOST))
        cursor = self.text("cursor")
        self.finish()
        return Subscription(filter, last_event_id if cursor is None else cursor, backlog, heartbeat)

    def filter(self) -> Filter:
        """Returns the filter alone; `finish` raises its errors."""
        site = self._site
        filter = Filter(
            editions=self._names("edition", {*site.editions, CANARY}, listed=site.editions),
            sections=self._names("section", site.sections),
            places=self._names("place", site.places),
            roles=self._names("role", ROLES),
            sources=self._sources(),
            languages=self._names("language", site.language_tags()),
            stories=self._stories(),
            urgency=int(self.number("urgency", 8, 1, 8)),
        )
        if filter.canary and len(filter.editions) > 1:
            self._errors.append(_error("edition", f"Ask for {CANARY} alone: its lines are not news."))
        return filter

    def text(self, name: str) -> str | None:
        """Returns the last value of `name`, or None."""
        values = self._values.get(name)
        return values[-1] if values else None

    def number(self, name: str, default: float, minimum: float, maximum: float) -> float:
        """Returns a number between the two bounds, a whole number if both bounds are integers."""
        value = self.text(name)
        if value is None:
            return default
        is_whole = isinstance(minimum, int) and isinstance(maximum, int)
        if value.isascii() and value.replace("." if not is_whole else "", "", 1).isdigit() and len(value) < 10:
            number = float(value)
            if minimum <= number <= maximum:
                return number
        bounds = f"whole number from {minimum} to {maximum}" if is_whole else f"number from {minimum:g} to {maximum:g}"
        self._errors.append(_error(name, f"Give a {bounds}."))
        return default

    def finish(self) -> None:
        """Raises `ParameterError` if there were errors."""
        if self._errors:
            raise ParameterError(self._errors[:ERRORS_LIMIT])

    def _names(self, field: str, allowed: Iterable[str], listed: Iterable[str] | None = None) -> frozenset[str]:
        names = frozenset(self._values.get(field, ()))
        for name in sorted(names.difference(allowed))[:ERRORS_LIMIT]:
            self._add_unknown(field, name, allowed if listed is None else listed)
        return names

    def _sources(self) -> frozenset[str]:
        sources: set[str] = set()
        for name in self._values.get("source", ()):
            source_id = self._site.find_source(name)
            if source_id is None:
                self._add_unknown("source", name, self._site.sources)
            else:
                sources |= {source_id, *self._site.sources[source_id].names.values()}
        return frozenset(sources)

    def _stories(self) -> frozenset[str]:
        # Editors make stories at any time, so a node cannot know all of them; only the form of an id is checked.
        stories = frozenset(self._values.get("story", ()))
        for story in sorted(stories):
            if not is_story_id(story) and len(self._errors) < ERRORS_LIMIT:
                self._errors.append(_error("story", "Give the id of a story: a-z, 0-9 and -, at most 64 characters."))
        return stories

    def _add_unknown(self, field: str, value: str, allowed: Iterable[str]) -> None:
        if len(self._errors) >= ERRORS_LIMIT:
            return
        refused = RefusedError("unknown-name", field, value=_printable(value), known=", ".join(sorted(allowed)) or "–")
        self._errors.append(FieldError(field, refused.sentence(), refused.code))


def filter_names() -> tuple[str, ...]:
    """Returns the names of the filter parameters, for routes that allow them together with others."""
    return (*_FILTERS, "urgency")


def subscribe_pairs(message: dict[str, object], fail: Callable[[str], None]) -> Pairs:
    """Returns the parameters of a client's `subscribe` message in the form of a query string's.

    Each value is a string, an integer, or a list of them; for any other, `fail` is called with its name.
    """
    pairs: Pairs = []
    for name, values in message.items():
        if name == "type":
            continue
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, bool) or not isinstance(value, (str, int)):
                fail(name)
            else:
                pairs.append((name, str(value)))
    return pairs


def _is_ignored(name: str) -> bool:
    """Whether `name` is a cache-buster or a tracking parameter, which libraries and newsletters add to addresses."""
    return name == "_" or name.startswith("utm_")


def _printable(value: str) -> str:
    printable = "".join(character if character.isprintable() else "�" for character in value[:60])
    return printable + ("…" if len(value) > 60 else "")


def _error(field: str, message: str) -> FieldError:
    return FieldError(_printable(field), message, "parameter")
