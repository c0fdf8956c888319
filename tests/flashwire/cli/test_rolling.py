"""SIGHUP replaces the nodes under their readers, who lose nothing; what several workers count is one figure."""

import asyncio
import os
import random
import signal
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.acceptance.audience import Client, caught_up, listening, reached
from tests.acceptance.service import Editor, make_token, readiness
from tests.support.commands import Running

pytestmark = pytest.mark.anyio

Start = Callable[..., Running]


def nodes(service: Running) -> set[int]:
    """The processes that serve the ticker's port, those that drain left out."""
    port = int(service.ticker.rpartition(":")[2])
    numbers = set()
    for process in service.family():
        try:
            listening_on = [c.laddr.port for c in process.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
        except psutil.Error:
            continue
        if port in listening_on:
            numbers.add(process.pid)
    return numbers


def figures(service: Running) -> dict[str, float]:
    """Every sample of one scrape, by name and labels."""
    with urllib.request.urlopen(f"{service.ticker}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def counters(samples: dict[str, float]) -> dict[str, float]:
    """What must never go down."""
    ends = ("_total[", "_bucket[", "_sum[", "_count[")
    return {name: value for name, value in samples.items() if any(end in name for end in ends)}


def decreased(earlier: dict[str, float], later: dict[str, float]) -> dict[str, tuple[float, float | None]]:
    return {
        name: (value, later.get(name))
        for name, value in counters(earlier).items()
        if later.get(name, -1.0) < value - 1e-9
    }


async def quiet(service: Running, since: int = 0) -> None:
    """Waits until the rolling restart is over."""
    await reached(lambda: service.errors().count("Rolling restart done") > since, "the restart is done", 40)


async def audience_of(editor: Editor) -> dict[str, Any]:
    """What the nodes have reported of their connections."""
    answer: dict[str, Any] = (await editor.http.get("/v1/audience")).json()
    return answer


async def reported(editor: Editor, **expected: int | dict[str, int]) -> None:
    """Waits until the audience is as `expected`."""
    for _ in range(200):
        audience = await audience_of(editor)
        if expected.items() <= audience.items():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{audience} instead of {expected}")


async def all_report(editor: Editor) -> None:
    """Waits until no node is silent about a new line; one that was killed and not replaced is, for five minutes."""
    item = await editor.publish("Civil Defence: A line that every node reports")
    for _ in range(200):
        [receipt] = (await editor.http.get(f"/v1/items/{item['uri']}/receipt")).json()["versions"]
        if receipt["nodes"] and receipt["silent"] == 0:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"silent nodes: {receipt}")


@asynccontextmanager
async def asking(service: Running) -> AsyncIterator[list[str]]:
    """Asks for readiness and for items all the time, on new and on open connections; what failed."""
    wrong: list[str] = []

    async def ask(connection: httpx2.AsyncClient) -> None:
        while True:
            ready, reason = await asyncio.to_thread(readiness, service.ticker)
            if not ready:
                wrong.append(reason)
            try:
                answer = await connection.get(f"{service.ticker}/v1/items")
            except httpx2.RemoteProtocolError:
                # The connection was closed just before its use: a client sends the request again (RFC 9110, 9.2.2).
                continue
            if answer.status_code != 200:
                wrong.append(answer.text)

    async with httpx2.AsyncClient(trust_env=False) as connection:
        task = asyncio.create_task(ask(connection))
        try:
            yield wrong
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.mark.deep
@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.slow), 2])
async def test_readers_lose_nothing_while_their_nodes_are_replaced(serving: Start, workers: int) -> None:
    service = serving("--workers", str(workers), "--drain-seconds", "0.4")
    token = make_token(service.folder, "desk")
    first_nodes = nodes(service)
    assert len(first_nodes) == workers
    clients = [
        Client(service.ticker, transport, chance=random.Random(number))
        for number in range(10)
        for transport in ("websocket", "sse")
    ]
    async with Editor(service.desk, token) as editor, listening(clients), asking(service) as wrong:
        published = 0

        async def publish(count: int) -> None:
            nonlocal published
            for _ in range(count):
                published += 1
                await editor.publish(f"Civil Defence: Line {published}, invented for a test")

        await publish(3)
        await reported(editor, nodes=workers, connections=len(clients))
        counted = figures(service)
        service.process.send_signal(signal.SIGHUP)
        while "Rolling restart done" not in service.errors():
            await publish(1)
            later = figures(service)
            assert not decreased(counted, later)
            counted = later
            await asyncio.sleep(0.02)
        await publish(3)
        await caught_up(clients, published)
        # The old nodes have said goodbye: none is missed, neither now nor for a later line.
        await reported(editor, nodes=workers, silent=0, connections=len(clients))
        await all_report(editor)
        published += 1
        await caught_up(clients, published)
    new_nodes = nodes(service)
    assert len(new_nodes) == workers and not new_nodes & first_nodes
    assert wrong == []
    for client in clients:
        assert [mark[1] for mark in client.marks()] == [1] * published and len(set(client.marks())) == published
        assert client.refusals == 0 and client.connections > 1
        assert client.kinds() == ["snapshot"] + ["replay"] * (client.connections - 1)
    assert figures(service)["flashwire_worker_restarts_total[('reason', 'rolled')]"] == workers
    assert figures(service)["flashwire_workers[]"] == workers
    assert "Traceback" not in service.errors()


