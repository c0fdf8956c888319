"""What the desk said in the last hours: the lines of all editions in all their versions, to be compared with a new one.

1. At most `LIMIT` versions of at most `KEPT_SECONDS`; the oldest go first.
2. Versions come in the order of the stream. A version that comes twice counts once.
3. A search is cut into steps of less than a millisecond, so that a publication never waits for one.
"""

import heapq
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from rapidfuzz import fuzz, process

from publisher.core.similar.comparison_form import comparable, content_words, primary_language
from publisher.core.similar.likeness import Weight, likeness, weights
from ticker.contract.item import InfoSource, Item, PubStatus, Text, instant

LIMIT: Final = 4000
KEPT_SECONDS: Final = 48 * 3600.0
# Most of them share one word with the line and are found to differ in 10 µs each.
_CANDIDATES: Final = 24
_STEP: Final = 8
_FREQUENT: Final = 100

Key = tuple[str, int]
"""The uri and the number of a version."""


class Line(msgspec.Struct, frozen=True):
    """One version of an item, as far as a comparison needs it."""

    uri: str
    version: int
    edition: str
    urgency: int
    headline: Text
    source: InfoSource | None
    created: float
    version_created: str
    translation_of: str | None
    words: tuple[str, ...]

    @property
    def key(self) -> Key:
        return self.uri, self.version

    @property
    def language(self) -> str:
        """The primary subtag of its language."""
        return primary_language(self.headline.language)


class State(msgspec.Struct, frozen=True):
    """The newest version of an item."""

    version: int
    status: PubStatus
    urgency: int
    edition: str


class Match(msgspec.Struct, frozen=True):
    """A line that resembles another one, with the likeness from 0 to 1."""

    line: Line
    likeness: float


