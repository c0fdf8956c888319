"""The cursor: one spelling for one place, and anything unreadable is a lost one."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ticker.contract.cursor import CHECK_DIGITS, NO_EPOCH, Cursor, entry_check, origin, read_cursor

ALNUM = st.text("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=26)


@given(ALNUM, st.integers(0, 2**63 - 1), st.binary(), st.binary())
def test_a_cursor_comes_back_as_it_was(epoch: str, seq: int, entry_id: bytes, body: bytes) -> None:
    cursor = Cursor(epoch, seq, entry_check(entry_id, body))
    assert read_cursor(str(cursor)) == cursor


@given(
    st.text(st.characters(), max_size=90)
    | st.from_regex(r"[a-z0-9.]{0,12}\.[0-9]{0,5}\.[a-f0-9]{0,10}", fullmatch=True)
)
@example("e.00.a")
@example("e.0.a")
@example("e.01.a")
def test_a_cursor_has_only_one_spelling(text: str) -> None:
    cursor = read_cursor(text)
    assert cursor is None or str(cursor) == text


UNREADABLE = {
    "nothing": "",
    "dots alone": "..",
    "two parts": "e.1",
    "four parts": "e.1.a.b",
    "a leading zero": "e.01.a",
    "two zeros": "e.00.a",
    "a sign": "e.-1.a",
    "a plus": "e.+1.a",
    "a space": "e. 1.a",
    "an underscore": "e.1_0.a",
    "letters for a number": "e.one.a",
    "an Arabic digit": "e.١.a",
    "a superscript digit": "e.².a",
    "a fullwidth letter": "ｅ.1.a",
    "a letter that is not ASCII": "é.1.a",
    "an empty epoch": ".1.a",
    "an empty check": "e.1.",
    "a line break": "e.1.a\n",
    "a NUL": "e.1.a\0",
    "a lone surrogate": "e.1.\ud800",
    "a Redis id": "1777627800125-0",
    "81 characters": "e." + "1" * 77 + ".a",
    "more digits than int() takes": "e." + "1" * 5000 + ".a",
    "a megabyte": "e" * 1_000_000,
    "a million dots": "." * 1_000_000,
    "markup": "<script>.1.a",
}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_an_unreadable_cursor_is_a_lost_one_and_no_error(text: str) -> None:
    assert read_cursor(text) is None


def test_a_cursor_of_the_greatest_length_is_read() -> None:
    assert read_cursor("e." + "1" * 76 + ".a") == Cursor("e", int("1" * 76), "a")


def test_the_origin_is_before_the_first_entry() -> None:
    assert str(origin("abc")) == "abc.0.0"
    assert read_cursor(str(origin(NO_EPOCH))) == origin(NO_EPOCH)


@given(st.binary(max_size=40), st.binary(max_size=40), st.integers(0))
def test_different_entries_have_different_checks(entry_id: bytes, body: bytes, position: int) -> None:
    check = entry_check(entry_id, body)
    assert len(check) == CHECK_DIGITS == 10 and check.isalnum()
    for part, name in ((entry_id, "id"), (body, "body")):
        if not part:
            continue
        index = position % len(part)
        other = part[:index] + bytes([part[index] ^ 1]) + part[index + 1 :]
        assert check != (entry_check(other, body) if name == "id" else entry_check(entry_id, other))


def test_the_check_is_the_same_on_every_node() -> None:
    assert entry_check(b"1-0", b"x") == "bd7affdf9f"
