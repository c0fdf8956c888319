"""The time of a check for each keystroke, with as many recent lines as a busy desk says in 48 hours."""

import asyncio
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, cast

from bench.similar.corpus import LANGUAGES, Event, item
from publisher.api.adviser import Adviser, Context
from publisher.api.metrics import Metrics
from publisher.api.recent import Recent
from publisher.api.style_files import StyleFiles
from publisher.api.translations import Translations
from publisher.core.advice import Draft
from publisher.core.similar.recent_lines import RecentLines
from publisher.stream.store import Store
from ticker.contract.site import load_site

LINES: Final = 2000
_TYPED: Final = 30


def filled(found: Sequence[Event], count: int = LINES) -> RecentLines:
    """`count` recent lines: those of the corpus, and mixtures of them."""
    chance = random.Random(1)
    lines = RecentLines()
    texts = [
        (language, text)
        for event in found
        for language in LANGUAGES
        for text in (event.line[language], *event.same[language], *event.other[language])
    ]
    for number in range(count):
        language, text = texts[number % len(texts)]
        if number >= len(texts):
            other = chance.choice([further for its_language, further in texts if its_language == language])
            words, further_words = text.split(), other.split()
            text = " ".join([*words[: len(words) // 2], *further_words[len(further_words) // 2 :]])
        lines.add(item(f"{number}", language, text, seconds=float(number)))
    return lines


async def check_times(found: Sequence[Event]) -> tuple[list[float], list[float]]:
    """The seconds of each check while lines are typed character by character, and the CPU seconds of each."""
    metrics = Metrics()
    recent = Recent(cast(Store, None), metrics.recent_lines, time.time)
    recent.lines = filled(found)
    times: list[float] = []
    spent: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        styles, translations = StyleFiles(Path(folder)), Translations(is_on=False)
        adviser = Adviser(load_site(None), recent, styles, translations, metrics, time.time)
        for number, event in enumerate(found[:_TYPED]):
            language = LANGUAGES[number % len(LANGUAGES)]
            text = event.same[language][0]
            for length in range(1, len(text) + 1):
                started, spent_before = time.perf_counter(), time.thread_time()
                await adviser.check(Draft(text[:length], language), Context(edition=language, urgency=2))
                times.append(time.perf_counter() - started)
                spent.append(time.thread_time() - spent_before)
    return times, spent


def measure_checks(found: Sequence[Event]) -> tuple[list[float], list[float]]:
    """As `check_times`, in a loop of its own."""
    return asyncio.run(check_times(found))
