"""What is killed with -9 comes back: nothing acknowledged is lost or doubled, and clients see to themselves."""

import asyncio
import json
import os
import random
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx2
import pytest

from tests.acceptance.audience import Client, caught_up, listening, reached
from tests.acceptance.service import Editor, listener, make_token, readiness, running, server, start, stop
from tests.acceptance.truth import Entry, Parameters, belonging, folded, read_stream
from tests.support.commands import Running, runs
from tests.support.waiting import free_port

pytestmark = pytest.mark.anyio

Say = Callable[[str], None]
_ASKED: tuple[Parameters, ...] = ((), (("edition", "en"),), (("edition", "ar"),), (("urgency", "2"),))


def audience(url: str) -> list[Client]:
    return [
        Client(url, transport, parameters, chance=random.Random(number))
        for number, parameters in enumerate(_ASKED * 2)
        for transport in ("websocket", "sse")
    ]


class Press:
    """Editors who publish without a pause and repeat, with the same key, what was not acknowledged."""

    def __init__(self, editor: Editor) -> None:
        self.acknowledged: list[str] = []
        self.refused: list[httpx2.Response] = []
        self.slowest = 0.0
        self._editor = editor
        self._over = False

    async def run(self, hand: int) -> None:
        loop, number = asyncio.get_running_loop(), 0
        while not self._over:
            number += 1
            body = {
                "text": f"Civil Defence: Line {number} of hand {hand}, invented for a test",
                "edition": ("en", "ar", "es")[number % 3],
                "urgency": 1 + number % 4,
            }
            while True:
                started = loop.time()
                try:
                    answer = await self._editor.post(body, f"{hand}-{number}")
                except httpx2.TransportError:
                    await asyncio.sleep(0.05)
                    continue
                finally:
                    self.slowest = max(self.slowest, loop.time() - started)
                if answer.status_code == 201:
                    self.acknowledged.append(json.loads(answer.content)["item"]["uri"])
                    break
                self.refused.append(answer)
                await asyncio.sleep(0.05)

    async def goes_on(self, count: int) -> None:
        """Waits until so many more lines are acknowledged."""
        enough = len(self.acknowledged) + count
        await reached(lambda: len(self.acknowledged) >= enough, f"{count} more lines are acknowledged")

    def end(self) -> None:
        """Each hand finishes the line that it is at."""
        self._over = True


class Watch:
    """Asks both sides all the time whether they are ready, and keeps what changed."""

    def __init__(self, service: Running) -> None:
        self.seen: dict[str, list[tuple[bool, str]]] = {service.ticker: [], service.desk: []}

    async def run(self) -> None:
        while True:
            for address, seen in self.seen.items():
                ready, reason = await asyncio.to_thread(readiness, address)
                if not seen or seen[-1][0] != ready:
                    seen.append((ready, reason))

    def losses(self) -> list[list[str]]:
        """The words that came with each loss, a list for each side."""
        return [[reason for ready, reason in seen if not ready] for seen in self.seen.values()]


def check(clients: Sequence[Client], entries: list[Entry]) -> None:
    """Each client got its entries once and in order, no gap notice, and shows the newest version of each item."""
    for client in clients:
        expected = belonging(entries, client.parameters)
        assert client.marks() == [entry.mark for entry in expected], (client.transport_name, client.parameters)
        assert client.visible() == folded(entry.item for entry in expected)
        assert all(received.message.get("complete", True) for received in client.received)


async def _all_stale(clients: Sequence[Client], times: int) -> None:
    """Waits until everyone has seen the stream away so many times, and back."""
    await reached(lambda: all(client.stale().count(True) == times for client in clients), f"away, time {times}")
    await reached(lambda: not any(client.stale()[-1] for client in clients), "everyone sees that it is back")


async def _back(clients: Sequence[Client], connection: int) -> float:
    """Waits until everyone has come back, 10 s at most; returns how long it took."""
    return await reached(lambda: all(client.connections >= connection for client in clients), "all are back", 10)


