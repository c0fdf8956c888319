"""The desk's interface for items, against a real server of the stream: what is promised in docs/protocol.md."""

import asyncio
import secrets
import sqlite3
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
import redis.asyncio

from publisher.access.database import open_database
from publisher.access.rate import WINDOW_SECONDS
from publisher.api.app import create_app
from publisher.api.desk import Desk, open_desk
from publisher.settings import DeskSettings
from tests.publisher.conftest import ClientFor
from tests.publisher.lines import line
from tests.publisher.lossy import lossy
from ticker.contract.item import moment
from ticker.stream import Keys

pytestmark = pytest.mark.anyio


async def entries(desk: Desk) -> int:
    """How many entries the stream has."""
    settings = desk.settings
    assert settings.redis_url
    async with redis.asyncio.Redis.from_url(settings.redis_url, legacy_responses=False) as client:
        return int(await client.xlen(Keys(settings.brand).items))


async def post(client: httpx2.AsyncClient, *, key: str | None = None, **fields: Any) -> httpx2.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return await client.post("/v1/items", json=line(**fields), headers=headers)


async def act(
    client: httpx2.AsyncClient, uri: str, act: str, *, seen: int = 1, key: str | None = None, **fields: Any
) -> httpx2.Response:
    headers = {"If-Match": f'"{seen}"'} | ({"Idempotency-Key": key} if key else {})
    return await client.post(f"/v1/items/{uri}/acts", json={"act": act, **fields}, headers=headers)


async def published(client: httpx2.AsyncClient, **fields: Any) -> str:
    return str((await post(client, **fields)).json()["item"]["uri"])


async def test_a_line_is_published_and_says_where_it_is(editor: httpx2.AsyncClient, desk: Desk) -> None:
    answer = await post(editor)
    assert answer.status_code == 201 and answer.headers["etag"] == '"1"'
    body = answer.json()
    assert set(body) == {"item", "cursor"} and body["item"]["headline"]["value"] == "Bridge in the old town closed"
    found = await editor.get(answer.headers["location"])
    assert found.json() == body["item"] and found.headers["etag"] == '"1"'
    assert await entries(desk) == 1


async def test_a_dry_run_shows_the_item_and_publishes_nothing(editor: httpx2.AsyncClient, desk: Desk) -> None:
    answer = await post(editor, dryRun=True)
    assert answer.status_code == 200 and answer.json()["dryRun"] is True
    assert answer.json()["item"]["infoSources"][0]["uri"] == "civil-defence"
    assert (await post(editor, dryRun=True, edition="xx")).status_code == 422
    uri = await published(editor)
    tried = await act(editor, uri, "update", urgency=1, dryRun=True)
    assert tried.json()["item"]["version"] == 2 and tried.json()["dryRun"] is True
    assert await entries(desk) == 1


