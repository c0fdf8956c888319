"""Several editions as one act, with a time and with a second person: approved, published and canceled as a whole."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from sqlalchemy import update

from publisher.records.tables.people import USERS
from publisher.settings import DeskSettings
from tests.publisher.flow.conftest import Clocks
from tests.publisher.flow.desk import Desk, ask, decide, open_desk, problem
from tests.support.desk_requests import act, entries
from tests.support.sample_items import line

pytestmark = pytest.mark.anyio

ARABIC = {"edition": "ar", "text": "الدفاع المدني: إغلاق الجسر"}
SPANISH = {"edition": "es", "text": "Protección Civil: Cierran el puente"}
ALL = {"en", "ar", "es"}
ORIGIN = "http://desk.test"


@pytest.fixture
async def desk(policy_settings: DeskSettings, clocks: Clocks) -> AsyncIterator[Desk]:
    async with open_desk(policy_settings, clocks) as opened:
        opened.client("chief", "chief")
        opened.client("other chief", "chief")
        yield opened


def limited(desk: Desk, name: str, *editions: str) -> httpx2.AsyncClient:
    """A chief who may act in these editions alone."""
    return desk.with_token(desk.parts.tokens.create(name, "chief", editions=frozenset(editions)))


async def on_air(desk: Desk) -> dict[str, dict[str, Any]]:
    items = (await desk.client("editor").get("/v1/items")).json()["items"]
    return {item["edition"]: item for item in items}


async def published_family(desk: Desk, **fields: Any) -> dict[str, dict[str, Any]]:
    answer = await desk.client("chief").post("/v1/items", json=line(siblings=[ARABIC, SPANISH], **fields))
    assert answer.status_code == 201, answer.text
    return await on_air(desk)


async def test_three_editions_are_published_together_at_their_time(desk: Desk) -> None:
    waiting = await desk.schedule(seconds=60, siblings=[ARABIC, SPANISH], edNote="Check the road.")
    assert waiting["state"] == "scheduled" and waiting["missing"] == []
    assert [item["uri"] for item in (waiting["item"], *waiting["siblings"])] == [None] * 3
    assert {item["translationOf"] for item in waiting["siblings"]} == {None}
    await desk.pass_time(59.9)
    assert await entries(desk.parts) == 0
    await desk.pass_time(0.1)
    items = await on_air(desk)
    assert items.keys() == ALL and len({item["firstCreated"] for item in items.values()}) == 1
    assert items["ar"]["translationOf"] == items["es"]["translationOf"] == items["en"]["uri"]
    state = await desk.state(waiting)
    assert [item["uri"] for item in state["siblings"]] == [items["ar"]["uri"], items["es"]["uri"]]
    await desk.pass_time(30)
    assert await entries(desk.parts) == 3


async def test_one_cancellation_cancels_all_editions_and_a_change_is_of_all(desk: Desk) -> None:
    editor = desk.client("editor")
    first, second = [await desk.schedule(seconds=60, siblings=[ARABIC, SPANISH]) for _ in range(2)]
    assert (await editor.delete(f"/v1/schedule/{first['id']}")).status_code == 204
    body = line(siblings=[ARABIC], embargoedUntil=desk.in_seconds(90))
    changed = await editor.put(f"/v1/schedule/{second['id']}", json={"request": body}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    await desk.pass_time(60)
    assert await entries(desk.parts) == 0
    await desk.pass_time(30)
    assert (await on_air(desk)).keys() == {"en", "ar"} and await entries(desk.parts) == 2


async def test_a_missing_translation_becomes_a_draft_when_the_others_are_published(desk: Desk) -> None:
    waiting = await desk.schedule(seconds=60, siblings=[ARABIC, {"edition": "es"}])
    assert waiting["missing"] == ["es"]
    spanish = limited(desk, "spanish", "es")
    assert (await spanish.get("/v1/drafts")).json()["drafts"] == []
    await desk.pass_time(60)
    [draft] = (await spanish.get("/v1/drafts")).json()["drafts"]
    assert (draft["edition"], draft["translationOf"]) == ("es", (await on_air(desk))["en"]["uri"])


@pytest.mark.deep
async def test_a_stop_of_one_edition_keeps_all_editions_back_and_is_named(desk: Desk) -> None:
    editor, chief = desk.client("editor"), desk.client("chief")
    waiting = await desk.schedule(seconds=60, siblings=[ARABIC, SPANISH])
    stop = {"scope": "edition", "name": "ar", "reason": "Wrong numbers"}
    kill_stop = (await chief.post("/v1/kill", json=stop)).json()
    now = await editor.post("/v1/items", json=line(siblings=[ARABIC, SPANISH]))
    assert problem(now) == (403, "publishing-stopped") and "edition ar" in now.json()["detail"]
    await desk.pass_time(60)
    later_state = await desk.state(waiting)
    assert (later_state["state"], later_state["problem"]["code"]) == ("scheduled", "publishing-stopped")
    assert "ar" in later_state["problem"]["detail"] and await entries(desk.parts) == 0
    await chief.post(f"/v1/kill/{kill_stop['id']}/lift", json={"reason": "Checked"})
    await desk.pass_time(1)
    assert (await on_air(desk)).keys() == ALL


async def test_an_approval_is_of_the_texts_of_all_editions(desk: Desk) -> None:
    editor, chief, other = desk.client("editor"), desk.client("chief"), desk.client("other chief")
    body = line(urgency=1, siblings=[ARABIC, SPANISH])
    assert problem(await editor.post("/v1/items", json=body)) == (409, "approval-needed")
    waiting = await ask(editor, body)
    headlines = {item["edition"]: item["headline"]["value"] for item in (waiting["item"], *waiting["siblings"])}
    assert headlines.keys() == ALL and headlines["es"] == "Cierran el puente"
    changed_body = line(urgency=1, siblings=[ARABIC, {**SPANISH, "text": "Protección Civil: Abren el puente"}])
    path, headers = f"/v1/approvals/{waiting['id']}", {"If-Match": '"1"'}
    changed = (await chief.put(path, json={"request": changed_body}, headers=headers)).json()["waiting"]
    assert changed["digest"] != waiting["digest"]
    assert problem(await decide(other, waiting, "approve")) == (409, "approval-changed")
    assert (await decide(other, changed, "approve")).json()["waiting"]["state"] == "published"
    items = await on_air(desk)
    assert items.keys() == ALL and items["es"]["headline"]["value"] == "Abren el puente"


async def test_a_rule_for_one_edition_keeps_all_back_until_a_second_person_approves(
    settings: DeskSettings, clocks: Clocks, policy_settings: DeskSettings
) -> None:
    assert policy_settings.site is not None
    text = policy_settings.site.read_text("utf-8").replace("urgency = 2\n", 'urgency = 4\neditions = ["ar"]\n')
    policy_settings.site.write_text(text, "utf-8")
    async with open_desk(policy_settings, clocks) as desk:
        editor, chief = desk.client("editor"), desk.client("chief", "chief")
        body = line(siblings=[ARABIC, SPANISH])
        dry = (await editor.post("/v1/items", json=body | {"dryRun": True})).json()["confirmation"]
        assert (dry["needs"], dry["approver"]) == ("second-person", "chief")
        assert problem(await editor.post("/v1/items", json=body)) == (409, "approval-needed")
        timed = body | {"publishAt": desk.in_seconds(60)}
        assert problem(await editor.post("/v1/items", json=timed)) == (409, "approval-needed")
        assert await entries(desk.parts) == 0
        approved = (await decide(chief, await ask(editor, timed), "approve")).json()["waiting"]
        assert approved["state"] == "scheduled"
        await desk.pass_time(60)
        assert (await on_air(desk)).keys() == ALL


@pytest.mark.deep
async def test_a_person_approves_only_what_goes_to_his_own_editions(desk: Desk) -> None:
    waiting = await ask(desk.client("editor"), line(urgency=1, siblings=[ARABIC, SPANISH]))
    english = limited(desk, "english", "en", "ar")
    [seen] = (await english.get("/v1/approvals")).json()["approvals"]
    assert (seen["mayApprove"], seen["mayBypass"]) == (False, False)
    for what in ("approve", "bypass", "refuse"):
        refused = await decide(english, waiting, what, reason="x")
        assert problem(refused) == (403, "role-approve") and "en, ar, es" in refused.json()["detail"]
    everywhere = limited(desk, "everywhere", *ALL)
    assert (await decide(everywhere, waiting, "approve")).json()["waiting"]["state"] == "published"


@pytest.mark.deep
async def test_rights_lost_in_one_edition_stop_all_and_name_it(desk: Desk) -> None:
    parts, users = desk.parts, desk.parts.people.users
    user = users.create("writer", "editor", frozenset(ALL))
    with parts.database.begin() as connection:
        connection.execute(update(USERS).values(state="active"))
    session = f"{parts.cookie}={parts.sessions.start(user.actor, 'passkey')}"
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(desk.app), base_url=ORIGIN, headers={"Origin": ORIGIN, "Cookie": session}
    ) as writer:
        body = line(publishAt=desk.in_seconds(60), siblings=[ARABIC, SPANISH])
        waiting = (await writer.post("/v1/items", json=body)).json()["waiting"]
    users.change(user.id, editions=frozenset({"en", "ar"}))
    await desk.pass_time(60)
    stopped = await desk.state(waiting)
    assert (stopped["state"], stopped["problem"]["code"]) == ("stopped", "edition-act")
    assert "es" in stopped["problem"]["detail"].split() or "es:" in stopped["problem"]["detail"]
    assert await entries(desk.parts) == 0


@pytest.mark.deep
async def test_the_same_act_for_all_siblings_is_approved_as_one(desk: Desk) -> None:
    chief, other = desk.client("chief"), desk.client("other chief")
    items = await published_family(desk)
    uri = items["en"]["uri"]
    body = {"act": "update", "urgency": 1, "siblings": True}
    assert problem(await act(chief, uri, "update", urgency=1, siblings=True)) == (409, "approval-needed")
    waiting = await ask(chief, body, uri=uri, seen=1)
    assert {item["uri"] for item in (waiting["item"], *waiting["siblings"])} == {item["uri"] for item in items.values()}
    decided = (await decide(other, waiting, "approve")).json()["waiting"]
    assert decided["state"] == "published", decided["problem"]
    assert {(item["urgency"], item["version"]) for item in (await on_air(desk)).values()} == {(1, 2)}
    assert await entries(desk.parts) == 6
    assert (await act(chief, uri, "withdraw", seen=2, note="Wrong", siblings=True)).status_code == 200


@pytest.mark.deep
async def test_a_sibling_that_needs_approval_keeps_the_act_from_all(desk: Desk) -> None:
    chief, other = desk.client("chief"), desk.client("other chief")
    items = await published_family(desk)
    raised = await ask(chief, {"act": "update", "urgency": 2}, uri=items["ar"]["uri"], seen=1)
    await decide(other, raised, "approve")
    refused = await act(chief, items["en"]["uri"], "update", sections=["world"], siblings=True)
    assert problem(refused) == (409, "approval-needed")
    dry = await act(chief, items["en"]["uri"], "update", sections=["world"], siblings=True, dryRun=True)
    assert dry.json()["confirmation"]["needs"] == "second-person"
    assert (await on_air(desk))["en"]["version"] == 1


async def test_a_sibling_that_changed_since_the_approval_keeps_the_act_from_all(desk: Desk) -> None:
    chief, other = desk.client("chief"), desk.client("other chief")
    items = await published_family(desk)
    waiting = await ask(chief, {"act": "update", "urgency": 1, "siblings": True}, uri=items["en"]["uri"], seen=1)
    assert (await act(chief, items["es"]["uri"], "update", headline="Cierran dos puentes")).status_code == 200
    decided = (await decide(other, waiting, "approve")).json()["waiting"]
    assert (decided["state"], decided["problem"]["code"]) == ("stopped", "stale") and "es" in decided["problem"][
        "detail"
    ]
    assert {item["urgency"] for item in (await on_air(desk)).values()} == {4}


@pytest.mark.deep
async def test_an_approved_act_that_was_cut_off_between_two_items_is_finished_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    chief, other = desk.client("chief"), desk.client("other chief")
    items = await published_family(desk)
    waiting = await ask(chief, {"act": "update", "urgency": 1, "siblings": True}, uri=items["en"]["uri"], seen=1)
    publish, calls = desk.parts.store.publish, 0

    async def cut_off(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise asyncio.CancelledError
        return await publish(*arguments, **options)

    monkeypatch.setattr(desk.parts.store, "publish", cut_off)
    # The publication has a task of its own: the one who approves is told that it is not published yet.
    answer = await decide(other, waiting, "approve")
    assert answer.status_code == 200 and answer.json()["waiting"]["state"] == "scheduled", answer.text
    assert await entries(desk.parts) == 4
    await desk.pass_time(6)
    assert (await desk.state(waiting, "chief"))["state"] == "published"
    assert {(item["urgency"], item["version"]) for item in (await on_air(desk)).values()} == {(1, 2)}
    assert await entries(desk.parts) == 6


@pytest.mark.parametrize(
    ("name", "fields", "code"),
    [
        ("withdraw", {"note": "It is not so."}, "original-withdrawn"),
        ("hold", {}, "original-held"),
        ("correction", {"note": "Two, not ten.", "headline": "Two injured"}, "original-corrected"),
        ("update", {"headline": "Bridge closed until noon"}, None),
    ],
)
@pytest.mark.parametrize("is_approved", [False, True])
async def test_a_waiting_translation_does_not_leave_after_its_original_was_taken_back_or_corrected(
    desk: Desk, name: str, fields: dict[str, Any], code: str | None, is_approved: bool
) -> None:
    editor, chief = desk.client("editor"), desk.client("chief")
    english = (await chief.post("/v1/items", json=line())).json()["item"]
    await desk.pass_time(1)
    if is_approved:
        waiting = await ask(editor, {**line(), **ARABIC, "translationOf": english["uri"]})
    else:
        waiting = await desk.schedule(seconds=60, **ARABIC, translationOf=english["uri"])
    await desk.pass_time(1)
    done = await act(chief, english["uri"], name, **fields)
    assert done.status_code == 200, done.text
    if is_approved:
        await decide(chief, waiting, "approve")
    else:
        await desk.pass_time(59)
    after = await desk.state(waiting)
    if code is None:
        assert after["state"] == "published"
        return
    assert (after["state"], after["problem"]["code"]) == ("stopped", code) and await entries(desk.parts) == 2
    # A person who has looked at it decides; what was taken back stays off all the same.
    path = f"/v1/schedule/{waiting['id']}/publish"
    again = (await chief.post(path, json={"digest": after["digest"]})).json()["waiting"]
    assert again["state"] == ("published" if code == "original-corrected" else "stopped")


async def test_a_sibling_that_is_not_the_actors_asks_no_second_person(desk: Desk) -> None:
    items = await published_family(desk)
    # The Arabic line alone becomes a bulletin, so only its corrections need a second person.
    waiting = await ask(desk.client("chief"), {"act": "update", "urgency": 2}, uri=items["ar"]["uri"], seen=1)
    assert (await decide(desk.client("other chief"), waiting, "approve")).json()["waiting"]["state"] == "published"
    english = limited(desk, "english", "en", "es")
    uri, note = items["en"]["uri"], "It was another bridge."
    done = await act(english, uri, "correction", siblings=True, note=note)
    assert done.status_code == 200, done.text
    outcomes = {outcome["edition"]: outcome for outcome in done.json()["siblings"]}
    assert outcomes["es"]["item"]["version"] == 2
    assert outcomes["ar"]["problem"]["type"].endswith("edition-act")
    # Of a person who may change all of them, the whole act is asked for.
    asked = await act(desk.client("chief"), uri, "correction", seen=2, siblings=True, note=note)
    assert problem(asked) == (409, "approval-needed")
