"""The kill switch: from the next request on, at every desk, for everything but taking back; and the second person."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
from sqlalchemy import update

from publisher.api.app import create_app
from publisher.api.parts import Parts, open_parts
from publisher.core.stops import Stop
from publisher.records.audit import AuditFilter
from publisher.records.stop_file import FILE, StopFile, new_stop
from publisher.records.tables.people import USERS
from publisher.records.tokens import Actor
from publisher.records.users import Users
from publisher.settings import DeskSettings
from tests.publisher.conftest import ClientFor
from tests.support.desk_requests import act, entries, post, published
from tests.support.postgresql import Server
from tests.support.sample_items import line
from tests.support.waiting import until_async

pytestmark = pytest.mark.anyio
PAGE = {"Origin": "http://desk.test", "Sec-Fetch-Site": "same-origin"}


async def kill(client: httpx2.AsyncClient, scope: str, name: str = "", **fields: object) -> httpx2.Response:
    return await client.post("/v1/kill", json={"scope": scope, "name": name, "reason": "Stolen account", **fields})


async def lift(client: httpx2.AsyncClient, id: str) -> httpx2.Response:
    return await client.post(f"/v1/kill/{id}/lift", json={"reason": "All is well"})


async def actions(parts: Parts) -> list[str]:
    await parts.audit.flush()
    return [record.action for record in (await parts.audit.newest(AuditFilter(), 100))[0]][::-1]


@pytest.mark.parametrize(("scope", "name"), [("all", ""), ("edition", "en"), ("user", "editor 1")])
async def test_a_stop_counts_from_the_next_request_until_it_is_lifted(
    chief: httpx2.AsyncClient, client_for: ClientFor, parts: Parts, scope: str, name: str
) -> None:
    editor = client_for("editor")
    uri = await published(editor)
    stop = await kill(chief, scope, name)
    assert stop.status_code == 201 and stop.json()["by"] == "chief 0"
    entries_before = await entries(parts)
    for answer in (await post(editor), await act(editor, uri, "update", urgency=3)):
        assert answer.status_code == 403 and answer.json()["type"].endswith("publishing-stopped")
        assert "chief 0" in answer.json()["detail"] and "Stolen account" in answer.json()["detail"]
    assert await entries(parts) == entries_before
    assert (await editor.get("/v1/kill")).json() == {"stops": [stop.json()]}
    assert (await lift(chief, stop.json()["id"])).status_code == 200
    assert (await post(editor)).status_code == 201
    assert (await lift(chief, stop.json()["id"])).status_code == 404
    assert (await editor.get("/v1/kill")).json() == {"stops": []}
    assert [action for action in await actions(parts) if action.startswith("kill")] == ["kill", "kill-lift"]


async def test_others_go_on(chief: httpx2.AsyncClient, client_for: ClientFor) -> None:
    client_for("editor")
    assert (await kill(chief, "user", "editor 1")).status_code == 201
    await kill(chief, "edition", "ar")
    assert (await post(client_for("editor"))).status_code == 201


async def test_holding_and_withdrawing_go_on_for_everyone(chief: httpx2.AsyncClient) -> None:
    uris = [await published(chief) for _ in range(2)]
    for scope, name in (("all", ""), ("edition", "en"), ("user", "chief 0")):
        assert (await kill(chief, scope, name)).status_code == 201
    assert (await act(chief, uris[0], "hold")).status_code == 200
    assert (await act(chief, uris[1], "withdraw", note="Wrong")).status_code == 200
    assert (await act(chief, uris[0], "release", seen=2)).status_code == 403


@pytest.mark.deep
@pytest.mark.parametrize("role", ["reporter", "editor"])
async def test_only_a_chief_stops_and_lifts(chief: httpx2.AsyncClient, client_for: ClientFor, role: str) -> None:
    other = client_for(role)
    assert (await kill(other, "all")).status_code == 403
    stop = (await kill(chief, "edition", "ar")).json()
    assert (await lift(other, stop["id"])).status_code == 403
    assert (await client_for(None).get("/v1/kill")).status_code == 401
    assert (await other.get("/v1/audit")).status_code == 403


async def test_a_chief_of_some_editions_stops_these_and_people(chief: httpx2.AsyncClient, parts: Parts) -> None:
    token = parts.tokens.create("chief of ar", "chief", editions=frozenset({"ar"}))
    chief.headers["Authorization"] = f"Bearer {token}"
    parts.tokens.create("editor 1", "editor")
    statuses = [(await kill(chief, *what)).status_code for what in (("all",), ("edition", "en"), ("edition", "ar"))]
    assert statuses == [403, 403, 201] and (await kill(chief, "user", "editor 1")).status_code == 201


@pytest.mark.deep
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"scope": "everything", "reason": "x"}, 422),
        ({"scope": "edition", "name": "xx", "reason": "x"}, 400),
        ({"scope": "user", "name": "", "reason": "x"}, 422),
        ({"scope": "user", "name": "Nobody", "reason": "x"}, 422),
        ({"scope": "all", "reason": ""}, 422),
        ({"scope": "all", "reason": "x" * 301}, 422),
        ({"scope": "all"}, 422),
    ],
)
async def test_a_wrong_request_stops_nothing(chief: httpx2.AsyncClient, body: dict[str, str], status: int) -> None:
    assert (await chief.post("/v1/kill", json=body)).status_code == status
    assert (await post(chief)).status_code == 201


async def _session(client_for: ClientFor, parts: Parts, name: str) -> httpx2.AsyncClient:
    client = client_for(None, **PAGE)
    client.headers["Cookie"] = f"{parts.cookie}={parts.sessions.open(name)}"
    return client


async def test_sessions_end_with_the_stop_of_their_person(
    chief: httpx2.AsyncClient, client_for: ClientFor, parts: Parts
) -> None:
    for name in ("Rana", "Omar"):
        parts.tokens.create(name, "editor")
    rana, omar = [await _session(client_for, parts, name) for name in ("Rana", "Omar")]
    assert (await kill(chief, "user", "Rana", endSessions=True)).status_code == 201
    assert [(await client.get("/v1/session")).status_code for client in (rana, omar)] == [401, 200]
    assert (await kill(chief, "all", endSessions=True)).status_code == 201
    assert (await omar.get("/v1/session")).status_code == 401


async def test_the_chief_who_ends_all_sessions_keeps_the_own_one(client_for: ClientFor, parts: Parts) -> None:
    parts.tokens.create("Boss", "chief")
    boss, other = [await _session(client_for, parts, "Boss") for _ in range(2)]
    assert (await kill(boss, "all", endSessions=True)).status_code == 201
    assert [(await client.get("/v1/session")).status_code for client in (boss, other)] == [200, 401]


@pytest.mark.deep
async def test_a_stolen_account_publishes_nothing_after_the_stop_whatever_it_has(
    chief: httpx2.AsyncClient, client_for: ClientFor, parts: Parts
) -> None:
    """The accident: an account that pushed twice before anyone could stop it."""
    parts.tokens.create("Rana", "editor", unlimited=True)
    stolen = await _session(client_for, parts, "Rana")
    uris = [await published(stolen) for _ in range(2)]
    attempts = [asyncio.create_task(post(stolen)) for _ in range(20)]
    await kill(chief, "user", "Rana", endSessions=True)
    stored = {answer.json()["item"]["uri"] for answer in await asyncio.gather(*attempts) if answer.status_code == 201}
    count = await entries(parts)
    # Only what was under way when the stop came.
    assert count == 2 + len(stored)
    assert {(await post(stolen)).status_code for _ in range(30)} == {401}
    again = await _session(client_for, parts, "Rana")
    assert {(await post(again)).status_code for _ in range(5)} == {403}
    assert await entries(parts) == count
    assert (await act(chief, uris[0], "withdraw", note="Not ours")).status_code == 200


@pytest.mark.deep
async def test_one_user_publishes_a_limited_number_a_minute_without_a_second_person(
    settings: DeskSettings, parts: Parts, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, token = Actor("Rana", "chief", kind="user", user="u1"), Actor("robot", "chief")
    chosen = [user]

    async def find(_secret: str, *, is_token: bool) -> Actor:
        return chosen[0]

    monkeypatch.setattr(parts.holders, "find", find)
    client = client_for(None, Authorization="Bearer fw_any")
    answers = [await post(client, key=str(number)) for number in range(settings.alone_per_minute + 3)]
    statuses = [answer.status_code for answer in answers]
    assert statuses == [201] * settings.alone_per_minute + [409] * 3
    assert answers[-1].json()["type"].endswith("second-person") and "second person" in answers[-1].json()["detail"]
    # A repeat is no further line, and taking back is never limited.
    assert (await post(client, key="0")).status_code == 201
    uri = answers[0].json()["item"]["uri"]
    assert (await act(client, uri, "withdraw", note="Wrong")).status_code == 200
    chosen[0] = token
    assert {(await post(client)).status_code for _ in range(settings.alone_per_minute + 2)} == {201}


async def test_a_second_person_lets_a_user_publish_above_that_number(
    settings: DeskSettings, parts: Parts, client_for: ClientFor, chief: httpx2.AsyncClient
) -> None:
    user = Users(parts.database).create("Rana", "editor")
    with parts.database.begin() as connection:
        connection.execute(update(USERS).values(state="active"))
    rana = client_for(None, **PAGE)
    rana.headers["Cookie"] = f"{parts.cookie}={parts.sessions.start(user.actor, 'passkey')}"
    assert (await post(rana, dryRun=True)).json()["confirmation"]["needs"] != "second-person"
    statuses = [(await post(rana)).status_code for _ in range(settings.alone_per_minute + 1)]
    assert statuses == [201] * settings.alone_per_minute + [409]
    dry_run = (await post(rana, dryRun=True)).json()["confirmation"]
    assert (dry_run["needs"], dry_run["mayBypass"]) == ("second-person", False)
    asked = await rana.post("/v1/approvals", json={"request": line()})
    assert asked.status_code == 201, asked.text
    waiting = asked.json()["waiting"]
    count = await entries(parts)
    own = await rana.post(f"/v1/approvals/{waiting['id']}/approve", json={"digest": waiting["digest"]})
    assert own.json()["type"].endswith("approval-own") and await entries(parts) == count
    # To publish without the second person, for a reason, is to be alone: a script could give one each time.
    other = (await rana.post("/v1/approvals", json={"request": line()})).json()["waiting"]
    reason = {"digest": other["digest"], "reason": "In a hurry"}
    bypassed = (await rana.post(f"/v1/approvals/{other['id']}/bypass", json=reason)).json()["waiting"]
    assert (bypassed["state"], bypassed["problem"]["code"]) == ("stopped", "second-person")
    assert await entries(parts) == count
    approved = await chief.post(f"/v1/approvals/{waiting['id']}/approve", json={"digest": waiting["digest"]})
    assert approved.status_code == 200, approved.text
    assert await entries(parts) == count + 1
    assert (await post(rana)).status_code == 409


async def test_a_stop_of_a_user_counts_for_the_tokens_of_that_user_and_ends_their_sessions(
    chief: httpx2.AsyncClient, client_for: ClientFor, parts: Parts
) -> None:
    """A stolen account has tokens, too: the stop of the account is the only thing that a chief in a hurry sets."""
    Users(parts.database).create("Rana", "chief")
    secret = parts.tokens.create("Night feed", "editor", owner="Rana", unlimited=True)
    feed = client_for(None, Authorization=f"Bearer {secret}")
    page = await _session(client_for, parts, "Night feed")
    assert [(await post(client)).status_code for client in (feed, page)] == [201, 201]
    count = await entries(parts)
    # As somebody types it who has no time.
    stop = await kill(chief, "user", "rana", endSessions=True)
    assert stop.status_code == 201, stop.text
    answer = await post(feed)
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (403, "publishing-stopped")
    assert (await page.get("/v1/session")).status_code == 401
    assert await entries(parts) == count
    assert (await lift(chief, stop.json()["id"])).status_code == 200
    assert (await post(feed)).status_code == 201


async def test_a_stop_of_a_name_that_nobody_has_is_refused(chief: httpx2.AsyncClient) -> None:
    answer = await kill(chief, "user", "Raná")
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["field"], error["code"]) == ("name", "no-actor") and "Raná" in error["message"]
    assert (await chief.get("/v1/kill")).json() == {"stops": []}


async def test_a_stopped_chief_lifts_no_stop_and_makes_nobody_who_could(
    chief: httpx2.AsyncClient, parts: Parts, client_for: ClientFor
) -> None:
    thief = client_for("chief")
    own = (await kill(chief, "user", "chief 1")).json()["id"]
    assert (await thief.get("/v1/users")).status_code == 200
    attempts = [
        await lift(thief, own),
        await thief.post("/v1/users", json={"name": "Another", "role": "chief"}),
        await thief.post("/v1/tokens", json={"name": "robot", "role": "chief"}),
    ]
    assert [answer.json()["type"].rpartition(":")[2] for answer in attempts] == ["publishing-stopped"] * 3
    assert (await chief.get("/v1/kill")).json()["stops"][0]["id"] == own
    # The one who stopped everything is not stopped as a person.
    everything = (await kill(chief, "all")).json()["id"]
    assert [(await lift(chief, id)).status_code for id in (everything, own)] == [200, 200]
    assert (await post(thief)).status_code == 201


# Two desks, and the time without a database


@pytest.fixture
def shared(settings: DeskSettings, postgresql: Server) -> Iterator[DeskSettings]:
    """The settings of two desks on one PostgreSQL."""
    with postgresql.new_url() as url:
        yield settings.model_copy(update={"database_url": url})
        postgresql.restore()


@pytest.fixture
async def desks(shared: DeskSettings) -> AsyncIterator[list[tuple[Parts, httpx2.AsyncClient]]]:
    opened = []
    for number in range(2):
        data = shared.data / str(number)
        data.mkdir()
        parts = open_parts(shared.model_copy(update={"data": data, "signing_keys": "k1:" + "QUJD" * 11}))
        headers = {"Authorization": f"Bearer {parts.tokens.create(f'chief {number}', 'chief')}"}
        transport = httpx2.ASGITransport(create_app(parts))
        opened.append((parts, httpx2.AsyncClient(transport=transport, base_url="http://desk.test", headers=headers)))
    yield opened
    for parts, client in opened:
        await client.aclose()
        await parts.store.aclose()
        await parts.audit.aclose()
        parts.database.close()


@pytest.mark.deep
async def test_a_stop_at_one_desk_counts_at_the_other_at_once(desks: list[tuple[Parts, httpx2.AsyncClient]]) -> None:
    (_, first), (_, second) = desks
    assert (await post(second)).status_code == 201
    stop = (await kill(first, "all")).json()
    assert {(await post(second)).status_code for _ in range(5)} == {403}
    assert (await lift(second, stop["id"])).status_code == 200
    assert (await post(first)).status_code == 201


@pytest.mark.deep
async def test_a_stop_of_the_file_counts_at_its_desk_at_once_and_at_all_when_the_database_is_back(
    desks: list[tuple[Parts, httpx2.AsyncClient]], postgresql: Server
) -> None:
    (parts, first), (_, second) = desks
    assert (await post(first)).status_code == 201
    postgresql.stop()
    StopFile(parts.settings.data).add(new_stop("all", "", "command line (root)", "Stolen account", "2026-01-01"))
    postgresql.start()
    assert (await post(first)).status_code == 403 and (await post(second)).status_code == 201
    await parts.kill_switch.move_file()
    assert not (parts.settings.data / FILE).exists()
    assert [(await post(client)).status_code for client in (first, second)] == [403, 403]
    assert "kill" in await actions(parts)


async def test_a_file_that_cannot_be_read_stops_publishing(chief: httpx2.AsyncClient, parts: Parts) -> None:
    uri = await published(chief)
    (parts.settings.data / FILE).write_text("half a st")
    answer = await post(chief)
    assert answer.status_code == 403 and FILE in answer.json()["detail"]
    await parts.kill_switch.move_file()
    assert (await act(chief, uri, "hold")).status_code == 200
    (parts.settings.data / FILE).unlink()
    assert (await post(chief)).status_code == 201


@pytest.mark.deep
async def test_requests_at_the_same_time_share_one_look_at_the_server(
    desks: list[tuple[Parts, httpx2.AsyncClient]], monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, client = desks[0]
    reads: list[int] = []
    in_force = parts.kill_switch.records.in_force

    def counted() -> list[Stop]:
        reads.append(1)
        return in_force()

    monkeypatch.setattr(parts.kill_switch.records, "in_force", counted)
    assert {answer.status_code for answer in await asyncio.gather(*(post(client) for _ in range(30)))} == {201}
    assert len(reads) < 15


@pytest.mark.deep
async def test_the_audit_is_read_in_pages_by_a_chief(chief: httpx2.AsyncClient, parts: Parts) -> None:
    uri = await published(chief)
    await act(chief, uri, "withdraw", note="Wrong")
    await parts.audit.flush()
    page = (await chief.get("/v1/audit?limit=3")).json()
    assert [record["action"] for record in page["records"]] == ["withdraw-done", "withdraw", "publish-done"]
    assert page["head"] == {"number": 4, "hash": page["records"][0]["hash"]} and page["spooled"] == 0
    assert page["records"][1]["details"]["version"] == "2" and page["records"][1]["time"].endswith("Z")
    older = (await chief.get(f"/v1/audit?before={page['records'][-1]['number']}&object={uri}")).json()
    assert [record["number"] for record in older["records"]] == [1]
    assert (await chief.get("/v1/audit?actor=nobody")).json()["records"] == []
    for wrong in ("before=x", "before=-1", "limit=0", "actor=%00"):
        assert (await chief.get(f"/v1/audit?{wrong}")).status_code == 400


async def test_the_metrics_say_how_many_stops_are_in_force(
    chief: httpx2.AsyncClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("publisher.records.kill_switch._PAUSE_SECONDS", 0.01)
    running = asyncio.create_task(parts.kill_switch.run())
    shown = "flashwire_desk_stops 1.0"
    assert shown not in (await chief.get("/metrics")).text
    await kill(chief, "edition", "es")
    await until_async(lambda: parts.kill_switch.count == 1, "the stop is counted")
    assert shown in parts.metrics.page(1e9).decode()
    running.cancel()