async def test_fifty_posts_at_once_with_one_key_give_one_item(client_for: ClientFor, desk: Desk) -> None:
    # With an ordinary token, whose rate allows fewer than fifty: repeats of a request are not counted.
    desk.rate._limit = 5
    editor = client_for("editor")
    answers = await asyncio.gather(*(post(editor, key="one") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await entries(desk) == 1


async def test_a_key_used_for_another_body_is_refused(editor: httpx2.AsyncClient, desk: Desk) -> None:
    await post(editor, key="one")
    answer = await post(editor, key="one", urgency=1)
    assert answer.status_code == 422 and answer.json()["type"].endswith("key-reused")
    assert await entries(desk) == 1


async def test_a_key_belongs_to_its_holder(client_for: ClientFor, desk: Desk) -> None:
    for client in (client_for("editor"), client_for("editor")):
        assert (await post(client, key="one")).status_code == 201
    assert await entries(desk) == 2


async def test_the_same_body_without_a_key_is_another_item(editor: httpx2.AsyncClient, desk: Desk) -> None:
    assert await published(editor) != await published(editor)


async def test_the_same_request_written_otherwise_is_the_same(editor: httpx2.AsyncClient, desk: Desk) -> None:
    headers = {"Idempotency-Key": "one", "Content-Type": "application/json"}
    bodies = [b'{"text":"Civil Defence: x","edition":"en"}', b'{ "edition": "en", "text": "Civil Defence: \\u0078" }']
    answers = [await editor.post("/v1/items", content=body, headers=headers) for body in bodies]
    assert answers[0].content == answers[1].content and await entries(desk) == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb", "é"])
async def test_a_key_that_is_none_is_refused(editor: httpx2.AsyncClient, key: str) -> None:
    answer = await editor.post("/v1/items", json=line(), headers={b"Idempotency-Key": key.encode()})
    assert answer.status_code == 400 and "Idempotency-Key" in answer.json()["detail"]


async def test_an_act_repeated_with_its_key_is_the_same_answer_though_the_item_has_moved_on(
    chief: httpx2.AsyncClient, desk: Desk
) -> None:
    uri = await published(chief)
    first = await act(chief, uri, "update", urgency=1, key="u")
    await act(chief, uri, "withdraw", seen=2, note="It was another bridge.")
    again = await act(chief, uri, "update", urgency=1, key="u")
    assert first.status_code == again.status_code == 200 and first.content == again.content
    assert await entries(desk) == 3


async def test_twenty_repeats_of_an_act_at_once_are_one_version(chief: httpx2.AsyncClient, desk: Desk) -> None:
    uri = await published(chief)
    answers = await asyncio.gather(*(act(chief, uri, "update", urgency=1, key="u") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200} and len({answer.content for answer in answers}) == 1
    assert await entries(desk) == 2


async def test_whoever_is_late_is_told_the_version_there_is(chief: httpx2.AsyncClient) -> None:
    uri = await published(chief)
    assert (await act(chief, uri, "update", urgency=1)).headers["etag"] == '"2"'
    late = await act(chief, uri, "update", urgency=2)
    assert late.status_code == 412 and late.headers["etag"] == '"2"' and "version 2" in late.json()["detail"]


async def test_an_act_says_which_version_was_seen(chief: httpx2.AsyncClient) -> None:
    uri = await published(chief)
    for header, status in ((None, 428), ("*", 428), ("1", 400), ('W/"1"', 400), ('"1", "2"', 400), ('"01"', 400)):
        headers = {"If-Match": header} if header else {}
        answer = await chief.post(f"/v1/items/{uri}/acts", json={"act": "hold"}, headers=headers)
        assert answer.status_code == status, header


async def test_a_life_of_an_item_from_publish_to_withdrawal(chief: httpx2.AsyncClient) -> None:
    uri = await published(chief)
    acts: list[tuple[str, dict[str, Any]]] = [
        ("update", {"headline": "Bridge closed, two injured"}),
        ("refile", {"headline": "Bridge in old town closed, two injured"}),
        ("correction", {"headline": "Bridge closed, one injured", "note": "One person was injured, not two."}),
        ("hold", {}),
        ("release", {}),
        ("withdraw", {"note": "It was another bridge."}),
    ]
    for seen, (name, fields) in enumerate(acts, 1):
        answer = await act(chief, uri, name, seen=seen, **fields)
        assert answer.status_code == 200, answer.text
        assert answer.json()["item"]["act"] == name and answer.headers["etag"] == f'"{seen + 1}"'
    assert (await chief.get(f"/v1/items/{uri}")).json()["pubStatus"] == "canceled"
    for name in ("release", "update", "withdraw"):
        gone = await act(chief, uri, name, seen=7, note="n")
        assert gone.status_code == 409 and "never returns" in gone.json()["detail"]


async def test_the_list_holds_what_is_on_hold_and_not_what_is_gone(chief: httpx2.AsyncClient) -> None:
    usable, held, gone = [await published(chief, edition=edition) for edition in ("en", "es", "en")]
    await act(chief, held, "hold")
    await act(chief, gone, "withdraw", note="n")

    async def listed(query: str = "") -> list[str]:
        return [item["uri"] for item in (await chief.get(f"/v1/items{query}")).json()["items"]]

    assert await listed() == [held, usable]
    assert await listed("?status=canceled") == [gone]
    assert await listed("?edition=es") == [held]
    assert await listed("?limit=1") == [held]
    for query in ("?limit=0", "?limit=x", "?limit=201", "?status=x", "?edition=xx"):
        assert (await chief.get(f"/v1/items{query}")).status_code == 400


async def test_an_unknown_item_is_not_found(chief: httpx2.AsyncClient) -> None:
    for uri in ("urn:flashwire:01m829zdda3j8n0z41ynycsc6j", "x", "urn:flashwire:" + "x" * 500):
        assert (await chief.get(f"/v1/items/{uri}")).status_code == 404
        assert (await act(chief, uri, "hold")).status_code == 404


async def test_each_role_is_held_to_its_acts(client_for: ClientFor, desk: Desk) -> None:
    reporter, editor = client_for("reporter"), client_for("editor")
    assert (await post(reporter)).status_code == 403
    assert (await post(reporter, dryRun=True)).status_code == 200
    uri = await published(editor)
    assert (await act(editor, uri, "withdraw", note="n")).status_code == 403
    assert (await act(editor, uri, "correction", note="n")).status_code == 403
    assert (await act(reporter, uri, "update", urgency=1)).status_code == 403
    assert (await act(editor, uri, "update", urgency=1)).status_code == 200
    assert await entries(desk) == 2


@pytest.mark.parametrize(
    ("language", "publishing", "correcting"),
    [
        (
            "en",
            "Only an editor or a chief may publish this line; ask one.",
            "Only a chief may correct this line; ask one.",
        ),
        (
            "ar",
            "لا يحق نشر هذا الخبر إلا لمحرر أو رئيس تحرير؛ اطلب ذلك منه.",
            "لا يحق تصحيح هذا الخبر إلا لرئيس تحرير؛ اطلب ذلك منه.",
        ),
        (
            "es",
            "Solo un editor o un jefe puede publicar esta línea; pídaselo.",
            "Solo un jefe puede corregir esta línea; pídaselo.",
        ),
    ],
)
async def test_who_may_not_is_told_whom_to_ask_in_a_sentence(
    client_for: ClientFor, language: str, publishing: str, correcting: str
) -> None:
    reporter, editor = (client_for(role, **{"Accept-Language": language}) for role in ("reporter", "editor"))
    assert (await post(reporter)).json()["detail"] == publishing
    assert (await act(editor, await published(editor), "correction", note="n")).json()["detail"] == correcting


async def test_a_desk_note_stays_on_the_desk(editor: httpx2.AsyncClient, desk: Desk) -> None:
    answer = await post(editor, edNote="Source asked not to be called", key="k")
    await post(editor, edNote="Source asked not to be called", key="k")
    uri = answer.json()["item"]["uri"]
    kept = open_database(desk.settings.data).execute("SELECT uri, version, note FROM notes").fetchall()
    assert kept == [(uri, 1, "Source asked not to be called")]
    assert "asked" not in answer.text and "asked" not in (await editor.get("/v1/items")).text


async def test_a_line_that_is_out_is_answered_so_though_its_note_cannot_be_kept(
    chief: httpx2.AsyncClient, desk: Desk
) -> None:
    database = open_database(desk.settings.data)
    # A trigger stands for a full disk: the statement fails as SQLite itself would have it fail.
    database.execute("CREATE TRIGGER full BEFORE INSERT ON notes BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(sqlite3.Error):
        desk.notes.keep("u", 1, "a", "n")
    answer = await post(chief, edNote="Source asked not to be called", key="k")
    assert answer.status_code == 201 and await entries(desk) == 1
    uri = answer.json()["item"]["uri"]
    assert (await act(chief, uri, "update", urgency=1, edNote="n")).status_code == 200
    # The same request again brings the note once there is room for it.
    database.execute("DROP TRIGGER full")
    assert (await post(chief, edNote="Source asked not to be called", key="k")).content == answer.content
    assert database.execute("SELECT uri, version FROM notes").fetchall() == [(uri, 1)]


async def test_too_many_publications_are_told_when_to_come_back(client_for: ClientFor, desk: Desk) -> None:
    desk.rate._limit = 3
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
    client_for: ClientFor, desk: Desk
) -> None:
    desk.rate._limit = 1
    editor = client_for("editor")
    assert (await post(editor, key="one")).status_code == 201
    assert (await post(editor, key="one", urgency=1)).status_code == 422
    assert (await post(editor, key="one")).status_code == 201
    assert (await post(editor)).status_code == 429
    assert await entries(desk) == 1


async def test_a_repeat_is_answered_also_when_it_could_not_be_published_now(
    client_for: ClientFor, settings: DeskSettings, desk: Desk
) -> None:
    soon = moment(time.time() + 60)
    editor = client_for("editor")
    first = await post(editor, key="one", expires=soon)
    later = open_desk(settings, clock=lambda: time.time() + 3600)
    transport = httpx2.ASGITransport(create_app(later))
    async with httpx2.AsyncClient(transport=transport, base_url="http://desk.test", headers=editor.headers) as again:
        assert (await post(again, key="one", expires=soon)).content == first.content
        assert (await post(again, key="two", expires=soon)).status_code == 422
    await later.store.aclose()
    assert await entries(desk) == 1


async def test_a_repeat_takes_no_turn_at_a_desk_that_has_been_started_again(
    client_for: ClientFor, settings: DeskSettings, desk: Desk
) -> None:
    editor = client_for("editor")
    first = await post(editor, key="one")
    restarted = open_desk(settings.model_copy(update={"rate_per_minute": 1}))
    transport = httpx2.ASGITransport(create_app(restarted))
    async with httpx2.AsyncClient(transport=transport, base_url="http://desk.test", headers=editor.headers) as again:
        assert (await post(again, key="one")).content == first.content
        assert (await post(again)).status_code == 201
        assert (await post(again)).status_code == 429
    await restarted.store.aclose()
    assert await entries(desk) == 2


async def test_a_repeat_of_an_act_is_answered_though_the_item_went_on(chief: httpx2.AsyncClient, desk: Desk) -> None:
    uri = await published(chief)
    first = await act(chief, uri, "update", key="one", urgency=1)
    assert (await act(chief, uri, "update", seen=2, urgency=2)).status_code == 200
    assert (await act(chief, uri, "update", key="one", urgency=1)).content == first.content
    assert await entries(desk) == 3


async def test_a_clock_that_is_set_back_keeps_nobody_waiting_longer(settings: DeskSettings) -> None:
    wall, steady = [1_800_000_000.0], [50.0]
    desk = open_desk(
        settings.model_copy(update={"rate_per_minute": 1}), clock=lambda: wall[0], steady=lambda: steady[0]
    )
    headers = {"Authorization": f"Bearer {desk.tokens.create('e', 'editor')}"}
    transport = httpx2.ASGITransport(create_app(desk))
    async with httpx2.AsyncClient(transport=transport, base_url="http://desk.test", headers=headers) as editor:
        assert (await post(editor)).status_code == 201
        wall[0] -= 3600
        full = await post(editor)
        assert full.status_code == 429 and full.headers["retry-after"] == str(int(WINDOW_SECONDS))
        steady[0] += WINDOW_SECONDS
        assert (await post(editor)).status_code == 201
        wall[0] += 7200
        assert (await post(editor)).status_code == 429
    await desk.store.aclose()


async def test_a_lost_reply_is_one_item_and_one_answer(settings: DeskSettings, tmp_path: Path) -> None:
    assert settings.redis_url
    async with lossy(settings.redis_url, tmp_path, b"EVAL") as (address, proxy):
        desk = open_desk(settings.model_copy(update={"redis_url": address}))
        headers = {"Authorization": f"Bearer {desk.tokens.create('e', 'editor')}"}
        transport = httpx2.ASGITransport(create_app(desk))
        async with httpx2.AsyncClient(transport=transport, base_url="http://desk.test", headers=headers) as editor:
            # The server knows the script from here on: what is lost below was written.
            assert (await post(editor)).status_code == 201
            proxy.losses = 2
            assert (await post(editor)).status_code == 201
            # It was published by this request, though its first answer was lost: it counts, and is told as such.
            assert "flashwire_desk_answered_again_total 0.0" in desk.metrics.page().decode()
            assert len(desk.rate._admitted["e"]) == 2
            proxy.losses = 100
            away = await post(editor, key="k")
            assert away.status_code == 503 and away.headers["retry-after"].isdigit()
            proxy.losses = 0
            assert (await post(editor, key="k")).status_code == 201
        assert await entries(desk) == 3
        await desk.store.aclose()


async def test_every_answer_carries_its_headers_and_every_error_is_a_problem(client_for: ClientFor) -> None:
    editor = client_for("editor")
    for method, path, status in (
        ("GET", "/v1/items", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/v1/items/", 404),
        ("PUT", "/v1/items", 405),
        ("GET", "/health/live", 200),
    ):
        answer = await editor.request(method, path)
        assert answer.status_code == status, path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        if status >= 400:
            problem = answer.json()
            assert answer.headers["content-type"] == "application/problem+json"
            assert (
                problem["status"] == status and problem["detail"].endswith(".") and problem["type"] and problem["title"]
            )
    assert "GET" in (await editor.put("/v1/items")).headers["allow"]


async def test_a_refusal_is_said_in_the_language_of_who_asks(editor: httpx2.AsyncClient) -> None:
    said = {}
    for accepted in ("ar", "es-MX;q=0.8, en;q=0.5", "fr, de", "*;q=x", ""):
        answer = await editor.post("/v1/items", json=line(urgency=9), headers={"Accept-Language": accepted})
        said[answer.headers["content-language"]] = answer.json()["errors"][0]["message"]
        assert answer.headers["vary"] == "Accept-Language"
    assert set(said) == {"ar", "es", "en"} and len(set(said.values())) == 3


async def test_a_canary_is_sent_by_any_role_and_is_no_item(client_for: ClientFor, desk: Desk) -> None:
    reporter = client_for("reporter")
    mark = secrets.token_hex(4)
    answer = await reporter.post("/v1/canary", json={"mark": mark})
    assert answer.status_code == 201
    assert (answer.json()["item"]["edition"], answer.json()["item"]["headline"]["value"]) == ("canary", mark)
    assert (await reporter.post("/v1/canary")).status_code == 201
    assert await entries(desk) == 0


async def test_a_composer_is_shown_the_split_and_the_sites_names(editor: httpx2.AsyncClient) -> None:
    found = await editor.post("/v1/split", json={"text": "Civil Defence: x", "language": "es"})
    assert found.json()["source"]["name"]["value"] == "Protección Civil" and found.json()["text"] == "x"
    unknown = await editor.post("/v1/split", json={"text": "Nobody: x"})
    assert unknown.json()["source"] == {"label": "Nobody", "known": False}
    assert (await editor.post("/v1/split", json={"text": "at 12:30"})).json()["source"] is None
    assert (await editor.post("/v1/split", json={"text": "a\u202eb: c"})).status_code == 422
    site = (await editor.get("/v1/site")).json()
    assert {"en", "ar", "es"} <= set(site["editions"]) and site["sources"]["civil-defence"]["role"] == "official"
