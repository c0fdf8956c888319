"""The byte-counting client against servers with known messages, and the rows that the scenario `wire` makes."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

from bench import wire_subscriptions
from bench.contender import ContenderError, Target
from bench.contenders import centrifugo
from bench.contenders.centrifugo import Centrifugo
from bench.scenario import OURS, Run
from bench.scenarios import wire as scenario
from bench.weights import BUDGET
from bench.wire import Counted, Wire
from ticker.contract.item import decode_item

CORE = max(os.sched_getaffinity(0))
TEXT = "a line of news, " * 40

Served = tuple[Target, asyncio.Semaphore]


@asynccontextmanager
async def server(deflate: ServerPerMessageDeflateFactory | None = None) -> AsyncIterator[Served]:
    """Sends "joined" after a client's hello, then `TEXT` with a mark, one message for each release of `received`."""

    received = asyncio.Semaphore(0)

    async def handle(client: ServerConnection) -> None:
        await client.recv()
        await client.send("joined")
        for number in range(3):
            await client.send(f"{TEXT} mark-{number}")
            await asyncio.wait_for(received.acquire(), 20)

    async with serve(handle, "127.0.0.1", 0, compression=None, extensions=[deflate] if deflate else None) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        yield Target(ports=(port,), path="/", processes=(), hello=(b"hello",), joined=b"mark-0"), received


async def counts(served: Served, *, deflate: bool) -> list[int]:
    target, received = served
    wire, joined = await Wire.join(target, deflate=deflate)
    try:
        assert joined.text.startswith(b"joined\n")
        messages = []
        for number in (1, 2):
            # Messages that arrive together would be counted as one.
            received.release()
            messages.append(await wire.next(b"mark-%d" % number))
        assert all(message.text == f"{TEXT} mark-{number}\n".encode() for number, message in enumerate(messages, 1))
        return [joined.sent, *(message.received for message in messages)]
    finally:
        received.release()
        await wire.close()


def test_frame_headers_are_counted() -> None:
    async def main() -> None:
        async with server() as served:
            sent, first, second = await counts(served, deflate=False)
        assert first == second == 4 + len(f"{TEXT} mark-1")
        # The request, and the hello with its frame header and mask.
        assert 150 < sent < 250

    asyncio.run(main())


def test_compressed_bytes_are_counted_with_and_without_context_takeover() -> None:
    async def main() -> None:
        async with server(ServerPerMessageDeflateFactory(server_no_context_takeover=True)) as served:
            anew = await counts(served, deflate=True)
        async with server(ServerPerMessageDeflateFactory()) as served:
            with_context = await counts(served, deflate=True)
        assert with_context[2] < anew[2] < len(TEXT) / 4

    asyncio.run(main())


def test_a_server_that_refuses_deflate_is_not_counted_as_deflated() -> None:
    async def main() -> None:
        async with server() as (target, _):
            with pytest.raises(ContenderError, match="does not accept permessage-deflate"):
                await Wire.join(target, deflate=True)

    asyncio.run(main())


def test_items_differ_and_have_nearly_one_size() -> None:
    items = [scenario.item(number) for number in range(100, 140)]
    headlines = {decode_item(item).headline.value.rsplit(" ", 1)[0] for item in items}
    assert len(headlines) == len(items)
    assert max(map(len, items)) - min(map(len, items)) < 60


def counted(item: int, join: int) -> scenario.Bytes:
    return scenario.Bytes(sent=100, joined=join, items=[item], alone=[500], payloads=[555])


SOCKET_IO = {name: counted(645, 900) for name in ("socketio", "socketio-anew", "socketio-kept")}
CENTRIFUGO = {name: counted(645, 900) for name in wire_subscriptions.rivals() if name.startswith("centrifugo")}


@pytest.mark.parametrize(
    ("results", "reached", "says"),
    [
        ({**SOCKET_IO, **CENTRIFUGO}, True, ""),
        (SOCKET_IO, None, "Centrifugo was not measured"),
        (CENTRIFUGO, None, "Socket.IO was not measured"),
        ({**CENTRIFUGO, "socketio": counted(645, 370)}, None, "Socket.IO was not measured with all subscriptions"),
        ({}, None, "Socket.IO was not measured; Centrifugo was not measured"),
        ({"socketio": counted(645, 300)}, False, "Socket.IO has fewer for a join; Socket.IO was not measured with all"),
        ({"socketio-kept": counted(70, 600)}, False, "KB of zlib"),
        ({**SOCKET_IO, **CENTRIFUGO, "centrifugo": counted(634, 900)}, False, "Centrifugo has as few for an item"),
        ({**SOCKET_IO, **CENTRIFUGO, "centrifugo": counted(632, 900)}, False, "offset is a number alone"),
        ({**SOCKET_IO, **CENTRIFUGO, "centrifugo-list": counted(0, 700)}, False, "a list of 10 on joining has fewer"),
        (
            {**SOCKET_IO, **CENTRIFUGO, "centrifugo-delta-deflated": counted(90, 900)},
            False,
            "deflate, one way, deltas has fewer for an item; Centrifugo's offset",
        ),
    ],
)
def test_the_row_names_contenders_with_fewer_bytes(
    results: dict[str, scenario.Bytes], reached: bool | None, says: str
) -> None:
    lists = {"list": counted(0, 750), "list-deflated": counted(0, 750)}
    ours = {"flashwire": counted(634, 350), "deflated": counted(361, 500), **lists}
    wire, widget = scenario._rows({**ours, **results}, {"Flashwire": 8_000, "other": 20_000})
    assert (wire.reached, widget.reached) == (reached, True)
    assert says in wire.why and "other 20,000 B" in widget.yardsticks
    assert bool(wire.why) is (reached is not True)
    assert scenario._rows(ours, {"Flashwire": BUDGET + 1})[1].reached is False


