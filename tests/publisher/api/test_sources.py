"""The registry of sources over the API: who may change it, and where a change is seen at once."""

import asyncio
from typing import Any

import httpx2
import pytest

from publisher.api.parts import Parts, open_parts
from publisher.records.audit import AuditFilter
from publisher.settings import DeskSettings
from tests.publisher.conftest import ClientFor
from tests.support.desk_requests import post
from tests.support.waiting import until_async

pytestmark = pytest.mark.anyio

HARBOUR = {"role": "official", "names": {"en": "Harbour office", "ar": "مكتب الميناء"}, "aliases": ["Port"]}


async def add(client: httpx2.AsyncClient, **changes: object) -> httpx2.Response:
    return await client.post("/v1/sources", json={**HARBOUR, **changes})


async def change(client: httpx2.AsyncClient, source_id: str, seen: int, **fields: object) -> httpx2.Response:
    return await client.patch(f"/v1/sources/{source_id}", json=fields, headers={"If-Match": f'"{seen}"'})


async def listed(client: httpx2.AsyncClient) -> dict[str, dict[str, Any]]:  # Any: JSON
    return {entry["id"]: entry for entry in (await client.get("/v1/sources")).json()["sources"]}


async def test_the_registry_begins_with_the_sources_of_the_site_file(editor: httpx2.AsyncClient, parts: Parts) -> None:
    sources = await listed(editor)
    assert set(sources) == set(parts.site.sources) and "civil-defence" in sources
    entry = sources["civil-defence"]
    assert (entry["role"], entry["version"], entry["changedBy"], entry["retired"]) == ("official", 1, None, False)


async def test_a_new_source_is_known_to_the_split_the_site_and_a_publication_at_once(
    editor: httpx2.AsyncClient,
) -> None:
    answer = await add(editor)
    assert answer.status_code == 201 and answer.json()["source"]["id"] == "harbour-office"
    assert answer.headers["location"].endswith("/v1/sources/harbour-office")
    assert answer.json()["source"]["changedBy"] == "editor 0"
    halves = (await editor.post("/v1/split", json={"text": "port: Ferries stop", "language": "ar"})).json()
    assert (halves["source"]["uri"], halves["source"]["name"]["value"]) == ("harbour-office", "مكتب الميناء")
    assert (await editor.get("/v1/site")).json()["sources"]["harbour-office"]["aliases"] == ["Port"]
    published = await post(editor, text="Harbour office: Ferries stop", edition="en")
    source = published.json()["item"]["infoSources"][0]
    assert (source["uri"], source["role"], source["name"]["value"]) == ("harbour-office", "official", "Harbour office")


async def test_a_lookalike_of_a_new_source_gets_a_warning_at_publishing(editor: httpx2.AsyncClient) -> None:
    await add(editor)
    published = await post(editor, text="Harb0ur office: Ferries stop", role="official", edition="en")
    assert [warning["code"] for warning in published.json()["warnings"]] == ["source-lookalike"]


async def test_a_new_name_that_looks_like_a_registered_one_gets_a_warning_before_it_is_stored(
    editor: httpx2.AsyncClient,
) -> None:
    tried = await add(editor, names={"en": "Civi1 Defence"}, aliases=[], dryRun=True)
    assert tried.status_code == 200 and tried.json()["dryRun"]
    assert [(warning["code"], warning["field"]) for warning in tried.json()["warnings"]] == [
        ("source-lookalike", "names.en")
    ]
    assert "Civi1 Defence" not in (await editor.get("/v1/sources")).text


async def test_a_repeated_request_without_an_id_adds_nothing(editor: httpx2.AsyncClient) -> None:
    first = await add(editor)
    again = await add(editor)
    assert again.status_code == 200 and again.json()["source"] == first.json()["source"]


async def test_a_taken_name_and_a_wrong_field_are_refused_at_the_field(editor: httpx2.AsyncClient) -> None:
    answer = await add(editor, names={"en": "civil defence"})
    assert answer.status_code == 422
    assert [(error["code"], error["field"]) for error in answer.json()["errors"]] == [("source-taken", "names.en")]
    assert (await add(editor, id="civil-defence")).json()["type"].endswith("source-exists")
    assert (await add(editor, role="friend")).status_code == 422


