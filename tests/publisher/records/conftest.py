"""A database for each test: on both servers where the test asks for `database_url`."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from publisher.records.database import Database, open_database
from publisher.records.sessions import Sessions
from publisher.records.tokens import Tokens
from publisher.records.welcome import Welcome

OpenDatabase = Callable[[], Database]


@pytest.fixture
def another(database_url: str | None, tmp_path: Path) -> Iterator[OpenDatabase]:
    """Opens the test's database once more, as another process would."""
    with ExitStack() as opened:

        def open_another() -> Database:
            database = open_database(tmp_path, database_url)
            opened.callback(database.close)
            return database

        yield open_another


@pytest.fixture
def database(another: OpenDatabase) -> Database:
    """The test's database."""
    return another()


@pytest.fixture
def tokens(database: Database) -> Tokens:
    return Tokens(database)


@pytest.fixture
def sessions(database: Database) -> Sessions:
    return Sessions(database)


@pytest.fixture
def welcome(database: Database) -> Welcome:
    return Welcome(database)
