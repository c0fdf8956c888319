"""The share card of an item: a picture with its words in both directions, and none once the item is not public."""

import asyncio
import struct
import threading
import zlib

import pytest

from tests.support.items import item
from tests.support.serving import Serving
from ticker.contract.item import Correction, InfoSource, Text
from ticker.http import share_card
from ticker.http.share_card import SIZE, card_content, displayable, draw

pytestmark = pytest.mark.anyio

# To read a picture in its own size would take ten seconds.
SCALE = 8
STRINGS = {"u1": "Flash", "u2": "Bulletin", "correction": "Correction"}
ARABIC = "افتتاح 12 جناحًا في مستشفى Northgate بعد الفيضان"


def content(headline: Text, source: str = "Health ministry", **changes: object) -> dict[str, object]:
    """What the template reads for one line."""
    line = item(headline=headline, info_sources=(InfoSource(Text(source, headline.language, "auto"), "official"),))
    return card_content(line, brand="Wire", edition="English", time="2026-05-01 09:30 UTC", strings=STRINGS,
                        page_language="en") | changes  # fmt: skip


def header(picture: bytes) -> tuple[int, int, int, int]:
    """Width, height, bits and colour type of a PNG."""
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    width, height, depth, colour = struct.unpack(">IIBB", picture[16:26])
    return width, height, depth, colour


