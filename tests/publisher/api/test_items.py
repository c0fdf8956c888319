"""The desk's HTTP interface for items with a real Valkey, as docs/protocol.md describes it."""

import secrets
from typing import Any

import httpx2
import pytest

from publisher.api.parts import Parts
from tests.publisher.conftest import ClientFor
from tests.support.desk_requests import act, entries, post, published
from tests.support.sample_items import line

pytestmark = pytest.mark.anyio


async def test_a_line_is_published_and_says_where_it_is(editor: httpx2.AsyncClient, parts: Parts) -> None:
    answer = await post(editor)
    assert answer.status_code == 201 and answer.headers["etag"] == '"1"'
    body = answer.json()
    assert set(body) == {"item", "cursor"} and body["item"]["headline"]["value"] == "Bridge in the old town closed"
    halves = await editor.get(answer.headers["location"])
    assert halves.json() == body["item"] and halves.headers["etag"] == '"1"'
    assert await entries(parts) == 1


async def test_a_dry_run_shows_the_item_and_publishes_nothing(editor: httpx2.AsyncClient, parts: Parts) -> None:
    answer = await post(editor, dryRun=True)
    assert answer.status_code == 200 and answer.json()["dryRun"] is True
    assert answer.json()["item"]["infoSources"][0]["uri"] == "civil-defence"
    assert (await post(editor, dryRun=True, edition="xx")).status_code == 422
    uri = await published(editor)
    dry_run = await act(editor, uri, "update", urgency=1, dryRun=True)
    assert dry_run.json()["item"]["version"] == 2 and dry_run.json()["dryRun"] is True
    assert await entries(parts) == 1


async def test_a_late_act_is_refused_with_the_current_version(chief: httpx2.AsyncClient) -> None:
    uri = await published(chief)
    assert (await act(chief, uri, "update", urgency=1)).headers["etag"] == '"2"'
    late = await act(chief, uri, "update", urgency=2)
    assert late.status_code == 412 and late.headers["etag"] == '"2"' and "version 2" in late.json()["detail"]


async def test_an_act_says_which_version_was_seen(chief: httpx2.AsyncClient) -> None:
    uri = await published(chief)
    wrong = [
        "1",
        '"1", "2"',
        '"1", "1"',
        'W/"1", "1"',
        '"01"',
        'w/"1"',
        '"1-"',
        '"1-zip"',
        '"1gzip"',
        "W/1",
        '"-gzip"',
        "",
    ]
    for header, status in ((None, 428), ("*", 428), *((header, 400) for header in wrong)):
        headers = {"If-Match": header} if header is not None else {}
        answer = await chief.post(f"/v1/items/{uri}/acts", json={"act": "hold"}, headers=headers)
        assert answer.status_code == status, header


@pytest.mark.parametrize(
    "form",
    ['"{}"', 'W/"{}"', '"{}-gzip"', 'W/"{}-gzip"', '"{}--gzip"', '"{};gzip"', '"{}-br"', '"{}-zstd"', ' W/"{}" '],
)
async def test_a_tag_that_a_proxy_has_changed_is_still_the_version(chief: httpx2.AsyncClient, form: str) -> None:
    uri = await published(chief)
    path, headers = f"/v1/items/{uri}/acts", {"If-Match": form.format(1), "Idempotency-Key": "k"}
    first = await chief.post(path, json={"act": "hold"}, headers=headers)
    assert first.status_code == 200 and first.headers["etag"] == '"2"'
    # The same request through another proxy is a repeat; a late act is still refused.
    again = await chief.post(path, json={"act": "hold"}, headers=headers | {"If-Match": '"1"'})
    assert again.content == first.content
    late = await chief.post(path, json={"act": "release"}, headers={"If-Match": form.format(1)})
    assert late.status_code == 412


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
        withdrawn = await act(chief, uri, name, seen=7, note="n")
        assert withdrawn.status_code == 409 and "never returns" in withdrawn.json()["detail"]


