"""Writes the results of a run: a page, JSON and pictures for each scenario, and the table of targets.

The table is built from the JSON files, which contain the rows, the date and the machine. A scenario that did not run
this time keeps the row and the date of its last run.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.machine import Machine
from bench.scenario import Effort, Row, Section
from bench.stats import table
from bench.summary import summary_picture
from bench.targets import TARGETS

PICTURE: Final = "summary.svg"
_DIGITS: Final = 5


class Report(msgspec.Struct, frozen=True):
    """The result of one scenario, as stored in `<name>.json`."""

    name: str
    title: str
    measured_at: str
    seconds: float
    quick: bool
    """Whether this was a trial of a few seconds, whose figures mean nothing."""
    machine: Machine
    others: float
    """The share of all cores' time that other processes used during the run, 0 to 1."""
    effort: Effort
    contenders: dict[str, str]
    """Versions of the contenders that ran, by name."""
    left_out: dict[str, str]
    """For each contender that is not installed, how to install it."""
    notes: tuple[str, ...]
    rows: tuple[Row, ...]
    pictures: tuple[str, ...]
    data: Any  # any JSON: each scenario has its own


def write_report(out: Path, report: Report, section: Section) -> None:
    """Writes `<name>.md`, `<name>.json` and the pictures to the folder `out`."""
    for picture, name in zip(section.pictures, report.pictures, strict=True):
        (out / name).write_text(picture.svg, "utf-8")
    compact = msgspec.json.encode(_rounded(msgspec.to_builtins(report)))
    (out / f"{report.name}.json").write_bytes(compact + b"\n")
    (out / f"{report.name}.md").write_text(page(report, section), "utf-8")


def _rounded(value: Any) -> Any:  # Any: JSON
    """Returns `value` with floats rounded to `_DIGITS` significant digits, the precision of the measurements."""
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    if isinstance(value, dict):
        return {key: _rounded(member) for key, member in value.items()}
    return [_rounded(member) for member in value] if isinstance(value, list | tuple) else value


def read_reports(out: Path, names: Iterable[str]) -> dict[str, Report]:
    """Returns the reports in the folder `out`, of this run and earlier ones; unreadable files are ignored."""
    reports = {}
    for name in names:
        try:
            reports[name] = msgspec.json.decode((out / f"{name}.json").read_bytes(), type=Report)
        except (OSError, msgspec.DecodeError):
            continue
    return reports


def page(report: Report, section: Section) -> str:
    """Returns the Markdown page of one scenario."""
    pictures = "".join(
        f"\n![{picture.says or report.title}]({name})\n"
        for picture, name in zip(section.pictures, report.pictures, strict=True)
    )
    notes = "".join(f"- {note}\n" for note in report.notes)
    return f"""# {report.title}

{_trial(report)}{section.text.strip()}
{pictures}
{notes and f"Of this run:{chr(10)}{chr(10)}{notes}{chr(10)}"}{_machine(report)}"""


def _trial(report: Report) -> str:
    return "**A trial of a few seconds: these figures mean nothing.**\n\n" if report.quick else ""


def _machine(report: Report) -> str:
    machine = report.machine
    rows = [
        ("measured", f"{report.measured_at}, in {report.seconds:.0f} s, by `python -m bench {report.name}`"),
        ("machine", machine.text()),
        ("load before", f"{machine.load} (load average of the minute before the run)"),
        ("other processes", f"{report.others:.0%} of all cores' time"),
        ("load client", report.effort.text()),
        ("kernel, Python", f"{machine.kernel}, {machine.python}"),
        ("packages", _listed(machine.packages)),
    ]
    if report.contenders:
        rows.append(("contenders", "; ".join(sorted(set(report.contenders.values())))))
    return table(("", ""), rows) + "\n"


def _listed(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def write_overview(out: Path, names: Iterable[str], run_started: str) -> None:
    """Writes "Targets and results" to README.md in the folder `out`, with its picture."""
    reports = read_reports(out, names)
    (out / "README.md").write_text(overview(reports, run_started), "utf-8")
    if svg := _opening(reports)[0]:
        (out / PICTURE).write_text(svg, "utf-8")


def _opening(reports: Mapping[str, Report]) -> tuple[str, str]:
    steady = reports.get("steady")
    return summary_picture(steady.data) if steady and not steady.quick else ("", "")


def overview(reports: Mapping[str, Report], run_started: str) -> str:
    """Returns the page "Targets and results" for `reports`; `run_started` tells this run's figures from older ones."""
    newest = max(reports.values(), key=lambda report: report.measured_at, default=None)
    left_out = dict(newest.left_out) if newest else {}
    lines = [f"- `{name}`: {reason}" for name, reason in sorted(left_out.items())] or ["All contenders were measured."]
    pages = [
        (
            f"[{scenario_report.title}]({scenario_report.name}.md)",
            scenario_report.measured_at,
            f"{scenario_report.seconds:.0f} s",
            f"{scenario_report.others:.0%}",
        )
        for scenario_report in reports.values()
    ]
    where = (
        f"On {newest.machine.text()}, kernel {newest.machine.kernel}, Python {newest.machine.python}; "
        if newest
        else ""
    )
    busy = f"load before: {newest.machine.load}." if newest else ""
    columns = ("figure", "target", "ours", "others, in the same run", "reached", "measured")
    says = _opening(reports)[1]
    of_it = "One server core, one item at a time, counted on every reader: medians of [steady](steady.md)."
    opening = f"![{says}]({PICTURE})\n\n{of_it}\nOurs has Redis and a sync to disk in the path.\n\n" if says else ""
    return f"""# Targets and results

{opening}Written by `python -m bench` (`make bench`). The server runs on one core and the load client on another, over
loopback. All contenders are started, loaded and measured the same way, in turn (A B A B). Figures are medians, with
lowest and highest in brackets. Figures of another machine differ; the ratios should not. {where}{busy}

{table(columns, list(_rows(reports, run_started)))}

## Contenders not installed

{chr(10).join(lines)}

## Pages

{table(("scenario", "measured", "duration", "CPU of other processes"), pages)}
"""


def _rows(reports: Mapping[str, Report], run_started: str) -> Iterable[tuple[str, ...]]:
    newest = max(reports.values(), key=lambda report: report.measured_at, default=None)
    for key, target in TARGETS.items():
        matching = [(report, row) for report in reports.values() for row in report.rows if row.key == key]
        if not matching:
            yield target.figure, target.bound, "not measured", "", "", ""
        for report, row in matching:
            when = "in this run" if report.measured_at >= run_started else report.measured_at[:10]
            if newest and not report.machine.same(newest.machine):
                when += f" on {report.machine.text()}"
            if report.quick:
                when += ", a trial"
            when = f"[{when}]({report.name}.md)"
            yield target.figure, target.bound, row.ours, row.yardsticks, "–" if report.quick else _verdict(row), when


def _verdict(row: Row) -> str:
    verdict = {True: "yes", False: "**no**", None: "–"}[row.reached]
    return f"{verdict}: {row.why}" if row.why else verdict
