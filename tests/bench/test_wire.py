"""The client that counts bytes: against servers that say known things, and what the scenario makes of its counts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

from ticker.bench.contender import ContenderError, Target
from ticker.bench.scenarios import wire as scenario
from ticker.bench.wire import Wire
from ticker.contract.item import decode_item

TEXT = "a line of news, " * 40

Served = tuple[Target, asyncio.Semaphore]


@asynccontextmanager
async def server(deflate: ServerPerMessageDeflateFactory | None = None) -> AsyncIterator[Served]:
    """Says "joined" after a client's hello, then what is `TEXT` and a mark, the next when `heard` is told."""

    heard = asyncio.Semaphore(0)

    async def handle(client: ServerConnection) -> None:
        await client.recv()
        await client.send("joined")
        for number in range(3):
            await client.send(f"{TEXT} mark-{number}")
            await asyncio.wait_for(heard.acquire(), 20)

    async with serve(handle, "127.0.0.1", 0, compression=None, extensions=[deflate] if deflate else None) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        yield Target(ports=(port,), path="/", processes=(), hello=(b"hello",), joined=b"mark-0"), heard


async def counts(served: Served, *, deflate: bool) -> list[int]:
    target, heard = served
    wire, joined = await Wire.join(target, deflate=deflate)
    try:
        assert joined.text.startswith(b"joined\n")
        said = []
        for number in (1, 2):
            # Two messages that come together would be counted as one.
            heard.release()
            said.append(await wire.next(b"mark-%d" % number))
        assert all(one.text == f"{TEXT} mark-{number}\n".encode() for number, one in enumerate(said, 1))
        return [joined.sent, *(one.received for one in said)]
    finally:
        heard.release()
        await wire.close()


def test_a_frame_s_head_is_counted_with_what_it_carries() -> None:
    async def main() -> None:
        async with server() as served:
            sent, first, second = await counts(served, deflate=False)
        assert first == second == 4 + len(f"{TEXT} mark-1")
        # The request, and the hello with its head and mask.
        assert 150 < sent < 250

    asyncio.run(main())


def test_what_is_compressed_is_counted_as_it_comes_and_read_whether_context_is_kept_or_not() -> None:
    async def main() -> None:
        async with server(ServerPerMessageDeflateFactory(server_no_context_takeover=True)) as served:
            anew = await counts(served, deflate=True)
        async with server(ServerPerMessageDeflateFactory()) as served:
            kept = await counts(served, deflate=True)
        assert kept[2] < anew[2] < len(TEXT) / 4

    asyncio.run(main())


def test_who_does_not_agree_to_compress_is_not_counted_as_if_it_did() -> None:
    async def main() -> None:
        async with server() as (target, _):
            with pytest.raises(ContenderError, match="does not agree"):
                await Wire.join(target, deflate=True)

    asyncio.run(main())


def test_the_items_are_unlike_each_other_and_of_one_size_or_nearly() -> None:
    items = [scenario.item(number) for number in range(100, 140)]
    headlines = {decode_item(item).headline.value.rsplit(" ", 1)[0] for item in items}
    assert len(headlines) == len(items)
    assert max(map(len, items)) - min(map(len, items)) < 60


def counted(item: int, join: int) -> scenario.Bytes:
    return scenario.Bytes(sent=100, joined=join, items=[item], alone=[500], said=[555])


@pytest.mark.parametrize(
    ("found", "reached", "says"),
    [
        ({"socketio": counted(645, 370)}, None, "Centrifugo"),
        ({"socketio": counted(645, 300)}, False, "Socket.IO has fewer for a join"),
        ({"socketio": counted(645, 370), "socketio-kept": counted(70, 600)}, False, "KB of zlib"),
        ({}, None, "Centrifugo"),
    ],
)
def test_the_row_says_who_has_fewer(found: dict[str, scenario.Bytes], reached: bool | None, says: str) -> None:
    ours = {"flashwire": counted(634, 350), "deflated": counted(361, 500)}
    wire, widget = scenario._rows({**ours, **found}, {"Flashwire": 8_000, "other": 20_000})
    assert (wire.reached, widget.reached) == (reached, True)
    assert says in wire.why and "other 20,000 B" in widget.beside
    assert scenario._rows(ours, {"Flashwire": scenario.BUDGET + 1})[1].reached is False
