"""The load client: whatever must not happen ends a measurement with a sentence, and what did happen is counted."""

import asyncio
import time
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bench.contender import Target
from bench.items import numbered
from bench.load import Load
from bench.load_reports import MissedError
from tests.bench.raw import Server, deflated, frame, item, message, snapshot, within

pytestmark = pytest.mark.anyio


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server() as server:
        yield server


def audience(server: Server, target: Target | None = None, **how: Any) -> Load:  # Any: keywords of Load
    return Load(target or Target(ports=(server.port,), path="/live", processes=()), core=None, **how)


async def joined(server: Server, load: Load, count: int, **how: Any) -> None:  # Any: keywords of Load.open
    await load.open(count, **{"first": 1, **how})
    await server.until(lambda: len(server.clients) >= count)


async def test_items_reach_all_clients_with_times_of_the_local_clock(server: Server) -> None:
    async with audience(server) as load:
        await joined(server, load, 3)
        waiting = await load.expect(1, 2)
        assert waiting.due == 3
        began = time.monotonic_ns()
        server.send_to_all(item(1))
        server.send_to_all(item(2))
        first, second = await within(waiting)
        assert began < first.first <= first.middle <= first.late <= first.last <= second.last < time.monotonic_ns()
        assert (first.count, second.count) == (3, 3)
        stats = await load.stats()
        assert (stats.open, stats.items, stats.messages) == (3, 6, 6)
        assert stats.cpu > 0 and stats.bytes > 3 * len(item(1) + item(2))


async def test_a_client_that_naps_still_counts_every_item(server: Server) -> None:
    async with audience(server, nap_ms=20) as load:
        await joined(server, load, 3)
        waiting = await load.expect(1, 20)
        for number in range(1, 21):
            server.send_to_all(item(number))
        assert [arrival.count for arrival in await within(waiting)] == [3] * 20


async def test_items_in_time_count_although_the_harness_was_blocked(server: Server) -> None:
    async with audience(server) as load:
        await joined(server, load, 3)
        waiting = await load.expect(1, 1, seconds=0.3)
        # The deadline has begun; then the loop stands still beyond it.
        await asyncio.sleep(0)
        server.send_to_all(item(1))
        asyncio.get_running_loop().call_soon(time.sleep, 0.6)
        (arrived,) = await within(waiting)
        assert arrived.count == 3


async def test_the_median_is_the_time_when_half_of_the_clients_had_the_item(server: Server) -> None:
    async with audience(server) as load:
        await joined(server, load, 4)
        waiting = await load.expect(1, 1)
        earlier: list[int] = []
        for client in server.clients:
            earlier.append(time.monotonic_ns())
            client.say(item(1))
            await until_stats(load, lambda stats: stats.items >= len(earlier))
        (arrival,) = await within(waiting)
        assert earlier[0] < arrival.first < earlier[1] < arrival.middle < earlier[2]
        assert earlier[3] < arrival.late == arrival.last


async def test_a_measurement_ends_only_when_the_last_client_has_the_item(server: Server) -> None:
    async with audience(server) as load:
        await joined(server, load, 3)
        waiting = await load.expect(1, 1, seconds=0.3)
        for client in server.clients[:2]:
            client.say(item(1))
        with pytest.raises(MissedError, match="item 1 did not reach every subscriber within"):
            await within(waiting)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100, 90_000])
async def test_items_are_counted_however_the_bytes_are_cut(server: Server, size: int) -> None:
    data = b"".join(
        frame(b'{"type":"heartbeat"}') + item(number) + frame(b"x" * 70_000 * (size > 99)) + frame(b"x" * 125)
        for number in (1, 2, 3)
    )
    async with audience(server) as load:
        await joined(server, load, 1)
        waiting = await load.expect(1, 3)
        writer = server.clients[0].writer
        for start in range(0, len(data), size):
            writer.write(data[start : start + size])
            await writer.drain()
            await asyncio.sleep(0)
        assert len(await within(waiting)) == 3


async def test_a_frame_of_many_reads_is_put_together(server: Server) -> None:
    large = frame(b"x" * 3_000_000)
    async with audience(server) as load:
        await joined(server, load, 2)
        waiting = await load.expect(1, 1)
        server.send_to_all(large + item(1))
        await within(waiting)
        assert (await load.stats()).bytes > 2 * len(large)


