"""The desk's notes on versions (`edNote`) can be read on the desk by anyone signed in, and nowhere else."""

import sqlite3
from contextlib import closing

import httpx2
import pytest
import redis.asyncio

from publisher.api.parts import Parts
from publisher.records.errors import DatabaseError
from publisher.records.sqlite import FILE
from tests.publisher.conftest import ClientFor
from tests.support.desk_requests import act, entries, post, published
from ticker.stream.redis_stream import Keys

pytestmark = pytest.mark.anyio

NOTE = "Source asked not to be called"


async def listed(client: httpx2.AsyncClient, uri: str, **parameters: str) -> object:
    """The notes on `uri` in the desk's list."""
    items = (await client.get("/v1/items", params=parameters)).json()["items"]
    return [item.get("edNotes") for item in items if item["uri"] == uri]


async def test_each_version_has_its_note_in_the_item_and_in_the_list(client_for: ClientFor) -> None:
    editor, reporter = client_for("editor"), client_for("reporter")
    uri = (await post(editor, edNote=NOTE, key="k")).json()["item"]["uri"]
    await post(editor, edNote=NOTE, key="k")
    await act(editor, uri, "update", urgency=1)
    await act(editor, uri, "update", seen=2, urgency=2, edNote="Called all the same")
    notes = [
        {"version": 1, "by": "editor 0", "note": NOTE},
        {"version": 3, "by": "editor 0", "note": "Called all the same"},
    ]
    for client in (editor, reporter):
        item = (await client.get(f"/v1/items/{uri}")).json()
        assert (item["version"], item["edNotes"]) == (3, notes)
        assert await listed(client, uri) == [notes]


async def test_an_item_without_a_note_has_no_field_for_it(editor: httpx2.AsyncClient) -> None:
    await post(editor, edNote=NOTE)
    uri = await published(editor)
    assert "edNotes" not in (await editor.get(f"/v1/items/{uri}")).json()
    assert await listed(editor, uri) == [None]


async def test_a_withdrawn_item_keeps_its_note_on_the_desk(chief: httpx2.AsyncClient) -> None:
    uri = await published(chief)
    await act(chief, uri, "withdraw", note="The report was wrong.", edNote=NOTE)
    assert await listed(chief, uri, status="canceled") == [[{"version": 2, "by": "chief 0", "note": NOTE}]]


async def test_a_note_enters_neither_the_answer_nor_the_stream(editor: httpx2.AsyncClient, parts: Parts) -> None:
    answer = await post(editor, edNote=NOTE)
    assert NOTE not in answer.text
    assert parts.settings.redis_url
    async with redis.asyncio.Redis.from_url(parts.settings.redis_url, legacy_responses=False) as client:
        stream = await client.xrange(Keys(parts.settings.brand).items)
    assert stream and len(stream) == 1 and NOTE not in repr(stream)


async def test_a_note_is_shown_only_to_editors_who_are_signed_in(client_for: ClientFor) -> None:
    uri = (await post(client_for("editor"), edNote=NOTE)).json()["item"]["uri"]
    for path in ("/v1/items", f"/v1/items/{uri}"):
        answer = await client_for(None).get(path)
        assert answer.status_code == 401 and NOTE not in answer.text


async def test_an_item_is_published_even_if_its_note_cannot_be_stored(chief: httpx2.AsyncClient, parts: Parts) -> None:
    database = sqlite3.connect(parts.settings.data / FILE, isolation_level=None)
    # A trigger stands for a full disk: the statement fails as SQLite itself would have it fail.
    database.execute("CREATE TRIGGER full BEFORE INSERT ON notes BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(DatabaseError):
        parts.notes.keep("u", 1, "a", "n")
    answer = await post(chief, edNote=NOTE, key="k")
    assert answer.status_code == 201 and await entries(parts) == 1
    uri = answer.json()["item"]["uri"]
    assert (await act(chief, uri, "update", urgency=1, edNote="n")).status_code == 200
    # The same request again brings the note once there is room for it.
    database.execute("DROP TRIGGER full")
    database.close()
    assert (await post(chief, edNote=NOTE, key="k")).content == answer.content
    assert await listed(chief, uri) == [[{"version": 1, "by": "chief 0", "note": NOTE}]]


async def test_items_are_listed_even_if_their_notes_cannot_be_read(chief: httpx2.AsyncClient, parts: Parts) -> None:
    uri = (await post(chief, edNote=NOTE)).json()["item"]["uri"]
    with closing(sqlite3.connect(parts.settings.data / FILE)) as database:
        database.execute("ALTER TABLE notes RENAME TO elsewhere")
    assert await listed(chief, uri) == [None]
    assert (await chief.get(f"/v1/items/{uri}")).json()["uri"] == uri
