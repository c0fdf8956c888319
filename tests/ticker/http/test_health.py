"""`/health/ready` and `/metrics`: the answers to local and remote callers, with one worker and with several."""

import asyncio
import gc
import os
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.typing import EventDict

from tests.support.serving import Serving, Start
from tests.support.serving import keyring as make_keyring
from tests.support.waiting import until_async as until
from ticker.server import make_server
from ticker.settings import TickerSettings
from ticker.shared.process.listen import bind
from ticker.shared.process.server_state import STATE_FILE
from ticker.workers.shared_state import DRAINING, READY, SharedState

pytestmark = pytest.mark.anyio
FAR = {"X-Forwarded-For": "192.0.2.7"}


async def test_the_streams_address_is_shown_only_to_the_same_machine(start: Start, tmp_path: Path) -> None:
    (tmp_path / STATE_FILE).write_text(
        '{"state":"away","reason":"The store in /srv/secret ended.","since":"","restarts":1}'
    )
    node = await start(ready=False, stream_url="unix:///nowhere/of/mine", data=tmp_path)
    await until(lambda: "nowhere" in str(node.node.lost), "it has tried")
    async with httpx2.AsyncClient(trust_env=False) as http:
        near, far = [
            (await http.get(f"{node.url}/health/ready", headers=headers)).json()["reasons"] for headers in ({}, FAR)
        ]
    assert "nowhere" in near[0] and "/srv/secret" in near[1]
    assert len(far) == 1 and far[0].startswith("stream away: ") and "nowhere" not in far[0], far


async def test_a_worker_is_ready_once_all_have_been_and_stays_ready_without_another(redis_url: str, brand: str) -> None:
    shared = SharedState.create(2)
    slot, other = shared.acquire(), shared.acquire()
    settings = TickerSettings(redis_url=redis_url, brand=brand, drain_seconds=0.0)
    server = make_server(settings, make_keyring(brand), slot=slot)
    [sock] = bind("127.0.0.1", 0, 1, "--port")
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    async with httpx2.AsyncClient(trust_env=False) as http:
        task = asyncio.create_task(server._serve([sock]))
        try:
            await until(lambda: slot.state == READY, "it is ready itself")
            assert slot.last_seen > 0
            answer = await http.get(f"{url}/health/ready")
            assert answer.status_code == 503 and answer.json()["reasons"] == ["other workers are starting"]
            assert answer.json()["workers"] == {"ready": 1, "wanted": 2}
            other.state = READY
            shared.mark_started()
            assert (await http.get(f"{url}/health/ready")).json()["workers"] == {"ready": 2, "wanted": 2}
            shared.release(other)
            answer = await http.get(f"{url}/health/ready")
            assert answer.status_code == 200 and answer.json()["workers"] == {"ready": 1, "wanted": 2}
            families = {
                family.name: family
                for family in text_string_to_metric_families((await http.get(f"{url}/metrics")).text)
            }
            assert [sample.value for sample in families["flashwire_workers"].samples] == [1]
        finally:
            server.should_exit = True
            await task
    assert slot.state in (READY, DRAINING)
    os.close(shared.descriptor)


async def test_a_reader_that_ends_is_reported_and_restarted(
    start: Start, monkeypatch: pytest.MonkeyPatch, log_lines: list[EventDict]
) -> None:
    node = await start()
    closed = asyncio.Event()

    def broken() -> None:
        closed.set()
        raise asyncio.CancelledError

    monkeypatch.setattr(node.node, "position", broken)
    monkeypatch.setattr(node.node, "confirm", broken)
    async with httpx2.AsyncClient(trust_env=False) as http:
        await until(closed.is_set, "the reader ended")
        await until(lambda: node.node.stale, "the node knows")
        reasons = (await http.get(f"{node.url}/health/ready")).json()["reasons"]
        assert any("the task “reader” ended" in reason for reason in reasons), reasons
        monkeypatch.undo()
        await until(lambda: not node.node.stale, "another reader follows the stream")
        await until(lambda: node.node.tasks.reason is None, "it is ready again")
    assert node.count("flashwire_task_restarts_total", task="reader") >= 1
    assert {line["event"] for line in log_lines if line.get("exc_info")} == {"task ended; starting it again"}
    log_lines.clear()


async def test_the_event_loops_delay_and_collection_pauses_are_counted(node: Serving) -> None:
    # An automatic collection in between would be counted too.
    gc.disable()
    try:
        previous = node.count("flashwire_gc_pause_seconds_count")
        gc.collect()
        assert node.count("flashwire_gc_pause_seconds_count") == previous + 1
    finally:
        gc.enable()
    await until(lambda: node.count("flashwire_loop_delay_seconds_count") > 1, "the delay of its pulse is measured")


async def test_hidden_items_are_counted_for_all_and_listed_on_this_machine(start: Start) -> None:
    node = await start()
    node.node.backlog.hidden = {f"urn:flashwire:{number:02}" for number in range(30)}
    async with httpx2.AsyncClient(trust_env=False) as http:
        near, far = [(await http.get(f"{node.url}/health/ready", headers=headers)).json() for headers in ({}, FAR)]
    assert near["hidden"] == far["hidden"] == 30 and "hiddenItems" not in far
    assert near["hiddenItems"] == [f"urn:flashwire:{number:02}" for number in range(20)]
