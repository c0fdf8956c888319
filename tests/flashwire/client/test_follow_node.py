"""`follow` on a real node: what a program sees through withdrawals, restarts and lost cursors."""

import asyncio
import sys
from pathlib import Path

import pytest

from flashwire.client import FileCursorStore, Gap, ItemEvent, RemovedItem, Replay, Snapshot, Subscription, follow
from tests.support.serving import Serving, serving
from ticker.contract.item import Item, Text

pytestmark = pytest.mark.anyio

PROGRAM = """
import asyncio, sys
from flashwire.client import FileCursorStore, follow

async def main() -> None:
    async with follow(sys.argv[1], cursors=FileCursorStore(sys.argv[2])) as events:
        async for event in events:
            for item in event.items:
                print(item.uri, flush=True)
                sys.stdin.readline()

asyncio.run(main())
"""


async def read(url: str, store: Path, count: int) -> list[str]:
    """The headlines of the next `count` items, read by one run of a program."""
    headlines: list[str] = []
    async with asyncio.timeout(20), follow(url, cursors=FileCursorStore(store)) as events:
        async for event in events:
            headlines += [item.headline.value for item in event.items if isinstance(item, Item)]
            if len(headlines) >= count:
                break
    return headlines


async def test_a_program_that_restarts_misses_nothing_and_meets_nothing_twice(
    redis_url: str, brand: str, tmp_path: Path
) -> None:
    store = tmp_path / "cursor"
    async with serving(redis_url, brand) as node:
        await node.publish("one")
        assert await read(node.url, store, 1) == ["one"]
        await node.publish("two")
        await node.publish("three")
        assert await read(node.url, store, 2) == ["two", "three"]
        reading = asyncio.create_task(read(node.url, store, 1))
        await asyncio.sleep(0)
        await node.publish("four")
        assert await reading == ["four"]


async def test_a_program_that_is_killed_misses_nothing(redis_url: str, brand: str, tmp_path: Path) -> None:
    store = tmp_path / "cursor"

    async def handled_until(node: Serving, uri: str) -> list[str]:
        """The items that a program handles; it is killed while it handles `uri`."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, node.url, str(store), stdin=pipe, stdout=pipe
        )
        assert process.stdin is not None and process.stdout is not None
        uris: list[str] = []
        try:
            async with asyncio.timeout(30):
                while line := (await process.stdout.readline()).decode().strip():
                    uris.append(line)
                    if line == uri:
                        break
                    process.stdin.write(b"go on\n")
            return uris
        finally:
            process.kill()
            await process.communicate()

    async with serving(redis_url, brand) as node:
        await node.publish("handled")
        await read(node.url, store, 1)
        uris: list[str] = []
        for number in range(3):
            uris.append((await node.publish(f"line {number}")).uri)
            # The event of an earlier program, which was killed in the middle of it, comes again as a whole.
            assert await handled_until(node, uris[-1]) == uris


async def test_a_withdrawal_arrives_live_with_its_text_and_in_a_replay_without(redis_url: str, brand: str) -> None:
    async with serving(redis_url, brand) as node:
        line = await node.publish("Wards open")
        async with asyncio.timeout(20), follow(node.url) as events:
            async for event in events:
                if isinstance(event, Snapshot):
                    cursor = event.cursor
                    await node.act(line, "withdraw", note=Text("Wrong.", "en", "ltr"))
                if isinstance(event, ItemEvent):
                    assert isinstance(event.item, Item) and event.item.pub_status == "canceled"
                    break
        async with asyncio.timeout(20), Subscription(node.url, [("cursor", cursor)]) as events:
            async for event in events:
                if isinstance(event, Replay):
                    break
    [removed] = event.items
    assert isinstance(removed, RemovedItem) and removed.uri == line.uri and removed.pub_status == "canceled"


@pytest.mark.parametrize("content", ["", "e.1", "\xff\x00", "other.7.0123456789"])
async def test_a_cursor_that_is_lost_is_announced_as_a_gap(
    redis_url: str, brand: str, tmp_path: Path, content: str
) -> None:
    store = tmp_path / "cursor"
    store.write_text(content, "latin-1")
    kinds = []
    async with serving(redis_url, brand) as node:
        await node.publish("one")
        async with asyncio.timeout(20), follow(node.url, cursors=FileCursorStore(store)) as events:
            async for event in events:
                kinds.append(type(event))
                if isinstance(event, Snapshot):
                    break
    assert Gap in kinds