async def test_a_server_killed_while_publishing_loses_nothing_and_clients_catch_up_without_coming_back(
    folder: Path, say: Say
) -> None:
    with running(folder, FLASHWIRE_HEARTBEAT_SECONDS="2") as service:
        clients, watch = audience(service.ticker), Watch(service)
        async with Editor(service.desk, make_token(folder, "press")) as editor, listening(clients):
            press = Press(editor)
            hands = [asyncio.create_task(press.run(hand)) for hand in range(4)]
            watching = asyncio.create_task(watch.run())
            for kill in (1, 2, 3):
                await press.goes_on(20)
                server(service).kill()
                await _all_stale(clients, kill)
            await press.goes_on(20)
            press.end()
            await asyncio.gather(*hands)
            entries = read_stream(service.data)
            await caught_up(clients, entries[-1].seq)
            watching.cancel()
        uris = [entry.item["uri"] for entry in entries]
        assert len(set(uris)) == len(uris), "no retry made a second item"
        assert sorted(press.acknowledged) == sorted(uris), "what was acknowledged is there, and nothing else"
        check(clients, entries)
        assert {client.connections for client in clients} == {1}, "no client had to reconnect"
        assert {answer.status_code for answer in press.refused} <= {503}
        assert all(answer.headers["retry-after"].isdigit() for answer in press.refused)
        assert press.slowest < 3
        for losses in watch.losses():
            assert all("ConnectionError" in reason or "server" in reason for reason in losses), losses
        assert "Traceback" not in service.errors()
        say(
            f"3 kills, {len(uris)} acknowledged and there, {len(press.refused)} answered 503, slowest answer"
            f" {press.slowest:.2f} s; ready lost {[len(losses) for losses in watch.losses()]} times (ticker, desk)"
        )


@pytest.mark.deep
async def test_clients_of_a_killed_node_resume_on_another(folder: Path, say: Say) -> None:
    with running(folder, FLASHWIRE_HEARTBEAT_SECONDS="2") as service:
        clients = audience(service.ticker)
        async with Editor(service.desk, make_token(folder, "press")) as editor, listening(clients):
            press = Press(editor)
            hands = [asyncio.create_task(press.run(hand)) for hand in range(2)]
            for kill in (1, 2):
                await press.goes_on(20)
                listener(service, service.ticker).kill()
                back = await _back(clients, kill + 1)
            press.end()
            await asyncio.gather(*hands)
            entries = read_stream(service.data)
            await caught_up(clients, entries[-1].seq)
        check(clients, entries)
        assert all(client.kinds() == ["snapshot"] + ["replay"] * (client.connections - 1) for client in clients)
        assert not press.refused, "the desk has nothing to do with it"
        say(f"all {len(clients)} back {back:.2f} s after the second kill; {len(entries)} entries")


@pytest.mark.deep
async def test_cursors_outlive_the_whole_service(folder: Path, say: Say) -> None:
    ports = ["--ticker-port", str(free_port()), "--desk-port", str(free_port())]
    service = start(folder, *ports, FLASHWIRE_HEARTBEAT_SECONDS="2")
    try:
        clients = audience(service.ticker)
        async with Editor(service.desk, make_token(folder, "press")) as editor, listening(clients):
            press = Press(editor)
            hands = [asyncio.create_task(press.run(hand)) for hand in range(2)]
            await press.goes_on(30)
            family = service.family()
            os.kill(service.process.pid, signal.SIGKILL)
            await reached(lambda: not any(runs(process) for process in family), "all of it is gone", 5)
            stop(service)
            service = await asyncio.to_thread(start, folder, *ports, FLASHWIRE_HEARTBEAT_SECONDS="2")
            back = await _back(clients, 2)
            await press.goes_on(10)
            press.end()
            await asyncio.gather(*hands)
            entries = read_stream(service.data)
            await caught_up(clients, entries[-1].seq)
        assert sorted(press.acknowledged) == sorted(entry.item["uri"] for entry in entries)
        check(clients, entries)
        assert all(client.kinds() == ["snapshot"] + ["replay"] * (client.connections - 1) for client in clients)
        assert "Traceback" not in service.errors()
        say(f"all {len(clients)} back {back:.2f} s after it was ready again; {len(entries)} entries, none lost")
    finally:
        stop(service)