FAULTS: dict[str, tuple[bytes, str]] = {
    "lost": (item(1) + item(3), "item 3 came where item 2 was due"),
    "doubled": (item(1) + item(1), "item 1 came where item 2 was due"),
    "out of order": (item(2) + item(1), "item 2 came where item 1 was due"),
    "again, later": (item(1) + item(2) + item(1), "item 1 came where item 3 was due"),
    "a replay with a hole": (
        frame(b'{"type":"replay","items":[' + message(1) + b"," + message(3) + b"]}"),
        "a message came whose items are not in order",
    ),
    "no number": (frame(b"bench-item-0000zzzz"), "a mark without a number came"),
    "closed": (frame(b"\x0f\xa1", 0x88), "a subscriber was cut off, code 4001"),
    "a fragment": (frame(b"x", 0x01), "a frame that starts with 0x01 came"),
    "reserved bit": (frame(b"x", 0xA1), "a frame that starts with 0xa1 came"),
    "not negotiated": (deflated(message(1)), "a frame that starts with 0xc1 came"),
    "no known kind": (frame(b"x", 0x83), "a frame that starts with 0x83 came"),
    "masked": (b"\x81\x81\x00\x00\x00\x00x", "a masked frame came from the server"),
    "endless": (b"\x81\x7f" + b"\xff" * 8, "a frame of 1.* bytes was announced"),
    "too large a ping": (frame(b"x" * 126, 0x89), "a ping of 126 bytes came"),
    "a place lost": (snapshot(0, b"false"), "lost its place"),
}


@pytest.mark.parametrize("mutant", FAULTS)
async def test_a_wrong_server_ends_the_measurement_with_a_sentence(server: Server, mutant: str) -> None:
    data, sentence = FAULTS[mutant]
    async with audience(server) as load:
        await joined(server, load, 2)
        waiting = await load.expect(1, 9)
        # What one subscriber got is what others are compared with: one that is well served must not hide it.
        server.clients[0].say(item(1) + item(2) + item(3))
        await until_stats(load, lambda stats: stats.items == 3)
        server.clients[1].say(data)
        with pytest.raises(MissedError, match=sentence):
            await within(waiting)
        with pytest.raises(MissedError, match=sentence):
            await load.stats()


async def test_a_connection_that_ends_ends_the_measurement(server: Server) -> None:
    async with audience(server) as load:
        await joined(server, load, 2)
        waiting = await load.expect(1, 1)
        server.clients[0].writer.transport.abort()
        with pytest.raises(MissedError, match="cut off, without a close frame"):
            await within(waiting)


async def test_a_refused_join_is_reported_with_its_answer(server: Server) -> None:
    server.answer = lambda client: b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 3\r\n\r\n"
    async with audience(server) as load:
        with pytest.raises(MissedError, match=r"a join failed: HTTP/1\.1 503 Service Unavailable"):
            await within(load.open(1))
    async with audience(server, Target(ports=(1,), path="/", processes=())) as load:
        with pytest.raises(MissedError, match="a join failed: Connection refused"):
            await within(load.open(1))


async def test_the_first_item_may_come_in_the_bytes_of_the_handshake(server: Server) -> None:
    server.greeting = lambda client: item(1)
    async with audience(server) as load:
        await joined(server, load, 2)
        waiting = await load.expect(1, 2)
        server.send_to_all(item(2))
        await within(waiting)


@pytest.mark.parametrize("strategy", [zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY])
@pytest.mark.parametrize("level", [0, 6])
async def test_a_deflated_item_is_counted_as_a_plain_one(server: Server, strategy: int, level: int) -> None:
    server.extensions = b"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n"
    async with audience(server, deflate=True) as load:
        await joined(server, load, 2)
        assert b"Sec-WebSocket-Extensions: permessage-deflate" in server.clients[0].head
        waiting = await load.expect(1, 3)
        for number in (1, 2, 3):
            server.send_to_all(deflated(message(number), strategy, level))
        await within(waiting)
        assert (await load.stats()).deflated == 6


async def test_a_doubled_or_corrupt_deflated_item_is_detected(server: Server) -> None:
    server.extensions = b"Sec-WebSocket-Extensions: permessage-deflate\r\n"
    packed = deflated(message(1))
    broken = packed[:-40] + bytes(byte ^ 0x55 for byte in packed[-40:])
    for data, sentence in (
        (packed + packed, "item 1 came where item 2"),
        (broken, "does not inflate|came where|did not"),
    ):
        server.clients.clear()
        async with audience(server, deflate=True) as load:
            await joined(server, load, 1)
            waiting = await load.expect(1, 2, seconds=1)
            server.send_to_all(data)
            with pytest.raises(MissedError, match=sentence):
                await within(waiting)


