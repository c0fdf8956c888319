"""`publishAt` and `embargoedUntil`: each line is published once, at its time, whatever happens around it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest
import redis.asyncio

from publisher.api.parts import open_parts
from publisher.core.waiting import Waiting
from publisher.records.errors import DatabaseError
from publisher.records.tables.flow import WAITING
from publisher.settings import DeskSettings
from tests.publisher.flow.conftest import Clocks
from tests.publisher.flow.desk import Desk, open_desk
from tests.support.desk_requests import entries
from tests.support.sample_items import line
from ticker.contract.item import moment

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(settings: DeskSettings, clocks: Clocks) -> AsyncIterator[Desk]:
    async with open_desk(settings, clocks) as opened:
        yield opened


async def only_item(desk: Desk) -> dict[str, Any]:
    """The only item on the wire."""
    items = (await desk.client("editor").get("/v1/items")).json()["items"]
    assert len(items) == 1 and await entries(desk.parts) == 1
    item: dict[str, Any] = items[0]
    return item


async def test_a_line_is_published_once_at_its_time(desk: Desk) -> None:
    waiting = await desk.schedule(seconds=60, urgency=2)
    assert (waiting["state"], waiting["due"], waiting["item"]["uri"]) == ("scheduled", desk.in_seconds(60), None)
    await desk.pass_time(59.9)
    assert await entries(desk.parts) == 0
    await desk.pass_time(0.1)
    item = await only_item(desk)
    assert item["firstCreated"] == item["versionCreated"] == moment(desk.clocks.wall)
    state = await desk.state(waiting)
    assert (state["state"], state["uri"], state["problem"]) == ("published", item["uri"], None)
    for _ in range(3):
        await desk.pass_time(30)
    await only_item(desk)


async def test_the_answer_lists_what_is_wrong_and_a_dry_run_keeps_nothing(desk: Desk) -> None:
    editor = desk.client("editor")
    wrong = line(publishAt=desk.in_seconds(-1), embargoedUntil="soon", expires=desk.in_seconds(30), urgency=9)
    response = await editor.post("/v1/items", json=wrong)
    assert {error["field"] for error in response.json()["errors"]} == {"publishAt", "embargoedUntil", "urgency"}
    early = await editor.post("/v1/items", json=line(publishAt=desk.in_seconds(60), expires=desk.in_seconds(30)))
    assert early.json()["errors"][0]["field"] == "expires", "it would never be seen"
    dry = await editor.post("/v1/items", json=line(publishAt=desk.in_seconds(60), dryRun=True))
    assert dry.status_code == 200
    assert (await editor.get("/v1/schedule")).json() == {"schedule": []}


@pytest.mark.deep
async def test_a_repeated_request_is_one_line(desk: Desk) -> None:
    body = line(publishAt=desk.in_seconds(60))
    answers = [
        await desk.client("editor").post("/v1/items", json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]
    assert answers[0].json()["waiting"]["id"] == answers[1].json()["waiting"]["id"]
    other = await desk.client("editor").post("/v1/items", json={**body, "urgency": 1}, headers={"Idempotency-Key": "k"})
    assert other.status_code == 422
    await desk.pass_time(60)
    await only_item(desk)


@pytest.mark.deep
async def test_a_line_is_changed_and_canceled_until_its_time(desk: Desk) -> None:
    editor = desk.client("editor")
    first, second = await desk.schedule(seconds=60), await desk.schedule(seconds=60)
    body = {"request": line(text="Civil Defence: Bridge is open", publishAt=desk.in_seconds(90))}
    path = f"/v1/schedule/{first['id']}"
    changed = await editor.put(path, json=body, headers={"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    assert (await editor.put(path, json=body, headers={"If-Match": '"1"'})).status_code == 412
    assert (await editor.delete(f"/v1/schedule/{second['id']}")).status_code == 204
    await desk.pass_time(60)
    assert await entries(desk.parts) == 0
    await desk.pass_time(30)
    assert (await only_item(desk))["headline"]["value"] == "Bridge is open"
    late = await editor.delete(path)
    assert (late.status_code, late.json()["type"]) == (409, "urn:flashwire:problem:not-waiting")


@pytest.mark.deep
@pytest.mark.parametrize("jump", [3600, -3600])
async def test_a_jump_of_the_clock_delays_nothing_and_doubles_nothing(desk: Desk, jump: int) -> None:
    waiting = await desk.schedule(seconds=600)
    await desk.pass_time(1)
    desk.clocks.wall += jump
    await desk.pass_time(0.1)
    if jump < 0:
        assert await entries(desk.parts) == 0
        await desk.pass_time(3600 + 597)
        assert await entries(desk.parts) == 0
        await desk.pass_time(2)
    assert (await desk.state(waiting))["state"] == "published"
    desk.clocks.wall -= jump
    await desk.pass_time(1)
    await desk.pass_time(7200)
    await only_item(desk)


@pytest.mark.deep
async def test_a_line_due_during_a_restart_is_published_after_it(settings: DeskSettings, clocks: Clocks) -> None:
    async with open_desk(settings, clocks) as desk:
        waiting = await desk.schedule(seconds=60)
        await desk.pass_time(59)
    clocks.go_on(5)
    async with open_desk(settings, clocks) as desk:
        await desk.pass_time(0.1)
        assert (await desk.state(waiting, "night"))["state"] == "published"
        assert await entries(desk.parts) == 1


@pytest.mark.deep
async def test_a_line_that_is_too_late_waits_for_a_person(settings: DeskSettings, clocks: Clocks) -> None:
    async with open_desk(settings, clocks) as desk:
        waiting = await desk.schedule(seconds=60)
    clocks.go_on(60 + 61)
    async with open_desk(settings, clocks) as desk:
        await desk.pass_time(0.1)
        stopped = await desk.state(waiting, "night")
        assert (stopped["state"], stopped["problem"]["code"]) == ("stopped", "late")
        assert await entries(desk.parts) == 0
        path = f"/v1/schedule/{waiting['id']}/publish"
        wrong = await desk.client("night").post(path, json={"digest": "another"})
        assert wrong.json()["type"].endswith("approval-changed")
        done = await desk.client("night").post(path, json={"digest": stopped["digest"]})
        assert done.json()["waiting"]["state"] == "published"
        assert await entries(desk.parts) == 1


def test_the_steady_clock_of_a_desk_goes_on_while_the_machine_is_suspended(
    settings: DeskSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def clock_gettime(clock: int) -> float:
        asked.append(clock)
        return 7.0

    monkeypatch.setattr(time, "clock_gettime", clock_gettime)
    parts = open_parts(settings)
    parts.database.close()
    assert parts.steady() == 7.0 and asked == [time.CLOCK_BOOTTIME]


@pytest.mark.deep
async def test_two_desks_publish_each_line_once(settings: DeskSettings, clocks: Clocks) -> None:
    async with open_desk(settings, clocks) as first, open_desk(settings, clocks) as second:
        lines = [await first.schedule(seconds=60 + number % 3) for number in range(12)]
        for _ in range(4):
            clocks.go_on(20.5)
            await asyncio.gather(first.firing.look(), second.firing.look())
            await asyncio.gather(first.firing.settled(), second.firing.settled())
        assert await entries(first.parts) == 12
        assert {(await first.state(waiting))["state"] for waiting in lines} == {"published"}


def failing_after_store(desk: Desk) -> Callable[..., None]:
    """A `replace` that fails where a publication would be noted: what a killed desk leaves behind."""
    replace = desk.parts.waiting.replace

    def replace_or_fail(line: Waiting, *args: Any, **kwargs: Any) -> None:
        if line.state == "published":
            raise DatabaseError("killed")
        replace(line, *args, **kwargs)

    return replace_or_fail


@pytest.mark.deep
async def test_a_desk_killed_in_the_middle_publishes_nothing_twice(
    settings: DeskSettings, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version is stored, and the desk dies before it can note that."""
    async with open_desk(settings, clocks) as desk:
        waiting = await desk.schedule(seconds=60)
        await desk.pass_time(59)
        monkeypatch.setattr(desk.parts.waiting, "replace", failing_after_store(desk))
        await desk.pass_time(1)
        assert await entries(desk.parts) == 1
    clocks.go_on(6)
    async with open_desk(settings, clocks) as desk:
        await desk.pass_time(0.1)
        assert (await desk.state(waiting, "night"))["state"] == "published"
        assert await entries(desk.parts) == 1


