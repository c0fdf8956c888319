"""From a query string to a subscription; a name that is not configured is an error, never an empty ticker."""

from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import parse_qsl

from ticker.contract.item import ROLES
from ticker.contract.problem import FieldError, Problem, make_problem
from ticker.contract.sentences import RefusedError
from ticker.contract.site import Site
from ticker.core.filter import CANARY, Filter
from ticker.core.joins import BACKLOG_LIMIT, DEFAULT_BACKLOG, Subscription

WAIT_LIMIT: Final = 30.0
HEARTBEAT_LEAST: Final = 5
HEARTBEAT_MOST: Final = 60
# Query strings that a node remembers, and how long they may be: a few MiB with their filters.
KNOWN_LIMIT: Final = 1024
KNOWN_BYTES: Final = 512
VALUES_LIMIT: Final = 100
# Mistakes that are named: a hundred would take 2 ms, and 30 KB.
MISTAKES_LIMIT: Final = 10
_FILTERS: Final = ("edition", "section", "place", "role", "source", "language")
_LIVE: Final = (*_FILTERS, "urgency", "cursor", "lastEventId", "backlog", "heartbeat", "wait")
# Two names of one parameter: polyfills of EventSource send the second, after the address's own parameters.
_CURSORS: Final = ("cursor", "lastEventId")
_CURSOR_BYTES: Final = frozenset(name.encode() for name in _CURSORS)

Pairs = list[tuple[str, str]]


class ParameterError(Exception):
    """What was asked cannot be answered; the client's to mend."""

    def __init__(self, errors: list[FieldError]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in errors))

    def problem(self) -> Problem:
        """The body of the 400."""
        detail = " ".join(f"{error.field}: {error.message}" for error in self.errors)
        return make_problem("bad-parameter", 400, detail, tuple(self.errors))


def read_pairs(query: bytes) -> Pairs:
    """The parameters of a query string; raises `ParameterError` for what is not one."""
    try:
        return parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=VALUES_LIMIT)
    except ValueError:
        raise ParameterError(
            [_error("query", "Percent-encode the query as UTF-8, a hundred values at most.")]
        ) from None


class Query:
    """Reads parameters against one site's names, and collects up to `MISTAKES_LIMIT` errors before it raises."""

    def __init__(self, pairs: Iterable[tuple[str, str]], site: Site, allowed: Iterable[str] = _LIVE) -> None:
        self._site = site
        self._values: dict[str, list[str]] = {}
        self._errors: list[FieldError] = []
        known = frozenset(allowed)
        for name, value in pairs:
            if _is_ignored(name):
                continue
            if name in _CURSORS and name in known:
                name = _CURSORS[0]
            if name in known:
                self._values.setdefault(name, []).append(value)
            elif len(self._errors) < MISTAKES_LIMIT:
                self._errors.append(_error(name, f"Remove this parameter; known are: {', '.join(sorted(known))}."))

    def subscription(self, last_event_id: str | None = None) -> Subscription:
        """What a join asks for; raises `ParameterError`. An explicit `cursor` goes before Last-Event-ID."""
        wanted = self.filter()
        backlog = int(self.number("backlog", DEFAULT_BACKLOG, 0, BACKLOG_LIMIT))
        heartbeat = int(self.number("heartbeat", 0, HEARTBEAT_LEAST, HEARTBEAT_MOST))
        cursor = self.text("cursor")
        self.finish()
        return Subscription(wanted, last_event_id if cursor is None else cursor, backlog, heartbeat)

    def filter(self) -> Filter:
        """The filter alone; errors wait for `finish`."""
        site = self._site
        wanted = Filter(
            editions=self._names("edition", {*site.editions, CANARY}, shown=site.editions),
            sections=self._names("section", site.sections),
            places=self._names("place", site.places),
            roles=self._names("role", ROLES),
            sources=self._sources(),
            languages=self._names("language", site.language_tags()),
            urgency=int(self.number("urgency", 8, 1, 8)),
        )
        if wanted.canary and len(wanted.editions) > 1:
            self._errors.append(_error("edition", f"Ask for {CANARY} alone: its lines are not news."))
        return wanted

    def text(self, name: str) -> str | None:
        """The last value of `name`, or None where it is not given."""
        values = self._values.get(name)
        return values[-1] if values else None

    def number(self, name: str, default: float, least: float, most: float) -> float:
        """A number between `least` and `most`; whole where both bounds are."""
        value = self.text(name)
        if value is None:
            return default
        whole = isinstance(least, int) and isinstance(most, int)
        if value.isascii() and value.replace("." if not whole else "", "", 1).isdigit() and len(value) < 10:
            found = float(value)
            if least <= found <= most:
                return found
        bounds = f"a whole number from {least} to {most}" if whole else f"a number from {least:g} to {most:g}"
        self._errors.append(_error(name, f"Give {bounds}."))
        return default

    def finish(self) -> None:
        """Raises `ParameterError` if anything was wrong."""
        if self._errors:
            raise ParameterError(self._errors[:MISTAKES_LIMIT])

    def _names(self, field: str, known: Iterable[str], shown: Iterable[str] | None = None) -> frozenset[str]:
        names = frozenset(self._values.get(field, ()))
        for name in sorted(names.difference(known))[:MISTAKES_LIMIT]:
            self._unknown(field, name, known if shown is None else shown)
        return names

    def _sources(self) -> frozenset[str]:
        found: set[str] = set()
        for name in self._values.get("source", ()):
            source_id = self._site.find_source(name)
            if source_id is None:
                self._unknown("source", name, self._site.sources)
            else:
                found |= {source_id, *self._site.sources[source_id].names.values()}
        return frozenset(found)

    def _unknown(self, field: str, value: str, known: Iterable[str]) -> None:
        if len(self._errors) >= MISTAKES_LIMIT:
            return
        refused = RefusedError("unknown-name", field, value=_visible(value), known=", ".join(sorted(known)) or "–")
        self._errors.append(FieldError(field, refused.sentence(), refused.code))


