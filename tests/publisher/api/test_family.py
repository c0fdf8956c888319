"""Stale translations, and the same act for all siblings: one outcome each, also while the database is away."""

from typing import Any

import httpx2
import pytest

from publisher.api.parts import Parts
from publisher.core.roles import ACTS_THAT_TAKE_BACK
from publisher.records.errors import DatabaseAwayError
from tests.publisher.conftest import ClientFor
from tests.support.desk_requests import entries
from tests.support.sample_items import line
from ticker.contract.site import load_site

pytestmark = pytest.mark.anyio

ARABIC = {"edition": "ar", "text": "Civil Defence: إغلاق الجسر"}
SPANISH = {"edition": "es", "text": "Civil Defence: Cierran el puente"}


async def published(client: httpx2.AsyncClient) -> list[dict[str, Any]]:
    answer = await client.post("/v1/items", json={**line(), "siblings": [ARABIC, SPANISH]})
    assert answer.status_code == 201, answer.text
    return [answer.json()["item"], *(sibling["item"] for sibling in answer.json()["siblings"])]


async def act(
    client: httpx2.AsyncClient, item: dict[str, Any], act: str, *, version: int = 1, key: str = "", **fields: Any
) -> httpx2.Response:
    headers = {"If-Match": f'"{version}"', **({"Idempotency-Key": key} if key else {})}
    return await client.post(f"/v1/items/{item['uri']}/acts", json={"act": act, **fields}, headers=headers)


async def stale(client: httpx2.AsyncClient, **parameters: str) -> dict[str, str]:
    items = (await client.get("/v1/items", params={"stale": "1", **parameters})).json()["items"]
    return {item["edition"]: item["stale"]["act"] for item in items}


async def test_siblings_are_flagged_until_each_is_dealt_with(chief: httpx2.AsyncClient) -> None:
    english, arabic, spanish = await published(chief)
    assert await stale(chief) == {}
    assert (await act(chief, english, "correction", note="It is open.", headline="Bridge open")).status_code == 200
    assert await stale(chief) == {"ar": "correction", "es": "correction"}
    assert await stale(chief, edition="es") == {"es": "correction"}
    await act(chief, arabic, "refile", headline="أُغلق الجسر")
    assert await stale(chief) == {"ar": "correction", "es": "correction"}
    await act(chief, arabic, "correction", version=2, note="الجسر مفتوح.", headline="الجسر مفتوح")
    assert await stale(chief) == {"es": "correction"}
    flagged = (await chief.get(f"/v1/items/{spanish['uri']}")).json()["stale"]
    assert flagged["uri"] == english["uri"] and flagged["note"]["value"] == "It is open." and flagged["version"] == 2
    await act(chief, english, "withdraw", version=2, note="Not so.")
    assert await stale(chief) == {"ar": "withdraw", "es": "withdraw"}
    await act(chief, spanish, "withdraw", note="No era así.")
    assert await stale(chief) == {"ar": "withdraw"}


async def test_an_editor_settles_a_translation_that_needs_no_change(
    chief: httpx2.AsyncClient, client_for: ClientFor
) -> None:
    english, arabic, _spanish = await published(chief)
    await act(chief, english, "correction", note="Two, not ten.", headline="Two injured")
    other = client_for("editor", editions=frozenset({"es"}))
    path = f"/v1/items/{arabic['uri']}/settled"
    assert (await other.post(path, json={"version": 2})).json()["type"].endswith("edition-act")
    behind = await chief.post(path, json={"version": 1})
    assert behind.status_code == 412 and behind.json()["type"].endswith("stale-original")
    assert (await chief.post(path, json={"version": 2})).status_code == 204
    assert await stale(chief) == {"es": "correction"}
    first = await chief.post(f"/v1/items/{english['uri']}/settled", json={"version": 2})
    assert first.status_code == 409 and first.json()["type"].endswith("not-a-translation")
    await act(chief, english, "correction", version=2, note="Three.", headline="Three injured")
    assert await stale(chief) == {"ar": "correction", "es": "correction"}