async def test_pings_are_answered_in_the_protocol_of_the_contender(server: Server) -> None:
    target = Target(
        ports=(server.port,),
        path="/socket",
        processes=(),
        headers=(("Sec-WebSocket-Protocol", "own"),),
        hello=(b"40", b"hello"),
        joined=b"welcome",
        answers=((b"2", b"3"),),
    )
    async with audience(server, target) as load:
        joining = asyncio.create_task(load.open(1, first=1))
        await server.until(lambda: server.clients)
        client = server.clients[0]
        assert b"GET /socket HTTP/1.1\r\n" in client.head and b"\r\nSec-WebSocket-Protocol: own\r\n" in client.head
        assert [await within(client.next_frame()) for _ in range(2)] == [(0x81, b"40"), (0x81, b"hello")]
        client.say(frame(b"0{}"))
        await until_stats(load, lambda stats: stats.messages == 1)
        assert (await load.stats()).open == 0 and not joining.done()
        client.say(frame(b'welcome "friend"'))
        assert (await within(joining)).count == 1
        client.say(frame(b"2") + frame(b"abc", 0x89) + frame(b"unasked", 0x8A))
        assert [await within(client.next_frame()) for _ in range(2)] == [(0x81, b"3"), (0x8A, b"abc")]


@pytest.mark.parametrize("size", [1, 5, 11, 19, 300, 5000])
async def test_a_stream_may_be_cut_anywhere_into_messages(server: Server, size: int) -> None:
    target = Target(
        ports=(server.port,),
        path="/",
        processes=(),
        joined=b"PONG\r\n",
        answers=((b"PING\r\n", b"PONG\r\n"),),
        stream=True,
    )
    stream = b"".join(b"MSG news 1 999\r\n" + message(number) + b"\r\n" for number in (1, 2, 3)) + b"PING\r\n"
    async with audience(server, target) as load:
        server.greeting = lambda client: frame(b"INFO {}\r\nPO", 0x82) + frame(b"NG\r\n", 0x82)
        await joined(server, load, 1)
        waiting = await load.expect(1, 3)
        for start in range(0, len(stream), size):
            server.send_to_all(frame(stream[start : start + size], 0x82))
        await within(waiting)
        assert await within(server.clients[0].next_frame()) == (0x81, b"PONG\r\n")
        server.send_to_all(frame(b"MSG " + message(3), 0x82))
        with pytest.raises(MissedError, match="item 3 came where item 4 was due"):
            await within(load.fault)


async def test_a_cut_client_resumes_with_its_newest_cursor_and_misses_nothing(server: Server) -> None:
    async with audience(server) as load:
        server.greeting = lambda client: snapshot(0)
        await joined(server, load, 3)
        waiting = await load.expect(1, 1)
        server.send_to_all(item(1))
        await within(waiting)
        assert await load.cut(2) == 2
        waiting = await load.expect(2, 3)
        assert waiting.due == 3
        for client in server.clients:
            client.say(item(2) + item(3))
        server.greeting = lambda client: frame(
            b'{"type":"replay","cursor":"e.3.x","complete":true,"items":[' + message(2) + b"," + message(3) + b"]}"
        )
        back = await load.resume()
        assert back.count == 2 and len(back.took_ms) == 2 and back.began < back.last
        assert [arrival.count for arrival in await within(waiting)] == [3, 3]
        assert [client.path for client in server.clients[3:]] == ["/live?cursor=e.1.x"] * 2
        stats = await load.stats()
        assert (stats.replays, stats.open, stats.cut) == (2, 3, 0)


RECOVER = b'{"epoch":"\x02","offset":\x03,"padding":"%b"}'


def subscribed(offset: int, *numbers: int, more: bytes = b"") -> bytes:
    """The answer of Centrifugo to a client that subscribes; its items follow the client's offset."""
    items = b",".join(b'{"data":%b,"offset":%d}' % (numbered(number), 100 + number) for number in numbers)
    return frame(
        b'{"id":2,"subscribe":{"recoverable":true,"epoch":"xyzt","publications":[%b],"offset":%d,"positioned":true%b}}'
        % (items, offset, more)
    )


