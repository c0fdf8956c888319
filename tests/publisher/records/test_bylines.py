"""The authors of versions and the presence of users, on SQLite and on PostgreSQL."""

import msgspec
import pytest

from publisher.records.bylines import Byline, Bylines
from publisher.records.database import Database
from publisher.records.presences import Presences
from tests.publisher.records.conftest import OpenDatabase
from tests.support.sample_items import an_item

pytestmark = pytest.mark.anyio
ITEM = an_item("urn:flashwire:01")
FIRST = Byline(1, ITEM.act, "Ana", ITEM.version_created)


async def test_a_name_can_be_read_before_and_after_it_is_written_and_the_first_one_stays(
    database: Database, another: OpenDatabase
) -> None:
    bylines = Bylines(database)
    bylines.note(ITEM, "Ana")
    assert await bylines.of_items([ITEM.uri, "other"]) == {ITEM.uri: [FIRST]}
    await bylines.flush()
    bylines.note(ITEM, "Luis")
    bylines.note(msgspec.structs.replace(ITEM, version=2, act="correction"), "Luis")
    second = Byline(2, "correction", "Luis", ITEM.version_created)
    assert await bylines.of_items([ITEM.uri]) == {ITEM.uri: [FIRST, second]}
    await bylines.flush()
    assert await Bylines(another()).of_items([ITEM.uri]) == {ITEM.uri: [FIRST, second]}
    assert await bylines.of_items([]) == {}


async def test_presence_is_shared_ends_and_can_be_left_only_by_its_person(
    database: Database, another: OpenDatabase
) -> None:
    now = 100.0
    presences = Presences(database, lambda: now)
    # A file has one desk, so only a server has others that must see the same.
    other = presences if database.is_local else Presences(another(), lambda: now)
    await presences.report("p1", "Ana", "u", "update")
    now = 103.0
    [entry] = await presences.report("p1", "Ana", "u", "update")
    assert (entry.since, entry.seen) == (100.0, 103.0)
    people = await other.report("p2", "Luis", "", "")
    assert {entry.name for entry in people} == {"Ana", "Luis"}
    await other.leave("p1", "Luis")
    assert len(await presences.all()) == 2
    await other.leave("p2", "Luis")
    assert [entry.page for entry in await presences.all()] == ["p1"]
    now = 123.0
    assert await other.all() == [] and await presences.all() == []
