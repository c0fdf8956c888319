"""The client for programs without an event loop, on a real node."""

import asyncio
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from flashwire.client import FileCursorStore, Item, ItemEvent, Reconnecting, Snapshot, SubscriptionRefusedError
from flashwire.client.blocking import follow
from tests.support.serving import Serving, serving
from tests.support.waiting import until_async

pytestmark = pytest.mark.anyio

PROGRAM = """
import sys
from flashwire.client import FileCursorStore
from flashwire.client.blocking import follow

with follow(sys.argv[1], cursors=FileCursorStore(sys.argv[2])) as events:
    for event in events:
        for item in event.items:
            print(item.headline.value, flush=True)
"""


def read(node: Serving, store: Path, count: int) -> list[str]:
    """The headlines of the next `count` items, read by one run of a program."""
    headlines: list[str] = []
    with follow(node.url, edition="en", cursors=FileCursorStore(store)) as events:
        for event in events:
            headlines += [item.headline.value for item in event.items if isinstance(item, Item)]
            if len(headlines) >= count:
                break
    return headlines


async def test_a_program_without_a_loop_resumes_where_its_last_run_stopped(
    redis_url: str, brand: str, tmp_path: Path
) -> None:
    store = tmp_path / "cursor"
    async with serving(redis_url, brand) as node:
        await node.publish("one")
        assert await asyncio.to_thread(read, node, store, 1) == ["one"]
        await node.publish("two")
        await node.publish("three")
        assert await asyncio.to_thread(read, node, store, 2) == ["two", "three"]


async def test_a_slow_program_stays_connected_because_the_thread_answers_pings(redis_url: str, brand: str) -> None:
    kinds = []

    def handle_slowly(url: str) -> None:
        with follow(url) as events:
            for event in events:
                kinds.append(type(event))
                if isinstance(event, Snapshot):
                    # The node closes a client without a pong after 2.25 heartbeats.
                    time.sleep(1.5)
                if isinstance(event, ItemEvent):
                    break

    async with serving(redis_url, brand, heartbeat_seconds=0.3) as node:
        program = asyncio.create_task(asyncio.to_thread(handle_slowly, node.url))
        await until_async(lambda: Snapshot in kinds, "the snapshot")
        await asyncio.sleep(1.2)
        await node.publish("after")
        await program
    assert Reconnecting not in kinds and ItemEvent in kinds


async def test_close_from_another_thread_ends_the_iteration_and_the_thread(redis_url: str, brand: str) -> None:
    def end_soon(url: str) -> int:
        count = 0
        with follow(url) as events:
            for event in events:
                count += 1
                if isinstance(event, Snapshot):
                    threading.Timer(0.1, events.close).start()
            assert next(events, None) is None
        return count

    async with serving(redis_url, brand) as node:
        assert await asyncio.to_thread(end_soon, node.url) >= 2
    assert not [thread for thread in threading.enumerate() if thread.name == "flashwire-follow"]


async def test_an_interrupt_ends_a_program_that_waits(redis_url: str, brand: str, tmp_path: Path) -> None:
    async with serving(redis_url, brand) as node:
        await node.publish("one")
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, node.url, str(tmp_path / "cursor"), stdout=pipe, stderr=pipe
        )
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), 20) == b"one\n"
        process.send_signal(signal.SIGINT)
        _, errors = await asyncio.wait_for(process.communicate(), 10)
    assert errors.rstrip().endswith(b"KeyboardInterrupt") and b"RuntimeError" not in errors


async def test_a_refusal_for_good_is_raised_in_the_program(redis_url: str, brand: str) -> None:
    def be_refused(url: str) -> None:
        with follow(url, edition="nowhere") as events:
            for _ in events:
                pass

    async with serving(redis_url, brand) as node:
        with pytest.raises(SubscriptionRefusedError, match="edition"):
            await asyncio.to_thread(be_refused, node.url)
