"""PostgreSQL that refuses, freezes, restarts or lacks a right: every wait has a limit, and the pool recovers."""

import asyncio
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from publisher.records.database import ANSWER_SECONDS, Database, open_database
from publisher.records.errors import DatabaseAwayError, DatabaseError
from publisher.records.postgresql import CONNECT_SECONDS, CONNECTIONS, STATEMENT_SECONDS
from publisher.records.tokens import Tokens
from tests.support.postgresql import Server

pytestmark = pytest.mark.anyio
DATA = Path("/nowhere")


@pytest.fixture
def server(postgresql: Server) -> Iterator[Server]:
    """The session's server, which runs again after each test."""
    yield postgresql
    postgresql.restore()


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    with server.new_url() as url:
        yield url
        # The schema can be dropped by a server that runs only.
        server.restore()


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    with closing(open_database(DATA, url)) as database:
        yield database


async def test_a_frozen_server_delays_no_request_beyond_the_limit_and_never_the_loop(
    server: Server, database: Database
) -> None:
    tokens = Tokens(database)
    token = tokens.create("a", "editor")
    # Every thread has a connection that is open, and meets the freeze in the middle of a statement.
    all_threads = threading.Barrier(CONNECTIONS)

    def hold_a_connection() -> None:
        with database.connect():
            all_threads.wait(10)

    await asyncio.gather(*(database.call(hold_a_connection) for _ in range(CONNECTIONS)))
    server.freeze()
    longest, last, stopped = 0.0, time.monotonic(), asyncio.Event()

    async def tick() -> None:
        nonlocal longest, last
        while not stopped.is_set():
            await asyncio.sleep(0.01)
            now = time.monotonic()
            longest, last = max(longest, now - last), now

    ticking = asyncio.create_task(tick())
    started_at = time.monotonic()
    # More than there are threads.
    answers = await asyncio.gather(
        *(database.call(tokens.holder, token) for _ in range(3 * CONNECTIONS)), return_exceptions=True
    )
    took = time.monotonic() - started_at
    stopped.set()
    await ticking
    assert all(isinstance(answer, DatabaseAwayError) for answer in answers)
    assert took < ANSWER_SECONDS + 0.5 and longest < 0.5
    # The threads are free again soon, though the server does not come back.
    await asyncio.sleep(max(0, STATEMENT_SECONDS + CONNECT_SECONDS + 1 - (time.monotonic() - started_at)))
    await asyncio.gather(*(database.call(all_threads.wait, 1) for _ in range(CONNECTIONS)))
    server.thaw()
    assert await database.call(tokens.holder, token)


def test_a_command_on_a_frozen_server_ends_too(server: Server, url: str) -> None:
    open_database(DATA, url).close()
    server.freeze()
    started_at = time.monotonic()
    with pytest.raises(DatabaseAwayError, match="cannot be used"):
        open_database(DATA, url)
    assert time.monotonic() - started_at < CONNECT_SECONDS + 1


async def test_no_request_fails_after_the_server_was_restarted(server: Server, database: Database) -> None:
    tokens = Tokens(database)
    token = tokens.create("a", "editor")
    # As many connections as the pool has.
    await asyncio.gather(*(database.call(tokens.holder, token) for _ in range(50)))
    server.stop()
    with pytest.raises(DatabaseAwayError, match="cannot be used") as away:
        await database.call(tokens.holder, token)
    assert "\n" not in str(away.value)
    server.start()
    assert all(await asyncio.gather(*(database.call(tokens.holder, token) for _ in range(50))))
    # Also a write, on connections that the server ends while they are idle.
    server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'flashwire-desk'")
    assert await database.call(tokens.create, "b", "editor")


async def test_a_table_locked_by_another_program_delays_no_request_beyond_the_limit(
    url: str, database: Database
) -> None:
    tokens = Tokens(database)
    token = tokens.create("a", "editor")
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE tokens IN ACCESS EXCLUSIVE MODE")
        started_at = time.monotonic()
        with pytest.raises(DatabaseAwayError):
            await database.call(tokens.holder, token)
        assert time.monotonic() - started_at < ANSWER_SECONDS + 0.5
    assert await database.call(tokens.holder, token)


def test_a_server_that_takes_no_writes_is_reported(database: Database, url: str) -> None:
    database.check()
    with closing(
        open_database(DATA, url.replace("options=", "options=-cdefault_transaction_read_only%3Don%20"))
    ) as other:
        with pytest.raises(DatabaseAwayError, match="takes no writes"):
            other.check()


def test_a_refusal_is_one_line_without_the_password(server: Server) -> None:
    for address in (
        server.url().replace("flashwire@", "flashwire:s3cret@").replace("/postgres?", "/no-such-database?"),
        f"postgresql://u:s3cret@127.0.0.1:{server.port + 1 if server.port < 65535 else 1}/d",
        "postgresql://u:s3cret@no-such-host.invalid/d",
        server.url().replace("sslmode=disable", "sslmode=require").replace("flashwire@", "flashwire:s3cret@"),
    ):
        with pytest.raises(DatabaseAwayError, match="cannot be used") as refused:
            open_database(DATA, address)
        assert "\n" not in str(refused.value) and "s3cret" not in str(refused.value)


def test_without_the_driver_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(DatabaseError, match=r"pip install 'flashwire\[postgresql\]'") as refused:
        open_database(DATA, "postgresql://h/d")
    assert "\n" not in str(refused.value)


def test_a_role_without_the_right_to_create_tables_is_refused_in_one_line(server: Server) -> None:
    server.execute("DO $$ BEGIN CREATE ROLE visitor LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    with server.new_url() as url:
        with pytest.raises(DatabaseAwayError, match="no schema has been selected") as refused:
            open_database(DATA, url.replace("flashwire@", "visitor@"))
        assert "\n" not in str(refused.value)
