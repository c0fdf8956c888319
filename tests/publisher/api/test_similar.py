"""`POST /v1/similar` with a real Valkey: the advice on a line while it is typed, and after it was published."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx2
import pytest

from publisher.api import recent as recent_module
from publisher.api.app import create_app
from publisher.api.parts import CHECKS_EACH, Parts, open_parts
from publisher.core.allowance import Allowance
from publisher.settings import DeskSettings
from publisher.stream.follow import item_of
from tests.publisher.api.people import kind
from tests.publisher.conftest import ClientFor
from tests.support.desk_requests import act, entries, post, published
from tests.support.waiting import until_async
from ticker.contract.entry import Keyring
from ticker.contract.item import Item

pytestmark = pytest.mark.anyio

FLOOD = "Civil Defence: 12 dead after flood sweeps through Vala valley"


@pytest.fixture
async def parts(parts: Parts) -> AsyncIterator[Parts]:
    """The desk's parts, which also read the stream."""
    task = asyncio.create_task(parts.adviser.recent.run())
    await until_async(lambda: parts.adviser.recent.lines is not None, "the recent lines are read")
    yield parts
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def known(parts: Parts, count: int) -> None:
    """Waits until the desk compares with `count` versions."""

    async with asyncio.timeout(20):
        while (lines := parts.adviser.recent.lines) is None or len(lines) < count:
            await asyncio.sleep(0.05)
            await parts.adviser.recent.catch_up()


