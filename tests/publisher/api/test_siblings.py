"""Three editions as one act: all or none, once, with roles and rules checked for each before anything is stored."""

from typing import Any

import httpx2
import pytest

from publisher.api.parts import Parts
from tests.publisher.conftest import ClientFor
from tests.support.sample_items import line
from ticker.stream.redis_stream import Keys

pytestmark = pytest.mark.anyio

ARABIC = {"edition": "ar", "text": "Civil Defence: إغلاق الجسر"}
SPANISH = {"edition": "es", "text": "Civil Defence: Cierran el puente"}


async def post(client: httpx2.AsyncClient, *siblings: dict[str, Any], key: str = "k", **fields: Any) -> httpx2.Response:
    body = {**line(**fields), "siblings": siblings}
    return await client.post("/v1/items", json=body, headers={"Idempotency-Key": key})


async def stream_length(raw: Any, brand: str) -> int:
    return int(await raw.xlen(Keys(brand).items))


async def test_three_editions_are_published_by_one_request(editor: httpx2.AsyncClient, raw: Any, brand: str) -> None:
    answer = await post(editor, ARABIC, SPANISH, story={"title": "The bridge"}, edNote="Check the road.")
    assert answer.status_code == 201 and answer.headers["etag"] == '"1"', answer.text
    body = answer.json()
    assert answer.headers["location"].endswith(body["item"]["uri"])
    siblings = [sibling["item"] for sibling in body["siblings"]]
    assert [item["edition"] for item in siblings] == ["ar", "es"]
    assert {item["translationOf"] for item in siblings} == {body["item"]["uri"]}
    assert {item["story"]["id"] for item in (body["item"], *siblings)} == {body["item"]["story"]["id"]}
    assert await stream_length(raw, brand) == 3
    listed = (await editor.get("/v1/items")).json()["items"]
    assert {item["edition"] for item in listed} == {"en", "ar", "es"}


async def test_a_repeat_gives_the_same_siblings_and_publishes_nothing(
    editor: httpx2.AsyncClient, raw: Any, brand: str
) -> None:
    first, again = [(await post(editor, ARABIC, SPANISH)).json() for _ in range(2)]
    assert first == again and len(first["siblings"]) == 2
    assert (await post(editor, SPANISH)).json()["type"].endswith("key-reused")
    assert await stream_length(raw, brand) == 3


async def test_an_edition_that_the_actor_may_not_publish_in_stops_all(
    client_for: ClientFor, raw: Any, brand: str
) -> None:
    client = client_for("editor", editions=frozenset({"en", "ar"}))
    refused = await post(client, ARABIC, SPANISH)
    assert refused.status_code == 403 and refused.json()["type"].endswith("edition-act")
    assert await stream_length(raw, brand) == 0
    assert (await post(client, ARABIC, key="other")).status_code == 201


async def test_an_error_in_one_sibling_stops_all_and_names_it(editor: httpx2.AsyncClient, raw: Any, brand: str) -> None:
    refused = await post(editor, ARABIC, {**SPANISH, "text": "no source"})
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["siblings[1].text"]
    assert await stream_length(raw, brand) == 0


async def test_each_sibling_counts_against_the_rate_and_a_refusal_counts_none(
    parts: Parts, editor: httpx2.AsyncClient, raw: Any, brand: str
) -> None:
    parts.rate._limit = 4
    assert (await post(editor, ARABIC, SPANISH, key="1")).status_code == 201
    assert (await post(editor, ARABIC, SPANISH, key="2")).status_code == 429
    assert (await editor.post("/v1/items", json=line())).status_code == 201
    assert await stream_length(raw, brand) == 4


async def test_a_dry_run_shows_all_siblings_and_stores_none(editor: httpx2.AsyncClient, raw: Any, brand: str) -> None:
    answer = await post(editor, ARABIC, {"edition": "es"}, dryRun=True)
    assert answer.status_code == 200, answer.text
    item, draft = answer.json()["siblings"]
    assert item["item"]["headline"]["value"] == "إغلاق الجسر" and draft == {"draft": {"edition": "es"}}
    assert await stream_length(raw, brand) == 0
    assert (await editor.get("/v1/drafts")).json()["drafts"] == []


async def test_a_missing_translation_becomes_one_draft_for_its_desk(
    client_for: ClientFor, editor: httpx2.AsyncClient
) -> None:
    first, again = [(await post(editor, ARABIC, {"edition": "es"}, urgency=2)).json() for _ in range(2)]
    assert first["siblings"] == again["siblings"]
    spanish = client_for("editor", editions=frozenset({"es"}))
    [draft] = (await spanish.get("/v1/drafts")).json()["drafts"]
    assert first["siblings"][1] == {"draft": {"id": draft["id"], "edition": "es"}}
    assert (draft["state"], draft["edition"], draft["translationOf"]) == ("submitted", "es", first["item"]["uri"])
    assert draft["line"]["urgency"] == 2 and "Bridge in the old town closed" in draft["note"]
    sent = {**draft["line"], "text": SPANISH["text"], "draftId": draft["id"]}
    published = await spanish.post("/v1/items", json=sent)
    assert published.status_code == 201, published.text
    assert published.json()["item"]["translationOf"] == first["item"]["uri"]
