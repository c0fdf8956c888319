"""Clients that try to stop a ticker; each kind runs as a separate process and prints the answers it got as JSON.

They run in a process of their own, so that their CPU time does not delay the listeners that are measured.
"""

import asyncio
import itertools
import json
import os
import random
import sys
import zlib
from collections.abc import Callable, Coroutine
from typing import Final

from tests.acceptance.attacker import READ_BYTES, Attacker, frame, get, query, websocket


def _subscribe(attacker: Attacker) -> bytes:
    """A `subscribe` with another filter and an old cursor."""
    return frame(1, json.dumps({"type": "subscribe", "cursor": attacker.cursor, **next(attacker.wide)}).encode())


async def subscribe_flood(attacker: Attacker) -> None:
    """Sockets that send bursts of `subscribe` and read the answers."""

    async def client() -> None:
        async with attacker.live() as (writer, listener):
            while not listener.done():
                writer.write(b"".join(_subscribe(attacker) for _ in range(50)))
                await writer.drain()
                await asyncio.sleep(0.02)

    await attacker.crowd(client)


async def subscribe_one_by_one(attacker: Attacker) -> None:
    """The same without bursts: each `subscribe` is read by itself."""

    async def client() -> None:
        async with attacker.live() as (writer, listener):
            while not listener.done():
                writer.write(_subscribe(attacker))
                await asyncio.sleep(0.05)

    await attacker.crowd(client)


async def subscribe_politely(attacker: Attacker) -> None:
    """Many sockets that each change what they ask for once in a while, just below what is allowed."""

    async def client() -> None:
        async with attacker.live() as (writer, listener):
            await asyncio.sleep(random.random())
            while not listener.done():
                writer.write(_subscribe(attacker))
                await asyncio.sleep(1.05)

    await attacker.crowd(client)


async def join_flood(attacker: Attacker) -> None:
    """Joins of every way with distinct filters and an old cursor, `count` at a time."""
    ways = itertools.cycle(range(4))

    def request() -> bytes:
        parameters = query(next(attacker.wide), attacker.cursor)
        transport = next(ways)
        if transport < 2:
            return websocket(f"/v1/live?{parameters}", deflate=transport == 0)
        return get(f"/v1/live?{parameters}", "text/event-stream" if transport == 2 else "application/json")

    await attacker.repeat(request, attacker.count)


async def deflate_flood(attacker: Attacker) -> None:
    """Joins with deflate and a long replay, which is costly to compress."""
    await attacker.repeat(lambda: websocket(f"/v1/live?{query(next(attacker.wide), attacker.cursor)}"), attacker.count)


async def snapshot_flood(attacker: Attacker) -> None:
    """Joins without a cursor whose filter matches little."""
    await attacker.repeat(lambda: websocket(f"/v1/live?{query(next(attacker.narrow), backlog='100')}"), attacker.count)


async def page_flood(attacker: Attacker) -> None:
    """Pages of `before`, histories, metrics and pages for people, as fast as they are answered."""
    uris = [f"urn:flashwire:{number:026d}" for number in range(20, 9_000, 7)]
    targets = itertools.cycle(
        [f"/v1/items?{{filter}}&limit=100&before={uri}" for uri in uris[::3]]
        + [f"/v1/items/{uri}/history" for uri in uris[1::3]]
        + ["/metrics", "/openapi.json", "/embed?edition=en", "/oembed?url=http://t/embed", "/nothing"]
    )
    await attacker.repeat(
        lambda: get(next(targets).replace("{filter}", query(next(attacker.narrow)))), attacker.count, read_bytes=1 << 20
    )


async def poll_flood(attacker: Attacker) -> None:
    """Long polls with a good cursor that leave at once, and JSON joins with a long replay."""
    turns = itertools.cycle((1, 2, 3))

    def request() -> bytes:
        cursor = attacker.cursor if next(turns) == 1 else "none.0.0"
        return get(f"/v1/live?{query(next(attacker.wide), cursor, wait='30')}", "application/json")

    await attacker.repeat(request, attacker.count, read_bytes=100)


async def unread_json(attacker: Attacker) -> None:
    """JSON joins with distinct filters and an old cursor that never read."""
    await attacker.park(
        lambda: get(f"/v1/live?{query(next(attacker.wide), attacker.cursor)}", "application/json"), attacker.count
    )


