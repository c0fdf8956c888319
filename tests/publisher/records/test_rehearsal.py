"""No desk opens the database of the other kind: a rehearsal's or a live desk's."""

from pathlib import Path

import pytest

from publisher.api.parts import open_parts
from publisher.records.database import Database
from publisher.records.errors import DatabaseError
from publisher.records.rehearsal import claim
from publisher.records.sessions import Sessions
from publisher.records.tokens import Tokens
from publisher.settings import DeskSettings
from tests.publisher.records.conftest import OpenDatabase


def sign_in(database: Database) -> None:
    """Uses the database as a desk does."""
    actor = Tokens(database).holder(Tokens(database).create("night", "editor"))
    assert actor is not None
    Sessions(database).start(actor, "token")


def test_a_new_database_becomes_the_rehearsals_and_stays_it(database: Database, another: OpenDatabase) -> None:
    claim(database, rehearsal=True)
    sign_in(database)
    claim(another(), rehearsal=True)
    with pytest.raises(DatabaseError, match="belongs to a rehearsal"):
        claim(another(), rehearsal=False)


def test_a_rehearsal_takes_no_database_that_a_live_desk_has_used(database: Database, another: OpenDatabase) -> None:
    claim(database, rehearsal=False)
    sign_in(database)
    before = database.desk_id()
    with pytest.raises(DatabaseError, match="belongs to a live desk"):
        claim(another(), rehearsal=True)
    assert database.desk_id() == before


def test_a_desk_with_the_other_kinds_database_does_not_start(
    redis_url: str, tmp_path: Path, database_url: str | None, another: OpenDatabase
) -> None:
    live = DeskSettings(redis_url=redis_url, brand="news", data=tmp_path, database_url=database_url)
    parts = open_parts(live)
    parts.database.close()
    sign_in(another())
    rehearsal = live.model_copy(update={"rehearsal": True, "brand": "news-rehearsal"})
    with pytest.raises(DatabaseError, match="belongs to a live desk"):
        open_parts(rehearsal)
