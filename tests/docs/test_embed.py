"""docs/embed.md against the tests of the pages that the widget works in, both ways."""

import re

from tests.browser.hosts.table import HOSTS, OUTCOMES
from tests.docs.pages import ROOT, code_words, read, table

SOURCES = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "tests/browser/hosts").glob("test_*.py")))


def test_the_table_of_pages_says_what_the_tests_hold() -> None:
    rows = {code_words(name)[0]: outcome for name, outcome, *_ in table(read("embed.md"), "## Pages it works in")}
    assert rows == OUTCOMES


def test_every_page_of_the_table_has_a_test() -> None:
    tested = set(re.findall(r'"(?:host |hosts )?([a-z-][a-z -]*)"', SOURCES)) | HOSTS.keys()
    assert OUTCOMES.keys() <= tested
    assert HOSTS.keys() <= OUTCOMES.keys()
