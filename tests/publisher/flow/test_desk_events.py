"""The desk's own events: a page learns of a change at its own desk and at another one."""

import asyncio
from contextlib import suppress
from typing import Any

import httpx2
import pytest

from publisher.api import desk_events
from publisher.api.app import create_app
from publisher.api.parts import Parts
from publisher.core.topics import TOPICS, decode_seen, encode_seen
from tests.publisher.conftest import ClientFor
from tests.publisher.flow.test_drafts import add
from tests.support.waiting import until_async

pytestmark = pytest.mark.anyio


async def events(client: httpx2.AsyncClient, seen: str = "", wait: int = 20) -> dict[str, Any]:
    response = await client.get("/v1/events", params={"seen": seen, "wait": wait})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def until_waiting(parts: Parts, requests: int = 1) -> None:
    """Waits until as many requests wait for a change."""
    await until_async(lambda: len(parts.changes._waiters) >= requests, "the requests wait")


async def test_the_first_request_is_answered_at_once_with_every_topic(editor: httpx2.AsyncClient) -> None:
    assert set((await events(editor))["topics"]) == set(TOPICS)


async def test_a_waiting_page_learns_of_a_draft_at_once(
    client_for: ClientFor, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_events, "_LOOK_SECONDS", 20)
    reporter, editor = client_for("reporter"), client_for("editor")
    waiting = asyncio.create_task(events(editor, (await events(editor))["seen"]))
    await until_waiting(parts)
    assert not waiting.done()
    await add(reporter, state="submitted")
    # Well before the next look at the database.
    async with asyncio.timeout(10):
        assert (await waiting)["topics"] == ["drafts"]


async def test_a_change_between_two_requests_is_not_lost(client_for: ClientFor) -> None:
    editor = client_for("editor")
    seen = (await events(editor))["seen"]
    await add(editor)
    await add(editor)
    answer = await events(editor, seen)
    assert answer["topics"] == ["drafts"]
    assert (await events(editor, answer["seen"], wait=0))["topics"] == []


async def test_two_desks_on_one_database_tell_each_other(client_for: ClientFor, parts: Parts, other: Parts) -> None:
    editor = client_for("editor")
    transport = httpx2.ASGITransport(create_app(other))
    token = other.tokens.create("there", "reporter")
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://other.test", headers=headers) as there:
        waiting = asyncio.create_task(events(editor, (await events(editor))["seen"]))
        await until_waiting(parts)
        await add(there, state="submitted")
        # A request of its own waits 20 s.
        async with asyncio.timeout(10):
            assert (await waiting)["topics"] == ["drafts"]


async def test_a_change_that_is_rolled_back_is_not_told(parts: Parts) -> None:
    before = parts.changes.numbers()
    with suppress(LookupError), parts.database.begin() as connection:
        parts.changes.touch(connection, "drafts")
        raise LookupError
    assert parts.changes.numbers() == before


async def test_requests_above_the_limit_of_a_person_do_not_wait(editor: httpx2.AsyncClient, parts: Parts) -> None:
    seen = (await events(editor))["seen"]
    waiting = [asyncio.create_task(events(editor, seen)) for _ in range(8)]
    await until_waiting(parts, 8)
    # The others wait 20 s.
    async with asyncio.timeout(10):
        assert (await events(editor, seen))["topics"] == []
    await parts.changes.announce("users")
    assert [answer["topics"] for answer in await asyncio.gather(*waiting)] == [["users"]] * 8


async def test_a_stopping_desk_answers_waiting_pages(editor: httpx2.AsyncClient, parts: Parts) -> None:
    waiting = asyncio.create_task(events(editor, (await events(editor))["seen"]))
    await until_waiting(parts)
    parts.watch.draining = True
    async with asyncio.timeout(10):
        assert (await waiting)["topics"] == []


@pytest.mark.parametrize("wait", ["26", "-1", "x", "٥", "100"])
async def test_another_wait_is_refused(editor: httpx2.AsyncClient, wait: str) -> None:
    assert (await editor.get("/v1/events", params={"wait": wait})).status_code == 400


async def test_events_need_a_signed_in_person(client_for: ClientFor) -> None:
    assert (await client_for(None).get("/v1/events")).status_code == 401


@pytest.mark.parametrize("seen", ["", "1", "1.2.x.0.0.0.0.0.0", "." * 8, "1" * 99])
def test_an_unknown_form_of_seen_counts_as_none(seen: str) -> None:
    assert decode_seen(seen) is None


def test_the_numbers_survive_a_round_trip() -> None:
    assert decode_seen(encode_seen({"drafts": 7, "users": 2})) == dict.fromkeys(TOPICS, 0) | {"drafts": 7, "users": 2}
