"""What the benchmark writes: a table, data and a picture that say the same."""

import re
from xml.etree import ElementTree

import msgspec
import pytest

from ticker.bench.plot import svg
from ticker.bench.report import Machine, Report, figure, markdown, summarise, table, this_machine
from ticker.bench.round import Plan, Round, median

PLAN = Plan(2000, 40, 0, 1)
MACHINE = Machine("A processor", 2, "6.1", "3.11.7", {"uvicorn": "0.54.0"}, 0.25)
TITLES = {"flashwire": "Flashwire", "naive": "Naive <&>"}


def report(*cpu: float, plan: Plan = PLAN) -> Report:
    """Rounds of both contenders in turn; the naive one costs five times as much."""
    rounds = []
    for cost in cpu:
        rounds.append(Round("flashwire", cost, 2.0, 30.0, 80_000, 560))
        rounds.append(Round("naive", cost * 5, 27.0, 60.0, 80_000, 560))
    return summarise(rounds, TITLES, plan, MACHINE, 0.0)


def test_the_median_is_the_middle() -> None:
    assert (median([3.0]), median([9.0, 1.0, 5.0]), median([4.0, 1.0, 2.0, 99.0])) == (3.0, 5.0, 3.0)
    one = figure([4.0, 1.0, 9.0])
    assert (one.median, one.least, one.most) == (4.0, 1.0, 9.0)


def test_a_line_says_median_spread_and_the_ratio_to_the_first() -> None:
    rows = table(report(4.0, 6.0, 5.0)).splitlines()
    assert rows[2] == "| Flashwire | 5.0 (4.0–6.0) | 2.0 (2.0–2.0) | 30.0 (30.0–30.0) |"
    assert rows[3] == "| Naive <&> | 25.0 (20.0–30.0) · ×5.0 | 27.0 (27.0–27.0) · ×13.5 | 60.0 (60.0–60.0) · ×2.0 |"


def test_a_contender_that_was_not_measured_has_no_line() -> None:
    only = summarise([Round("naive", 5.0, 27.0, 60.0, 1, 560)], TITLES, PLAN, MACHINE, 0.0)
    assert [line.name for line in only.lines] == ["naive"] and only.lines[0].rounds == 1


def test_a_figure_that_is_not_above_zero_has_no_ratio() -> None:
    rounds = [Round("flashwire", 4.0, -0.1, 1.0, 1, 560), Round("naive", 8.0, 27.0, 2.0, 1, 560)]
    assert "27.0 (27.0–27.0) |" in table(summarise(rounds, TITLES, PLAN, MACHINE, 0.0))


def test_the_page_says_on_what_machine_and_in_what_order() -> None:
    page = markdown(report(4.0, 6.0), "steady.svg")
    for part in (
        "flashwire, naive, flashwire, naive.",
        "A processor",
        "uvicorn 0.54.0",
        "2,000 subscribers",
        "560 bytes",
    ):
        assert part in page
    assert "| load before | 0.25:" in page
    assert "(steady.svg)" in page and "on the same core" not in page
    assert "on the same core as the clients" in markdown(report(4.0, plan=Plan(10, 1, 0, 0)), "x.svg")


def test_the_picture_is_well_formed_and_shows_every_median() -> None:
    picture = ElementTree.fromstring(svg(report(4.0, 6.0)))
    shown = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert [text for text in shown if text and re.fullmatch(r"[\d.]+", text)] == [
        "5.0",
        "25.0",
        "2.0",
        "27.0",
        "30.0",
        "60.0",
    ]
    assert "Naive <&>" in shown
    bars = [float(bar.attrib["width"]) for bar in picture.iter("{http://www.w3.org/2000/svg}rect")]
    assert bars[0] / bars[1] == pytest.approx(0.2, abs=0.01)
    size = [float(number) for number in picture.attrib["viewBox"].split()]
    for line in picture.iter("{http://www.w3.org/2000/svg}line"):
        assert (
            0 <= float(line.attrib["x1"]) <= float(line.attrib["x2"]) < size[2] and float(line.attrib["y1"]) < size[3]
        )


def test_the_data_are_the_report_as_it_stands() -> None:
    whole = report(4.0)
    assert msgspec.json.decode(msgspec.json.encode(whole), type=Report) == whole


def test_this_machine_names_its_processor_and_packages() -> None:
    machine = this_machine()
    assert machine.processor and machine.cores >= 1 and machine.packages["uvicorn"][0].isdigit()