@pytest.mark.deep
async def test_a_desk_killed_before_it_published_is_followed_by_another(settings: DeskSettings, clocks: Clocks) -> None:
    async with open_desk(settings, clocks) as desk:
        waiting = await desk.schedule(seconds=60)
        assert desk.parts.waiting.claim(waiting["id"], "killed", clocks.wall + 60) is not None
    clocks.go_on(60.1)
    async with open_desk(settings, clocks) as desk:
        await desk.pass_time(0)
        assert await entries(desk.parts) == 0, "the other desk may still be publishing it"
        await desk.pass_time(5)
        assert (await desk.state(waiting, "night"))["state"] == "published"


async def test_a_person_who_may_not_publish_any_more_publishes_nothing(desk: Desk) -> None:
    waiting = await desk.schedule("gone", seconds=60)
    desk.parts.tokens.revoke("gone")
    await desk.pass_time(60)
    stopped = await desk.state(waiting)
    assert (stopped["state"], stopped["problem"]["code"]) == ("stopped", "author-gone")
    assert await entries(desk.parts) == 0


@pytest.mark.deep
async def test_before_its_embargo_ends_a_line_is_nowhere_but_in_the_database(
    desk: Desk, raw: redis.asyncio.Redis, capfd: pytest.CaptureFixture[str]
) -> None:
    secret = "Merger of the two airports"
    body = line(text=f"Ministry of Transport: {secret}", role="official", embargoedUntil=desk.in_seconds(60))
    response = await desk.client("editor").post("/v1/items", json=body)
    assert response.status_code == 202
    await desk.pass_time(30)
    reporter = desk.client("reporter", "reporter")
    waiting = response.json()["waiting"]
    assert (await reporter.get(f"/v1/schedule/{waiting['id']}")).status_code == 404
    pages = [
        await reporter.get(path) for path in ("/v1/schedule", "/v1/approvals", "/v1/drafts", "/v1/items", "/metrics")
    ]
    assert not any(secret in page.text for page in pages)
    stored = [await raw.dump(key) async for key in raw.scan_iter("*")]
    assert not any(secret.encode() in value for value in stored if value)
    output = capfd.readouterr()
    assert secret not in output.out + output.err
    await desk.pass_time(30)
    assert (await only_item(desk))["headline"]["value"] == secret


