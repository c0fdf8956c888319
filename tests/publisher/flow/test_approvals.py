"""A second person: whichever act makes a flash, it waits; the approval is of exactly what goes out."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from publisher.settings import DeskSettings
from tests.publisher.flow.conftest import Clocks
from tests.publisher.flow.desk import Desk, ask, decide, open_desk, problem
from tests.support.desk_requests import act, entries, post, published
from tests.support.sample_items import line

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(policy_settings: DeskSettings, clocks: Clocks) -> AsyncIterator[Desk]:
    async with open_desk(policy_settings, clocks) as opened:
        opened.client("chief", "chief")
        opened.client("other chief", "chief")
        yield opened


async def test_a_flash_waits_for_a_second_person_and_a_routine_line_does_not(desk: Desk) -> None:
    editor, chief = desk.client("editor"), desk.client("chief")
    assert (await post(editor)).status_code == 201
    for client in (editor, chief):
        assert problem(await post(client, urgency=1)) == (409, "approval-needed")
    waiting = await ask(
        editor, line(urgency=1, text="Civil Defence: Explosion in the old town"), note="confirmed by two"
    )
    assert (waiting["state"], waiting["approver"], waiting["own"]) == ("waiting", "chief", True)
    assert await entries(desk.parts) == 1
    decision = await decide(chief, waiting, "approve")
    decided = decision.json()["waiting"]
    assert (decision.status_code, decided["state"], decided["approvedBy"], decided["by"]) == (
        200,
        "published",
        "chief",
        "editor",
    )
    item = (await editor.get(f"/v1/items/{decided['uri']}")).json()
    assert (item["headline"]["value"], item["urgency"]) == ("Explosion in the old town", 1)
    assert problem(await decide(chief, waiting, "approve")) == (409, "not-waiting")
    assert await entries(desk.parts) == 2


@pytest.mark.deep
@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("update", {"urgency": 1}),
        ("correction", {"urgency": 2, "note": "It was larger"}),
    ],
)
async def test_an_act_that_makes_a_flash_waits_and_taking_back_does_not(
    desk: Desk, name: str, fields: dict[str, Any]
) -> None:
    chief, other = desk.client("chief"), desk.client("other chief")
    uri = await published(chief)
    assert problem(await act(chief, uri, name, **fields)) == (409, "approval-needed")
    waiting = await ask(chief, {"act": name, **fields}, uri=uri, seen=1)
    decision = (await decide(other, waiting, "approve")).json()["waiting"]
    assert (decision["state"], decision["uri"]) == ("published", uri)
    assert problem(await act(chief, uri, "correction", seen=2, note="12, not 21")) == (409, "approval-needed")
    assert problem(await act(chief, uri, "update", seen=2, urgency=5)) == (409, "approval-needed")
    assert (await act(chief, uri, "hold", seen=2)).status_code == 200
    assert problem(await act(chief, uri, "release", seen=3)) == (409, "approval-needed")
    assert (await act(chief, uri, "withdraw", seen=3, note="Wrong")).status_code == 200


@pytest.mark.deep
async def test_a_token_of_ones_own_is_no_second_person(desk: Desk) -> None:
    chief = desk.client("chief", "chief")
    tokens = [
        (await chief.post("/v1/tokens", json={"name": name, "role": "chief"})).json()["token"]
        for name in ("one", "two")
    ]
    one, two = (desk.with_token(token) for token in tokens)
    by_one = await ask(one, line(urgency=1))
    for client in (one, two, chief):
        assert problem(await decide(client, by_one, "approve")) == (409, "approval-own")
    [shown] = [
        waiting for waiting in (await two.get("/v1/approvals")).json()["approvals"] if waiting["id"] == by_one["id"]
    ]
    assert shown["own"] is True and shown["mayApprove"] is False
    assert (await decide(desk.client("second", "chief"), by_one, "approve")).status_code == 200


async def test_nobody_approves_his_own_line(desk: Desk) -> None:
    chief, editor = desk.client("chief"), desk.client("editor")
    waiting = await ask(chief, line(urgency=1))
    assert problem(await decide(chief, waiting, "approve")) == (409, "approval-own")
    assert problem(await decide(editor, waiting, "approve")) == (403, "role-approve")
    assert problem(await decide(editor, waiting, "bypass", reason="in a hurry")) == (403, "role-approve")
    assert await entries(desk.parts) == 0


@pytest.mark.deep
async def test_a_change_asks_again(desk: Desk) -> None:
    editor, chief, other = desk.client("editor"), desk.client("chief"), desk.client("other chief")
    waiting = await ask(editor, line(urgency=1))
    path = f"/v1/approvals/{waiting['id']}"
    body = {"request": line(urgency=1, text="Civil Defence: 12 dead in the old town")}
    changed = (await chief.put(path, json=body, headers={"If-Match": '"1"'})).json()["waiting"]
    assert changed["digest"] != waiting["digest"]
    assert problem(await decide(other, waiting, "approve")) == (409, "approval-changed")
    assert problem(await decide(chief, changed, "approve")) == (409, "approval-own"), "the chief wrote it, too"
    assert (await decide(other, changed, "approve")).json()["waiting"]["state"] == "published"


async def test_an_approval_has_an_end(desk: Desk) -> None:
    waiting = await ask(desk.client("editor"), line(urgency=1))
    desk.clocks.go_on(15 * 60 + 1)
    assert problem(await decide(desk.client("chief"), waiting, "approve")) == (409, "not-waiting")
    await desk.pass_time(6)
    assert (await desk.state(waiting))["state"] == "expired"


async def test_a_bypass_needs_a_reason_which_is_kept(desk: Desk) -> None:
    chief = desk.client("chief")
    waiting = await ask(chief, line(urgency=1))
    empty = await decide(chief, waiting, "bypass", reason="  ")
    assert (empty.status_code, empty.json()["errors"][0]["field"]) == (422, "reason")
    decision = (await decide(chief, waiting, "bypass", reason="alone on the night desk")).json()["waiting"]
    assert (decision["state"], decision["bypassReason"], decision["approvedBy"]) == (
        "published",
        "alone on the night desk",
        "chief",
    )


async def test_a_refusal_tells_the_author_why(desk: Desk) -> None:
    editor = desk.client("editor")
    waiting = await ask(editor, line(urgency=1))
    assert (await decide(desk.client("chief"), waiting, "refuse", reason="One source only")).status_code == 200
    [seen] = (await editor.get("/v1/approvals")).json()["approvals"]
    assert (seen["state"], seen["reason"], seen["refusedBy"]) == ("refused", "One source only", "chief")
    assert await entries(desk.parts) == 0


@pytest.mark.deep
async def test_an_item_that_changed_since_is_not_overwritten(desk: Desk) -> None:
    chief, editor = desk.client("chief"), desk.client("editor")
    uri = await published(editor)
    waiting = await ask(editor, {"act": "update", "urgency": 1}, uri=uri, seen=1)
    assert (await act(editor, uri, "update", headline="Bridge is open")).status_code == 200
    decision = (await decide(chief, waiting, "approve")).json()["waiting"]
    assert (decision["state"], decision["problem"]["code"]) == ("stopped", "stale")
    assert await entries(desk.parts) == 2


@pytest.mark.deep
async def test_two_chiefs_who_approve_at_once_publish_once(desk: Desk) -> None:
    waiting = await ask(desk.client("editor"), line(urgency=1))
    answers = await asyncio.gather(
        *[decide(desk.client(name), waiting, "approve") for name in ("chief", "other chief")]
    )
    assert 200 in {answer.status_code for answer in answers} and await entries(desk.parts) == 1


async def test_an_approved_line_with_a_time_waits_for_it(desk: Desk) -> None:
    editor, chief = desk.client("editor"), desk.client("chief")
    body = line(urgency=1, publishAt=desk.in_seconds(600))
    assert problem(await editor.post("/v1/items", json=body)) == (409, "approval-needed")
    waiting = await ask(editor, body)
    approved = (await decide(chief, waiting, "approve")).json()["waiting"]
    assert (approved["state"], approved["due"]) == ("scheduled", desk.in_seconds(600))
    await desk.pass_time(599)
    assert await entries(desk.parts) == 0
    later = {"request": {**body, "publishAt": desk.in_seconds(900)}}
    headers = {"If-Match": f'"{approved["version"]}"'}
    moved = (await editor.put(f"/v1/schedule/{waiting['id']}", json=later, headers=headers)).json()["waiting"]
    assert moved["state"] == "waiting", "another time is another decision"
    await desk.pass_time(2)
    assert await entries(desk.parts) == 0


async def test_what_a_reporter_or_a_stranger_sees(desk: Desk) -> None:
    await ask(desk.client("editor"), line(urgency=1))
    reporter = desk.client("reporter", "reporter")
    assert (await reporter.get("/v1/approvals")).json() == {"approvals": []}
    asked = await reporter.post("/v1/approvals", json={"request": line(urgency=1)})
    assert problem(asked) == (403, "role-act")


@pytest.mark.deep
async def test_three_editions_are_approved_together(desk: Desk) -> None:
    editor, chief = desk.client("editor"), desk.client("chief")
    siblings = [
        {"edition": "ar", "text": "الدفاع المدني: إغلاق جسر"},
        {"edition": "es", "text": "Defensa Civil: Puente cerrado", "role": "official"},
    ]
    body = line(urgency=1, siblings=siblings)
    assert problem(await editor.post("/v1/items", json=body)) == (409, "approval-needed")
    waiting = await ask(editor, body)
    assert [sibling["edition"] for sibling in waiting["siblings"]] == ["ar", "es"]
    assert (await decide(chief, waiting, "approve")).json()["waiting"]["state"] == "published"
    items = (await editor.get("/v1/items")).json()["items"]
    assert {item["edition"] for item in items} == {"en", "ar", "es"} and await entries(desk.parts) == 3


@pytest.mark.deep
async def test_a_dry_run_says_what_leaves_and_who_must_agree(desk: Desk) -> None:
    editor, chief = desk.client("editor"), desk.client("chief")

    async def confirmation(client: httpx2.AsyncClient, **fields: Any) -> dict[str, Any]:
        response = await client.post("/v1/items", json=line(dryRun=True, **fields))
        confirmation: dict[str, Any] = response.json()["confirmation"]
        return confirmation

    routine = await confirmation(editor)
    assert (routine["needs"], routine["approver"], routine["edition"], routine["urgency"]) == ("key", None, "en", 4)
    flash = await confirmation(editor, urgency=1, publishAt=desk.in_seconds(60))
    assert (flash["needs"], flash["approver"], flash["mayBypass"]) == ("second-person", "chief", False)
    assert flash["due"] == desk.in_seconds(60)
    assert (await confirmation(chief, urgency=1))["mayBypass"] is True
    uri = await published(editor)
    raised = (await act(editor, uri, "update", urgency=1, dryRun=True)).json()["confirmation"]
    assert (raised["urgencyBefore"], raised["raisesUrgency"], raised["needs"]) == (4, True, "second-person")
    held = (await act(chief, uri, "hold", dryRun=True)).json()["confirmation"]
    assert held["needs"] == "none"


@pytest.mark.deep
async def test_every_decision_is_in_the_audit(desk: Desk) -> None:
    editor, chief = desk.client("editor"), desk.client("chief")
    first, second = await ask(editor, line(urgency=1)), await ask(editor, line(urgency=2))
    await decide(chief, first, "bypass", reason="alone on the night desk")
    await decide(chief, second, "refuse", reason="One source only")
    records = (await chief.get("/v1/audit", params={"object": f"waiting:{first['id']}"})).json()["records"]
    assert [(record["actor"], record["action"]) for record in records] == [("chief", "bypass"), ("editor", "submit")]
    assert records[0]["details"]["reason"] == "alone on the night desk"
    refusals = (await chief.get("/v1/audit", params={"action": "refuse"})).json()["records"]
    assert [record["object"] for record in refusals] == [f"waiting:{second['id']}"]


async def test_a_stopped_person_releases_no_line_of_another_person(desk: Desk) -> None:
    chief, other, editor = desk.client("chief"), desk.client("other chief"), desk.client("editor")
    waiting, refused = await ask(editor, line(urgency=1)), await ask(editor, line(urgency=2))
    stop = {"scope": "user", "name": "chief", "reason": "Stolen telephone"}
    assert (await other.post("/v1/kill", json=stop)).status_code == 201
    assert problem(await decide(chief, waiting, "approve")) == (403, "publishing-stopped")
    assert problem(await decide(chief, waiting, "bypass", reason="in a hurry")) == (403, "publishing-stopped")
    body = {"request": line(urgency=1, text="Civil Defence: Everyone must leave")}
    changed = await chief.put(f"/v1/approvals/{waiting['id']}", json=body, headers={"If-Match": '"1"'})
    assert problem(changed) == (403, "publishing-stopped")
    assert (await decide(chief, refused, "refuse", reason="One source only")).status_code == 200
    assert await entries(desk.parts) == 0
    assert (await decide(other, waiting, "approve")).json()["waiting"]["state"] == "published"


@pytest.mark.parametrize("stopped", ["editor", "chief"])
async def test_a_line_waits_while_a_person_who_wrote_or_approved_it_is_stopped(desk: Desk, stopped: str) -> None:
    editor, chief, other = desk.client("editor"), desk.client("chief"), desk.client("other chief")
    waiting = await ask(editor, line(urgency=1, publishAt=desk.in_seconds(600)))
    assert (await decide(chief, waiting, "approve")).json()["waiting"]["state"] == "scheduled"
    await desk.pass_time(1)
    stop = {"scope": "user", "name": stopped, "reason": "Stolen telephone"}
    lift = (await other.post("/v1/kill", json=stop)).json()["id"]
    await desk.pass_time(599)
    held = await desk.state(waiting)
    assert (held["state"], held["problem"]["code"]) == ("scheduled", "publishing-stopped")
    assert await entries(desk.parts) == 0
    assert (await other.post(f"/v1/kill/{lift}/lift", json={"reason": "Found"})).status_code == 200
    await desk.pass_time(2)
    assert (await desk.state(waiting))["state"] == "published" and await entries(desk.parts) == 1
