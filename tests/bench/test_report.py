"""What the benchmark writes: pages, data and pictures that say the same, and one table of what is reached."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

from bench import machine
from bench.aims import AIMS
from bench.bends import bend, describe_knee
from bench.figures import Figure, figure, median, quantile, ratio, table
from bench.machine import Machine, Others, this_machine
from bench.plot import WIDTH, Lines, Panel, bars, lines
from bench.report import Report, overview, read_reports, write_report
from bench.scenario import Effort, Picture, Row, Section

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


SECTION = Section("| way |\n", {"flashwire": [1.5]}, pictures=(Picture("<svg/>", says="Bars"),))


def test_the_median_is_the_middle() -> None:
    assert (median([3.0]), median([9.0, 1.0, 5.0]), median([4.0, 1.0, 2.0, 99.0])) == (3.0, 5.0, 3.0)
    assert figure([4.0, 1.0, 9.0]) == Figure(4.0, 1.0, 9.0)


def test_a_quantile_is_the_least_that_enough_do_not_exceed() -> None:
    hundred = [float(number) for number in range(1, 101)]
    assert [quantile(hundred, share) for share in (0.0, 0.5, 0.99, 1.0)] == [1.0, 50.0, 99.0, 100.0]
    assert quantile([7.0], 0.99) == 7.0


def test_a_figure_is_said_with_its_spread_where_there_is_one() -> None:
    assert figure([1234.5, 1000.0, 2000.0]).text(0) == "1,234 (1,000–2,000)"
    assert figure([2.0, 2.01]).text() == "2.0"


def test_a_ratio_is_made_turn_by_turn() -> None:
    # The second turn was disturbed, for both.
    assert ratio([2.0, 20.0], [1.0, 10.0]) == Figure(2.0, 2.0, 2.0)
    assert ratio([2.0, 3.0], [0.0, 1.0]).median == 3.0


def test_a_scenario_is_a_page_data_and_pictures(tmp_path: Path) -> None:
    write_report(tmp_path, report(), SECTION)
    page = (tmp_path / "steady.md").read_text("utf-8")
    for part in (
        "# Steady state\n",
        "| way |",
        "![Bars](steady.svg)",
        "- nats was left out.",
        "A processor, 2 cores, 24 GiB",
        "| load before | 0.25:",
        "| others meanwhile | 3% of",
        "| load client | 2.00 µs of CPU a delivery beside the servers' 5.00; busy for 25% of the time |",
        "uvicorn 0.54.0",
        "nginx 1.22.1, nchan 1.3.6",
        "`python -m bench steady`",
    ):
        assert part in page
    assert "trial" not in page
    assert (tmp_path / "steady.svg").read_text() == "<svg/>"
    assert read_reports(tmp_path, ("steady", "burst")) == {"steady": report()}


def test_a_trial_is_called_one_and_reaches_nothing(tmp_path: Path) -> None:
    trial = report(quick=True)
    write_report(tmp_path, trial, SECTION)
    assert "these figures mean nothing" in (tmp_path / "steady.md").read_text("utf-8")
    assert cells(overview({"steady": trial}, NOW), "cpu")[4:] == ["–", "[in this run, a trial](steady.md)"]


def test_a_file_that_cannot_be_read_is_a_scenario_that_was_not_measured(tmp_path: Path) -> None:
    (tmp_path / "steady.json").write_text('{"name": "steady"}')
    assert read_reports(tmp_path, ("steady",)) == {}


def cells(page: str, key: str) -> list[str]:
    line = next(line for line in page.splitlines() if line.startswith(f"| {AIMS[key].figure} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_every_aim_has_its_row_measured_or_not() -> None:
    page = overview({"steady": report()}, NOW)
    assert cells(page, "cpu") == [
        AIMS["cpu"].figure,
        AIMS["cpu"].aim,
        "5.0 µs",
        "limit 4.0 µs",
        "yes",
        "[in this run](steady.md)",
    ]
    for key in AIMS.keys() - {"cpu"}:
        assert cells(page, key)[2:] == ["not measured", "", "", ""]
    assert "- `nats`: NATS needs nats-server: sudo apt-get install nats-server" in page


def test_what_is_not_reached_says_why_and_what_cannot_be_said_too() -> None:
    rows = (Row("cpu", "9 µs", reached=False, why="writes took 8 µs"), Row("last", "1 ms", why="no yardstick"))
    page = overview({"steady": report(rows=rows)}, NOW)
    assert cells(page, "cpu")[4] == "**no**: writes took 8 µs"
    assert cells(page, "last")[4] == "–: no yardstick"


def test_a_figure_of_an_earlier_run_says_when_and_on_what_other_machine_it_was_measured() -> None:
    earlier = report("wire", measured_at="2026-10-01T08:00:00.000Z", rows=(Row("wire", "600 bytes", reached=True),))
    reports = {"steady": report(), "wire": earlier}
    assert cells(overview(reports, NOW), "wire")[5] == "[2026-10-01](wire.md)"
    elsewhere = msgspec.structs.replace(earlier, machine=msgspec.structs.replace(MACHINE, cores=64))
    page = overview({**reports, "wire": elsewhere}, NOW)
    assert cells(page, "wire")[5] == "[2026-10-01 on A processor, 64 cores, 24 GiB](wire.md)"
    assert cells(page, "cpu")[5] == "[in this run](steady.md)"


def test_bars_are_well_formed_and_show_every_median() -> None:
    panel = Panel("CPU, µs", [("Ours", figure([4.0, 5.0, 6.0])), ("Naive <&>", figure([20.0, 25.0, 30.0]))])
    picture = ElementTree.fromstring(bars([panel, panel]))
    texts = [element.text for element in picture.iter(f"{SVG}text")]
    assert [text for text in texts if text and re.fullmatch(r"[\d.]+", text)] == ["5.0", "25.0"] * 2
    assert texts.count("Naive <&>") == 2
    widths = [float(bar.attrib["width"]) for bar in picture.iter(f"{SVG}rect")]
    assert widths[0] / widths[1] == pytest.approx(0.2, abs=0.01)
    inside(picture)


def test_lines_are_well_formed_and_go_up_where_the_figures_do() -> None:
    chart = Lines("To the last, ms", "subscribers", {"ours": [(1000, 5.0), (19_000, 93.0)], "nchan": [(1000, 6.0)]})
    flat = Lines("Nothing", "work", {"ours": [(1, 0.0), (2, 0.0)]}, logarithmic=False)
    picture = ElementTree.fromstring(lines([chart, flat]))
    paths = [line.attrib["points"].split() for line in picture.iter(f"{SVG}polyline")]
    assert [len(path) for path in paths] == [2, 1, 2]
    (x0, y0), (x1, y1) = (map(float, point.split(",")) for point in paths[0])
    assert x0 < x1 and y0 > y1
    names = [element for element in picture.iter(f"{SVG}text") if element.text in ("ours", "nchan")]
    assert len(names) == 3 and "1,000" in {element.text for element in picture.iter(f"{SVG}text")}
    inside(picture)


def inside(picture: ElementTree.Element) -> None:
    size = [float(number) for number in picture.attrib["viewBox"].split()]
    assert size[2] == WIDTH
    for line in picture.iter(f"{SVG}line"):
        assert 0 <= float(line.attrib["x1"]) <= float(line.attrib["x2"]) <= size[2]
        assert 0 <= float(line.attrib["y1"]) <= size[3] and 0 <= float(line.attrib["y2"]) <= size[3]


def test_many_values_are_named_at_round_ones() -> None:
    # The bug: "0.417472" and "4.35333" minutes below a line of 138 looks.
    points = [(0.417472 + 0.21 * number, 57.0) for number in range(138)]
    picture = ElementTree.fromstring(lines([Lines("Memory", "minutes", {"PSS": points}, logarithmic=False)]))
    marks = [element.text for element in picture.iter() if element.get("class") == "name middle"]
    assert marks == ["5", "10", "15", "20", "25", "minutes"]


def test_a_picture_is_readable_on_dark_ground_too() -> None:
    assert "prefers-color-scheme: dark" in bars([]) and "prefers-color-scheme: dark" in lines([])


def test_a_line_bends_where_its_cost_rises_and_stays_up() -> None:
    assert bend([(1, 4.0), (10, 4.1), (100, 6.0), (1000, 9.0)]).at == 100
    assert bend([(1, 9.0), (10, 4.0), (100, 6.0)]).at == 100
    # One disturbed point is no bend, and what becomes cheaper is none.
    assert bend([(1, 4.0), (10, 9.0), (100, 4.2)]).at is None
    assert bend([(1, 9.0), (10, 4.0)]).at is None


def test_a_line_is_described_by_its_own_points() -> None:
    rising = describe_knee("nchan", [(1, 4.0), (1000, 8.0)], "µs", "filters")
    assert rising == "nchan bends upwards at 1,000 filters: 4.0 µs at 1 filters, 8.0 at 1,000 (×2.00 the least)."
    assert "falls as there is more to share" in describe_knee("ours", [(1, 4.0), (20, 1.0)], "µs", "items")
    assert "does not bend" in describe_knee("ours", [(1, 4.0), (20, 4.4)], "µs", "items")


def test_a_table_is_markdown() -> None:
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"


def test_this_machine_names_its_processor_and_packages() -> None:
    here = this_machine()
    assert here.processor and here.cores >= 1 and here.packages["uvicorn"][0].isdigit()
    assert here.same(this_machine()) and not here.same(MACHINE)


def test_what_others_use_of_the_machine_is_what_was_busy_without_us(monkeypatch: pytest.MonkeyPatch) -> None:
    busy, own, now = iter([100.0, 109.0]), iter([40.0, 44.0]), iter([0.0, 10.0])
    monkeypatch.setattr(machine, "_busy_seconds", lambda: next(busy))
    monkeypatch.setattr(machine, "_own_seconds", lambda: next(own))
    monkeypatch.setattr("time.monotonic", lambda: next(now))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert Others().share() == 0.25


def test_the_machine_is_counted_while_we_work() -> None:
    others, busy, own = Others(), machine._busy_seconds(), machine._own_seconds()
    while machine._own_seconds() - own < 0.1:
        pass
    assert machine._busy_seconds() - busy > 0.05 and 0 <= others.share() <= 1
