"""Tokens, on SQLite and on PostgreSQL."""

import stat
from pathlib import Path

import pytest

from publisher.core.sentences import sentence
from publisher.records.database import Database, open_database
from publisher.records.errors import DatabaseError
from publisher.records.sqlite import FILE
from publisher.records.tokens import Actor, Tokens
from tests.publisher.records.conftest import OpenDatabase
from ticker.contract.sentences import RefusedError


def test_a_token_is_in_force_until_it_is_revoked(tokens: Tokens) -> None:
    token = tokens.create("night desk", "editor", unlimited=True)
    assert tokens.holder(token) == Actor("night desk", "editor", True)
    assert tokens.revoke("night desk")
    assert tokens.holder(token) is None
    assert not tokens.revoke("night desk")


def test_a_revocation_by_another_process_counts_at_once(tokens: Tokens, another: OpenDatabase) -> None:
    token = tokens.create("a", "editor")
    running = Tokens(another())
    assert running.holder(token)
    tokens.revoke("a")
    assert running.holder(token) is None


def test_a_revocation_by_another_part_of_the_same_process_counts_at_once(tokens: Tokens, database: Database) -> None:
    others = Tokens(database)
    token = tokens.create("a", "editor")
    assert tokens.holder(token)
    others.revoke("a")
    assert tokens.holder(token) is None


@pytest.mark.parametrize("wrong", ["", "fw_", "x", "fw_" + "a" * 43, "\ud800", "fw_é", "\0"])
def test_a_wrong_token_has_no_holder(tokens: Tokens, wrong: str) -> None:
    tokens.create("a", "editor")
    assert tokens.holder(wrong) is None


def test_a_name_belongs_to_one_holder_forever(tokens: Tokens) -> None:
    tokens.create("a", "editor")
    tokens.revoke("a")
    with pytest.raises(RefusedError) as refusal:
        tokens.create("a", "editor")
    assert "another name" in sentence(refusal.value)
    with pytest.raises(RefusedError):
        tokens.create("a\nb", "editor")
    # The refusal left nothing open.
    assert tokens.create("b", "editor")


def test_a_database_that_cannot_be_read_is_one_clear_error(tokens: Tokens, database: Database, tmp_path: Path) -> None:
    token = tokens.create("a", "editor")
    assert tokens.holder(token)
    for path in tmp_path.iterdir():
        path.write_bytes(b"no database " * 1000)
    if not database.is_local:
        with database.begin() as connection:
            connection.exec_driver_sql("DROP TABLE sessions, tokens CASCADE")
    with pytest.raises(DatabaseError, match="cannot be used"):
        tokens.holder("fw_another")
    database.close()
    if database.is_local:
        with pytest.raises(DatabaseError, match="cannot be used"):
            tokens.holder(token)


def test_tokens_are_listed_oldest_first_without_their_secrets(tokens: Tokens) -> None:
    assert not tokens.any()
    token = tokens.create("z", "reporter", unlimited=True)
    tokens.create("a", "chief")
    tokens.revoke("a")
    first, second = tokens.all()
    assert tokens.any() and (first.name, first.role, first.unlimited, first.revoked) == ("z", "reporter", True, None)
    assert second.name == "a" and second.unlimited is False and second.revoked is not None
    assert second.revoked >= second.created >= first.created > 1.7e9 and token not in repr((first, second))


def test_a_discarded_token_leaves_no_trace(tokens: Tokens) -> None:
    token = tokens.create("a", "editor")
    tokens.discard(token)
    assert tokens.holder(token) is None and tokens.create("a", "editor")


def test_no_token_is_in_the_file_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    token = Tokens(database).create("a", "chief")
    files = [path for path in tmp_path.iterdir() if path.name.startswith(FILE)]
    assert files and not any(token.encode() in path.read_bytes() for path in files)
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)
    database.close()
