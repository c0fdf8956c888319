"""What the soak's items say of earlier ones, and how its readers hold a replay and a catching-up against that."""

import asyncio
import contextlib
from typing import Any

import msgspec
import pytest

from bench.load_reports import MissedError
from bench.soak.acts import act_json, number_in, replaced, replaced_by
from bench.soak.clients import EventReader
from ticker.contract.item import decode_item
from ticker.contract.redaction import redacted_json

pytestmark = pytest.mark.anyio
COUNT = 60


def newest_of(numbers: range) -> dict[str, int]:
    """By uri, the number of the newest version among those of `numbers`."""
    return {decode_item(act_json(number)).uri: number for number in numbers}


def test_every_act_occurs_and_versions_follow_each_other() -> None:
    items = {number: decode_item(act_json(number)) for number in range(COUNT)}
    assert {item.act for item in items.values()} == {"publish", "correction", "hold", "release", "withdraw"}
    for number, item in items.items():
        by = replaced_by(number)
        later = [other for other in range(number + 1, COUNT) if items[other].uri == item.uri]
        if by is not None and by < COUNT:
            assert by == later[0] and items[by].version == item.version + 1
        elif by is None:
            assert not later


@pytest.mark.parametrize("first", range(1, 30))
def test_replaced_items_of_a_range_are_named(first: int) -> None:
    last = first + 19
    assert replaced(first, last) == [n for n in range(COUNT) if (by := replaced_by(n)) and first <= by <= last]


def test_each_item_holds_its_number_once_also_when_redacted() -> None:
    for number in range(COUNT):
        item = act_json(number)
        assert item.count(b"bench-item-") == 1 and number_in(item) == number
        if decode_item(item).pub_status != "usable":
            assert number_in(redacted_json(decode_item(item))) == number


async def hear_message(message: dict[str, Any], seq: int) -> None:
    """A reader that was at entry 3 gets one message."""
    stop = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        first = {"type": "replay", "cursor": "e.3.x", "complete": True, "items": []}
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for message_ in (first, {"cursor": f"e.{seq}.x", **message}):
            writer.write(b"event: m\ndata: " + msgspec.json.encode(message_) + b"\n\n")
        await reader.read()
        writer.close()
        stop.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        reader = await EventReader.join(server.sockets[0].getsockname()[1], "e.3.x")
        try:
            await reader.until(lambda: reader.seq == seq)
        finally:
            with contextlib.suppress(MissedError):
                await reader.leave()
            await stop.wait()


def public_item(number: int, *, has_words: bool = True) -> dict[str, Any]:
    item = decode_item(act_json(number))
    return dict(msgspec.json.decode(act_json(number) if has_words else redacted_json(item)))


def without_words(number: int) -> dict[str, Any]:
    """An item that says what only one that is not usable may say."""
    return {**public_item(number), "headline": None, "note": {"value": f"bench-item-{number:08}"}}


async def test_a_reader_accepts_a_replay_with_each_item_once() -> None:
    # Entry 4 is item 3; 4 is corrected by 5, and 9 held by 10.
    numbers = (3, 5, 6, 7, 8)
    await hear_message(
        {
            "type": "replay",
            "complete": True,
            "items": [public_item(n) for n in numbers] + [public_item(10, has_words=False)],
        },
        11,
    )
    await hear_message({"type": "item", "item": public_item(3)}, 4)
    with pytest.raises(MissedError, match="entry 5 came where 4 was due"):
        await hear_message({"type": "item", "item": public_item(4)}, 5)


@pytest.mark.parametrize(
    "numbers", [(3, 5, 6, 7), (3, 4, 5, 6, 7, 8, 10), (5, 3, 6, 7, 8, 10), (3, 5, 6, 8, 10), (3, 5, 6, 7, 8, 9)]
)
async def test_a_reader_detects_a_missing_or_doubled_item(numbers: tuple[int, ...]) -> None:
    items = [public_item(number, has_words=number != 10) for number in numbers]
    with pytest.raises(MissedError, match="after entry 3 up to 11 had other items than the 6 due"):
        await hear_message({"type": "replay", "complete": True, "items": items}, 11)


async def test_a_reader_detects_words_that_should_be_redacted() -> None:
    for bare in ((), (8, 10)):
        items = [without_words(number) if number in bare else public_item(number) for number in (3, 5, 6, 7, 8, 10)]
        with pytest.raises(MissedError, match="words"):
            await hear_message({"type": "replay", "complete": True, "items": items}, 11)
    with pytest.raises(MissedError, match="without its words"):
        await hear_message({"type": "item", "item": without_words(3)}, 4)
    with pytest.raises(MissedError, match="on hold or withdrawn"):
        await hear_message({"type": "snapshot", "complete": True, "items": [public_item(10)]}, 12)