@pytest.mark.parametrize("padding", [0, 200])
async def test_a_client_that_recovers_by_a_message_names_its_epoch_and_its_offset(server: Server, padding: int) -> None:
    recover = RECOVER % (b"x" * padding)
    target = Target(
        ports=(server.port,), path="/live", processes=(), hello=(b"hello",), joined=b'"subscribe":{', recover=recover
    )
    async with audience(server, target) as load:
        server.greeting = lambda client: subscribed(100)
        await joined(server, load, 2)
        first, _ = server.clients
        assert await within(first.next_frame()) == (0x81, b"hello")
        waiting = await load.expect(1, 3)
        for client in server.clients:
            client.say(frame(b'{"push":{"channel":"n","pub":{"data":%b,"offset":101}}}' % numbered(1)))
        await until_stats(load, lambda stats: stats.items == 2)
        assert await load.cut(2) == 2
        server.greeting = lambda client: subscribed(101, 2, 3, more=b',"was_recovering":true,"recovered":true')
        await load.resume()
        assert [arrival.count for arrival in await within(waiting)] == [2, 2, 2]
        again = server.clients[-1]
        assert again.path == "/live"
        said = recover.replace(b"\x02", b"xyzt").replace(b"\x03", b"101")
        assert await within(again.next_frame()) == (0x81, said)
        # The next time with the offset of the newest item that it recovered.
        assert await load.cut(2) == 2
        server.greeting = lambda client: subscribed(103, more=b',"was_recovering":true,"recovered":true')
        await load.resume()
        assert b'"offset":103,' in (await within(server.clients[-1].next_frame()))[1]


async def test_a_client_that_cannot_recover_is_a_fault(server: Server) -> None:
    target = Target(ports=(server.port,), path="/live", processes=(), hello=(b"hello",), joined=b'"subscribe":{',
                    recover=RECOVER % b"")  # fmt: skip
    async with audience(server, target) as load:
        server.greeting = lambda client: subscribed(100)
        await joined(server, load, 1)
        await load.cut(1)
        server.greeting = lambda client: subscribed(100, more=b',"was_recovering":true')
        with pytest.raises(MissedError, match="lost its place"):
            await load.resume()
    async with audience(server, target, lenient=True) as load:
        server.greeting = lambda client: subscribed(100)
        await joined(server, load, 1)
        await load.cut(1)
        server.greeting = lambda client: subscribed(100, more=b',"was_recovering":true')
        await load.resume()
        assert (await load.stats()).incomplete == 1


async def test_a_resumed_client_that_misses_an_item_is_a_fault(server: Server) -> None:
    async with audience(server) as load:
        server.greeting = lambda client: snapshot(0)
        await joined(server, load, 1)
        await load.cut(1)
        waiting = await load.expect(1, 2)
        server.greeting = lambda client: frame(b'{"type":"replay","cursor":"e.2.x","items":[' + message(2) + b"]}")
        with pytest.raises(MissedError, match="item 2 came where item 1 was due"):
            await load.resume()
            await within(waiting)


@pytest.mark.parametrize("one_by_one", [False, True])
async def test_items_replaced_by_a_newer_version_may_be_missing(server: Server, one_by_one: bool) -> None:
    async with audience(server) as load:
        await joined(server, load, 2)
        load.replace([1, 3, 4])
        waiting = await load.expect(1, 6)
        for number in range(1, 7):
            server.clients[0].say(item(number))
        came = [message(number) for number in (2, 5, 6)]
        if one_by_one:
            server.clients[1].say(b"".join(map(frame, came)))
        else:
            server.clients[1].say(frame(b'{"type":"replay","cursor":"e.6.x","items":[' + b",".join(came) + b"]}"))
        arrivals = await within(waiting)
        assert [arrival.count for arrival in arrivals] == [2] * 6 and min(arrival.late for arrival in arrivals) > 0
        stats = await load.stats()
        assert (stats.items, stats.left_out) == (9, 3)


@pytest.mark.parametrize("left_out", [[2], [3], [1, 3]])
@pytest.mark.parametrize("one_by_one", [False, True])
async def test_items_that_are_not_replaced_may_not_be_missing(
    server: Server, left_out: list[int], one_by_one: bool
) -> None:
    async with audience(server) as load:
        await joined(server, load, 1)
        load.replace(left_out)
        waiting = await load.expect(1, 4)
        came = [message(1), message(4)]
        data = frame(b'{"type":"replay","items":[' + b",".join(came) + b"]}")
        server.send_to_all(b"".join(map(frame, came)) if one_by_one else data)
        with pytest.raises(MissedError, match=r"item 4 came where item 2 was due|are not in order"):
            await within(waiting)


