"""docs/accessibility.md: each criterion once, and each row that claims a test names one that there is."""

import re
from typing import Final

from tests.docs.pages import ROOT, code_words, read, table

PAGE: Final = read("accessibility.md")
# WCAG 2.2, levels A and AA; 4.1.1 was removed.
CRITERIA: Final = {
    *("1.1.1", "1.2.1", "1.2.2", "1.2.3", "1.2.4", "1.2.5"),
    *(f"1.3.{number}" for number in range(1, 6)),
    *(f"1.4.{number}" for number in (1, 2, 3, 4, 5, 10, 11, 12, 13)),
    *("2.1.1", "2.1.2", "2.1.4", "2.2.1", "2.2.2", "2.3.1"),
    *(f"2.4.{number}" for number in (1, 2, 3, 4, 5, 6, 7, 11)),
    *(f"2.5.{number}" for number in (1, 2, 3, 4, 7, 8)),
    *("3.1.1", "3.1.2", "3.2.1", "3.2.2", "3.2.3", "3.2.4", "3.2.6"),
    *("3.3.1", "3.3.2", "3.3.3", "3.3.4", "3.3.7", "3.3.8", "4.1.2", "4.1.3"),
}
HEADINGS: Final = ("## Shown by a test", "## Does not apply")


def numbers(cell: str) -> list[str]:
    """The criteria of a cell: one, several with commas, or a range of the last number."""
    criteria = []
    for part in cell.split(", "):
        first, _, last = part.partition("–")
        stem, _, start = first.rpartition(".")
        end = int(last.rpartition(".")[2]) if last else int(start)
        criteria += [f"{stem}.{number}" for number in range(int(start), end + 1)]
    return criteria


def test_every_criterion_is_in_one_table() -> None:
    listed = [number for heading in HEADINGS for row in table(PAGE, heading) for number in numbers(row[0])]
    assert sorted(listed) == sorted(CRITERIA)


def test_every_named_test_is_one_of_the_widget() -> None:
    source = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests/browser").glob("test_widget_*.py"))
    tests = set(re.findall(r"^def (test_\w+)", source, re.MULTILINE))
    rows = table(PAGE, HEADINGS[0])
    chapters = table(PAGE, "## The other chapters of EN 301 549")
    named = {name for row in [*rows, *chapters] for name in code_words(row[2])}
    assert all(code_words(row[2]) for row in rows)
    assert named <= tests, named - tests


def test_every_chapter_of_the_standard_has_a_result() -> None:
    chapters = table(PAGE, "## The other chapters of EN 301 549")
    assert {int(re.match(r"\d+", row[0])[0]) for row in chapters} == set(range(4, 14))  # type: ignore[index]  # digits
    assert all(
        re.search(r"`test_|does not apply|not claimed|tables above|No test|informative", row[2]) for row in chapters
    )