class Questions:
    """What the query strings of one site's joins ask for; those that were read lately are known by their bytes.

    A storm has few of them but for the cursor, which is looked at by itself: 2 µs instead of 40 µs a join.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._known: dict[bytes, Subscription] = {}

    def subscription(self, query: bytes, last_event_id: str | None = None) -> Subscription:
        """As `Query.subscription`; raises `ParameterError`."""
        if last_event_id is None and (ready := self._known.get(query)) is not None:
            return ready
        last = query.rpartition(b"&")[2]
        name, _, cursor = last.partition(b"=")
        # The last parameter, and nothing in it that would have to be decoded; the last of several cursors counts.
        if name not in _CURSOR_BYTES or not cursor.replace(b".", b"").isalnum():
            known = self._read(query)
            return known if last_event_id is None or known.cursor is not None else _resumed(known, last_event_id)
        # With its `&`, so that the limit of values counts this one too.
        return _resumed(self._read(query[: -len(last)]), cursor.decode())

    def _read(self, query: bytes) -> Subscription:
        known = self._known.get(query)
        if known is None:
            known = Query(read_pairs(query), self._site).subscription()
            if len(query) <= KNOWN_BYTES:
                if len(self._known) >= KNOWN_LIMIT:
                    self._known.clear()
                self._known[query] = known
        return known


def _resumed(asked: Subscription, cursor: str) -> Subscription:
    return Subscription(asked.wanted, cursor, asked.backlog, asked.heartbeat)


def _is_ignored(name: str) -> bool:
    """Whether `name` is a cache-buster or a tracking parameter, which libraries and mailings add to any address."""
    return name == "_" or name.startswith("utm_")


def filter_names() -> tuple[str, ...]:
    """The parameters that filter, for routes that take them with others."""
    return (*_FILTERS, "urgency")


def subscribe_pairs(message: dict[str, object], fail: Callable[[str], None]) -> Pairs:
    """The parameters of a client's `subscribe` message, as a query string would give them.

    Each value is a string, a number, or a list of them; anything else goes to `fail` by its name.
    """
    pairs: Pairs = []
    for name, value in message.items():
        if name == "type":
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, bool) or not isinstance(one, (str, int)):
                fail(name)
            else:
                pairs.append((name, str(one)))
    return pairs


def _visible(value: str) -> str:
    shown = "".join(character if character.isprintable() else "�" for character in value[:60])
    return shown + ("…" if len(value) > 60 else "")


def _error(field: str, message: str) -> FieldError:
    return FieldError(_visible(field), message, "parameter")
