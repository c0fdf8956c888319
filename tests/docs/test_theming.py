"""docs/theming.md and the element's manifest against the element's source, both ways."""

import json
import re

from tests.docs.pages import ROOT, code_words, read, table

PAGE = read("theming.md")
SOURCE = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "web/widget").glob("*.js")))
TYPES = (ROOT / "web/client/types.d.ts").read_text("utf-8")
DECLARED = json.loads((ROOT / "web/dist/custom-elements.json").read_text("utf-8"))["modules"][0]["declarations"][0]


def documented(heading: str) -> set[str]:
    """The words in code type in the first column of a table."""
    return {name for row in table(PAGE, heading) for name in code_words(row[0])}


def declared(kind: str) -> set[str]:
    return {row["name"] for row in DECLARED[kind]}


def constant(name: str) -> set[str]:
    """The strings of a list in the source."""
    found = re.search(rf"\b{name} = \[(.*?)\]", SOURCE, re.DOTALL)
    assert found, name
    return set(re.findall(r'"([a-z-]+)"', found[1]))


def test_every_attribute_of_the_element_is_documented_and_no_other() -> None:
    attributes = constant("FILTERS") | constant("REFLECTED") | constant("observedAttributes")
    assert attributes == documented("## Attributes") == declared("attributes")


def test_every_property_of_the_element_is_documented_and_no_other() -> None:
    fields = set(re.findall(r"^  get ([a-z]+)\(\)", (ROOT / "web/widget/element.js").read_text("utf-8"), re.MULTILINE))
    assert fields == documented("## Properties")
    assert fields | constant("FILTERS") | constant("REFLECTED") == declared("members")


def test_every_state_is_documented_and_no_other() -> None:
    union = re.search(r"export type State = (.*?);", TYPES)
    assert union
    assert set(re.findall(r'"([a-z-]+)"', union[1])) == documented("## States") == declared("cssStates")


def test_every_event_is_documented_and_no_other() -> None:
    assert set(re.findall(r'#emit\("([a-z-]+)"', SOURCE)) == documented("## Events") == declared("events")


def test_every_custom_property_is_documented_and_no_other() -> None:
    used = set(re.findall(r"var\((--ticker-[a-z]+)", SOURCE))
    assert used == documented("## Custom properties") == declared("cssProperties")


def test_every_part_is_documented_and_no_other() -> None:
    calls = re.findall(r'\bel\(\s*"\w+",\s*"([^"]*)"', SOURCE)
    calls += re.findall(r"\bel\(\s*\"\w+\",\s*[`]([^`$]*)", SOURCE)
    calls += re.findall(r'\b(?:button|bdi)\((?:[\w.]+, )?"([a-z ]+)"', SOURCE)
    calls += re.findall(r'\? "(item [a-z]+)" : `(item)', SOURCE)[0]
    built = {name for text in calls for name in text.split()} | constant("LAYOUTS")
    # The urgency of an item is a part too, made from a number.
    assert documented("## Parts") == declared("cssParts") == built - {"u"}
