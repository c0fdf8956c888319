"""Sessions of the desk page, on SQLite and on PostgreSQL."""

from publisher.records.database import Database
from publisher.records.sessions import SESSION_SECONDS, Sessions
from publisher.records.tokens import Actor, Tokens
from tests.publisher.records.conftest import OpenDatabase


def test_a_session_ends_with_its_time_its_token_or_by_hand(database: Database, tokens: Tokens) -> None:
    now = [1000.0]
    sessions = Sessions(database, lambda: now[0])
    tokens.create("a", "editor", unlimited=True)
    by_hand, by_time, by_token = (sessions.open("a") for _ in range(3))
    assert sessions.holder(by_hand) == Actor("a", "editor", True)
    sessions.close(by_hand)
    assert sessions.holder(by_hand) is None and sessions.holder(by_time)
    now[0] += SESSION_SECONDS
    assert sessions.holder(by_time) is None
    now[0] = 1000.0
    tokens.revoke("a")
    assert sessions.holder(by_token) is None


def test_expired_sessions_are_deleted_when_another_is_opened(database: Database, tokens: Tokens) -> None:
    now = [1000.0]
    sessions = Sessions(database, lambda: now[0])
    tokens.create("a", "editor")
    expired = sessions.open("a")
    now[0] += SESSION_SECONDS
    sessions.open("a")
    now[0] = 1000.0
    assert sessions.holder(expired) is None


def test_a_session_of_one_desk_is_in_force_at_another_until_it_is_closed(
    tokens: Tokens, sessions: Sessions, another: OpenDatabase
) -> None:
    tokens.create("a", "editor")
    session, there = sessions.open("a"), Sessions(another())
    assert there.holder(session) == Actor("a", "editor")
    there.close(session)
    assert sessions.holder(session) is None


def test_two_databases_have_different_ids_and_one_keeps_its_own(database: Database, another: OpenDatabase) -> None:
    assert database.desk_id() == another().desk_id() and len(database.desk_id()) == 16
