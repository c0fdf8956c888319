"""Reports of the benchmark: pages, data, pictures, and the table of targets."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

from bench import machine
from bench.knees import describe_knee, find_knee
from bench.machine import Machine, Others
from bench.plot import WIDTH
from bench.report import Report, overview, read_reports, write_report
from bench.scenario import Effort, Picture, Row, Section
from bench.stats import Figure, figure, median, quantile, ratio
from bench.targets import TARGETS

MACHINE = Machine("A processor", 2, 24, "6.1", "3.11.7", {"uvicorn": "0.54.0"}, 0.25)
SVG = "{http://www.w3.org/2000/svg}"
NOW = "2026-11-22T10:00:00.000Z"


def report(name: str = "steady", **different: Any) -> Report:  # Any: fields of Report
    fields: dict[str, Any] = {  # Any: fields of Report
        "title": "Steady state",
        "measured_at": "2026-11-22T10:05:00.000Z",
        "seconds": 61.2,
        "quick": False,
        "machine": MACHINE,
        "others": 0.031,
        "effort": Effort(1_000_000, 5.0, 2.0, 8.0),
        "contenders": {"nchan": "nginx 1.22.1, nchan 1.3.6"},
        "left_out": {"nats": "NATS needs nats-server: sudo apt-get install nats-server"},
        "notes": ("nats was left out.",),
        "rows": (Row("cpu", "5.0 µs", "limit 4.0 µs", True),),
        "pictures": ("steady.svg",),
        "data": {"flashwire": [1.5]},
    }
    return Report(name=name, **{**fields, **different})


SECTION = Section("| contender |\n", {"flashwire": [1.5]}, pictures=(Picture("<svg/>", says="Bars"),))


def test_the_median_is_the_middle() -> None:
    assert (median([3.0]), median([9.0, 1.0, 5.0]), median([4.0, 1.0, 2.0, 99.0])) == (3.0, 5.0, 3.0)
    assert figure([4.0, 1.0, 9.0]) == Figure(4.0, 1.0, 9.0)


def test_a_quantile_is_the_least_that_enough_do_not_exceed() -> None:
    hundred = [float(number) for number in range(1, 101)]
    assert [quantile(hundred, share) for share in (0.0, 0.5, 0.99, 1.0)] == [1.0, 50.0, 99.0, 100.0]
    assert quantile([7.0], 0.99) == 7.0


def test_a_figure_is_printed_with_its_spread() -> None:
    assert figure([1234.5, 1000.0, 2000.0]).text(0) == "1,234 (1,000–2,000)"
    assert figure([2.0, 2.01]).text() == "2.0"


def test_ratios_are_taken_round_by_round() -> None:
    # Both values of the second turn were disturbed, so its ratio is still right.
    assert ratio([2.0, 20.0], [1.0, 10.0]) == Figure(2.0, 2.0, 2.0)
    assert ratio([2.0, 3.0], [0.0, 1.0]).median == 3.0


def test_a_scenario_is_a_page_data_and_pictures(tmp_path: Path) -> None:
    write_report(tmp_path, report(), SECTION)
    page = (tmp_path / "steady.md").read_text("utf-8")
    for part in (
        "# Steady state\n",
        "| contender |",
        "![Bars](steady.svg)",
        "- nats was left out.",
        "A processor, 2 cores, 24 GiB",
        "| load before | 0.25 (",
        "| other processes | 3% of",
        "| load client | 2.00 µs of CPU per delivery, the servers 5.00; busy for 25% of the time |",
        "uvicorn 0.54.0",
        "nginx 1.22.1, nchan 1.3.6",
        "`python -m bench steady`",
    ):
        assert part in page
    assert "trial" not in page
    assert (tmp_path / "steady.svg").read_text() == "<svg/>"
    assert read_reports(tmp_path, ("steady", "burst")) == {"steady": report()}


def test_a_trial_is_marked_and_reaches_no_target(tmp_path: Path) -> None:
    trial = report(quick=True)
    write_report(tmp_path, trial, SECTION)
    assert "these figures mean nothing" in (tmp_path / "steady.md").read_text("utf-8")
    assert cells(overview({"steady": trial}, NOW), "cpu")[4:] == ["–", "[in this run, a trial](steady.md)"]


def test_a_file_that_cannot_be_read_is_a_scenario_that_was_not_measured(tmp_path: Path) -> None:
    (tmp_path / "steady.json").write_text('{"name": "steady"}')
    assert read_reports(tmp_path, ("steady",)) == {}


def cells(page: str, key: str) -> list[str]:
    line = next(line for line in page.splitlines() if line.startswith(f"| {TARGETS[key].figure} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_every_target_has_a_row() -> None:
    page = overview({"steady": report()}, NOW)
    assert cells(page, "cpu") == [
        TARGETS["cpu"].figure,
        TARGETS["cpu"].bound,
        "5.0 µs",
        "limit 4.0 µs",
        "yes",
        "[in this run](steady.md)",
    ]
    for key in TARGETS.keys() - {"cpu"}:
        assert cells(page, key)[2:] == ["not measured", "", "", ""]
    assert "- `nats`: NATS needs nats-server: sudo apt-get install nats-server" in page


def test_a_missed_or_unknown_target_says_why() -> None:
    rows = (Row("cpu", "9 µs", reached=False, why="writes took 8 µs"), Row("last", "1 ms", why="no yardstick"))
    page = overview({"steady": report(rows=rows)}, NOW)
    assert cells(page, "cpu")[4] == "**no**: writes took 8 µs"
    assert cells(page, "last")[4] == "–: no yardstick"


def test_a_figure_of_an_earlier_run_names_its_date_and_its_machine() -> None:
    earlier = report("wire", measured_at="2026-10-01T08:00:00.000Z", rows=(Row("wire", "600 bytes", reached=True),))
    reports = {"steady": report(), "wire": earlier}
    assert cells(overview(reports, NOW), "wire")[5] == "[2026-10-01](wire.md)"
    elsewhere = msgspec.structs.replace(earlier, machine=msgspec.structs.replace(MACHINE, cores=64))
    page = overview({**reports, "wire": elsewhere}, NOW)
    assert cells(page, "wire")[5] == "[2026-10-01 on A processor, 64 cores, 24 GiB](wire.md)"
    assert cells(page, "cpu")[5] == "[in this run](steady.md)"


def inside(picture: ElementTree.Element) -> None:
    size = [float(number) for number in picture.attrib["viewBox"].split()]
    assert size[2] == WIDTH
    for line in picture.iter(f"{SVG}line"):
        assert 0 <= float(line.attrib["x1"]) <= float(line.attrib["x2"]) <= size[2]
        assert 0 <= float(line.attrib["y1"]) <= size[3] and 0 <= float(line.attrib["y2"]) <= size[3]


def test_a_line_bends_where_its_cost_rises_and_stays_up() -> None:
    assert find_knee([(1, 4.0), (10, 4.1), (100, 6.0), (1000, 9.0)]).at == 100
    assert find_knee([(1, 9.0), (10, 4.0), (100, 6.0)]).at == 100
    # A single high point is noise, and a falling cost has no knee.
    assert find_knee([(1, 4.0), (10, 9.0), (100, 4.2)]).at is None
    assert find_knee([(1, 9.0), (10, 4.0)]).at is None


def test_a_line_is_described_by_its_own_points() -> None:
    rising = describe_knee("nchan", [(1, 4.0), (1000, 8.0)], "µs", "filters")
    assert rising == "nchan bends upwards at 1,000 filters: 4.0 µs at 1 filters, 8.0 at 1,000 (×2.00 the least)."
    assert "falls as the work is shared" in describe_knee("ours", [(1, 4.0), (20, 1.0)], "µs", "items")
    assert "does not bend" in describe_knee("ours", [(1, 4.0), (20, 4.4)], "µs", "items")


def test_cpu_of_other_processes_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    busy, own, now = iter([100.0, 109.0]), iter([40.0, 44.0]), iter([0.0, 10.0])
    monkeypatch.setattr(machine, "_busy_seconds", lambda: next(busy))
    monkeypatch.setattr(machine, "_own_seconds", lambda: next(own))
    monkeypatch.setattr("time.monotonic", lambda: next(now))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert Others().share() == 0.25


def test_cpu_of_this_process_counts_as_busy_time_of_the_machine() -> None:
    others, busy, own = Others(), machine._busy_seconds(), machine._own_seconds()
    while machine._own_seconds() - own < 0.1:
        pass
    assert machine._busy_seconds() - busy > 0.05 and 0 <= others.share() <= 1
