"""A server that does not answer, and one that lost its data: both are reported to clients."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.audience import Client, caught_up, listening, reached
from tests.acceptance.service import Editor, make_token, readiness, running, server
from tests.acceptance.truth import read_mark, read_stream, store
from tests.support.commands import Running

pytestmark = pytest.mark.anyio

Say = Callable[[str], None]
_HEARTBEAT = 2.0


async def _frozen(service: Running, seconds: float, say: Say) -> None:
    clients = [Client(service.ticker, transport) for transport in ("websocket", "sse")]
    async with Editor(service.desk, make_token(service.folder, "press")) as editor, listening(clients):
        await editor.publish("Civil Defence: Before")
        frozen = server(service)
        frozen_at = time.monotonic()
        frozen.suspend()
        try:
            answer = await editor.post({"text": "Civil Defence: Meanwhile", "edition": "en"}, "meanwhile")
            answer_seconds = time.monotonic() - frozen_at
            assert answer.status_code == 503 and answer.headers["retry-after"].isdigit()
            assert answer.json()["detail"].endswith(".")
            assert answer_seconds < 3
            await reached(lambda: all(client.stale()[-1] for client in clients), "every client gets stale", 8)
            stale_seconds = time.monotonic() - frozen_at
            assert stale_seconds < 2 * _HEARTBEAT + 0.5, "within two heartbeats, and a little for a busy machine"
            sides = (service.ticker, service.desk)
            await reached(lambda: not any(readiness(side)[0] for side in sides), "neither side is ready", 5)
            assert time.monotonic() - frozen_at < 5.5, "within 5 s, and the time to ask"
            ticker, desk = (json.loads(readiness(side)[1]) for side in sides)
            assert ticker["ready"] is False and re.search("Timeout|no answer", ticker["reasons"][0]), ticker
            assert desk["ready"] is False and "Timeout" in desk["reasons"][0], desk
            # What is held is still served, and says how it is.
            late = Client(service.ticker, "websocket")
            async with listening([late]):
                assert [item["headline"]["value"] for item in late.items()] == ["Before"]
                assert late.stale() == [True]
            await reached(lambda: time.monotonic() - frozen_at > seconds, "it is frozen for long", seconds + 5)
        finally:
            frozen.resume()
        again = await reached(lambda: not any(client.stale()[-1] for client in clients), "every client gets live", 8)
        repeated = await editor.post({"text": "Civil Defence: Meanwhile", "edition": "en"}, "meanwhile")
        assert repeated.status_code == 201
        await editor.publish("Civil Defence: After")
        entries = read_stream(service.data)
        await caught_up(clients, entries[-1].seq)
        await reached(lambda: all(readiness(side)[0] for side in (service.ticker, service.desk)), "both are ready", 8)
    assert [entry.item["headline"]["value"] for entry in entries] == ["Before", "Meanwhile", "After"]
    for client in clients:
        assert client.marks() == [entry.mark for entry in entries]
        assert client.connections == 1 and client.stale() == [False, True, False]
    assert server(service).pid == frozen.pid, "a server that waits is not killed for it"
    assert "Traceback" not in service.errors()
    say(f"503 after {answer_seconds:.2f} s, stale after {stale_seconds:.2f} s, live again {again:.2f} s after it woke")


@pytest.mark.alone
async def test_a_frozen_server_is_reported_and_clients_catch_up_afterwards(folder: Path, say: Say) -> None:
    with running(folder, FLASHWIRE_HEARTBEAT_SECONDS=str(_HEARTBEAT)) as service:
        await _frozen(service, 5, say)


@pytest.mark.slow
async def test_clients_catch_up_after_a_server_was_frozen_for_ten_seconds(folder: Path, say: Say) -> None:
    with running(folder, FLASHWIRE_HEARTBEAT_SECONDS=str(_HEARTBEAT)) as service:
        await _frozen(service, 10, say)


async def test_a_wiped_stream_gives_a_new_list_marked_incomplete(folder: Path) -> None:
    with running(folder, FLASHWIRE_HEARTBEAT_SECONDS="1") as service:
        clients = [Client(service.ticker, transport) for transport in ("websocket", "sse")]
        async with Editor(service.desk, make_token(folder, "press")) as editor, listening(clients):
            for number in range(5):
                await editor.publish(f"Civil Defence: Before {number}")
            await caught_up(clients, 5)
            old = clients[0].cursor
            with store(service.data) as redis:
                redis.flushall()
            await reached(
                lambda: all(client.last_snapshot()["complete"] is False for client in clients),
                "every client gets an incomplete snapshot",
                10,
            )
            assert [client.last_snapshot()["items"] for client in clients] == [[], []]
            item = await editor.publish("Civil Defence: After")
            await reached(lambda: all(item in client.items() for client in clients), "the new stream is live")
            returned = await editor.http.get(f"{service.ticker}/v1/live", params={"cursor": old})
        [entry] = read_stream(service.data)
        answer = json.loads(returned.content)
        assert (answer["type"], answer["complete"], answer["items"]) == ("snapshot", False, [entry.item])
        for client in clients:
            assert client.visible() == {item["uri"]: item}
            assert client.connections == 1
        assert read_mark(service.data).entries == 1
        assert "Traceback" not in service.errors()