def rows(content: dict[str, object]) -> list[bytes]:
    """The rows of a card at an eighth of its size, as RGB without the filters of PNG (RFC 2083)."""
    picture = draw(content, ppi=72 // SCALE)
    width, height, _depth, colour = header(picture)
    channels = {2: 3, 6: 4}[colour]
    data, at = b"", 8
    while at < len(picture):
        (length,) = struct.unpack(">I", picture[at : at + 4])
        if picture[at + 4 : at + 8] == b"IDAT":
            data += picture[at + 8 : at + 8 + length]
        at += length + 12
    plain, size = zlib.decompress(data), width * channels
    result, above = [], bytes(size)
    for number in range(height):
        kind, *line = plain[number * (size + 1) : (number + 1) * (size + 1)]
        for index in range(size):
            left = line[index - channels] if index >= channels else 0
            corner = above[index - channels] if index >= channels else 0
            estimates = (0, left, above[index], (left + above[index]) // 2, _paeth(left, above[index], corner))
            line[index] = (line[index] + estimates[kind]) & 255
        above = bytes(line)
        result.append(bytes(value for index, value in enumerate(above) if index % channels < 3))
    return result


def _paeth(left: int, up: int, corner: int) -> int:
    distances = [(abs(left + up - corner - value), order) for order, value in enumerate((left, up, corner))]
    return (left, up, corner)[min(distances)[1]]


def ink(lines: list[bytes], first: int, last: int, start: int, end: int) -> int:
    """How many pixels of a part of the card are bright; the part is in pixels of its own size."""
    part = [line[start // SCALE * 3 : end // SCALE * 3] for line in lines[first // SCALE : last // SCALE]]
    return sum(value > 128 for line in part for value in line[::3])


def test_a_card_has_its_size_and_its_text_begins_at_the_side_of_its_direction() -> None:
    assert header(draw(content(Text("Short", "en", "ltr"))))[:3] == (*SIZE, 8)
    english = rows(content(Text("Short", "en", "ltr"), "Us"))
    arabic = rows(content(Text("قصير", "ar", "rtl"), "نحن"))
    assert ink(english, 100, 480, 0, 600) > 20 > ink(english, 100, 480, 700, 1200)
    assert ink(arabic, 100, 480, 600, 1200) > 20 > ink(arabic, 100, 480, 0, 500)


def test_arabic_letters_are_joined_and_markup_of_a_headline_is_text() -> None:
    joined = draw(content(Text("لالالا", "ar", "rtl")))
    # The same letters with a character between them that forbids to join them.
    apart = draw(content(Text("ل\u200cا\u200cل\u200cا\u200cل\u200cا", "ar", "rtl")))
    assert joined != apart
    hostile = 'x" + panic() #eval("1/0") $ \\ *b* <a> ] } @c'
    assert draw(content(Text(hostile, "en", "ltr"))) != draw(content(Text("x", "en", "ltr")))


def test_a_card_says_correction_in_later_versions_too() -> None:
    note = Text("It was five.", "en", "ltr")
    corrections = (Correction(2, "correction", note, "2026-05-01T09:31:00.000Z"),)
    for changes in ({"act": "correction", "note": note}, {"act": "update", "corrections": corrections}):
        line = item(version=3, urgency=1, **changes)
        card = card_content(line, brand="", edition="", time="", strings=STRINGS, page_language="en")
        assert card["mark"] == "Correction"
    assert card_content(item(urgency=1), brand="", edition="", time="", strings=STRINGS, page_language="en")[
        "mark"
    ] == ("Flash")


def test_a_card_of_a_rehearsal_says_that_it_is_no_news() -> None:
    strings = {**STRINGS, "rehearsal": "Rehearsal – not news"}
    line = item(urgency=1, act="correction", note=Text("x", "en", "ltr"))
    card = card_content(line, brand="", edition="", time="", strings=strings, page_language="en", is_rehearsal=True)
    assert card["mark"] == "Rehearsal – not news"


def test_a_card_has_no_empty_boxes_for_what_no_font_here_can_show() -> None:
    # No font has a glyph for a code point that is not assigned.
    pictograph, letter = "\U0001f8ff\ufe0f", "\u0378"
    plain = content(Text("Fire at a station", "en", "ltr"))
    assert displayable(plain) == plain
    shown = displayable(content(Text(f"Fire {pictograph}\u200d{pictograph} at a station", "en", "ltr")))
    assert (shown["headline"], shown["source"]) == ("Fire at a station", "Health ministry")
    shown = displayable(content(Text(f"Fire in {letter}", "en", "ltr")))
    assert (shown["headline"], shown["source"], shown["brand"]) == ("", "", "Wire")
    assert header(draw(content(Text(f"Fire in {letter}", "en", "ltr"))))[:2] == SIZE
    # Joiners have no glyph of their own.
    persian = content(Text("می\u200cرود", "fa", "rtl"))
    assert displayable(persian) == persian


def test_the_longest_headline_leaves_the_last_row_free() -> None:
    short = rows(content(Text("Short", "en", "ltr")))
    longest = rows(content(Text("Reservoir " * 50, "en", "ltr"), "Ministry " * 60))
    assert short[68:] == longest[68:] and ink(longest, 520, 544, 0, 1200) == 0
    assert ink(longest, 420, 520, 0, 1200) > 20, "the text fills the card"


async def test_a_node_serves_the_card_and_names_it_until_the_item_is_not_public(node: Serving) -> None:
    line = await node.publish(ARABIC, urgency=1)
    page = (await node.get(f"/items/{line.uri}")).text
    path = f"/items/{line.uri}/card.png"
    assert (
        f'<meta property="og:image" content="{node.url}{path}?v=1">' in page
        and f'"image":"{node.url}{path}?v=1"' in page
    )
    answer = await node.get(path)
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "public, max-age=1, must-revalidate" and len(answer.content) < 150_000
    assert (await node.get(path, If_None_Match=answer.headers["etag"])).status_code == 304
    held_item = await node.act(line, "hold")
    assert (await node.get(path)).status_code == 404
    released = await node.act(held_item, "release", headline=Text("Five wards open", "en", "ltr"))
    assert (await node.get(path)).content != answer.content, "the picture of the new version"
    await node.act(released, "withdraw")
    assert (await node.get(path)).status_code == 404
    assert "card.png" not in (await node.get(f"/items/{line.uri}")).text
    assert (await node.get("/items/urn:flashwire:0/card.png")).status_code == 404


@pytest.mark.parametrize("act", ["withdraw", "update"])
async def test_a_picture_is_not_sent_if_its_item_changed_while_it_was_made(
    node: Serving, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    line = await node.publish("Seven wards open")
    started, release = threading.Event(), threading.Event()

    def slow(_content: object) -> bytes:
        started.set()
        release.wait(5)
        return b"picture"

    monkeypatch.setattr(share_card, "draw", slow)
    request = asyncio.create_task(node.get(f"/items/{line.uri}/card.png"))
    assert await asyncio.to_thread(started.wait, 5)
    await node.act(line, act)
    release.set()
    assert (await request).status_code == 404


async def test_pictures_are_made_one_at_a_time_and_no_more_than_a_few_wait(
    node: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [await node.publish(f"Line {number}") for number in range(share_card._WAITING_LIMIT + 3)]
    at_once = peak = 0

    def slow(_content: object) -> bytes:
        nonlocal at_once, peak
        at_once += 1
        peak = max(peak, at_once)
        release.wait(5)
        at_once -= 1
        return b"picture"

    release = threading.Event()
    monkeypatch.setattr(share_card, "draw", slow)
    requests = [asyncio.create_task(node.get(f"/items/{line.uri}/card.png")) for line in lines]
    refused = 0
    for task in asyncio.as_completed(requests):
        answer = await task
        if answer.status_code == 503:
            refused += 1
            assert answer.headers["retry-after"] == "5"
        if refused == 3:
            release.set()
    assert (refused, peak) == (3, 1)


async def test_a_service_without_the_extra_names_no_card_and_says_so(
    node: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticker.http.share_card.IS_INSTALLED", False)
    monkeypatch.setattr("ticker.http.reader_pages.IS_INSTALLED", False)
    line = await node.publish("Seven wards open")
    assert "card.png" not in (await node.get(f"/items/{line.uri}")).text
    assert (await node.get(f"/items/{line.uri}/card.png")).status_code == 501