async def similar(client: httpx2.AsyncClient, text: str, *, language: str = "en", **fields: Any) -> Any:
    """The answer to a typed line."""
    answer = await client.post(
        "/v1/similar", json={"edition": "en", "text": text, **fields}, headers={"Accept-Language": language}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def codes(answer: Any) -> list[str]:
    return [warning["code"] for warning in answer.get("warnings", [])]


@pytest.mark.parametrize("desk", ["this", "another"])
async def test_a_check_finds_a_line_that_was_published_a_moment_before(
    editor: httpx2.AsyncClient, parts: Parts, monkeypatch: pytest.MonkeyPatch, desk: str
) -> None:
    recent = parts.adviser.recent
    monkeypatch.setattr(recent_module, "_FRESH_SECONDS", 60.0 if desk == "this" else 0.0)
    if desk == "another":
        monkeypatch.setattr(recent, "note_published", lambda: None)
    for place in ("the harbour", "a school", "two bridges", "Parliament", "the old mill", "a hospital"):
        text = f"Civil Defence: Fire at {place} is out"
        await published(editor, text=text)
        assert "similar" in codes(await similar(editor, text)), place


async def test_versions_of_a_feed_are_read_when_a_person_needs_them(
    client_for: ClientFor, editor: httpx2.AsyncClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[bytes] = []

    def counted(body: bytes, keyring: Keyring) -> Item | None:
        reads.append(body)
        return item_of(body, keyring)

    monkeypatch.setattr(recent_module, "item_of", counted)
    monkeypatch.setattr(recent_module, "_IN_A_PAUSE", 1)
    feed = client_for("editor", unlimited=True)
    for number in range(12):
        assert (await post(feed, text=f"Civil Defence: Road {number} is closed", urgency=1)).status_code == 201
    await until_async(lambda: reads, "a few versions are read without a request")
    answer = await similar(editor, "Civil Defence: Road 11 is closed", urgency=1)
    assert len(answer["similar"]) == 5 and answer["budget"]["today"] == 12 == len(reads)
    # While a person types, no version is left.
    for number in range(12, 24):
        assert (await post(feed, text=f"Civil Defence: Road {number} is closed", urgency=1)).status_code == 201
    await until_async(lambda: len(reads) >= 24, "all versions are read without a request")
    assert parts.adviser.recent.alerts.budget("en", "UTC", None, now=parts.clock()).today == 24 == len(reads)


async def test_a_line_that_the_desk_just_said_is_found_while_it_is_typed(
    editor: httpx2.AsyncClient, parts: Parts
) -> None:
    uri = await published(editor, text=FLOOD)
    await published(editor, text="Central bank: Interest rate stays at 4 per cent")
    await known(parts, 2)
    answer = await similar(editor, "Vala valley: flood sweeps through, 12 dead")
    assert [(line["uri"], line["kind"], line["figures"]) for line in answer["similar"]] == [(uri, "near", "agree")]
    [warning] = answer["warnings"]
    assert warning["code"] == "similar" and warning["uri"] == uri and warning["field"] == "text"
    assert "12 dead after flood" in warning["message"] and "s ago" in warning["message"]
    assert (await similar(editor, "Parliament votes on the harbour tax"))["similar"] == []


async def test_the_same_text_in_another_edition_is_found_and_asked_about(
    editor: httpx2.AsyncClient, parts: Parts
) -> None:
    await published(editor, text="Civil Defence: Talks go on until Friday")
    await known(parts, 1)
    answer = await similar(editor, "Protección Civil: Talks go on until Friday", edition="es")
    [warning] = [warning for warning in answer["warnings"] if warning["code"] == "similar"]
    assert warning["ask"] is True and "English" in warning["message"]


async def test_figures_that_disagree_are_marked_with_both_and_their_place(
    editor: httpx2.AsyncClient, parts: Parts
) -> None:
    await published(editor, text=FLOOD)
    await known(parts, 1)
    text = "Health ministry: 21 dead after flood sweeps through Vala valley"
    answer = await similar(editor, text, language="es")
    [figure] = [warning for warning in answer["warnings"] if warning["code"] == "figures-similar"]
    assert text[figure["start"] : figure["end"]] == "21"
    assert "«21»" in figure["message"] and "«12»" in figure["message"]
    assert answer["similar"][0]["figures"] == "disagree"


async def test_a_translation_is_compared_by_its_link(editor: httpx2.AsyncClient, parts: Parts) -> None:
    uri = await published(editor, text=FLOOD)
    await known(parts, 1)
    arabic = {"edition": "ar", "text": "الدفاع المدني: ٢١ قتيلًا في فيضان وادي فالا", "translationOf": uri}
    answer = await similar(editor, **arabic)
    assert [(line["kind"], line["figures"]) for line in answer["similar"]] == [("translation", "disagree")]
    assert codes(answer) == ["figures-translation"]
    arabic["text"] = "الدفاع المدني: ١٢ قتيلًا في فيضان وادي فالا"
    assert codes(await similar(editor, **arabic)) == []
    # The published answer says the same.
    arabic["text"] = "الدفاع المدني: ٢١ قتيلًا في فيضان وادي فالا"
    assert codes((await post(editor, **arabic)).json()) == ["figures-translation"]


async def test_an_act_is_compared_with_the_version_on_air(chief: httpx2.AsyncClient, parts: Parts) -> None:
    uri = await published(chief, text=FLOOD)
    await known(parts, 1)
    answer = await similar(chief, "Civil Defence: 14 dead after flood sweeps through Vala valley", uri=uri)
    assert codes(answer) == ["figures-earlier"] and answer["similar"] == []
    updated = await act(chief, uri, "update", headline="14 dead after flood sweeps through Vala valley")
    assert [(warning["code"], warning["field"]) for warning in updated.json()["warnings"]] == [
        ("figures-earlier", "headline")
    ]


async def test_text_for_another_edition_asks_first(editor: httpx2.AsyncClient) -> None:
    answer = await similar(editor, "الدفاع المدني: حريق في ميناء أوسترا")
    assert [(warning["code"], warning["ask"]) for warning in answer["warnings"]] == [("edition-script", True)]
    assert codes(await similar(editor, "Bomberos: Incendio en el puerto de Ostra")) == ["edition-language"]
    answer = await post(editor, text="الدفاع المدني: حريق في ميناء أوسترا", dryRun=True)
    assert codes(answer.json()) == ["edition-script"]


async def test_invisible_marks_are_counted_and_removed_at_once_and_typing_is_not_refused(
    editor: httpx2.AsyncClient, parts: Parts
) -> None:
    await published(editor, text=FLOOD)
    await known(parts, 1)
    text = "Civil\u200b Defence: \u200f21 dead after flood sweeps through Vala val\u00adley"
    answer = await similar(editor, text)
    marks, *_ = [warning for warning in answer["warnings"] if warning["code"] == "invisible-marks"]
    assert marks["fix"] == "Civil Defence: 21 dead after flood sweeps through Vala valley"
    assert marks["start"] == 0 and marks["end"] == len(text)
    [figure] = [warning for warning in answer["warnings"] if warning["code"] == "figures-similar"]
    assert text[figure["start"] : figure["end"]] == "21"
    for odd in ("", " ", ":", "\u200b", "x" * 5000):
        await similar(editor, odd)


async def test_house_style_is_read_from_a_file_and_again_when_it_changes(
    editor: httpx2.AsyncClient, parts: Parts
) -> None:
    styles = parts.adviser.styles
    folder = parts.settings.data / "style"
    folder.mkdir()
    (folder / "en.toml").write_text('[[rule]]\npattern = "utili*"\nadvice = "Write “use”."\nfix = "use"\n', "utf-8")
    styles.reload()
    text = "Civil Defence: Crews utilise boats"
    [warning] = (await similar(editor, text))["warnings"]
    assert (warning["code"], warning["message"], warning["fix"]) == ("style", "Write “use”.", "use")
    assert text[warning["start"] : warning["end"]] == "utilise"
    (folder / "en.toml").write_text('[[rule]]\npattern = "utilise"\nadvice = "Use “use”."\n', "utf-8")
    styles.reload()
    assert [warning["message"] for warning in (await similar(editor, text))["warnings"]] == ["Use “use”."]
    (folder / "en.toml").write_text("[[rule]]\npattern = 3\n", "utf-8")
    styles.reload()
    assert codes(await similar(editor, text)) == ["style"], "a broken file keeps the earlier rules"
    (folder / "en.toml").unlink()
    styles.reload()
    assert codes(await similar(editor, text)) == []


async def test_a_flash_says_what_the_edition_sent_today(editor: httpx2.AsyncClient, parts: Parts) -> None:
    await published(editor, text=FLOOD, urgency=1)
    await published(editor, text="Central bank: Rate cut to 2 per cent", urgency=2)
    await published(editor, text="Health ministry: Clinic opens", urgency=4)
    await known(parts, 3)
    answer = await similar(editor, "Foreign ministry spokesperson: Talks end", urgency=1)
    assert answer["budget"]["today"] == 2 and answer["budget"]["secondsSinceLast"] < 60
    [warning] = answer["warnings"]
    assert warning["code"] == "alert-budget" and "English: 2, the last" in warning["message"] and "ask" not in warning
    assert (await similar(editor, "Foreign ministry spokesperson: Talks end", urgency=3))["budget"] is None


async def test_the_desk_reads_what_another_desk_publishes(
    editor: httpx2.AsyncClient, parts: Parts, settings: DeskSettings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = tmp_path_factory.mktemp("other")
    (data / "signing.key").write_bytes((settings.data / "signing.key").read_bytes())
    (data / "signing.key").chmod(0o600)
    other = open_parts(settings.model_copy(update={"data": data}))
    try:
        token = other.tokens.create("other", "editor")
        transport = httpx2.ASGITransport(create_app(other))
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx2.AsyncClient(transport=transport, base_url="http://other.test", headers=headers) as client:
            uri = await published(client, text=FLOOD)
        await known(parts, 1)
        assert [line["uri"] for line in (await similar(editor, FLOOD))["similar"]] == [uri]
    finally:
        await other.store.aclose()
        await other.audit.aclose()
        other.database.close()


async def test_a_check_stores_nothing_and_needs_a_person(
    client_for: ClientFor, editor: httpx2.AsyncClient, parts: Parts
) -> None:
    await similar(editor, FLOOD)
    assert await entries(parts) == 0
    anonymous = client_for(None)
    assert (await anonymous.post("/v1/similar", json={"edition": "en", "text": "x"})).status_code == 401
    unknown = await editor.post("/v1/similar", json={"edition": "xx", "text": "x"})
    assert unknown.status_code == 422 and unknown.json()["errors"][0]["field"] == "edition"


async def test_a_feed_gets_the_warnings_on_sources_only(client_for: ClientFor, parts: Parts) -> None:
    feed = client_for("editor", unlimited=True)
    await published(feed, text=FLOOD)
    await known(parts, 1)
    assert codes((await post(feed, text=FLOOD)).json()) == []
    assert codes((await post(client_for("editor"), text=FLOOD)).json()) == ["similar"]


async def test_one_person_may_ask_only_so_often_with_all_tokens_together(client_for: ClientFor, parts: Parts) -> None:
    clients = []
    for name in ("first", "second"):
        token = parts.tokens.create(name, "editor", owner="Amal")
        clients.append(client_for(None, Authorization=f"Bearer {token}"))
    body = {"edition": "en", "text": FLOOD}
    burst = int(CHECKS_EACH * Allowance.BURST_SECONDS)
    answers = [await clients[number % 2].post("/v1/similar", json=body) for number in range(burst + 20)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert all(answer.status_code == 200 for answer in answers[:burst]) and refused
    assert kind(refused[0]) == "check-rate" and int(refused[0].headers["retry-after"]) >= 1
    assert (await client_for("reporter").post("/v1/similar", json=body)).status_code == 200


async def test_dry_runs_are_checks_too_but_publishing_is_none(client_for: ClientFor, parts: Parts) -> None:
    editor, feed = client_for("editor"), client_for("editor", unlimited=True)
    uri = await published(editor)
    source = {"role": "official", "names": {"en": "Harbour office"}, "dryRun": True}
    # The allowance grows meanwhile, on a slow machine nearly as fast as it is used.
    for _ in range(20 * int(CHECKS_EACH * Allowance.BURST_SECONDS)):
        answers = [
            await post(editor, dryRun=True),
            await act(editor, uri, "hold", dryRun=True),
            await editor.post("/v1/sources", json=source),
            await editor.post("/v1/similar", json={"edition": "en", "text": FLOOD}),
        ]
        if {answer.status_code for answer in answers} == {429}:
            break
    assert {answer.status_code for answer in answers} == {429} and {kind(answer) for answer in answers} == {
        "check-rate"
    }
    assert (await post(editor)).status_code == 201
    assert (await post(feed, dryRun=True)).status_code == 200


async def test_the_page_gets_each_sentence_in_every_language(client_for: ClientFor, parts: Parts) -> None:
    page, program = client_for("editor", **{"Flashwire-Page": "desk"}), client_for("editor")
    body = {"text": "Civil Defence: 12 dead", "edition": "en", "link": "not a link"}
    problem = (await page.post("/v1/items", json=body, headers={"Accept-Language": "es"})).json()
    [error] = problem["errors"]
    for spoken, told in ((problem, problem["detail"]), (error, error["message"])):
        assert set(spoken["inLanguages"]) == {"en", "ar", "es"} and len(set(spoken["inLanguages"].values())) == 3
        assert spoken["inLanguages"]["es"] == told
    await published(program, text=FLOOD)
    await known(parts, 1)
    [advice] = (await similar(page, FLOOD))["warnings"]
    assert advice["inLanguages"]["en"] == advice["message"] and "casi" in advice["inLanguages"]["es"]
    source = {"role": "official", "names": {"en": "Civi1 Defence"}, "dryRun": True}
    [lookalike] = (await page.post("/v1/sources", json=source)).json()["warnings"]
    assert lookalike["inLanguages"]["en"] == lookalike["message"]
    answers = [await program.post("/v1/items", json=body), await program.post("/v1/sources", json=source)]
    assert not [answer.text for answer in answers if "inLanguages" in answer.text]
    assert "inLanguages" not in str(await similar(program, FLOOD))