async def test_a_retired_source_is_no_longer_known_and_comes_back(chief: httpx2.AsyncClient) -> None:
    assert (await change(chief, "civil-defence", 1, retired=True)).status_code == 200
    halves = (await chief.post("/v1/split", json={"text": "Civil Defence: Two rescued"})).json()
    assert halves["source"]["known"] is False
    assert (await post(chief, text="Civil Defence: Two rescued", edition="en")).status_code == 422
    assert (await listed(chief))["civil-defence"]["retired"] is True
    assert (await change(chief, "civil-defence", 2, retired=False)).status_code == 200
    assert (await post(chief, text="Civil Defence: Two rescued", edition="en")).status_code == 201


async def test_a_change_of_another_version_is_refused_and_says_so(editor: httpx2.AsyncClient) -> None:
    assert (await change(editor, "civil-defence", 1, aliases=["Rescue"])).status_code == 200
    late = await change(editor, "civil-defence", 1, aliases=["Firefighters"])
    assert (late.status_code, late.json()["type"]) == (412, "urn:flashwire:problem:stale-source")
    missing = await editor.patch("/v1/sources/civil-defence", json={"aliases": []})
    assert missing.status_code == 428
    assert (await change(editor, "nobody", 1, aliases=[])).status_code == 404


async def test_the_audit_has_no_source_that_was_refused_or_sent_again(editor: httpx2.AsyncClient, parts: Parts) -> None:
    answers = [
        await add(editor),
        await add(editor),
        await add(editor, role="official", names={"en": "civil defence"}),
        await add(editor, names={"en": "Pier"}, aliases=[], id="harbour-office"),
        await add(editor, names={"en": "Pier"}, aliases=[], id="\u202e\n" + "x" * 500),
        await change(editor, "civil-defence", 1, aliases=["Rescue"]),
        await change(editor, "civil-defence", 1, aliases=["Rescue"]),
        await change(editor, "civil-defence", 1, aliases=["Firefighters"]),
        await change(editor, "civil-defence", 2, names={}),
        await change(editor, "nobody%E2%80%AE", 1, aliases=[]),
    ]
    assert [answer.status_code for answer in answers] == [201, 200, 422, 409, 422, 200, 200, 412, 422, 404]
    await parts.audit.flush()
    records = (await parts.audit.newest(AuditFilter(), 99))[0]
    assert [(one.action, one.object) for one in records][::-1] == [
        ("source-create", "source:harbour-office"), ("source-change", "source:civil-defence"),
    ]  # fmt: skip


@pytest.mark.parametrize(("role", "status"), [("reporter", 403), ("editor", 201), ("chief", 201), (None, 401)])
async def test_editors_and_chiefs_change_the_registry(client_for: ClientFor, role: Any, status: int) -> None:
    client = client_for(role)
    assert (await add(client)).status_code == status
    if status == 403:
        assert (await change(client, "civil-defence", 1, retired=True)).status_code == 403
        assert (await client.get("/v1/sources")).status_code == 200


async def test_the_list_answers_304_until_a_source_has_changed(editor: httpx2.AsyncClient) -> None:
    etag = (await editor.get("/v1/sources")).headers["etag"]
    headers = {"If-None-Match": etag}
    assert (await editor.get("/v1/sources", headers=headers)).status_code == 304
    await add(editor)
    assert (await editor.get("/v1/sources", headers=headers)).status_code == 200


async def test_another_desks_new_source_is_known_within_seconds(
    editor: httpx2.AsyncClient, parts: Parts, settings: DeskSettings
) -> None:
    await add(editor)
    other = open_parts(settings)
    try:
        following = asyncio.create_task(other.sources.follow())
        await change(editor, "harbour-office", 1, aliases=["Harbourmaster"])
        await until_async(lambda: other.site.find_source("harbourmaster") is not None, "the change is read", seconds=5)
        following.cancel()
    finally:
        await other.store.aclose()
        other.database.close()


async def test_edits_survive_a_restart_with_the_same_file(editor: httpx2.AsyncClient, settings: DeskSettings) -> None:
    await change(editor, "civil-defence", 1, names={"en": "Civil Protection"})
    again = open_parts(settings)
    try:
        assert again.site.sources["civil-defence"].names == {"en": "Civil Protection"}
    finally:
        await again.store.aclose()
        again.database.close()
