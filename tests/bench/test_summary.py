"""The picture that opens "Targets and results": the same figures in bars and in words, ours first."""

from pathlib import Path
from xml.etree import ElementTree

from bench.report import PICTURE, write_overview, write_report
from bench.summary import summary_picture
from tests.bench.test_report import NOW, SECTION, report

SVG = "{http://www.w3.org/2000/svg}"


def turn(last_ms: float, memory_kib: float, kernel_kib: float | None = 3.9) -> dict[str, float]:
    return {"last_ms": last_ms, "memory_kib": memory_kib} | ({} if kernel_kib is None else {"kernel_kib": kernel_kib})


DATA = {
    "limit": [turn(84.0, 0.1)],
    "centrifugo": [turn(230.0, 50.0)],
    "flashwire": [turn(99.0, 0.3), turn(101.0, 0.3), turn(94.0, 0.3)],
    "nchan": [turn(111.0, 10.2)],
}


def test_the_picture_has_ours_first_and_then_the_quickest() -> None:
    svg, says = summary_picture(DATA)
    assert says == (
        "Time until the last of 10,000 readers has an item, and the memory, kernel included, of a reader: "
        "Flashwire 99 ms and 4.2 KiB; nchan (nginx) 111 ms and 14.1 KiB; Centrifugo 230 ms and 53.9 KiB."
    )
    tree = ElementTree.fromstring(svg)
    assert tree.attrib["aria-label"] == says
    rects = tree.findall(f"{SVG}rect")
    assert [rect.attrib["class"] for rect in rects] == ["first", "other", "other"] * 2
    widths = [float(rect.attrib["width"]) for rect in rects]
    assert widths[:3] == sorted(widths[:3]) and widths[3:] == sorted(widths[3:])
    assert all(float(rect.attrib["x"]) + float(rect.attrib["width"]) < 680 for rect in rects)


def test_memory_without_the_kernel_is_said_so() -> None:
    old = {name: [turn(one["last_ms"], one["memory_kib"], None) for one in turns] for name, turns in DATA.items()}
    svg, says = summary_picture(old)
    assert "and the server's memory of a reader: Flashwire 99 ms and 0.3 KiB" in says
    assert "Server memory of a reader" in svg and "kernel" not in svg


def test_the_page_opens_with_the_picture_of_a_whole_run(tmp_path: Path) -> None:
    write_report(tmp_path, report(data=DATA), SECTION)
    write_overview(tmp_path, ("steady",), NOW)
    page = (tmp_path / "README.md").read_text("utf-8")
    assert page.startswith("# Targets and results\n\n![Time until the last of 10,000 readers")
    assert (tmp_path / PICTURE).read_text("utf-8").startswith("<svg")


def test_a_trial_gives_no_picture(tmp_path: Path) -> None:
    write_report(tmp_path, report(data=DATA, quick=True), SECTION)
    write_overview(tmp_path, ("steady",), NOW)
    assert "![" not in (tmp_path / "README.md").read_text("utf-8") and not (tmp_path / PICTURE).exists()
