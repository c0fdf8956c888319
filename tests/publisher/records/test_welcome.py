"""The first welcome, on SQLite and on PostgreSQL."""

import threading
from pathlib import Path

import pytest

from publisher.records.database import open_database
from publisher.records.tokens import Actor, Tokens
from publisher.records.welcome import CODES_LIMIT, Welcome, welcome_link
from ticker.contract.sentences import RefusedError


def test_a_welcome_code_creates_exactly_one_chief(welcome: Welcome, tokens: Tokens) -> None:
    code, another = welcome.code(), welcome.code()
    assert code and another and code != another
    assert welcome.accept("", "Amal") is None and not welcome.is_valid("") and welcome.is_valid(code)
    token = welcome.accept(code, "Amal")
    assert token and tokens.holder(token) == Actor("Amal", "chief")
    assert welcome.accept(code, "Bea") is None and welcome.accept(another, "Bea") is None and welcome.code() is None
    assert not welcome.is_valid(code) and not welcome.is_valid(another)


def test_only_the_newest_codes_count(welcome: Welcome) -> None:
    codes = [welcome.code() for _ in range(CODES_LIMIT + 2)]
    assert [welcome.is_valid(code or "") for code in codes] == [False] * 2 + [True] * CODES_LIMIT


def test_a_welcome_code_can_be_used_again_after_a_bad_name(welcome: Welcome) -> None:
    code = welcome.code()
    assert code
    with pytest.raises(RefusedError):
        welcome.accept(code, "")
    assert welcome.accept(code, "Amal")


def test_a_code_is_void_after_a_token_was_created(welcome: Welcome, tokens: Tokens) -> None:
    code = welcome.code()
    tokens.create("Bea", "chief")
    assert code and welcome.accept(code, "Amal") is None


def test_codes_make_one_chief_if_two_desks_accept_it_at_the_same_time(
    welcome: Welcome, tokens: Tokens, tmp_path: Path, database_url: str | None
) -> None:
    codes = [welcome.code() or "" for _ in range(2)]
    together = threading.Barrier(4)
    new_tokens: list[str | None] = []

    def accept(name: str, code: str) -> None:
        database = open_database(tmp_path, database_url)
        together.wait(10)
        new_tokens.append(Welcome(database).accept(code, name))
        database.close()

    threads = [threading.Thread(target=accept, args=(f"chief {number}", codes[number % 2])) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(new_tokens) == 4 and len([token for token in new_tokens if token]) == 1
    assert len(tokens.all()) == 1


def test_the_link_of_each_start_counts_until_there_is_a_chief(
    tmp_path: Path, database_url: str | None, welcome: Welcome
) -> None:
    first = welcome_link(tmp_path, "https://desk.example/", database_url)
    second = welcome_link(tmp_path, "https://desk.example/", database_url)
    assert first and second and first.startswith("https://desk.example/#welcome=")
    assert welcome.is_valid(second.partition("=")[2])
    assert welcome.accept(first.partition("=")[2], "Amal")
    assert welcome.accept(second.partition("=")[2], "Bea") is None
    assert welcome_link(tmp_path, "https://desk.example/", database_url) is None
