"""The accidents that news desks have had, replayed on the whole service: each is impossible now, or asks first.

docs/design.md (What can go wrong at a desk) has all of them with the tests of the page.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from publisher.core.roles import Role
from tests.acceptance.audience import Client, listening, reached
from tests.acceptance.service import Editor, make_token, running
from tests.support.commands import Running
from ticker.contract.site import DEFAULT_SITE

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def newsroom() -> Iterator[Running]:
    """A service whose flashes need a second person; a short folder, because a socket's path has a limit."""
    with tempfile.TemporaryDirectory(prefix="fw") as name:
        folder = Path(name)
        site = folder / "site.toml"
        site.write_text(DEFAULT_SITE.read_text("utf-8") + "\n[[approvals]]\nurgency = 1\n", "utf-8")
        with running(folder, FLASHWIRE_SITE=str(site)) as service:
            yield service
        assert "Traceback" not in service.errors()


class People:
    """An editor, two chiefs, and a reader of all editions."""

    def __init__(self, editor: Editor, chief: Editor, other: Editor, reader: Client) -> None:
        self.editor, self.chief, self.other, self.reader = editor, chief, other, reader

    def read(self) -> set[str]:
        """The headlines that the reader has ever got."""
        return {item["headline"]["value"] for item in self.reader.items() if item["headline"]}

    async def shown(self, uri: str, **fields: Any) -> None:
        """Returns when the reader has the item with these fields."""

        def has_it() -> bool:
            item = self.reader.visible().get(uri, {})
            return all(item.get(name) == value for name, value in fields.items())

        await reached(has_it, f"the reader has {fields}", 5)


@pytest.fixture
async def people(newsroom: Running) -> AsyncIterator[People]:
    async with open_people(newsroom) as opened:
        yield opened


@asynccontextmanager
async def open_people(service: Running) -> AsyncIterator[People]:
    mark = time.monotonic_ns()
    reader = Client(service.ticker, "websocket")
    roles: dict[str, Role] = {"editor": "editor", "chief": "chief", "other": "chief"}
    tokens = [make_token(service.folder, f"{name} {mark}", role=role, unlimited=False) for name, role in roles.items()]
    async with (
        Editor(service.desk, tokens[0]) as editor,
        Editor(service.desk, tokens[1]) as chief,
        Editor(service.desk, tokens[2]) as other,
        listening([reader]),
    ):
        yield People(editor, chief, other, reader)


async def advice(editor: Editor, **body: Any) -> dict[str, bool]:
    """What the desk says about a line before it leaves, and whether it asks first."""
    answer = await editor.post({"edition": "en", "dryRun": True, **body})
    assert answer.status_code == 200, answer.text
    return {warning["code"]: warning.get("ask", False) for warning in answer.json().get("warnings", [])}


async def advised(editor: Editor, code: str, **body: Any) -> bool:
    """Whether the desk asks first because of `code`; it reads what it compares with a moment after the publication."""
    for _ in range(100):
        advices = await advice(editor, **body)
        if code in advices:
            return advices[code]
        await asyncio.sleep(0.1)
    raise AssertionError(f"no {code} in {advices}")


def kind(answer: httpx2.Response) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


async def test_one_person_alone_sends_no_alert_to_everyone(people: People) -> None:
    """The alert that one person could send by mistake."""
    text = "Missile on its way, seek shelter"
    body = {"edition": "en", "text": f"Civil Defence: {text}", "urgency": 1}
    for person in (people.editor, people.chief):
        assert kind(await person.post(body)) == "approval-needed"
    waiting = (await people.chief.http.post("/v1/approvals", json={"request": body})).json()["waiting"]
    decision = {"digest": waiting["digest"]}
    own = await people.chief.http.post(f"/v1/approvals/{waiting['id']}/approve", json=decision)
    assert kind(own) == "approval-own"
    refusal = {"reason": "This is a drill"}
    await people.other.http.post(f"/v1/approvals/{waiting['id']}/refuse", json=refusal)
    next_item = await people.editor.publish("Civil Defence: Sirens tested in the port")
    await people.shown(next_item["uri"], version=1)
    assert text not in people.read()


async def test_a_false_alert_is_taken_back_with_one_prepared_request_and_is_gone_within_a_second(
    people: People,
) -> None:
    """The alert for which no correction was prepared: 38 minutes."""
    item = await people.editor.publish("Civil Defence: Dam at Vala has failed", urgency=2)
    await people.shown(item["uri"], version=1)
    began = time.monotonic()
    await people.chief.act(item["uri"], 1, "withdraw", note="The dam is intact; the line was sent by mistake.")
    await people.shown(item["uri"], pubStatus="canceled")
    assert time.monotonic() - began < 1
    note = people.reader.visible()[item["uri"]]["note"]["value"]
    assert note == "The dam is intact; the line was sent by mistake."