async def test_a_family_is_read_by_any_of_its_uris(chief: httpx2.AsyncClient) -> None:
    english, arabic, spanish = await published(chief)
    await act(chief, spanish, "withdraw", note="No era así.")
    for item in (english, arabic, spanish):
        family = (await chief.get(f"/v1/items/{item['uri']}/siblings")).json()
        assert family["original"]["uri"] == english["uri"]
        order = [edition for edition in load_site(None).editions if edition != "en"]
        assert [one["edition"] for one in family["items"]] == order
        assert family["missing"] == ["es"]
    assert (await chief.get("/v1/items/urn:flashwire:none/siblings")).status_code == 404


async def test_the_same_act_reaches_all_siblings_with_a_note_in_the_language_of_each(
    chief: httpx2.AsyncClient,
) -> None:
    _english, arabic, _spanish = await published(chief)
    answer = await act(
        chief, arabic, "withdraw", siblings=True, note="لم يحدث هذا.", notes={"es": "No era así."}, key="k"
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["item"]["uri"] == arabic["uri"] and answer.json()["item"]["pubStatus"] == "canceled"
    outcomes = {outcome["edition"]: outcome["item"] for outcome in answer.json()["siblings"]}
    assert {item["pubStatus"] for item in outcomes.values()} == {"canceled"}
    assert outcomes["es"]["note"] == {"value": "No era así.", "language": "es", "direction": "ltr"}
    assert outcomes["en"]["note"] == {"value": "لم يحدث هذا.", "language": "ar", "direction": "rtl"}
    again = await act(
        chief, arabic, "withdraw", siblings=True, note="لم يحدث هذا.", notes={"es": "No era así."}, key="k"
    )
    assert again.json() == answer.json()


async def test_each_sibling_has_an_outcome_of_its_own(chief: httpx2.AsyncClient, client_for: ClientFor) -> None:
    english, _arabic, spanish = await published(chief)
    await act(chief, spanish, "hold")
    limited = client_for("chief", editions=frozenset({"en", "es"}))
    answer = await act(limited, english, "hold", siblings=True)
    assert answer.status_code == 200
    [refused] = answer.json()["siblings"]
    assert refused["edition"] == "ar" and refused["problem"]["type"].endswith("edition-act")
    assert await stale(chief) == {"ar": "hold"}
    released = (await act(chief, english, "release", version=2, siblings=True)).json()["siblings"]
    assert [outcome["edition"] for outcome in released] == ["es"]


async def test_fields_without_words_change_for_all_and_words_are_refused(chief: httpx2.AsyncClient) -> None:
    english, _, _ = await published(chief)
    changed = await act(chief, english, "update", siblings=True, urgency=2, sections=["world"])
    assert {outcome["item"]["urgency"] for outcome in changed.json()["siblings"]} == {2}
    words: list[dict[str, Any]] = [{"headline": "x"}, {"infoSources": [{"uri": "x"}]}, {"story": {"title": "x"}}]
    for fields in words:
        refused = await act(chief, english, "update", version=2, siblings=True, **fields)
        assert [error["code"] for error in refused.json()["errors"]] == ["siblings-text"]
    alone = await act(chief, english, "hold", version=2, notes={"es": "x"})
    assert [error["code"] for error in alone.json()["errors"]] == ["notes-alone"]


async def test_a_conflict_on_the_named_item_does_nothing_to_its_siblings(chief: httpx2.AsyncClient) -> None:
    english, _, _ = await published(chief)
    assert (await act(chief, english, "hold", version=7, siblings=True)).status_code == 412
    items = (await chief.get("/v1/items")).json()["items"]
    assert {item["pubStatus"] for item in items} == {"usable"}


async def test_a_dry_run_shows_what_would_happen_to_each_sibling(chief: httpx2.AsyncClient) -> None:
    english, _, _ = await published(chief)
    answer = await act(chief, english, "hold", siblings=True, dryRun=True)
    assert [outcome["item"]["pubStatus"] for outcome in answer.json()["siblings"]] == ["withheld", "withheld"]
    items = (await chief.get("/v1/items")).json()["items"]
    assert {item["pubStatus"] for item in items} == {"usable"}


@pytest.mark.parametrize("name", sorted(ACTS_THAT_TAKE_BACK))
async def test_all_siblings_are_taken_back_while_the_database_is_away(
    chief: httpx2.AsyncClient, parts: Parts, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    english, _, _ = await published(chief)

    async def away(*_: object, **__: object) -> None:
        raise DatabaseAwayError("away")

    with monkeypatch.context() as patch:
        patch.setattr(type(parts.database), "call", away)
        answer = await act(chief, english, name, siblings=True, note="Not so.")
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["siblings"]) == 2 and all("item" in one for one in answer.json()["siblings"])


@pytest.mark.parametrize(("name", "problem"), [("withdraw", "original-withdrawn"), ("hold", "original-held")])
async def test_a_translation_of_what_was_taken_back_is_not_published(
    chief: httpx2.AsyncClient, parts: Parts, name: str, problem: str
) -> None:
    """The Arabic desk opens the draft of a translation, and the English line is taken back while it is written."""
    answer = await chief.post("/v1/items", json={**line(), "siblings": [{"edition": "ar"}]})
    english, draft = answer.json()["item"], answer.json()["siblings"][0]["draft"]["id"]
    assert (await act(chief, english, name, note="It is not so.")).status_code == 200
    body = {**ARABIC, "translationOf": english["uri"]}
    for fields in ({}, {"draftId": draft}, {"siblings": [SPANISH]}):
        refused = await chief.post("/v1/items", json={**body, **fields})
        assert refused.status_code == 409 and refused.json()["type"].endswith(problem), refused.text
    checked = (await chief.post("/v1/items", json={**body, "dryRun": True})).json()["warnings"]
    assert problem in {warning["code"] for warning in checked}
    assert await entries(parts) == 2
    # The draft stays, and the same words can go out by themselves.
    assert (await chief.get(f"/v1/drafts/{draft}")).json()["draft"]["state"] == "submitted"
    assert (await chief.post("/v1/items", json=ARABIC)).status_code == 201
    if name == "hold":
        assert (await act(chief, english, "release", version=2)).status_code == 200
        assert (await chief.post("/v1/items", json={**body, "draftId": draft})).status_code == 201


async def test_a_repeated_translation_keeps_its_answer_after_its_original_was_taken_back(
    chief: httpx2.AsyncClient,
) -> None:
    english = (await chief.post("/v1/items", json=line())).json()["item"]
    body, headers = {**ARABIC, "translationOf": english["uri"]}, {"Idempotency-Key": "k"}
    first = await chief.post("/v1/items", json=body, headers=headers)
    assert (await act(chief, english, "withdraw", note="It is not so.")).status_code == 200
    again = await chief.post("/v1/items", json=body, headers=headers)
    assert (first.status_code, again.status_code, again.json()["item"]) == (201, 201, first.json()["item"])


async def test_a_dry_run_shows_which_siblings_stay_as_they_are_because_they_are_not_the_actors(
    chief: httpx2.AsyncClient, client_for: ClientFor
) -> None:
    english, _, _ = await published(chief)
    limited = client_for("chief", editions=frozenset({"en", "es"}))
    answer = (await act(limited, english, "hold", siblings=True, dryRun=True)).json()
    outcomes = {outcome["edition"]: outcome for outcome in answer["siblings"]}
    assert outcomes["es"]["item"]["pubStatus"] == "withheld"
    assert "item" not in outcomes["ar"] and outcomes["ar"]["problem"]["type"].endswith("edition-act")