@pytest.mark.deep
async def test_a_successor_that_does_not_start_leaves_the_old_nodes_and_says_why(serving: Start, folder: Path) -> None:
    site = folder / "site.toml"
    good = (Path(__file__).parents[3] / "ticker/contract/site.toml").read_text()
    site.write_text(good)
    settings = folder / ".env"
    settings.write_text("FLASHWIRE_HEARTBEAT_SECONDS=20\n")
    service = serving("--workers", "2", "--drain-seconds", "0", FLASHWIRE_SITE=str(site))
    first_nodes = nodes(service)
    site.write_text("editions = 7\n")
    service.process.send_signal(signal.SIGHUP)
    await reached(lambda: "the old one stays" in service.errors(), "it gives up")
    assert "The new ticker 1 ended (status 2)" in service.errors() and str(site) in service.errors()
    site.write_text(good)
    settings.write_text("FLASHWIRE_HEARTBEAT_SECOND=7\n")
    service.process.send_signal(signal.SIGHUP)
    await reached(lambda: service.errors().count("the old one stays") == 2, "it gives up again")
    assert "did you mean FLASHWIRE_HEARTBEAT_SECONDS?" in service.errors() and "Traceback" not in service.errors()
    assert nodes(service) == first_nodes
    assert readiness(service.ticker)[0]
    # The next try reads everything again: site file and .env, which also has settings of the desk.
    settings.write_text("FLASHWIRE_HEARTBEAT_SECONDS=7\nFLASHWIRE_LEDGER_DAYS=9\nFLASHWIRE_TOKEN=t\n")
    service.process.send_signal(signal.SIGHUP)
    await quiet(service)
    fresh = nodes(service)
    assert not fresh & first_nodes
    # The parent alone rolls: as from `pkill -HUP flashwire`, but for the parent.
    for pid in fresh:
        os.kill(pid, signal.SIGHUP)
    client = Client(service.ticker, "websocket")
    async with listening([client]):
        assert client.received[0].message["heartbeat"] == 7
    assert nodes(service) == fresh


async def test_one_scrape_counts_all_workers_and_never_less_than_the_one_before(serving: Start) -> None:
    service = serving("--workers", "2")
    token = make_token(service.folder, "desk")
    clients = [Client(service.ticker, "websocket", chance=random.Random(number)) for number in range(12)]
    connections = "flashwire_connections[('transport', 'websocket')]"
    joins = "flashwire_joins_total[('kind', 'snapshot'), ('transport', 'websocket')]"
    async with Editor(service.desk, token) as editor, listening(clients):
        await editor.publish("Civil Defence: Counted on both nodes")
        await caught_up(clients, 1)
        await reached(lambda: figures(service).get(connections) == 12, "all connections are counted")
        await reached(lambda: figures(service)["flashwire_deliveries_total[]"] == 12, "all deliveries are counted")
        counted = figures(service)
        assert counted[joins] == 12 and counted["flashwire_entries_total[]"] == 2
        assert counted["flashwire_backlog_entries[]"] == 1 and counted["flashwire_workers[]"] == 2
        await reported(editor, nodes=2, silent=0, connections=12, editions={"en": 12, "es": 12, "ar": 12})
        victim = min(nodes(service))
        os.kill(victim, signal.SIGKILL)
        restarts = "flashwire_worker_restarts_total[('reason', 'ended')]"

        def back() -> bool:
            nonlocal counted
            try:
                later = figures(service)
            except ConnectionError:
                # Who had just come to the killed worker is cut off.
                return False
            assert not decreased(counted, later)
            counted = later
            return later.get(restarts) == 1 and later.get(connections) == 12 and later["flashwire_workers[]"] == 2

        await reached(back, "it is back, and so are its clients")
        assert {client.kinds()[-1] for client in clients if client.connections > 1} == {"replay"}
        assert all(len(client.marks()) == 1 for client in clients)
        # Its successor has its place, so that it cannot be one that is only stalled, with all its readers.
        await reported(editor, nodes=2, silent=0, connections=12, editions={"en": 12, "es": 12, "ar": 12})
        await all_report(editor)