async def test_the_later_of_both_times_counts(desk: Desk) -> None:
    await desk.schedule(seconds=30, embargoedUntil=desk.in_seconds(60))
    await desk.pass_time(59)
    assert await entries(desk.parts) == 0
    await desk.pass_time(1)
    await only_item(desk)


async def test_the_words_change_while_a_line_waits_for_its_embargo_alone(desk: Desk) -> None:
    waiting = await desk.schedule(seconds=30, embargoedUntil=desk.in_seconds(60))
    await desk.pass_time(40)
    request = {**waiting["request"], "text": "Civil Defence: Bridge is open"}
    path, headers = f"/v1/schedule/{waiting['id']}", {"If-Match": f'"{waiting["version"]}"'}
    changed = await desk.client("editor").put(path, json={"request": request}, headers=headers)
    assert changed.status_code == 200, changed.text
    assert changed.json()["waiting"]["due"] == waiting["due"]
    await desk.pass_time(19.9)
    assert await entries(desk.parts) == 0
    await desk.pass_time(0.1)
    assert (await only_item(desk))["headline"]["value"] == "Bridge is open"


@pytest.mark.deep
async def test_a_draft_that_is_scheduled_is_published_once(desk: Desk) -> None:
    editor = desk.client("editor")
    draft = (await editor.post("/v1/drafts", json={"edition": "en", "line": {}})).json()["draft"]
    waiting = await desk.schedule(seconds=60, draftId=draft["id"])
    now = await desk.client("night").post("/v1/items", json=line(draftId=draft["id"]))
    assert now.status_code == 201
    await desk.pass_time(60)
    stopped = await desk.state(waiting)
    assert (stopped["state"], stopped["problem"]["code"]) == ("stopped", "draft-used")
    await only_item(desk)


async def test_a_fault_in_one_line_delays_no_other(desk: Desk) -> None:
    bad, good = await desk.schedule(seconds=60), await desk.schedule(seconds=60)
    with desk.parts.database.begin() as connection:
        content = connection.execute(WAITING.select().where(WAITING.c.id == bad["id"])).one().content
        broken = msgspec.json.decode(content) | {"request": {"text": 5}}
        values = {"content": msgspec.json.encode(broken).decode()}
        connection.execute(WAITING.update().where(WAITING.c.id == bad["id"]).values(values))
    await desk.pass_time(60)
    assert (await desk.state(good))["state"] == "published"
    assert await entries(desk.parts) == 1
