"""Reads the lines that the checks are measured with."""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from ticker.contract.item import InfoSource, Item, Text, moment

FOLDER: Final = Path(__file__).parent
LANGUAGES: Final = ("en", "es", "ar")
# Thresholds and word lists were chosen with the first file; the second one was only measured.
CHOSEN_WITH: Final = "lines-1.txt"
HELD_OUT: Final = "lines-2.txt"
_NOON: Final = 1_790_000_000.0


class Event(msgspec.Struct, frozen=True):
    """One event: by language the line, the same in other words, and other news."""

    line: dict[str, str]
    same: dict[str, list[str]]
    other: dict[str, list[str]]


class Pair(msgspec.Struct, frozen=True):
    """Two texts with their languages."""

    first: tuple[str, str]
    second: tuple[str, str]


def events(name: str) -> list[Event]:
    """The events in one file of this folder."""
    return [_event(block) for block in (FOLDER / name).read_text("utf-8").strip().split("\n\n")]


def _event(block: str) -> Event:
    texts: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for row in block.split("\n"):
        language, kind, text = row.split(" ", 2)
        texts[kind, language].append(text)
    return Event(
        line={language: news[0] for (kind, language), news in texts.items() if kind == "="},
        same={language: news for (kind, language), news in texts.items() if kind == "~"},
        other={language: news for (kind, language), news in texts.items() if kind == "!"},
    )


def agreeing_pairs(news: Sequence[Event]) -> Iterator[Pair]:
    """Pairs of lines on the same news with the same figures."""
    for event in news:
        lines = list(event.line.items())
        lines += [(language, text) for language, texts in event.same.items() for text in texts]
        changed = [(language, texts[0]) for language, texts in event.other.items()]
        for first, second in [*itertools.combinations(lines, 2), *itertools.combinations(changed, 2)]:
            yield Pair(first, second)


def disagreeing_pairs(news: Sequence[Event]) -> Iterator[Pair]:
    """Pairs of lines on the same news with a figure that differs."""
    for event in news:
        for changed, second in itertools.product(event.other.items(), event.line.items()):
            yield Pair((changed[0], changed[1][0]), second)


def item(uri: str, language: str, text: str, seconds: float = 0.0) -> Item:
    """An item with this headline, published `seconds` after noon."""
    time = moment(_NOON + seconds)
    return Item(
        uri=uri,
        version=1,
        act="publish",
        pub_status="usable",
        urgency=4,
        headline=Text(text, language, "auto"),
        info_sources=(InfoSource(Text("Our reporter", "en", "ltr"), "correspondent"),),
        edition=language,
        sections=(),
        places=(),
        link=None,
        note=None,
        first_created=time,
        version_created=time,
        expires=None,
        pinned_until=None,
        translation_of=None,
    )
