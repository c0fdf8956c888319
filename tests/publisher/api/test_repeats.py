"""Repeated requests and the rate limit: answered once and counted once, as docs/protocol.md describes."""

import asyncio
import time
from pathlib import Path

import httpx2
import pytest

from publisher.api.app import create_app
from publisher.api.parts import Parts, open_parts
from publisher.core.rate import WINDOW_SECONDS
from publisher.settings import DeskSettings
from tests.publisher.conftest import ClientFor
from tests.support.desk_requests import act, entries, post, published
from tests.support.lossy_proxy import lossy
from tests.support.sample_items import line
from ticker.contract.item import moment

pytestmark = pytest.mark.anyio


async def test_fifty_posts_at_once_with_one_key_give_one_item(client_for: ClientFor, parts: Parts) -> None:
    # The token's rate allows fewer than fifty: repeats of a request are not counted.
    parts.rate._limit = 5
    editor = client_for("editor")
    answers = await asyncio.gather(*(post(editor, key="one") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await entries(parts) == 1


async def test_a_key_used_for_another_body_is_refused(editor: httpx2.AsyncClient, parts: Parts) -> None:
    await post(editor, key="one")
    answer = await post(editor, key="one", urgency=1)
    assert answer.status_code == 422 and answer.json()["type"].endswith("key-reused")
    assert await entries(parts) == 1


async def test_a_key_belongs_to_its_holder(client_for: ClientFor, parts: Parts) -> None:
    for client in (client_for("editor"), client_for("editor")):
        assert (await post(client, key="one")).status_code == 201
    assert await entries(parts) == 2


async def test_the_same_body_without_a_key_is_another_item(editor: httpx2.AsyncClient, parts: Parts) -> None:
    assert await published(editor) != await published(editor)


async def test_the_same_request_written_otherwise_is_the_same(editor: httpx2.AsyncClient, parts: Parts) -> None:
    headers = {"Idempotency-Key": "one", "Content-Type": "application/json"}
    bodies = [b'{"text":"Civil Defence: x","edition":"en"}', b'{ "edition": "en", "text": "Civil Defence: \\u0078" }']
    answers = [await editor.post("/v1/items", content=body, headers=headers) for body in bodies]
    assert answers[0].content == answers[1].content and await entries(parts) == 1


@pytest.mark.deep
@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb", "é"])
async def test_an_invalid_key_is_refused(editor: httpx2.AsyncClient, key: str) -> None:
    answer = await editor.post("/v1/items", json=line(), headers={b"Idempotency-Key": key.encode()})
    assert answer.status_code == 400 and "Idempotency-Key" in answer.json()["detail"]


async def test_an_act_repeated_with_its_key_gets_the_same_answer_after_later_versions(
    chief: httpx2.AsyncClient, parts: Parts
) -> None:
    uri = await published(chief)
    first = await act(chief, uri, "update", urgency=1, key="u")
    await act(chief, uri, "withdraw", seen=2, note="It was another bridge.")
    again = await act(chief, uri, "update", urgency=1, key="u")
    assert first.status_code == again.status_code == 200 and first.content == again.content
    assert await entries(parts) == 3


@pytest.mark.deep
async def test_twenty_repeats_of_an_act_at_once_are_one_version(chief: httpx2.AsyncClient, parts: Parts) -> None:
    uri = await published(chief)
    answers = await asyncio.gather(*(act(chief, uri, "update", urgency=1, key="u") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200} and len({answer.content for answer in answers}) == 1
    assert await entries(parts) == 2


async def test_the_rate_limit_answers_429_with_retry_after(client_for: ClientFor, parts: Parts) -> None:
    parts.rate._limit = 3
    chief, free = client_for("chief"), client_for("editor", unlimited=True)
    uri = await published(chief)
    assert (await post(chief, key="repeat")).status_code == 201
    assert (await post(chief, edition="xx")).status_code == 422
    assert (await post(chief)).status_code == 201
    full = await post(chief)
    assert full.status_code == 429 and 1 <= int(full.headers["retry-after"]) <= 60
    assert (await post(chief, key="repeat")).status_code == 201
    assert (await act(chief, uri, "withdraw", note="n")).status_code == 200
    assert {(await post(free)).status_code for _ in range(5)} == {201}


async def test_a_key_used_for_another_body_makes_no_room_for_a_further_publication(
    client_for: ClientFor, parts: Parts
) -> None:
    parts.rate._limit = 1
    editor = client_for("editor")
    assert (await post(editor, key="one")).status_code == 201
    assert (await post(editor, key="one", urgency=1)).status_code == 422
    assert (await post(editor, key="one")).status_code == 201
    assert (await post(editor)).status_code == 429
    assert await entries(parts) == 1


async def test_a_repeat_is_answered_also_when_it_could_not_be_published_now(
    client_for: ClientFor, settings: DeskSettings, parts: Parts
) -> None:
    soon = moment(time.time() + 60)
    editor = client_for("editor")
    first = await post(editor, key="one", expires=soon)
    later = open_parts(settings, clock=lambda: time.time() + 3600)
    transport = httpx2.ASGITransport(create_app(later))
    async with httpx2.AsyncClient(transport=transport, base_url="http://desk.test", headers=editor.headers) as again:
        assert (await post(again, key="one", expires=soon)).content == first.content
        assert (await post(again, key="two", expires=soon)).status_code == 422
    await later.store.aclose()
    await later.audit.aclose()
    assert await entries(parts) == 1


@pytest.mark.deep
async def test_a_repeat_does_not_count_at_a_restarted_desk(
    client_for: ClientFor, settings: DeskSettings, parts: Parts
) -> None:
    editor = client_for("editor")
    first = await post(editor, key="one")
    restarted = open_parts(settings.model_copy(update={"rate_per_minute": 1}))
    transport = httpx2.ASGITransport(create_app(restarted))
    async with httpx2.AsyncClient(transport=transport, base_url="http://desk.test", headers=editor.headers) as again:
        assert (await post(again, key="one")).content == first.content
        assert (await post(again)).status_code == 201
        assert (await post(again)).status_code == 429
    await restarted.store.aclose()
    await restarted.audit.aclose()
    assert await entries(parts) == 2


async def test_a_repeated_act_is_answered_after_later_versions(chief: httpx2.AsyncClient, parts: Parts) -> None:
    uri = await published(chief)
    first = await act(chief, uri, "update", key="one", urgency=1)
    assert (await act(chief, uri, "update", seen=2, urgency=2)).status_code == 200
    assert (await act(chief, uri, "update", key="one", urgency=1)).content == first.content
    assert await entries(parts) == 3


@pytest.mark.deep
async def test_setting_the_clock_back_does_not_extend_the_rate_window(settings: DeskSettings) -> None:
    wall, steady = [1_800_000_000.0], [50.0]
    parts = open_parts(
        settings.model_copy(update={"rate_per_minute": 1}), clock=lambda: wall[0], steady=lambda: steady[0]
    )
    headers = {"Authorization": f"Bearer {parts.tokens.create('e', 'editor')}"}
    transport = httpx2.ASGITransport(create_app(parts))
    async with httpx2.AsyncClient(transport=transport, base_url="http://desk.test", headers=headers) as editor:
        assert (await post(editor)).status_code == 201
        wall[0] -= 3600
        full = await post(editor)
        assert full.status_code == 429 and full.headers["retry-after"] == str(int(WINDOW_SECONDS))
        steady[0] += WINDOW_SECONDS
        assert (await post(editor)).status_code == 201
        wall[0] += 7200
        assert (await post(editor)).status_code == 429
    await parts.store.aclose()
    await parts.audit.aclose()


@pytest.mark.deep
async def test_a_lost_reply_still_gives_one_item_and_one_answer(settings: DeskSettings, tmp_path: Path) -> None:
    assert settings.redis_url
    steady = [50.0]
    async with lossy(settings.redis_url, tmp_path, b"EVAL") as (address, proxy):
        parts = open_parts(settings.model_copy(update={"redis_url": address}), steady=lambda: steady[0])
        headers = {"Authorization": f"Bearer {parts.tokens.create('e', 'editor')}"}
        transport = httpx2.ASGITransport(create_app(parts))
        async with httpx2.AsyncClient(transport=transport, base_url="http://desk.test", headers=headers) as editor:
            # From here on the server has the script, so a request whose reply is lost below was carried out.
            first = await post(editor, key="x")
            assert first.status_code == 201
            proxy.losses = 2
            assert (await post(editor)).status_code == 201
            # This request published it, though its first reply was lost: it counts, and is no repeat.
            assert "flashwire_desk_answered_again_total 0.0" in parts.metrics.page(parts.steady()).decode()
            assert len(parts.rate._admitted["e"]) == 2
            # A repeat gets the first answer, whether or not a reply to the repeat is lost.
            proxy.losses = 1
            steady[0] += WINDOW_SECONDS
            assert (await post(editor, key="x")).content == first.content
            assert "flashwire_desk_answered_again_total 1.0" in parts.metrics.page(parts.steady()).decode()
            assert not parts.rate._admitted["e"]
            proxy.losses = 100
            away = await post(editor, key="k")
            assert away.status_code == 503 and away.headers["retry-after"].isdigit()
            proxy.losses = 0
            assert (await post(editor, key="k")).status_code == 201
        assert await entries(parts) == 3
        await parts.store.aclose()
        await parts.audit.aclose()


@pytest.mark.deep
async def test_a_repeat_after_the_rate_window_does_not_count(settings: DeskSettings) -> None:
    steady = [50.0]
    parts = open_parts(settings.model_copy(update={"rate_per_minute": 1}), steady=lambda: steady[0])
    headers = {"Authorization": f"Bearer {parts.tokens.create('e', 'editor')}"}
    transport = httpx2.ASGITransport(create_app(parts))
    async with httpx2.AsyncClient(transport=transport, base_url="http://desk.test", headers=headers) as editor:
        first = await post(editor, key="one")
        steady[0] += WINDOW_SECONDS + 40
        assert (await post(editor, key="one")).content == first.content
        assert (await post(editor)).status_code == 201
        assert (await post(editor)).status_code == 429
    await parts.store.aclose()
    await parts.audit.aclose()
