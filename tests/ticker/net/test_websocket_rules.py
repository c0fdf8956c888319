"""Messages to and from a WebSocket client: RFC 6455 and the rules of docs/protocol.md."""

import asyncio
import os
import zlib

import msgspec
import pytest
from structlog.typing import EventDict
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.support.serving import Serving, Wire, frame, subscribe, upgrade
from tests.support.waiting import until_async as until
from ticker.contract.item import InfoSource, Text

pytestmark = pytest.mark.anyio

DEFLATE = "permessage-deflate"
CLOSE_NORMAL = frame(8, b"\x03\xe8")


async def test_live_lines_follow_the_snapshot_in_order(node: Serving) -> None:
    first = await node.publish("One")
    async with connect(node.live, proxy=None) as client:
        snapshot = msgspec.json.decode(await client.recv())
        assert [item["headline"]["value"] for item in snapshot["items"]] == ["One"]
        second = await node.publish("Two")
        third = await node.act(first, "update", headline=Text("One, more", "en", "ltr"))
        got = [msgspec.json.decode(await client.recv()) for _ in range(2)]
    assert [message["type"] for message in got] == ["item", "item"]
    assert [(m["item"]["uri"], m["item"]["version"]) for m in got] == [(second.uri, 1), (third.uri, 2)]
    assert node.count("flashwire_joins_total", transport="websocket", kind="snapshot") == 1


async def test_a_valid_cursor_gets_every_later_item(node: Serving) -> None:
    line = await node.publish("One")
    async with node.joined() as wire:
        cursor = (await wire.message())["cursor"]
    await node.publish("Two")
    await node.act(line, "withdraw", note=Text("Wrong", "en", "ltr"))
    async with node.joined(f"cursor={cursor}") as wire:
        replay = await wire.message()
        assert replay["type"] == "replay" and replay["complete"] is True and replay["heartbeat"] == 15
        assert [(item["act"], item["version"]) for item in replay["items"]] == [("publish", 1), ("withdraw", 2)]
        await node.publish("Three")
        live = await wire.message()
    async with node.joined(f"cursor={live['cursor']}") as wire:
        assert (await wire.message())["items"] == []


async def test_a_change_of_the_filter_that_comes_with_much_other_input_is_answered(node: Serving) -> None:
    await node.publish("One")
    async with node.joined() as wire:
        await wire.message()
        pings = frame(9, b"p" * 100) * 8
        wire.send(subscribe(backlog=0) + pings)
        answers = [await wire.frame() for _ in range(9)]
    kinds = [first for first, _ in answers]
    assert kinds == [0x8A] * 8 + [0x81] and b'"snapshot"' in answers[-1][1]


async def test_an_unknown_cursor_gives_an_incomplete_snapshot(node: Serving) -> None:
    await node.publish("One")
    async with node.joined() as wire:
        epoch, seq, check = (await wire.message())["cursor"].split(".")
    lost = ["", "nonsense", "a.b.c", f"{epoch}.{seq}", f"other.{seq}.{check}", f"{epoch}.{seq}.0123456789"]
    lost += [f"{epoch}.99.{check}", f"{epoch}.0{seq}.{check}", "x" * 200, "%F0%9F%92%A9", f"{epoch}.%D9%A1.{check}"]
    for cursor in lost:
        async with node.joined(f"cursor={cursor}") as wire:
            snapshot = await wire.message()
            assert (snapshot["type"], snapshot["complete"]) == ("snapshot", False), cursor
            assert len(snapshot["items"]) == 1
    assert node.count("flashwire_joins_total", transport="websocket", kind="lost") == len(lost)


FILTERS = [
    ("edition=ar", "A"),
    ("edition=en", "BCD"),
    ("edition=ar&edition=en", "ABCD"),
    ("section=sport", "BC"),
    ("place=asia", "CD"),
    ("section=sport&place=asia", "C"),
    ("role=platform", "C"),
    ("source=civil-defence", "D"),
    ("source=Protecci%C3%B3n%20Civil", "D"),
    ("language=ar", "A"),
    ("urgency=2", "AD"),
    ("urgency=1", "D"),
    ("edition=en&urgency=3&place=asia", "CD"),
    ("edition=ar&section=sport", ""),
    ("", "ABCD"),
]