async def test_a_stolen_account_does_not_push_twice_after_the_stop(newsroom: Running, people: People) -> None:
    """The account that pushed twice before anyone could stop it."""
    name = f"stolen {time.monotonic_ns()}"
    async with Editor(newsroom.desk, make_token(newsroom.folder, name, role="editor")) as thief:
        first = await thief.publish("Civil Defence: Bank accounts frozen at midnight", urgency=2)
        stop = {"scope": "user", "name": name, "reason": "Account stolen", "endSessions": True}
        assert (await people.chief.http.post("/v1/kill", json=stop)).status_code == 201
        second = {"edition": "en", "text": "Civil Defence: Borders closed at midnight", "urgency": 2}
        answers = [await thief.post(second, f"key {number}") for number in range(5)]
        assert {kind(answer) for answer in answers} == {"publishing-stopped"}
    await people.chief.act(first["uri"], 1, "withdraw", note="Not ours: an account was stolen.")
    await people.shown(first["uri"], pubStatus="canceled")
    assert "Borders closed at midnight" not in people.read()


async def test_a_line_for_the_wrong_edition_asks_first(people: People) -> None:
    arabic = "الدفاع المدني: إغلاق الجسر القديم في المدينة"
    assert (await advice(people.editor, text=arabic))["edition-script"] is True
    assert "edition-script" not in await advice(people.editor, text=arabic, edition="ar")
    spanish = "Protección Civil: El puente viejo de la ciudad está cerrado por las lluvias"
    assert (await advice(people.editor, text=spanish))["edition-language"] is True


async def test_a_line_of_the_wrong_source_asks_first_and_its_correction_reaches_readers(people: People) -> None:
    lookalike = await advice(people.editor, text="Civil Defеnce: Old bridge closed", role="official")
    assert "source-lookalike" in lookalike
    unknown = await people.editor.post({"edition": "en", "text": "A passer-by: Old bridge closed"})
    assert [error["field"] for error in unknown.json()["errors"]] == ["role"], "a new source needs its role"
    item = await people.editor.publish("Civil Defence: Old bridge closed")
    sources = [{"uri": "local-platforms"}]
    await people.chief.act(item["uri"], 1, "correction", infoSources=sources, note="It was not Civil Defence.")
    await people.shown(item["uri"], act="correction")
    shown = people.reader.visible()[item["uri"]]
    assert [source["uri"] for source in shown["infoSources"]] == ["local-platforms"]
    assert shown["corrections"][-1]["note"]["value"] == "It was not Civil Defence."


async def test_a_doubled_line_is_published_once_or_asks_first(people: People) -> None:
    body = {"edition": "en", "text": "Civil Defence: Ferry aground off the northern cape"}
    answers = [await people.editor.post(body, "one key") for _ in range(3)]
    assert len({answer.json()["item"]["uri"] for answer in answers}) == 1
    # Another person, other words, and the same draft in two hands.
    again = "Civil Defence: Ferry runs aground off the northern cape"
    assert await advised(people.chief, "similar", text=again)
    draft = {"edition": "en", "line": {}, "state": "submitted"}
    draft_made = (await people.editor.http.post("/v1/drafts", json=draft)).json()["draft"]
    line = {"edition": "en", "text": "Civil Defence: Tunnel under the strait reopens", "draftId": draft_made["id"]}
    assert (await people.editor.post(line)).status_code == 201
    assert kind(await people.chief.post(line | {"urgency": 3})) == "draft-used"


async def test_a_wrong_number_of_dead_asks_first(people: People) -> None:
    item = await people.editor.publish("Civil Defence: 12 dead after a bus fell into the river Sella")
    arabic = {"text": "الدفاع المدني: ٢١ قتيلًا بعد سقوط حافلة في نهر سيلا", "edition": "ar"}
    assert await advised(people.chief, "figures-translation", **arabic, translationOf=item["uri"])
    family = [{"edition": "ar", "text": arabic["text"]}]
    line_body = {"text": "Civil Defence: 12 dead after a bus fell into the river Sella"}
    assert (await advice(people.editor, **line_body, siblings=family))["figures-translation"] is True
    right = {**arabic, "text": arabic["text"].replace("٢١", "١٢")}
    assert "figures-translation" not in await advice(people.chief, **right, translationOf=item["uri"])
    update = {"act": "update", "headline": "21 dead after a bus fell into the river Sella", "dryRun": True}
    answer = await people.editor.http.post(f"/v1/items/{item['uri']}/acts", json=update, headers={"If-Match": '"1"'})
    assert "figures-earlier" in {warning["code"] for warning in answer.json()["warnings"]}
