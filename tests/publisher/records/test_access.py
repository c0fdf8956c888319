"""Tokens, sessions, the welcome, notes, the rate rule and the rule of origins."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.core.origins import may_write
from publisher.core.phrases import act_phrase, role_phrase
from publisher.core.rate import WINDOW_SECONDS, Rate
from publisher.core.roles import ROLES, role_needed
from publisher.records.database import FILE, DatabaseError, open_database
from publisher.records.notes import Notes
from publisher.records.sessions import SESSION_SECONDS, Sessions
from publisher.records.tokens import Actor, Tokens
from publisher.records.welcome import Welcome
from ticker.contract.item import ACTS, Act
from ticker.contract.sentences import RefusedError


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return Tokens(open_database(tmp_path))


def test_a_token_is_known_by_its_holder_until_it_is_revoked(tokens: Tokens) -> None:
    token = tokens.create("night desk", "editor", unlimited=True)
    assert tokens.holder(token) == Actor("night desk", "editor", True)
    assert tokens.revoke("night desk")
    assert tokens.holder(token) is None
    assert not tokens.revoke("night desk")


def test_a_token_is_kept_nowhere_and_its_file_is_its_owners_alone(tokens: Tokens, tmp_path: Path) -> None:
    token = tokens.create("a", "chief")
    files = [path for path in tmp_path.iterdir() if path.name.startswith(FILE)]
    assert files and not any(token.encode() in path.read_bytes() for path in files)
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)


def test_another_process_sees_a_revocation_at_once(tokens: Tokens, tmp_path: Path) -> None:
    token = tokens.create("a", "editor")
    running = Tokens(open_database(tmp_path))
    assert running.holder(token)
    tokens.revoke("a")
    assert running.holder(token) is None


def test_a_revocation_by_another_part_of_the_same_process_is_seen_at_once(tmp_path: Path) -> None:
    connection = open_database(tmp_path)
    tokens, others = Tokens(connection), Tokens(connection)
    token = tokens.create("a", "editor")
    assert tokens.holder(token)
    others.revoke("a")
    assert tokens.holder(token) is None


@pytest.mark.parametrize("wrong", ["", "fw_", "x", "fw_" + "a" * 43, "\ud800", "fw_é"])
def test_a_wrong_token_is_nobodys(tokens: Tokens, wrong: str) -> None:
    tokens.create("a", "editor")
    assert tokens.holder(wrong) is None


def test_a_name_stands_for_one_holder_for_ever(tokens: Tokens) -> None:
    tokens.create("a", "editor")
    tokens.revoke("a")
    with pytest.raises(RefusedError, match="another name"):
        tokens.create("a", "editor")
    with pytest.raises(RefusedError):
        tokens.create("a\nb", "editor")


def test_a_session_ends_with_its_time_its_token_or_by_hand(tmp_path: Path) -> None:
    connection = open_database(tmp_path)
    tokens, now = Tokens(connection), [1000.0]
    sessions = Sessions(connection, lambda: now[0])
    tokens.create("a", "editor")
    by_hand, by_time, by_token = (sessions.open("a") for _ in range(3))
    assert sessions.holder(by_hand) == Actor("a", "editor")
    sessions.close(by_hand)
    assert sessions.holder(by_hand) is None and sessions.holder(by_time)
    now[0] += SESSION_SECONDS
    assert sessions.holder(by_time) is None
    now[0] = 1000.0
    tokens.revoke("a")
    assert sessions.holder(by_token) is None


def test_a_welcome_makes_one_chief_and_no_second(tmp_path: Path) -> None:
    connection = open_database(tmp_path)
    welcome, tokens = Welcome(connection), Tokens(connection)
    old, new = welcome.code(), welcome.code()
    assert old and new
    assert welcome.accept(old, "Amal") is None and welcome.accept("", "Amal") is None
    token = welcome.accept(new, "Amal")
    assert token and tokens.holder(token) == Actor("Amal", "chief")
    assert welcome.accept(new, "Bea") is None and welcome.code() is None


def test_a_welcome_with_a_bad_name_can_be_tried_again(tmp_path: Path) -> None:
    welcome = Welcome(open_database(tmp_path))
    code = welcome.code()
    assert code
    with pytest.raises(RefusedError):
        welcome.accept(code, "")
    assert welcome.accept(code, "Amal")


def test_a_note_of_the_desk_is_kept_once(tmp_path: Path) -> None:
    connection = open_database(tmp_path)
    notes = Notes(connection)
    notes.keep("u", 1, "a", "first")
    notes.keep("u", 1, "a", "repeated")
    notes.keep("u", 2, "a", "second")
    assert connection.execute("SELECT version, note FROM notes").fetchall() == [(1, "first"), (2, "second")]


def test_a_data_directory_that_cannot_be_used_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseError, match="cannot be used"):
        open_database(tmp_path / "file")
    (tmp_path / FILE).write_bytes(b"not a database at all" * 100)
    with pytest.raises(DatabaseError, match="cannot be used"):
        open_database(tmp_path)


def test_each_role_may_do_its_acts_and_those_below() -> None:
    assert [role_needed("reporter", act) for act in ("publish", "update", "withdraw")] == ["editor", "editor", "chief"]
    assert [role_needed("editor", act) for act in ("publish", "update", "refile", "correction", "hold")] == [
        None, None, None, "chief", "chief",
    ]  # fmt: skip
    assert role_needed("chief", "withdraw") is None


@pytest.mark.parametrize("act", ACTS)
def test_every_act_that_a_role_may_not_is_refused_in_words(act: Act) -> None:
    for role in ROLES:
        if needed := role_needed(role, act):
            refusal = RefusedError("role-act", needed=role_phrase(needed), act=act_phrase(act))
            assert len({refusal.sentence(language) for language in ("en", "ar", "es")}) == 3


_OWN = "https://desk.example"


@pytest.mark.parametrize(
    ("origin", "fetch_site", "allowed"),
    [
        (_OWN, "same-origin", True),
        (_OWN, None, True),
        (None, "same-origin", True),
        ("https://proxy.example", "cross-site", True),
        ("http://127.0.0.1:8001", "same-origin", True),
        ("null", "same-origin", True),
        ("HTTPS://Desk.Example:443", None, True),
        (None, None, False),
        (None, "none", False),
        (_OWN, "none", False),
        (_OWN, "", False),
        (None, "Same-Origin", False),
        (None, "same-origin, cross-site", False),
        (None, "same-site", False),
        ("https://evil.example", "cross-site", False),
        ("https://desk.example.evil.example", None, False),
        ("https://desk.example:444", None, False),
        ("http://desk.example", None, False),
        ("null", None, False),
        (_OWN, "cross-site", False),
    ],
)
def test_a_cookie_speaks_only_from_the_desks_own_page(
    origin: str | None, fetch_site: str | None, allowed: bool
) -> None:
    found = may_write(origin=origin, fetch_site=fetch_site, own={_OWN}, allowed={"https://proxy.example"})
    assert found is allowed


def test_a_repeat_is_not_counted_and_a_request_that_published_nothing_is_given_back() -> None:
    rate = Rate(2)
    assert [rate.admit("a", request, 0.0) for request in ("1", "1", "2", "1")] == [0, 0, 0, 0]
    assert rate.admit("a", "3", 10.0) == WINDOW_SECONDS - 10
    assert rate.admit("b", "3", 10.0) == 0
    rate.forget("a", "2")
    assert rate.admit("a", "3", 10.0) == 0


def test_what_was_counted_before_the_window_is_counted_no_more() -> None:
    rate = Rate(2)
    rate.admit("a", "1", 0.0)
    assert rate.counts("a", "1", WINDOW_SECONDS - 1) and not rate.counts("b", "1", 0.0)
    assert not rate.counts("a", "1", WINDOW_SECONDS)


@given(st.lists(st.floats(0, 30), max_size=60))
def test_no_window_holds_more_than_the_limit(pauses: list[float]) -> None:
    rate, now, admitted = Rate(3), 0.0, list[float]()
    for number, pause in enumerate(pauses):
        now += pause
        expected = sum(moment > now - WINDOW_SECONDS for moment in admitted) < 3
        assert (rate.admit("a", str(number), now) == 0) == expected
        if expected:
            admitted.append(now)