async def test_each_filter_gives_its_own_lines_live_and_in_the_snapshot(node: Serving) -> None:
    async def lines() -> None:
        civil = InfoSource(Text("Civil Defence", "en", "ltr"), "official", "civil-defence")
        batch = InfoSource(Text("Some site", "en", "ltr"), "platform")
        await node.publish("A", edition="ar", urgency=2, sections=("world",))
        await node.publish("B", sections=("sport",))
        await node.publish("C", sections=("sport", "health"), places=("asia",), urgency=3, info_sources=(batch,))
        await node.publish("D", places=("asia",), urgency=1, info_sources=(civil,))

    listeners = [(query, expected, connect(f"{node.live}?{query}", proxy=None)) for query, expected in FILTERS]
    clients = [(query, expected, await client) for query, expected, client in listeners]
    for _query, _expected, client in clients:
        assert msgspec.json.decode(await client.recv())["items"] == []
    await lines()
    for query, expected, client in clients:
        got = [msgspec.json.decode(await client.recv())["item"]["headline"]["value"] for _ in expected]
        assert got == list(expected), query
        await client.close()
    for query, expected in FILTERS:
        async with node.joined(query) as wire:
            snapshot = await wire.message()
            assert [item["headline"]["value"] for item in snapshot["items"]] == list(reversed(expected)), query


async def test_a_snapshot_has_as_many_items_as_the_backlog_parameter_says(node: Serving) -> None:
    for number in range(12):
        await node.desk.publish(f"Line {number}")
    await until(lambda: len(node.node.backlog) == 12, "all are here")
    for query, count in (("", 10), ("backlog=0", 0), ("backlog=1", 1), ("backlog=100", 12)):
        async with node.joined(query) as wire:
            items = (await wire.message())["items"]
            assert [item["headline"]["value"] for item in items] == [f"Line {11 - at}" for at in range(count)]


async def test_a_subscribe_changes_the_filter_and_is_answered_with_a_snapshot(node: Serving) -> None:
    await node.publish("English")
    async with node.joined("edition=ar") as wire:
        assert (await wire.message())["items"] == []
        wire.send(subscribe(edition=["en", "es"], backlog=5))
        snapshot = await wire.message()
        assert (snapshot["type"], snapshot["complete"]) == ("snapshot", True) and len(snapshot["items"]) == 1
        await node.publish("Arabic", edition="ar")
        await node.publish("Spanish", edition="es")
        assert (await wire.message())["item"]["edition"] == "es"
        # In fragments, with a ping between them (RFC 6455, 5.4).
        body = msgspec.json.encode({"type": "subscribe", "edition": "ar"})
        wire.send(frame(1, body[:7], fin=False) + frame(0, body[7:9], fin=False) + frame(9, b"?") + frame(0, body[9:]))
        assert await wire.frame() == (0x8A, b"?")
        assert [item["edition"] for item in (await wire.message())["items"]] == ["ar"]
    await until(lambda: len(node.node.hub) == 0, "it has left")
    assert node.count("flashwire_connections", transport="websocket") == 0


