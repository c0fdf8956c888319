"""The close codes: one table for the node, the clients in both languages and the protocol page."""

import re
from pathlib import Path

from ticker.contract.closes import FIRST_FINAL, LAST_FINAL, MEANINGS, CloseCode, is_final

ROOT = Path(__file__).parents[3]


def test_codes_from_4500_to_4999_are_final_and_no_others() -> None:
    assert [code for code in range(1000, 6000) if is_final(code)] == list(range(4500, 5000))


def test_every_code_has_a_meaning() -> None:
    assert set(MEANINGS) == set(CloseCode)


def test_the_protocol_page_lists_every_code_with_its_meaning_and_no_others() -> None:
    page = (ROOT / "docs/protocol.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| (4\d{3}) \| (.*?) \|$", page, re.MULTILINE))
    assert rows == {str(int(code)): meaning for code, meaning in MEANINGS.items()}


def test_the_javascript_client_has_the_same_range() -> None:
    # What it makes of the range is in web/test/reconnect.test.js.
    source = (ROOT / "web/client/closes.js").read_text("utf-8")
    constants = dict(re.findall(r"^const (\w+_FINAL) = (\d+);$", source, re.MULTILINE))
    assert constants == {"FIRST_FINAL": str(FIRST_FINAL), "LAST_FINAL": str(LAST_FINAL)}
