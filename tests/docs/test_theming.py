"""docs/theming.md against the element's source, both ways."""

import re

from tests.docs.pages import ROOT, code_words, read, table

PAGE = read("theming.md")
SOURCE = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "web/widget").glob("*.js")))


def documented(heading: str) -> set[str]:
    """The words in code type in the first column of a table."""
    return {name for row in table(PAGE, heading) for name in code_words(row[0])}


def test_every_attribute_of_the_element_is_documented_and_no_other() -> None:
    filters = re.search(r"FILTERS = \[(.*?)\]", SOURCE, re.DOTALL)
    observed = re.search(r"observedAttributes = \[(.*?)\]", SOURCE, re.DOTALL)
    assert filters and observed
    assert set(re.findall(r'"([a-z]+)"', filters[1] + observed[1])) == documented("## Attributes")


def test_every_event_is_documented_and_no_other() -> None:
    assert set(re.findall(r'#emit\("([a-z-]+)"', SOURCE)) == documented("## Events")


def test_every_custom_property_is_documented_and_no_other() -> None:
    assert set(re.findall(r"var\((--ticker-[a-z]+)", SOURCE)) == documented("## Custom properties")


def test_every_part_is_documented_and_no_other() -> None:
    calls = re.findall(r'\bel\(\s*"\w+",\s*(?:isLine \? )?"([^"]*)"(?: : "(\w+)")?', SOURCE)
    calls += re.findall(r"\bel\(\s*\"\w+\",\s*(?:isLine \? )?[`]([^`$]*)()", SOURCE)
    calls += re.findall(r'\b(?:icon|bdi)\((?:[\w.]+, )?"([a-z ]+)"()', SOURCE)
    built = {name for pair in calls for text in pair for name in text.split()}
    documented_parts = {name for row in table(PAGE, "## Parts") for name in code_words(" ".join(row))}
    # The urgency of an item is a part too, made from a number.
    assert {name for name in documented_parts if not re.fullmatch("u[0-9]", name)} == built - {"u"}