async def unread_live(attacker: Attacker) -> None:
    """The same over WebSocket, with and without deflate, and server-sent events."""
    ways = itertools.cycle(range(3))

    def request() -> bytes:
        target = f"/v1/live?{query(next(attacker.wide), attacker.cursor)}"
        transport = next(ways)
        return get(target, "text/event-stream") if transport == 2 else websocket(target, deflate=transport == 0)

    await attacker.park(request, attacker.count)


async def unread_pages(attacker: Attacker) -> None:
    """Pipelined requests for long answers, of which nothing is read."""

    def request() -> bytes:
        requests = []
        for _ in range(10):
            requests.append(get(f"/v1/live?{query(next(attacker.wide), attacker.cursor)}"))
            requests.append(get(f"/v1/items?{query(next(attacker.wide), limit='100')}"))
        return b"".join(requests)

    await attacker.park(request, attacker.count)


async def unread_snapshots(attacker: Attacker) -> None:
    """Fresh joins with distinct filters and the longest list, never read."""

    def request() -> bytes:
        return websocket(f"/v1/live?{query(next(attacker.wide), backlog='100')}", deflate=False)

    await attacker.park(request, attacker.count)


async def many_filters(attacker: Attacker) -> None:
    """`count` sockets with a filter each, that read and stay."""

    async def client() -> None:
        try:
            reader, writer = await attacker.connect()
            writer.write(websocket(f"/v1/live?{query(next(attacker.wide), backlog='10')}", deflate=False))
            await reader.readuntil(b"\r\n\r\n")
            attacker.answers["joined"] += 1
            while data := await reader.read(READ_BYTES):
                attacker.answers["bytes"] += len(data)
        except (OSError, EOFError):
            attacker.answers["cut"] += 1

    tasks: list[asyncio.Task[None]] = []
    for _ in range(attacker.count):
        tasks.append(asyncio.ensure_future(client()))
        await asyncio.sleep(0.001)
    await attacker.rest()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def frame_flood(attacker: Attacker) -> None:
    """Pings, one-byte fragments and frames of nothing, as fast as they are taken."""
    bursts = (
        frame(9, b"x" * 100) * 200,
        frame(1, b"{", fin=False) + frame(0, b" ", fin=False) * 1500,
        frame(10, b"") * 1000,
        frame(9, b"") * 1000,
        (frame(1, b"", fin=False) + frame(0, b"", fin=False) * 500),
    )

    numbers = itertools.count()

    async def client() -> None:
        burst = bursts[next(numbers) % len(bursts)]
        async with attacker.live() as (writer, listener):
            while not listener.done():
                writer.write(burst)
                await writer.drain()
                await asyncio.sleep(0.001)

    await attacker.crowd(client)


async def handshake_flood(attacker: Attacker) -> None:
    """Half requests, silent sockets, wrong addresses and bad handshakes."""
    requests = itertools.cycle(
        (
            get("/nothing/here"),
            websocket("/v1/wrong"),
            websocket("/v1/live?edition=unknown"),
            b"GET /v1/live HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\n\r\n",
            b"\x16\x03\x01 not HTTP\r\n\r\n",
            get("/" + "x" * 20_000),
            get("/v1/live", method="POST"),
        )
    )
    half = itertools.cycle((b"", b"G", b"GET /v1/live HTTP/1.1\r\nHost: t\r\n", b"GET /v1/items HTTP/1.1\r\nX-"))
    await asyncio.gather(
        attacker.park(lambda: next(half), 2_000),
        attacker.repeat(lambda: next(requests), attacker.count),
    )


async def short_visits(attacker: Attacker) -> None:
    """Joins with an old cursor whose client leaves at once, most with a reset, and connections without any word."""
    ways = itertools.cycle(range(5))

    async def client() -> None:
        parameters = query(next(attacker.wide), attacker.cursor)
        transport = next(ways)
        _reader, writer = await attacker.connect()
        if transport < 2:
            writer.write(websocket(f"/v1/live?{parameters}", deflate=transport == 0))
        elif transport < 4:
            writer.write(get(f"/v1/live?{parameters}", "text/event-stream" if transport == 2 else "application/json"))
        await writer.drain()
        if transport:
            writer.transport.abort()
        writer.close()
        attacker.answers["visits"] += 1
        await asyncio.sleep(0.001)

    await attacker.crowd(client)