async def test_the_list_has_items_on_hold_and_no_withdrawn_ones(chief: httpx2.AsyncClient) -> None:
    usable, on_hold, withdrawn = [await published(chief, edition=edition) for edition in ("en", "es", "en")]
    await act(chief, on_hold, "hold")
    await act(chief, withdrawn, "withdraw", note="n")

    async def listed(query: str = "") -> list[str]:
        return [item["uri"] for item in (await chief.get(f"/v1/items{query}")).json()["items"]]

    assert await listed() == [on_hold, usable]
    assert await listed("?status=canceled") == [withdrawn]
    assert await listed("?edition=es") == [on_hold]
    assert await listed("?limit=1") == [on_hold]
    for query in ("?limit=0", "?limit=x", "?limit=201", "?status=x", "?edition=xx"):
        assert (await chief.get(f"/v1/items{query}")).status_code == 400


async def test_an_unknown_item_is_not_found(chief: httpx2.AsyncClient) -> None:
    for uri in ("urn:flashwire:01m829zdda3j8n0z41ynycsc6j", "x", "urn:flashwire:" + "x" * 500):
        assert (await chief.get(f"/v1/items/{uri}")).status_code == 404
        assert (await act(chief, uri, "hold")).status_code == 404


async def test_a_role_can_only_do_its_acts(client_for: ClientFor, parts: Parts) -> None:
    reporter, editor = client_for("reporter"), client_for("editor")
    assert (await post(reporter)).status_code == 403
    assert (await post(reporter, dryRun=True)).status_code == 200
    uri = await published(editor)
    assert (await act(editor, uri, "withdraw", note="n")).status_code == 403
    assert (await act(editor, uri, "correction", note="n")).status_code == 403
    assert (await act(reporter, uri, "update", urgency=1)).status_code == 403
    assert (await act(editor, uri, "update", urgency=1)).status_code == 200
    assert await entries(parts) == 2


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
async def test_a_refused_role_gets_a_sentence_that_names_the_role_to_ask(
    client_for: ClientFor, language: str, publishing: str, correcting: str
) -> None:
    reporter, editor = (client_for(role, **{"Accept-Language": language}) for role in ("reporter", "editor"))
    assert (await post(reporter)).json()["detail"] == publishing
    assert (await act(editor, await published(editor), "correction", note="n")).json()["detail"] == correcting


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


async def test_a_refusal_is_in_the_language_that_the_client_prefers(editor: httpx2.AsyncClient) -> None:
    messages = {}
    for accepted in ("ar", "es-MX;q=0.8, en;q=0.5", "fr, de", "*;q=x", ""):
        answer = await editor.post("/v1/items", json=line(urgency=9), headers={"Accept-Language": accepted})
        messages[answer.headers["content-language"]] = answer.json()["errors"][0]["message"]
        assert answer.headers["vary"] == "Accept-Language"
    assert set(messages) == {"ar", "es", "en"} and len(set(messages.values())) == 3


async def test_a_canary_is_sent_by_any_role_and_is_no_item(client_for: ClientFor, parts: Parts) -> None:
    reporter = client_for("reporter")
    mark = secrets.token_hex(4)
    answer = await reporter.post("/v1/canary", json={"mark": mark})
    assert answer.status_code == 201
    assert (answer.json()["item"]["edition"], answer.json()["item"]["headline"]["value"]) == ("canary", mark)
    assert (await reporter.post("/v1/canary")).status_code == 201
    assert await entries(parts) == 0


async def test_a_composer_is_shown_the_split_and_the_sites_names(editor: httpx2.AsyncClient) -> None:
    halves = await editor.post("/v1/split", json={"text": "Civil Defence: x", "language": "es"})
    assert halves.json()["source"]["name"]["value"] == "Protección Civil" and halves.json()["text"] == "x"
    unknown = await editor.post("/v1/split", json={"text": "Nobody: x"})
    assert unknown.json()["source"] == {"label": "Nobody", "known": False}
    assert (await editor.post("/v1/split", json={"text": "at 12:30"})).json()["source"] is None
    assert (await editor.post("/v1/split", json={"text": "a\u202eb: c"})).status_code == 422
    site = (await editor.get("/v1/site")).json()
    assert {"en", "ar", "es"} <= set(site["editions"]) and site["sources"]["civil-defence"]["role"] == "official"


async def test_an_act_carries_the_facets_of_every_earlier_version(chief: httpx2.AsyncClient, parts: Parts) -> None:
    uri = await published(chief, sections=["security"])
    await act(chief, uri, "update", sections=["health"])
    assert (await act(chief, uri, "withdraw", seen=2, note="n")).status_code == 200
    record = await parts.store.record(uri)
    assert record is not None
    assert [facets.sections for facets in record.earlier] == [("security",), ("health",)]
