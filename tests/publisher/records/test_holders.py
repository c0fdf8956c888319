"""The memory of verified holders, on SQLite and on PostgreSQL."""

from collections.abc import Callable

import pytest

from publisher.records import holders as module
from publisher.records.database import Database
from publisher.records.holders import Holders
from publisher.records.sessions import SESSION_SECONDS, Sessions
from publisher.records.tokens import Actor, Tokens
from tests.publisher.records.conftest import OpenDatabase

pytestmark = pytest.mark.anyio


@pytest.fixture
def clock() -> list[float]:
    return [1000.0]


@pytest.fixture
def holders(database: Database, clock: list[float]) -> Holders:
    return Holders(database, Tokens(database), Sessions(database, lambda: clock[0]), lambda: clock[0])


@pytest.fixture
def session(database: Database, clock: list[float], tokens: Tokens) -> Callable[[], str]:
    tokens.create("signed in", "editor")
    return lambda: Sessions(database, lambda: clock[0]).open("signed in")


async def test_a_holder_is_cached_after_it_was_verified(
    holders: Holders, tokens: Tokens, session: Callable[[], str]
) -> None:
    token, cookie = tokens.create("a", "chief", unlimited=True), session()
    assert holders.recall(token) is None and holders.recall(cookie) is None
    assert await holders.find(token, is_token=True) == Actor("a", "chief", True)
    assert await holders.find(cookie, is_token=False) == Actor("signed in", "editor")
    assert holders.recall(token) == Actor("a", "chief", True)
    assert holders.recall(cookie) == Actor("signed in", "editor")
    # A token is not a session, and the other way round.
    assert await holders.find(token, is_token=False) is None and await holders.find(cookie, is_token=True) is None


@pytest.mark.parametrize("is_token", [True, False])
async def test_a_revocation_elsewhere_is_forgotten_at_the_next_request_or_refresh(
    holders: Holders, tokens: Tokens, session: Callable[[], str], another: OpenDatabase, is_token: bool
) -> None:
    for by_request in (True, False):
        name = f"holder {by_request}"
        secret = tokens.create(name, "chief")
        if not is_token:
            secret = Sessions(another(), lambda: 1000.0).open(name)
        assert await holders.find(secret, is_token=is_token)
        Tokens(another()).revoke(name)
        if by_request:
            assert await holders.find(secret, is_token=is_token) is None
        else:
            await holders.refresh()
        assert holders.recall(secret) is None


async def test_a_session_that_was_closed_elsewhere_is_forgotten(
    holders: Holders, session: Callable[[], str], another: OpenDatabase
) -> None:
    closed, open_session = session(), session()
    for cookie in (closed, open_session):
        assert await holders.find(cookie, is_token=False)
    Sessions(another()).close(closed)
    await holders.refresh()
    assert holders.recall(closed) is None and holders.recall(open_session)


async def test_a_session_that_expires_while_the_database_is_away_is_not_remembered(
    holders: Holders, session: Callable[[], str], clock: list[float]
) -> None:
    cookie = session()
    assert await holders.find(cookie, is_token=False)
    clock[0] += SESSION_SECONDS
    assert holders.recall(cookie) is None


async def test_the_cache_is_limited_and_drops_the_least_recently_used(
    holders: Holders, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MEMORY_LIMIT", 3)
    created = [tokens.create(f"{number}", "editor") for number in range(4)]
    for number in (0, 1, 2, 0, 3):
        assert await holders.find(created[number], is_token=True)
    assert [holders.recall(token) is not None for token in created] == [True, False, True, True]
    await holders.refresh()
    assert [holders.recall(token) is not None for token in created] == [True, False, True, True]


async def test_wrong_secrets_are_not_cached(holders: Holders) -> None:
    for number in range(10):
        assert await holders.find(f"fw_{number}", is_token=True) is None
    assert not holders._memory


async def test_the_check_for_a_cached_holder_never_waits_for_a_server(
    holders: Holders, tokens: Tokens, database: Database
) -> None:
    token = tokens.create("a", "editor")
    # A file answers at once; a server is not asked before the request's turn.
    assert holders.is_known(token, is_token=True) is database.is_local
    assert await holders.find(token, is_token=True)
    assert holders.is_known(token, is_token=True) and not holders.is_known("fw_x", is_token=True)
