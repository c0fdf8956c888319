"""Compares two checkouts: runs each scenario in both, in turn, and prints the ratio of every figure."""

import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.contender import ContenderError
from bench.stats import figure, median, quantile, ratio, table

TURNS: Final = 3
PAGE: Final = "checkouts.md"
_HERE: Final = Path(__file__).parents[1]
# Twice what the longest scenario takes.
_LIMIT_SECONDS: Final = 3600

Figures = dict[tuple[str, str], float]
"""The figures of one turn, by contender and name."""


def compare(
    scenarios: Sequence[str],
    other: Path,
    *,
    quick: bool,
    turns: int,
    contenders: Sequence[str],
    say: Callable[[str], None],
) -> str:
    """Returns a Markdown page that compares the checkout `other` with this one.

    `say` is called with a line of progress before each run. Raises `ContenderError` if a checkout cannot be measured.
    """
    options = [
        *(["--quick"] if quick else []),
        *(argument for name in contenders for argument in ("--contender", name)),
    ]
    parts = []
    for scenario in scenarios:
        rounds: dict[Path, list[Figures]] = {other: [], _HERE: []}
        for turn in range(turns):
            for checkout in rounds:
                say(f"{scenario}: {checkout}, {turn + 1} of {turns}")
                rounds[checkout].append(_measured(checkout, scenario, options))
        parts.append(f"## {scenario}\n\n{_table(rounds[other], rounds[_HERE])}\n")
    head = (
        f"# This checkout compared with {other.name}\n\n"
        f"Both checkouts ran in turn (A B A B), {turns} turns. Figures are medians, with lowest and highest in\n"
        "brackets. The ratio is this checkout's figure ÷ the other's, turn by turn. Contenders that are not our code\n"
        "show how much the machine changed.\n"
    )
    return "\n".join([head, *parts])


def _measured(checkout: Path, scenario: str, options: Sequence[str]) -> Figures:
    programs = checkout / ".venv" / "bin"
    # Up to release 0.1 the benchmark was a command of `flashwire`.
    is_module = (checkout / "bench" / "__main__.py").exists()
    command: list[str | Path] = [programs / "python", "-m", "bench"] if is_module else [programs / "flashwire", "bench"]
    with tempfile.TemporaryDirectory(prefix="fwc") as name:
        try:
            process = subprocess.run(
                [*command, scenario, "--repeats", "1", "--out", name, *options],
                cwd=checkout,
                capture_output=True,
                timeout=_LIMIT_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ContenderError(f"{checkout} cannot be measured: {error}") from None
        report = Path(name) / f"{scenario}.json"
        if process.returncode != 0 or not report.exists():
            last = process.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise ContenderError(f"{checkout} did not measure {scenario}: {' '.join(last)}")
        data = msgspec.json.decode(report.read_bytes())["data"]
    # A scenario with one contender has a plain list of turns.
    return dict(_figures({scenario: data} if isinstance(data, list) else data))


def _figures(data: Any) -> Iterator[tuple[tuple[str, str], float]]:  # Any: each scenario has its own JSON
    """Yields the numbers of the first turn of each contender in `data`; lists of numbers become median and p99."""
    if not isinstance(data, dict):
        return
    for contender, turns in data.items():
        if not isinstance(turns, list) or not turns or not isinstance(turns[0], dict):
            continue
        for name, value in turns[0].items():
            if isinstance(value, list) and value and all(isinstance(number, int | float) for number in value):
                yield (contender, f"{name}, median"), median(value)
                yield (contender, f"{name}, p99"), quantile(value, 0.99)
            elif isinstance(value, int | float) and not isinstance(value, bool):
                yield (contender, name), value


def _table(other: Sequence[Figures], now: Sequence[Figures]) -> str:
    rows = []
    for key in other[0]:
        if all(key in turn for turn in (*other, *now)):
            old, new = [turn[key] for turn in other], [turn[key] for turn in now]
            times = ratio(new, old).text(2) if all(value > 0 for value in old) else ""
            rows.append((*key, figure(old).text(2), figure(new).text(2), times))
    return table(("contender", "figure", "other checkout", "this checkout", "ratio"), rows)