async def test_lenient_counts_closes_refusals_and_incomplete_snapshots(server: Server) -> None:
    refusals = iter([b"HTTP/1.1 503 Service Unavailable\r\n\r\n"])
    server.greeting = lambda client: snapshot(0)
    async with audience(server, lenient=True) as load:
        await joined(server, load, 3)
        server.clients[0].say(frame(b"\x0f\xa1", 0x88))
        server.clients[1].writer.transport.abort()
        await until_stats(load, lambda stats: stats.closed == 2)
        server.answer = lambda client: next(refusals, None)
        server.greeting = lambda client: snapshot(5, b"false") + item(6)
        back = await load.resume()
        assert (back.count, back.refused) == (2, 1)
        await until_stats(load, lambda stats: stats.items == 2)
        stats = await load.stats()
        assert (stats.open, stats.closed, stats.codes) == (3, 2, {"4001": 1, "1006": 1})
        assert (stats.incomplete, stats.snapshots, stats.refused) == (2, 5, 1)


async def test_a_muted_client_is_not_waited_for_and_later_reads_on_in_order(server: Server) -> None:
    async with audience(server, lenient=True, receive_buffer=4096) as load:
        await joined(server, load, 3)
        assert await load.mute(1) == 1
        waiting = await load.expect(1, 1)
        assert waiting.due == 2
        server.send_to_all(item(1))
        await within(waiting)
        assert (await load.stats()).items == 2
        assert await load.unmute(1) == 1
        await until_stats(load, lambda stats: stats.items == 3)
        await load.mute(1)
        for client in server.clients:
            client.writer.transport.abort()
        await until_stats(load, lambda stats: stats.closed == 3 and stats.closed_muted == 1)


async def test_a_leaving_client_closes_cleanly_and_its_slot_is_reused(server: Server) -> None:
    async with audience(server) as load:
        await joined(server, load, 3)
        leaving = asyncio.create_task(load.leave(2))
        for client in server.clients[:2]:
            assert await within(client.next_frame()) == (0x88, b"\x03\xe8")
            client.say(frame(b"\x03\xe8", 0x88))
        await within(leaving)
        assert (await load.stats()).open == 1
        await joined(server, load, 2, first=1)
        assert (await load.stats()).open == 3


async def test_several_processes_form_one_audience(server: Server) -> None:
    async with Server() as other, audience(server, processes=2, paths=("/a", "/b?x=1")) as load:
        load.aim((server.port, other.port))
        joined = await load.open(8, first=1)
        assert joined.count == 8 and len(joined.took_ms) == 8
        assert len(server.clients) == len(other.clients) == 4
        clients = server.clients + other.clients
        assert sorted(client.path for client in clients) == ["/a"] * 4 + ["/b?x=1"] * 4
        assert {client.writer.get_extra_info("peername")[0] for client in clients} == {
            f"127.0.{process}.{last}" for process in (1, 2) for last in (1, 2)
        }
        waiting = await load.expect(1, 1)
        assert waiting.due == 8
        for each_server in (server, other):
            each_server.send_to_all(item(1))
        (arrival,) = await within(waiting)
        assert arrival.count == 8


async def test_the_join_rate_and_the_inflight_bound_hold(server: Server) -> None:
    async with audience(server) as load:
        joined = await load.open(20, rate=100)
        assert 0.15 < (joined.last - joined.began) / 1e9
    inflight: list[int] = []
    async with audience(server, Target(ports=(server.port,), path="/", processes=(), joined=b"in")) as load:
        server.clients.clear()
        joining = asyncio.create_task(load.open(6, inflight=2))
        for number in range(6):
            await server.until(lambda: len(server.clients) > len(inflight))
            inflight.append(len(server.clients) - number)
            server.clients[number].say(frame(b"in"))
        await within(joining)
        assert max(inflight) <= 2


async def until_stats(load: Load, true: Callable[[Any], bool], seconds: float = 20) -> None:  # Any: Stats
    async with asyncio.timeout(seconds):
        while not true(await load.stats()):
            pass