class RecentLines:
    """The recent lines by their words."""

    def __init__(self, limit: int = LIMIT, kept_seconds: float = KEPT_SECONDS) -> None:
        self._limit = limit
        self._kept_seconds = kept_seconds
        self._lines: OrderedDict[Key, Line] = OrderedDict()
        self._joined: defaultdict[str, dict[Key, str]] = defaultdict(dict)
        """By language, the sorted words of each line as one string."""
        self._by_word: defaultdict[str, set[Key]] = defaultdict(set)
        self._by_text: defaultdict[str, set[Key]] = defaultdict(set)
        """By its comparable form: the same text in another edition is most often in the wrong one."""
        self._counts: Counter[str] = Counter()
        self._versions: defaultdict[str, list[Key]] = defaultdict(list)
        self._states: dict[str, State] = {}
        self._translations: defaultdict[str, set[str]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, item: Item) -> Line | None:
        """Adds a version and returns it; None if it was added before or has no text."""
        state = self._states.get(item.uri)
        if state is None or state.version < item.version:
            self._states[item.uri] = State(item.version, item.pub_status, item.urgency, item.edition)
        key = (item.uri, item.version)
        if key in self._lines:
            return None
        line = Line(
            uri=item.uri,
            version=item.version,
            edition=item.edition,
            urgency=item.urgency,
            headline=item.headline,
            source=item.info_sources[0] if item.info_sources else None,
            created=instant(item.version_created),
            version_created=item.version_created,
            translation_of=item.translation_of,
            words=content_words(item.headline.value, item.headline.language),
        )
        self._lines[key] = line
        self._joined[line.language][key] = _joined(line.words)
        self._by_text[comparable(item.headline.value)].add(key)
        for term in set(line.words):
            self._by_word[term].add(key)
            self._counts[term] += 1
        self._versions[item.uri].append(key)
        if item.translation_of:
            self._translations[item.translation_of].add(item.uri)
        while len(self._lines) > self._limit:
            self._drop_oldest()
        return line

    def forget_before(self, now: float) -> None:
        """Drops the lines that are too old at `now` (seconds since 1970)."""
        while self._lines and next(iter(self._lines.values())).created < now - self._kept_seconds:
            self._drop_oldest()

    def state(self, uri: str) -> State | None:
        """The newest version of an item that has a recent line."""
        return self._states.get(uri)

    def line(self, key: Key) -> Line | None:
        """One version of an item."""
        return self._lines.get(key)

    def versions(self, uri: str) -> tuple[Line, ...]:
        """The recent versions of one item, oldest first."""
        return tuple(self._lines[key] for key in self._versions.get(uri, ()))

    def siblings(self, uri: str) -> tuple[Line, ...]:
        """The newest version of each item that translates `uri`, or that `uri` translates, or its other translations.

        `uri` itself is not among them.
        """
        own = self.versions(uri)
        original = own[-1].translation_of if own and own[-1].translation_of else uri
        family = [original, *sorted(self._translations.get(original, ()))]
        return tuple(self._lines[self._versions[name][-1]] for name in family if name != uri and name in self._versions)

    def search(self, text: str, language: str, *, but_not: str = "") -> Iterator[list[Match]]:
        """Yields after each step; the last list is the result: the matches in the same language, and the same text in
        any other, the best first.

        An item is matched once, by the version that is most like `text`. `but_not` is the uri of an item to leave out.
        """
        terms = content_words(text, language)
        best: dict[str, Match] = {}
        if not terms:
            yield []
            return
        own = primary_language(language)
        weight = weights(self._counts, len(self._joined[own]))
        candidates = self._sharing(terms, weight)
        yield []
        # Also finds lines whose words all have typing errors or other endings.
        strings = self._joined[own]
        alike = process.extract(_joined(terms), strings, scorer=fuzz.ratio, limit=_CANDIDATES, score_cutoff=55)
        candidates = list(dict.fromkeys([*candidates, *(key for _, _, key in alike)]))
        yield []
        for start in range(0, len(candidates), _STEP):
            for key in candidates[start : start + _STEP]:
                line = self._lines.get(key)
                # Lines may be dropped between two steps.
                if line is None or line.uri == but_not or line.language != own:
                    continue
                score = likeness(terms, line.words, weight)
                earlier = best.get(line.uri)
                if earlier is None or (score, line.version) > (earlier.likeness, earlier.line.version):
                    best[line.uri] = Match(line, score)
            yield []
        for key in self._by_text.get(comparable(text), ()):
            line = self._lines[key]
            if line.uri != but_not and line.language != own:
                best[line.uri] = Match(line, 1.0)
        yield sorted(best.values(), key=lambda match: (-match.likeness, -match.line.created))

    def _sharing(self, terms: Sequence[str], weight: Weight) -> list[Key]:
        """The lines that have the most weight of words in common with `words`."""
        shared: defaultdict[Key, float] = defaultdict(float)
        for term in sorted(set(terms), key=weight, reverse=True):
            keys = self._by_word.get(term, set())
            # Frequent words count only for the lines that share a rare one, unless there is none.
            if len(keys) > _FREQUENT and shared:
                for key in keys & shared.keys():
                    shared[key] += weight(term)
            else:
                for key in keys:
                    shared[key] += weight(term)
        return heapq.nlargest(_CANDIDATES, shared, key=shared.__getitem__)

    def _drop_oldest(self) -> None:
        key, line = self._lines.popitem(last=False)
        del self._joined[line.language][key]
        text = comparable(line.headline.value)
        self._by_text[text].discard(key)
        if not self._by_text[text]:
            del self._by_text[text]
        for term in set(line.words):
            self._by_word[term].discard(key)
            self._counts[term] -= 1
            if not self._counts[term]:
                del self._counts[term], self._by_word[term]
        self._versions[line.uri].remove(key)
        if not self._versions[line.uri]:
            del self._versions[line.uri]
            self._states.pop(line.uri, None)
            if line.translation_of:
                self._translations[line.translation_of].discard(line.uri)
                if not self._translations[line.translation_of]:
                    del self._translations[line.translation_of]


def _joined(terms: Sequence[str]) -> str:
    return " ".join(sorted(terms))