async def odd_requests(attacker: Attacker) -> None:
    """Other methods, forged cursors, queries as long as they may be, and heads that never end, as fast as possible."""
    epoch, number, check = attacker.cursor.split(".")
    long_query = "&".join(["edition=en"] * 99)
    requests = itertools.cycle(
        (
            get("/v1/live", method="HEAD"),
            get("/v1/items?edition=en", method="OPTIONS"),
            get(f"/v1/live?{query(next(attacker.wide), f'{epoch}.{2**52}.{check}')}", "application/json"),
            get(f"/v1/live?{query(next(attacker.wide), f'{epoch}.{number}.0000000000')}", "application/json"),
            websocket(f"/v1/live?cursor={epoch}.{2**52}.{check}"),
            get(f"/v1/items?{long_query}&limit=100"),
            get("/v1/live?" + "&".join(f"{letter * 100}=x" for letter in "abcdefghijklmnopqrstuvw")),
            get("/v1/items?" + "place=" + "%F0%9F%98%80" * 1_200),
            get("/v1/items/urn:flashwire:" + "0" * 26 + "/history"),
            b"GET / HTTP/1.1\r\nHost: t\r\n" + b"X-Long: a\r\n" * 1_400 + b"\r\n",
        )
    )
    await attacker.repeat(lambda: next(requests), attacker.count)


async def packed_frames(attacker: Attacker) -> None:
    """Compressed messages of zeros that become 4 MB, own heartbeats of every length, and half a close frame."""
    packer = zlib.compressobj(wbits=-15)
    zeros = packer.compress(bytes(4 << 20)) + packer.flush(zlib.Z_SYNC_FLUSH)[:-4]
    bomb = bytes([0xC1, 0xFE]) + len(zeros).to_bytes(2, "big") + bytes(4) + zeros
    seconds = itertools.cycle(range(5, 61))

    async def client() -> None:
        async with attacker.live(f"/v1/live?backlog=0&heartbeat={next(seconds)}") as (writer, listener):
            writer.write(bomb + frame(8, b"\x03"))
            await listener

    await attacker.crowd(client)


async def waiting_polls(attacker: Attacker) -> None:
    """Long polls with distinct filters that match nothing, so that each entry wakes all of them for no answer."""
    cursor = await _newest(attacker)

    async def client() -> None:
        parameters = query(next(attacker.narrow), cursor, wait="30")
        await attacker.exchange(get(f"/v1/live?{parameters}", "application/json"))

    await attacker.crowd(client)


async def poll_visits(attacker: Attacker) -> None:
    """Long polls with a good cursor and distinct filters, whose client hangs up after a moment."""
    cursor = await _newest(attacker)

    async def client() -> None:
        _reader, writer = await attacker.connect()
        writer.write(get(f"/v1/live?{query(next(attacker.narrow), cursor, wait='30')}", "application/json"))
        await asyncio.sleep(0.02)
        writer.transport.abort()
        attacker.answers["visits"] += 1

    await attacker.crowd(client)


async def wrong_questions(attacker: Attacker) -> None:
    """Joins and pages with a hundred unknown names, each of which the answer names."""
    ways = itertools.cycle(range(4))
    numbers = itertools.count()

    def request() -> bytes:
        parameters = "&".join(f"place=n{next(numbers)}" for _ in range(99))
        transport = next(ways)
        if transport == 0:
            return websocket(f"/v1/live?{parameters}")
        target, accept = (
            ("/v1/items", "*/*") if transport == 1 else ("/v1/live", "text/event-stream" if transport == 2 else "*/*")
        )
        return get(f"{target}?{parameters}", accept)

    await attacker.repeat(request, attacker.count)


async def long_filters(attacker: Attacker) -> None:
    """Joins and pages whose filter has a hundred values."""
    ways = itertools.cycle(range(3))

    def request() -> bytes:
        parameters = query(next(attacker.wide)) + "&role=document" * 80
        transport = next(ways)
        if transport == 0:
            return websocket(f"/v1/live?{parameters}&backlog=100")
        return (
            get(f"/v1/items?{parameters}&limit=100")
            if transport == 1
            else get(f"/v1/live?{parameters}", "text/event-stream")
        )

    await attacker.repeat(request, attacker.count)


