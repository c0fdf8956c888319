"""Drafts on the server: kept, submitted, changed by two people, and published once."""

import asyncio
from typing import Any

import httpx2
import pytest

from publisher.api.parts import Parts
from tests.publisher.conftest import ClientFor
from tests.support.desk_requests import entries
from tests.support.sample_items import line

pytestmark = pytest.mark.anyio

LINE = {"text": "مراسلون: فتح المستشفى"}


async def add(client: httpx2.AsyncClient, *, key: str | None = None, **fields: Any) -> dict[str, Any]:
    """A new draft."""
    headers = {"Idempotency-Key": key} if key else {}
    response = await client.post("/v1/drafts", json={"edition": "en", "line": LINE, **fields}, headers=headers)
    assert response.status_code == 201, response.text
    draft: dict[str, Any] = response.json()["draft"]
    return draft


async def listed(client: httpx2.AsyncClient, query: str = "") -> list[str]:
    """The ids of the drafts that `client` sees."""
    return [draft["id"] for draft in (await client.get(f"/v1/drafts{query}")).json()["drafts"]]


async def change(client: httpx2.AsyncClient, draft: dict[str, Any], seen: int, **fields: Any) -> httpx2.Response:
    body = {"edition": draft["edition"], "line": draft["line"], **fields}
    return await client.put(f"/v1/drafts/{draft['id']}", json=body, headers={"If-Match": f'"{seen}"'})


async def test_a_draft_keeps_what_the_page_sent(client_for: ClientFor) -> None:
    reporter = client_for("reporter")
    draft = await add(reporter, line={"text": "unfinished", "caret": 3}, edition="")
    stored = (await reporter.get(f"/v1/drafts/{draft['id']}")).json()["draft"]
    assert stored == draft
    assert (stored["line"], stored["state"], stored["version"]) == ({"text": "unfinished", "caret": 3}, "draft", 1)


@pytest.mark.deep
async def test_a_repeated_request_keeps_one_draft(client_for: ClientFor) -> None:
    reporter, other = client_for("reporter"), client_for("reporter")
    first = await add(reporter, key="k")
    assert (await add(reporter, key="k"))["id"] == first["id"]
    assert (await add(other, key="k"))["id"] != first["id"]
    assert await listed(reporter) == [first["id"]]


@pytest.mark.deep
async def test_a_reporter_sees_no_drafts_of_others_and_an_editor_does(client_for: ClientFor) -> None:
    reporter, other, editor = client_for("reporter"), client_for("reporter"), client_for("editor")
    draft = await add(reporter)
    unassigned = await add(reporter, edition="")
    assert await listed(other) == []
    assert (await other.get(f"/v1/drafts/{draft['id']}")).status_code == 404
    assert (await change(other, draft, 1, note="mine now")).status_code == 404
    assert await listed(editor) == [draft["id"]]
    await change(reporter, unassigned, 1, state="submitted")
    assert await listed(editor, "?state=submitted") == [unassigned["id"]]


@pytest.mark.deep
async def test_an_editor_returns_a_submission_with_a_note(client_for: ClientFor) -> None:
    reporter, editor = client_for("reporter"), client_for("editor")
    draft = await add(reporter, state="submitted")
    assert draft["submitted"] is not None
    returned = await change(editor, draft, 1, state="draft", note="Which hospital?")
    assert returned.status_code == 200
    seen = (await reporter.get(f"/v1/drafts/{draft['id']}")).json()["draft"]
    assert (seen["state"], seen["note"], seen["submitted"], seen["version"]) == ("draft", "Which hospital?", None, 2)


@pytest.mark.deep
async def test_of_two_changes_to_one_version_one_is_refused(client_for: ClientFor) -> None:
    reporter, editor = client_for("reporter"), client_for("editor")
    draft = await add(reporter, state="submitted")
    answers = await asyncio.gather(*[change(editor, draft, 1, line={"text": str(number)}) for number in range(6)])
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 5
    late = next(answer for answer in answers if answer.status_code == 412)
    assert late.headers["etag"] == '"2"' and late.json()["type"].endswith("draft-stale")
    assert (await change(reporter, draft, 2)).status_code == 200


async def test_a_draft_is_deleted_at_the_version_that_was_seen(client_for: ClientFor) -> None:
    reporter = client_for("reporter")
    draft = await add(reporter)
    await change(reporter, draft, 1, note="more")
    path = f"/v1/drafts/{draft['id']}"
    assert (await reporter.delete(path, headers={"If-Match": '"1"'})).status_code == 412
    assert (await reporter.delete(path, headers={"If-Match": '"2"'})).status_code == 204
    assert (await reporter.delete(path, headers={"If-Match": "*"})).status_code == 404


@pytest.mark.deep
async def test_two_editors_publish_one_submission_once(client_for: ClientFor, parts: Parts) -> None:
    reporter, editors = client_for("reporter"), [client_for("editor") for _ in range(4)]
    draft = await add(reporter, state="submitted")
    answers = await asyncio.gather(*[editor.post("/v1/items", json=line(draftId=draft["id"])) for editor in editors])
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {a.json()["type"].rpartition(":")[2] for a in answers if a.status_code == 409} == {"draft-used"}
    assert await entries(parts) == 1
    uri = next(answer.json()["item"]["uri"] for answer in answers if answer.status_code == 201)
    seen = (await reporter.get(f"/v1/drafts/{draft['id']}")).json()["draft"]
    assert (seen["state"], seen["uri"]) == ("published", uri)
    assert (await change(reporter, seen, 2)).status_code == 409


@pytest.mark.deep
async def test_a_repeat_of_the_publication_gets_its_answer_again(client_for: ClientFor, parts: Parts) -> None:
    editor = client_for("editor")
    draft = await add(editor)
    first, again = [await editor.post("/v1/items", json=line(draftId=draft["id"])) for _ in range(2)]
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json() and await entries(parts) == 1


@pytest.mark.deep
async def test_a_draft_that_a_person_may_not_see_cannot_be_published(client_for: ClientFor, parts: Parts) -> None:
    reporter, editor = client_for("reporter"), client_for("editor")
    unassigned = await add(reporter, edition="")
    assert (await editor.post("/v1/items", json=line(draftId=unassigned["id"]))).status_code == 404
    assert (await editor.post("/v1/items", json=line(draftId="none"))).status_code == 404
    assert await entries(parts) == 0


async def test_a_person_with_few_editions_writes_drafts_for_these_alone(client_for: ClientFor) -> None:
    reporter = client_for("reporter", editions=frozenset({"ar"}))
    for state in ("draft", "submitted"):
        refused = await reporter.post("/v1/drafts", json={"edition": "en", "line": LINE, "state": state})
        assert refused.status_code == 403 and refused.json()["type"].endswith("edition-act")
    own, open_draft = await add(reporter, edition="ar", state="submitted"), await add(reporter, edition="")
    for draft in (own, open_draft):
        moved = await change(reporter, draft, 1, edition="es", state="submitted")
        assert moved.status_code == 403 and moved.json()["type"].endswith("edition-act")
    assert (await change(reporter, open_draft, 1, edition="ar", state="submitted")).status_code == 200


async def test_wrong_fields_are_named(client_for: ClientFor) -> None:
    body = {"edition": "xx", "line": {"text": "x" * 20_000}, "note": "a\u0000b"}
    response = await client_for("reporter").post("/v1/drafts", json=body)
    assert {error["field"] for error in response.json()["errors"]} == {"edition", "line", "note"}
    assert response.status_code == 422
