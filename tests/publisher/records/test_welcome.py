"""The first welcome, on SQLite and on PostgreSQL."""

import threading
from pathlib import Path

import pytest

from publisher.records.database import open_database
from publisher.records.tokens import Actor, Tokens
from publisher.records.welcome import Welcome, welcome_link
from ticker.contract.sentences import RefusedError


def test_a_welcome_code_creates_exactly_one_chief(welcome: Welcome, tokens: Tokens) -> None:
    old, new = welcome.code(), welcome.code()
    assert old and new
    assert welcome.accept(old, "Amal") is None and welcome.accept("", "Amal") is None
    token = welcome.accept(new, "Amal")
    assert token and tokens.holder(token) == Actor("Amal", "chief")
    assert welcome.accept(new, "Bea") is None and welcome.code() is None


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


def test_a_code_works_once_if_two_desks_accept_it_at_the_same_time(
    welcome: Welcome, tokens: Tokens, tmp_path: Path, database_url: str | None
) -> None:
    code = welcome.code()
    assert code
    together = threading.Barrier(4)
    new_tokens: list[str | None] = []

    def accept(name: str) -> None:
        database = open_database(tmp_path, database_url)
        together.wait(10)
        new_tokens.append(Welcome(database).accept(code, name))
        database.close()

    threads = [threading.Thread(target=accept, args=(f"chief {number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(new_tokens) == 4 and len([token for token in new_tokens if token]) == 1
    assert len(tokens.all()) == 1


def test_a_new_link_of_a_desk_replaces_the_one_before(
    tmp_path: Path, database_url: str | None, welcome: Welcome
) -> None:
    first = welcome_link(tmp_path, "https://desk.example/", database_url)
    second = welcome_link(tmp_path, "https://desk.example/", database_url)
    assert first and second and first.startswith("https://desk.example/#welcome=")
    assert welcome.accept(first.partition("=")[2], "Amal") is None
    assert welcome.accept(second.partition("=")[2], "Amal")
    assert welcome_link(tmp_path, "https://desk.example/", database_url) is None
