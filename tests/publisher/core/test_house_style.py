"""Rules of house style: patterns, errors named by line, and that no rule is slow."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import publisher.core
from publisher.core.house_style import StyleError, read_rules


def rule(pattern: str, **fields: str | bool) -> str:
    written = {"pattern": pattern, "advice": "Advice", **fields}
    rows = [
        f"{name} = {str(value).lower() if isinstance(value, bool) else json.dumps(value)}"
        for name, value in written.items()
    ]
    return "\n".join(["[[rule]]", *rows, ""])


def places(text: str, line: str) -> list[str]:
    return [line[finding.start : finding.end] for finding in read_rules(text).findings(line)]


@pytest.mark.parametrize(
    ("pattern", "line", "found"),
    [
        ("utili*", "Crews UTILISE boats, utilities wait", ["UTILISE", "utilities"]),
        ("at the present time", "Closed at the present time", ["at the present time"]),
        ("# percent|%", "Up 12 percent and 5% and percent", ["12 percent", "5%"]),
        (". $", "It ends. Here.", ["."]),
        ("^ breaking", "Breaking news is breaking", ["Breaking"]),
        ("{spaces}", "Two  spaces   here", ["  ", "   "]),
        ("e-mail*", "E-mails sent", ["E-mails"]),
        ("*ise", "Organise and wise", ["Organise", "wise"]),
        ("مـدرسة", "مَدرسة جديدة", ["مَدرسة"]),
        ("*مدرسة", "والمدرسة", ["والمدرسة"]),
        ("“|”", "Say “yes”", ["“", "”"]),
        ("a*b*c", "axxbyyc abd", ["axxbyyc"]),
    ],
)
def test_a_pattern_finds_its_places(pattern: str, line: str, found: list[str]) -> None:
    assert places(rule(pattern), line) == found


def test_case_counts_where_the_rule_says_so() -> None:
    assert places(rule("may", case=True), "May may") == ["may"]
    assert places(rule("may"), "May may") == ["May", "may"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (rule("a") + rule(""), "line 4: the pattern is empty"),
        ("\n\n" + rule("*"), "line 3: a word of the pattern is only *"),
        (rule("a|"), "line 1: an alternative of the pattern is empty"),
        (rule("a ^"), "line 1: ^ is only the first word"),
        (rule("a", colour="red"), "line 1: Object contains unknown field `colour`"),
        ("[[rule]]\npattern = 3\n", "line 1: Expected `str`"),
        ("pattern", "at end of document"),
        (rule("a " * 9), "line 1: the pattern is longer"),
        ("".join(rule(f"*{number}") for number in range(51)), "line 151: more than 50 patterns"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_line(text: str, message: str) -> None:
    with pytest.raises(StyleError, match=message.replace("*", r"\*").replace("^", r"\^")):
        read_rules(text)


def test_the_example_can_be_used() -> None:
    text = (Path(publisher.core.__file__).parent / "style.example.toml").read_text("utf-8")
    assert [finding.fix for finding in read_rules(text).findings("Qaddafi  is here.")] == ["Gaddafi", " ", ""]


def test_the_worst_rules_on_the_worst_line_take_milliseconds() -> None:
    patterns = ["*a*a*a*a*a*b" + str(number) for number in range(50)]
    style = read_rules("".join(rule(pattern) for pattern in patterns))
    started = time.process_time()
    style.findings(" ".join(["a" * 80] * 8))
    assert time.process_time() - started < 0.05


@given(st.text(max_size=60))
def test_any_line_can_be_checked(line: str) -> None:
    style = read_rules(rule("*e") + rule("{spaces}") + rule("a|b c") + rule("^ #") + rule(". $"))
    for finding in style.findings(line):
        assert 0 <= finding.start <= finding.end <= len(line)