def test_a_missing_centrifugo_is_reported_with_its_install_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(centrifugo, "FOLDER", Path("build/nothing-here"))
    monkeypatch.setattr(centrifugo, "find_program", lambda name: None)
    assert "go install github.com/centrifugal/centrifugo/v6@v6.9.1" in (Centrifugo().absent() or "")
    run = Run(quick=True, repeats=1, server_core=CORE, client_core=CORE, contenders={OURS: Centrifugo})
    assert not [name for name in wire_subscriptions.subscriptions(run) if name.startswith("centrifugo")]

    async def main() -> None:
        with pytest.raises(ContenderError, match="go install"):
            await Centrifugo().start(CORE)

    asyncio.run(main())


async def received_by(kind: centrifugo.Kind, *, deflate: bool = False) -> tuple[list[bytes], Counted, list[Counted]]:
    """Returns three published items, the bytes of a join after the first twelve, and the message of each item."""
    contender = Centrifugo(kind)
    if (reason := contender.absent()) is not None:
        pytest.skip(reason)
    assert any(letter.isdigit() for letter in contender.version())
    try:
        target = await contender.start(CORE)
        await contender.publish([scenario.item(number) for number in range(12)])
        wire, joined = await Wire.join(target, deflate=deflate)
        try:
            items, messages = [scenario.item(number) for number in range(100, 103)], []
            for index, item in enumerate(items, 13):
                await contender.publish([item])
                messages.append(await wire.next(b'"offset":%d' % index))
        finally:
            await wire.close()
    finally:
        await contender.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(target.processes[0], 0)
    return items, joined, messages


@pytest.mark.parametrize(("kind", "envelope"), [("", 52), ("oneway", 43)])
def test_centrifugo_sends_the_item_unchanged_with_its_offset(kind: centrifugo.Kind, envelope: int) -> None:
    items, joined, messages = asyncio.run(received_by(kind))
    assert b'"epoch":"' in joined.text and b"bench-item" not in joined.text
    assert all(item in message.text for item, message in zip(items, messages, strict=True))
    # The head of a frame of this length is four bytes.
    assert [entry.received for entry in messages] == [len(item) + envelope + 4 for item in items]


def test_centrifugo_s_list_is_the_ten_newest_items_compressed_or_not() -> None:
    _, plain, _ = asyncio.run(received_by("list"))
    _, deflated, messages = asyncio.run(received_by("list", deflate=True))
    for joined in (plain, deflated):
        marks = re.findall(rb"bench-item-(\d+)", joined.text)
        assert [int(mark) for mark in marks] == list(range(11, 1, -1))
    assert deflated.received < plain.received / 3
    assert all(message.received < len(message.text) for message in messages)


def test_centrifugo_deltas_patch_the_item_before_to_the_same_item() -> None:
    items, _, messages = asyncio.run(received_by("delta"))
    data = [msgspec.json.decode(message.text)["pub"]["data"].encode() for message in messages]
    assert data[0] == items[0]
    assert patched(items[0], data[1]) == items[1] and patched(items[1], data[2]) == items[2]
    assert messages[1].received < len(items[1]) / 2


def patched(base: bytes, delta: bytes) -> bytes:
    """Applies a Fossil `delta` to `before`, ignoring the checksum."""
    digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"
    built, at = b"", delta.index(b"\n") + 1

    def number() -> int:
        nonlocal at
        value = 0
        while delta[at] in digits:
            value, at = value * 64 + digits.index(delta[at]), at + 1
        return value

    while True:
        count = number()
        sign, at = delta[at : at + 1], at + 1
        if sign == b"@":
            start = number()
            built, at = built + base[start : start + count], at + 1
        elif sign == b":":
            built, at = built + delta[at : at + count], at + count
        else:
            assert sign == b";"
            return built