BOMB = zlib.compressobj(wbits=-15)
BOMB_DATA = (BOMB.compress(b"0" * 3_900_000) + BOMB.flush(zlib.Z_SYNC_FLUSH))[:-4]
MISTAKES = [
    ("bytes", frame(2, b"hello"), 4500),
    ("not JSON", frame(1, b"hello"), 4500),
    ("empty", frame(1, b""), 4500),
    ("an array", frame(1, b"[]"), 4500),
    ("NaN", frame(1, b'{"type":NaN}'), 4500),
    ("a lone surrogate", frame(1, b'{"type":"\\ud800"}'), 4500),
    ("a lone surrogate as a name", frame(1, b'{"type":"subscribe","\\ud800":1}'), (4500, 4501)),
    ("deep", frame(1, b"[" * 4096), 4500),
    ("deep in an object", frame(1, b'{"type":"subscribe","edition":' + b"[" * 2000 + b"]" * 2000 + b"}"), (4500, 4501)),
    ("another type", frame(1, b'{"type":"publish"}'), 4500),
    ("no type", frame(1, b"{}"), 4500),
    ("an unknown parameter", subscribe(colour="red"), 4501),
    ("an unknown name", subscribe(edition="xx"), 4501),
    ("an unknown name that is long", subscribe(edition="ش" * 500), 4501),
    ("controls in a name", subscribe(edition="\x1b[31m\r\n"), 4501),
    ("an object", subscribe(edition={"en": True}), 4501),
    ("null", subscribe(cursor=None), 4501),
    ("a number that is not whole", subscribe(backlog=1.5), 4501),
    ("a huge number", frame(1, b'{"type":"subscribe","backlog":' + b"9" * 4000 + b"}"), (4500, 4501)),
    ("true", subscribe(backlog=True), 4501),
    ("oversize", frame(1, b" " * 4097), 1009),
    ("oversize by its head alone", frame(1, b" " * 70_000)[:14], 1009),
    ("oversize in fragments", frame(1, b" " * 4000, fin=False) + frame(0, b" " * 97), 1009),
    ("bad UTF-8", frame(1, b'{"type":"\xff"}'), 1007),
    ("bad UTF-8 over fragments", frame(1, b"\xe2", fin=False) + frame(0, b"\x28\xa1"), 1007),
    ("no mask", frame(1, b"{}", masked=False), 1002),
    ("a reserved bit", frame(1, b"{}", reserved=0x40), 1002),
    ("a reserved opcode", frame(3, b""), 1002),
    ("a reserved control opcode", frame(11, b""), 1002),
    ("a long ping", frame(9, b"x" * 126), 1002),
    ("a ping in fragments", frame(9, b"x", fin=False), 1002),
    ("a continuation of nothing", frame(0, b"x"), 1002),
    ("a new message inside another", frame(1, b"x", fin=False) + frame(1, b"x"), 1002),
    ("a close of one byte", frame(8, b"\x03"), 1002),
    ("a close with a forbidden code", frame(8, b"\x03\xed"), 1002),
    ("a close with bad UTF-8", frame(8, b"\x03\xe8\xff"), 1007),
    ("a normal close", CLOSE_NORMAL, 1000),
    # The bug: an error in one message was raised after the next frame had already closed the connection.
    ("bytes and a close frame in one packet", frame(2, b"x") + CLOSE_NORMAL, (1000, 4500)),
    ("a bad word, and a broken frame", frame(1, b"x") + frame(3, b""), (1002, 4500)),
    ("bad UTF-8, and goodbye", frame(1, b"\xff") + CLOSE_NORMAL, (1000, 1007)),
    ("a subscribe, and goodbye", subscribe(edition="en") + CLOSE_NORMAL, 1000),
    ("two bad words", frame(1, b"x") + frame(1, b"x"), 4500),
    ("garbage", b"\xff" * 64, 1002),
    ("HTTP", b"GET / HTTP/1.1\r\n\r\n", 1002),
]


async def closed_with(wire: Wire, data: bytes) -> int:
    await wire.frame()
    wire.send(data)
    code = await wire.close_code()
    wire.send(CLOSE_NORMAL)
    await wire.read_to_end()
    return code


async def test_each_protocol_error_has_its_own_close_code(node: Serving, log_lines: list[EventDict]) -> None:
    async with node.joined() as observer:
        await observer.message()
        for mistake, data, codes in MISTAKES:
            async with node.joined() as wire:
                code = await closed_with(wire, data)
                assert code == codes or (isinstance(codes, tuple) and code in codes), (mistake, code)
        await node.publish("Still here")
        assert (await observer.message())["item"]["headline"]["value"] == "Still here"
    await until(lambda: not len(node.node.hub) and not node.node.closing, "all have left")
    assert not node.node.lagging
    assert node.count("flashwire_connections", transport="websocket") == 0
    # No error is logged for any of these messages.
    assert [line for line in log_lines if line["event"] != "stream reachable"] == []


async def test_a_close_has_a_reason(node: Serving) -> None:
    async with connect(node.live, proxy=None) as client:
        await client.recv()
        await client.send('{"type":"subscribe","edition":"xx","section":"' + "س" * 200 + '"}')
        with pytest.raises(ConnectionClosed) as ending:
            await client.recv()
    assert ending.value.rcvd is not None and ending.value.rcvd.code == 4501
    assert ending.value.rcvd.reason.startswith("edition: “xx” is not configured here")
    assert node.count("flashwire_closes_total", code="4501") == 1