async def huge_heads(attacker: Attacker) -> None:
    """Heads as long as they may be: lists of what is accepted, of tags, languages and forwarding proxies, cookies."""
    long = {
        "Accept": ",".join(f"text/x{number};q=0.{number % 10}" for number in range(800)),
        "Accept-Language": ",".join(f"x{number};q=0.{number % 10}" for number in range(1_000)),
        "Accept-Encoding": ",".join(f"g{number};q=0.{number % 10}" for number in range(1_000)),
        "If-None-Match": ",".join(f'W/"{number:024d}"' for number in range(450)),
        "Cookie": "a=" + "b" * 15_000,
        "X-Forwarded-For": ",".join(["127.0.0.1"] * 1_500),
        "Forwarded": ",".join(["for=127.0.0.1"] * 1_000),
        "Sec-WebSocket-Extensions": ",".join(["permessage-deflate; client_max_window_bits=9"] * 330),
    }
    targets = ("/", "/embed", "/v1/items?limit=100", "/v1/live?backlog=100", "/widget/v1.js", "/oembed?url=http://t/")
    requests = itertools.cycle(
        request.removesuffix(b"\r\n") + f"{name}: {value}\r\n\r\n".encode()
        for name, value in long.items()
        for request in (*map(get, targets), websocket("/v1/live"), get("/v1/live", "text/event-stream"))
    )
    await attacker.repeat(lambda: next(requests), attacker.count)


async def packed_requests(attacker: Attacker) -> None:
    """A thousand requests in one write, again and again."""
    targets = itertools.cycle(("/health/live", "/v1/items?limit=100", "/nothing", "/v1/live", "/metrics"))
    await attacker.repeat(lambda: get(next(targets)) * 1_000, attacker.count)


async def dripping_requests(attacker: Attacker) -> None:
    """`count` connections that send a byte of a request each second."""
    request = websocket("/v1/live")

    async def client() -> None:
        _reader, writer = await attacker.connect()
        try:
            for letter in request:
                writer.write(bytes((letter,)))
                await writer.drain()
                await asyncio.sleep(1)
                if not attacker.active():
                    break
        finally:
            writer.transport.abort()

    await attacker.crowd(client)


async def knocks(attacker: Attacker) -> None:
    """Connections that end at once, and garbage of other protocols."""
    first_bytes = itertools.cycle(
        (b"", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", os.urandom(16_000), b"\x16\x03\x01\x02" * 4_000)
    )

    async def client() -> None:
        _reader, writer = await attacker.connect()
        writer.write(next(first_bytes))
        await asyncio.sleep(0)
        writer.transport.abort()
        attacker.answers["visits"] += 1

    await attacker.crowd(client)


async def _newest(attacker: Attacker) -> str:
    """The cursor of the newest entry."""
    reader, writer = await attacker.connect()
    writer.write(get("/v1/live?backlog=0"))
    text = await reader.readuntil(b'"complete"')
    writer.transport.abort()
    return text.rpartition(b'"cursor":"')[2].partition(b'"')[0].decode()


KINDS: Final[dict[str, Callable[[Attacker], Coroutine[None, None, None]]]] = {
    kind.__name__: kind
    for kind in (
        subscribe_flood,
        subscribe_one_by_one,
        subscribe_politely,
        join_flood,
        deflate_flood,
        snapshot_flood,
        page_flood,
        poll_flood,
        unread_json,
        unread_live,
        unread_pages,
        unread_snapshots,
        many_filters,
        frame_flood,
        handshake_flood,
        short_visits,
        odd_requests,
        packed_frames,
        waiting_polls,
        poll_visits,
        wrong_questions,
        long_filters,
        huge_heads,
        packed_requests,
        dripping_requests,
        knocks,
    )
}


def main(kind: str, port: str, seconds: str, count: str, cursor: str) -> None:
    """Runs one kind and prints what it was answered."""
    attacker = Attacker(int(port), float(seconds), cursor, int(count))
    asyncio.run(KINDS[kind](attacker))
    sys.stdout.write(json.dumps(attacker.answers))
    sys.stdout.flush()
    # What is parked ends with the process.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
