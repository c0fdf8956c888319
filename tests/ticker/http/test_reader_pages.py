"""Pages for readers: an item with its versions and notes, the corrections of an edition, a story; without script."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

from tests.support.serving import Serving, Start, serving
from ticker.contract.item import Correction, Story, Text

pytestmark = pytest.mark.anyio

NOTE = Text("The mayor gave the wrong number.", "en", "ltr")
FLOOD = Story("flood", Text("Flood", "en", "ltr"))
HOSTILE = '</script><script>alert(1)</script> & "quotes"'


def json_ld(page: str) -> dict[str, Any]:
    [text] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    article: dict[str, Any] = msgspec.json.decode(text)
    return article


async def test_a_corrected_item_has_its_notes_and_versions_and_schema_org_data(node: Serving) -> None:
    line = await node.publish("Seven wards open", story=FLOOD, link="https://news.example/wards", urgency=1)
    corrected = await node.act(line, "correction", headline=Text("Five wards open", "en", "ltr"), note=NOTE)
    corrections = (Correction(2, "correction", NOTE, corrected.version_created),)
    six = Text("Six wards open", "en", "ltr")
    updated = await node.act(corrected, "update", headline=six, note=None, corrections=corrections)
    answer = await node.get(f"/items/{line.uri}")
    page = answer.text
    assert answer.status_code == 200 and answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=1, must-revalidate"
    for text in ("Seven wards open", "Five wards open", "Six wards open", "https://news.example/wards", "story/flood"):
        assert text in page
    # The correction stays after the update, in the head of the page and in the list of versions.
    assert page.count(NOTE.value) == 3, "head, list, and schema.org"
    article = json_ld(page)
    assert (article["@type"], article["headline"], article["version"]) == ("NewsArticle", "Six wards open", 3)
    assert [comment["text"] for comment in article["correction"]] == [NOTE.value]
    assert article["datePublished"] == line.first_created and article["dateModified"] == updated.version_created
    assert re.findall("<script(?! type=.application/ld)", page) == []


@pytest.mark.parametrize(("act", "status"), [("hold", 404), ("withdraw", 410)])
async def test_an_item_that_is_not_usable_has_its_reason_and_no_text(node: Serving, act: str, status: int) -> None:
    line = await node.publish("Victim named", link="https://news.example/victim")
    await node.act(line, act, note=NOTE)
    answer = await node.get(f"/items/{line.uri}")
    assert answer.status_code == status and NOTE.value in answer.text
    assert "ictim" not in answer.text and "ld+json" not in answer.text and "noindex" in answer.text


async def test_text_is_escaped_in_page_feed_fragment_and_schema_org_data(node: Serving) -> None:
    line = await node.publish(HOSTILE)
    await node.act(line, "correction", note=Text(HOSTILE, "en", "ltr"))
    for path in (f"/items/{line.uri}", "/corrections?edition=en", "/corrections.atom?edition=en", "/v1/ticker.html"):
        assert "<script>" not in (await node.get(path)).text
    assert json_ld((await node.get(f"/items/{line.uri}")).text)["headline"] == HOSTILE
    feed = (await node.get("/corrections.atom?edition=en")).text
    assert ElementTree.fromstring(feed).findtext("{*}entry/{*}summary") == HOSTILE


async def test_an_address_without_an_item_is_a_page_that_says_so(node: Serving) -> None:
    for path in ("/items/urn:flashwire:0", "/items/nothing", "/story/unknown", "/story/No%20Id"):
        answer = await node.get(path)
        assert answer.status_code == 404 and "<h1>" in answer.text and answer.headers["cache-control"] == "no-store"
    for path in ("/corrections?edition=xx", "/corrections.atom?edition=xx", "/story/flood?edition=xx"):
        assert (await node.get(path)).status_code == 400


async def test_corrections_and_withdrawals_are_listed_newest_first_and_holds_are_not(node: Serving) -> None:
    corrected = await node.publish("Seven wards open")
    await node.act(corrected, "correction", note=NOTE)
    withdrawn = await node.publish("Victim named")
    await node.act(withdrawn, "withdraw", note=Text("Not confirmed.", "en", "ltr"))
    held = await node.act(await node.publish("Bridge closed"), "correction", note=NOTE)
    await node.act(held, "hold")
    other = await node.publish("Puente cerrado", edition="es")
    await node.act(other, "correction", note=NOTE)
    page = (await node.get("/corrections?edition=en")).text
    assert "Victim" not in page and held.uri not in page and other.uri not in page
    assert page.index(withdrawn.uri) < page.index(corrected.uri)
    feed = ElementTree.fromstring((await node.get("/corrections.atom?edition=en")).text)
    assert [entry.text for entry in feed.iterfind("{*}entry/{*}id")] == [f"{withdrawn.uri}:2", f"{corrected.uri}:2"]


async def test_a_withdrawal_updates_every_entry_of_its_item_in_the_feed(node: Serving) -> None:
    line = await node.publish("Victim named", uri="urn:flashwire:OLD")
    corrected = await node.act(line, "correction", note=NOTE, version_created="2026-05-01T09:00:00Z")
    other = await node.publish("Seven wards open")
    await node.act(other, "correction", note=NOTE, version_created="2026-05-01T10:00:00Z")
    corrections = (Correction(2, "correction", NOTE, corrected.version_created),)
    await node.act(corrected, "withdraw", corrections=corrections, version_created="2026-05-01T11:00:00Z")
    feed = ElementTree.fromstring((await node.get("/corrections.atom?edition=en")).text)
    times = {entry.findtext("{*}id"): entry.findtext("{*}updated") for entry in feed.iterfind("{*}entry")}
    assert times == {
        f"{line.uri}:3": "2026-05-01T11:00:00Z",
        f"{other.uri}:2": "2026-05-01T10:00:00Z",
        f"{line.uri}:2": "2026-05-01T11:00:00Z",
    }
    assert feed.findtext("{*}updated") == "2026-05-01T11:00:00Z"


async def test_a_request_without_a_usable_host_has_no_feed(node: Serving) -> None:
    for path in ("/corrections", "/corrections.atom"):
        assert (await node.get(path, Host="a b")).status_code == 400


async def test_a_story_has_its_current_items_in_one_edition(node: Serving) -> None:
    line = await node.publish("Wards open", story=FLOOD)
    other = await node.publish("Salas abiertas", story=FLOOD, edition="es")
    page = (await node.get("/story/flood?edition=en")).text
    assert line.uri in page and other.uri not in page and '<h1 dir="ltr" lang="en">Flood</h1>' in page
    await node.act(line, "withdraw")
    assert (await node.get("/story/flood?edition=en")).status_code == 404


async def test_a_story_shows_the_newest_correction_of_each_item_in_later_versions_too(node: Serving) -> None:
    line = await node.publish("Seven wards open", story=FLOOD)
    first = await node.act(line, "correction", note=Text("Six, not seven.", "en", "ltr"))
    corrections: tuple[Correction, ...] = (Correction(2, "correction", first.note or NOTE, first.version_created),)
    second = await node.act(first, "correction", note=NOTE, corrections=corrections)
    corrections += (Correction(3, "correction", NOTE, second.version_created),)
    for change in (None, {"note": None, "corrections": corrections}):
        if change:
            await node.act(second, "update", **change)
        page = (await node.get("/story/flood?edition=en")).text
        assert page.count("<b>Correction:</b>") == 1 and NOTE.value in page and "Six, not" not in page
        assert f'<time datetime="{second.version_created}"' in page


async def test_pages_of_a_rehearsal_say_so_in_title_and_preview_and_are_not_indexed(redis_url: str, brand: str) -> None:
    async with serving(redis_url, f"{brand}-rehearsal", rehearsal=True) as node:
        line = await node.publish("Evacuate the coast", story=FLOOD, urgency=1)
        for path in (f"/items/{line.uri}", "/corrections", "/story/flood?edition=en", "/"):
            page = (await node.get(path, Accept_Language="en")).text
            assert '<meta name="robots" content="noindex">' in page and "Rehearsal – not news" in page, path
        for path in ("/corrections.atom", "/llms.txt"):
            assert "Rehearsal – not news" in (await node.get(path)).text[:400], path
        page = (await node.get(f"/items/{line.uri}")).text
        assert "<title>Rehearsal – not news · Our reporter: Evacuate" in page and "ld+json" not in page
        assert '<meta property="og:title" content="Rehearsal – not news · Our reporter: Evacuate' in page


async def test_the_fragment_has_the_filters_of_the_address_and_the_cursor_of_its_list(node: Serving) -> None:
    line = await node.publish("Wards open", sections=("world",))
    await node.publish("Goal", sections=("sport",))
    answer = await node.get("/v1/ticker.html?edition=en&section=world&layout=line&limit=5")
    assert answer.status_code == 200 and line.uri in answer.text and "Goal" not in answer.text
    assert re.search('<breaking-ticker [^>]*layout="line"[^>]* edition="en" section="world"', answer.text)
    [cursor] = re.findall('data-cursor="([^"]+)"', answer.text)
    await node.act(line, "withdraw")
    replay = (await node.get(f"/v1/live?edition=en&section=world&cursor={cursor}")).json()
    assert replay["type"] == "replay" and [item["uri"] for item in replay["items"]] == [line.uri]
    assert ' section="world" backlog="5" show="5" data-cursor=' in answer.text
    etag = (await node.get("/v1/ticker.html")).headers["etag"]
    unchanged = await node.get("/v1/ticker.html", If_None_Match=etag)
    assert unchanged.status_code == 304
    for query in (
        "edition=xx",
        "layout=table",
        "limit=0",
        "cursor=x",
        "limit=101",
        "role=official",
        "source=x",
        "language=en",
    ):
        assert (await node.get(f"/v1/ticker.html?{query}")).status_code == 400


async def test_the_fragment_has_the_direction_of_its_language_and_one_value_of_a_number(node: Serving) -> None:
    for edition, start in (("en", 'lang="en" dir="ltr"'), ("ar", 'lang="ar" dir="rtl"')):
        page = (await node.get(f"/v1/ticker.html?edition={edition}&urgency=2&urgency=3")).text
        assert start in page and ' urgency="3"' in page


async def test_a_node_that_has_read_nothing_does_not_say_that_there_is_nothing(start: Start) -> None:
    node = await start(ready=False, stream_url="unix:///nowhere/s")
    for path in ("/corrections", "/corrections.atom", "/story/flood", "/v1/ticker.html"):
        answer = await node.get(f"{path}?edition=en")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2"), path
        assert answer.headers["cache-control"] == "no-store", path


async def test_the_feed_keeps_the_rules_of_atom_for_any_text(node: Serving) -> None:
    text = "ردم ]]> &amp; <b>\u200e 12\u200f € 👩\u200d🚒"
    line = await node.publish(text, edition="ar")
    await node.act(line, "correction", note=Text(text, "ar", "rtl"))
    await node.act(await node.publish("x", edition="ar"), "withdraw", note=NOTE)
    for edition in ("ar", "es"):
        answer = await node.get(f"/corrections.atom?edition={edition}", Host="news.example")
        feed = ElementTree.fromstring(answer.content)
        assert feed.attrib["{http://www.w3.org/XML/1998/namespace}lang"] == edition
        links = {link.attrib["rel"]: link.attrib["href"] for link in feed.iterfind("{*}link")}
        assert links["self"] == f"http://news.example/corrections.atom?edition={edition}"
        entries = feed.findall("{*}entry")
        ids = [node.findtext("{*}id") for node in (feed, *entries)]
        assert len(set(ids)) == len(ids) == (3 if edition == "ar" else 1) and all(ids)
        for part in (feed, *entries):
            # RFC 4287, 4.1: each has exactly one of these.
            assert [len(part.findall(f"{{*}}{name}")) for name in ("id", "title", "updated")] == [1, 1, 1]
            assert datetime.fromisoformat(part.findtext("{*}updated") or "").tzinfo is not None
            assert part.find("{*}link[@rel='alternate']") is not None
        assert len(feed.findall("{*}author/{*}name")) == 1
    assert text in [summary.text for summary in ElementTree.fromstring(
        (await node.get("/corrections.atom?edition=ar")).content).iterfind("{*}entry/{*}summary")]  # fmt: skip


async def test_the_fragment_has_its_items_as_json_too_which_no_text_can_end(node: Serving) -> None:
    line = await node.publish("Wards open </script><!-- & <script>")
    answer = await node.get("/v1/ticker.html?edition=en")
    [data] = re.findall('<script type="application/vnd.flashwire[+]json">(.*?)</script>', answer.text)
    assert not set("<>&") & set(data)
    listed = (await node.get("/v1/items?edition=en")).json()["items"]
    assert msgspec.json.decode(data)["items"] == listed and listed[0]["uri"] == line.uri
    age = datetime.now(UTC) - datetime.fromisoformat(msgspec.json.decode(data)["time"])
    assert timedelta(seconds=-1) < age < timedelta(minutes=1)
    assert answer.headers["etag"].startswith('W/"')


async def test_the_server_makes_as_many_rows_as_the_layout_shows(node: Serving) -> None:
    for number in range(11):
        await node.publish(f"Line {number}")
    for layout, rows in (("line", 1), ("list", 10), ("card", 3), ("crawl", 1)):
        for path in ("/v1/ticker.html", "/embed"):
            page = (await node.get(f"{path}?edition=en&layout={layout}")).text
            assert page.count('class="source"') == rows and "backlog=" not in page, (path, layout)