async def test_a_client_that_subscribes_too_often_is_closed_as_too_busy(node: Serving) -> None:
    await node.publish("One")
    async with node.joined() as wire:
        closed = asyncio.ensure_future(wire.close_code())
        async with asyncio.timeout(20):
            while not closed.done():
                wire.send(subscribe(edition="en", backlog=3))
                await asyncio.wait([closed], timeout=0.01)
        assert await closed == 4005
    assert node.count("flashwire_closes_total", code="4005") == 1


async def test_a_compressed_subscribe_is_parsed(node: Serving) -> None:
    async with connect(node.live, proxy=None) as client:
        assert [str(item) for item in client.protocol.extensions] and DEFLATE in repr(client.response)
        await client.recv()
        await client.send('{"type":"subscribe","edition":"en"' + " " * 3000 + "}")
        assert msgspec.json.decode(await client.recv())["type"] == "snapshot"
        await node.publish("Long enough to be deflated " * 10)
        assert msgspec.json.decode(await client.recv())["item"]["headline"]["value"].startswith("Long enough")


async def test_a_message_that_inflates_to_megabytes_is_refused(node: Serving) -> None:
    assert len(BOMB_DATA) < 4096
    for data in (
        frame(1, BOMB_DATA, reserved=0x40),
        frame(1, b"", reserved=0x40, fin=False) + frame(0, BOMB_DATA),
        frame(1, BOMB_DATA[:2000], reserved=0x40, fin=False) + frame(0, BOMB_DATA[2000:]),
    ):
        async with node.joined(Sec_WebSocket_Extensions=DEFLATE) as wire:
            assert await closed_with(wire, data) == 1009
    async with node.joined(Sec_WebSocket_Extensions=DEFLATE) as wire:
        assert await closed_with(wire, frame(1, os.urandom(64), reserved=0x40)) == 1002


async def test_a_pong_has_the_payload_of_its_ping(node: Serving) -> None:
    async with node.joined() as wire:
        await wire.message()
        wire.send(frame(9) + frame(9, b"x" * 125) + frame(10, b"unasked") + frame(9, b"last"))
        assert [await wire.frame() for _ in range(3)] == [(0x8A, b""), (0x8A, b"x" * 125), (0x8A, b"last")]


async def test_frames_split_anywhere_are_reassembled(node: Serving) -> None:
    async with node.joined() as wire:
        await wire.message()
        for byte in frame(10, b"pong") + subscribe(edition="en") + frame(10):
            wire.send(bytes((byte,)))
            await asyncio.sleep(0)
        assert (await wire.message())["type"] == "snapshot"


async def test_a_client_that_disconnects_without_a_close_frame_leaves_nothing_behind(
    node: Serving, log_lines: list[EventDict]
) -> None:
    for _ in range(3):
        async with node.joined() as wire:
            await wire.message()
            wire.send(b"\x81")
    async with node.wire(upgrade()[:40]):
        pass
    await until(lambda: len(node.node.hub) == 0, "all have left")
    await until(lambda: not node.node.pending, "no connection is pending")
    await node.publish("Into the void")
    assert [line for line in log_lines if line["event"] != "stream reachable"] == []


async def test_canaries_reach_only_clients_that_ask_for_them_by_name(node: Serving) -> None:
    await node.publish("News")
    async with (
        node.joined("edition=canary") as canaries,
        node.joined() as all_news,
        node.joined("edition=en") as english,
    ):
        assert (await canaries.message())["items"] == []
        await all_news.message()
        await english.message()
        await node.desk.canary("Tweet")
        assert (await canaries.message())["item"]["headline"]["value"] == "Tweet"
        await node.publish("More news")
        for wire in (all_news, english):
            assert (await wire.message())["item"]["headline"]["value"] == "More news"
        # A client of the canary edition gets no items of other editions.
        await node.desk.canary("Tweet again")
        assert (await canaries.message())["item"]["headline"]["value"] == "Tweet again"
    async with node.joined("edition=canary") as late:
        assert (await late.message())["items"] == []
    assert "Tweet" not in (await node.get("/v1/items")).text
