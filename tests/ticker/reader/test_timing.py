"""A server that stops answering at the worst moment: one time limit passes before the node says so, and never two."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.items import item
from tests.support.waiting import until_async as until
from ticker.contract.entry import Keyring, seal
from ticker.contract.item import encode_item
from ticker.contract.site import load_site
from ticker.node.node import Node
from ticker.reader.reader import Reader
from ticker.settings import TickerSettings
from ticker.stream.redis_stream import Position, Record, StreamAwayError

pytestmark = pytest.mark.anyio

KEYRING = Keyring("k1", {"k1": b"k" * 32}, "news")


def entry(seq: int) -> Record:
    body = seal(encode_item(item(uri=f"urn:flashwire:{seq:026d}")), KEYRING)
    return (f"{seq}-0".encode(), {b"epoch": b"0123abcd", b"seq": str(seq).encode(), b"body": body})


class Freezing:
    """A stream of one server that answers, and from `freeze` on does not; each call then takes its whole time limit."""

    def __init__(self) -> None:
        self.frozen = False
        self.unanswered = 0
        self.waiting = asyncio.Event()
        self.new: list[Record] = []
        self.before_burst: Callable[[], None] = lambda: None

    async def _answer(self) -> None:
        if self.frozen:
            self.unanswered += 1
            raise StreamAwayError("TimeoutError")

    async def doubt(self) -> str | None:
        if self.frozen:
            self.unanswered += 1
            return "the primary cannot be confirmed"
        return None

    async def position(self) -> Position:
        await self._answer()
        return Position("0123abcd", 1, b"1-0")

    async def exists(self, entry_id: bytes) -> bool:
        await self._answer()
        return True

    async def records(self) -> list[Record]:
        return [entry(1)]

    async def last_canary(self) -> bytes:
        return b"0"

    async def ledger_lengths(self, uris: list[str]) -> list[int]:
        return [1 for _ in uris]

    async def ledger_ends(self, uris: list[str]) -> list[bytes]:
        return [b"" for _ in uris]

    async def follow(self, after: bytes, canary: bytes, *, block: float | None, count: int) -> tuple[list[Record], Any]:
        await self._answer()
        if block is None:
            self.before_burst()
            await self._answer()
            return [], []
        self.waiting.set()
        await asyncio.sleep(0.02)
        records, self.new = self.new, []
        return records, []


async def time_limits_until_report(stream: Freezing, freeze: Callable[[], None]) -> int:
    """How many calls took their whole time limit before the node said that it is stale."""
    node = Node(TickerSettings.model_construct(), load_site(None))
    steady = asyncio.get_running_loop().time
    reader = Reader(stream, KEYRING, node, steady=lambda: steady() * 100)  # type: ignore[arg-type]  # as far as asked
    calls_at_report: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    away = node.mark_stale

    def tell(reason: str) -> None:
        away(reason)
        if not calls_at_report.done():
            calls_at_report.set_result(stream.unanswered)

    node.mark_stale = tell  # type: ignore[method-assign]  # to see the moment
    task = asyncio.create_task(reader.run())
    async with asyncio.timeout(5):
        await stream.waiting.wait()
        freeze()
        await calls_at_report
    task.cancel()
    await asyncio.wait([task])
    assert node.stale
    return calls_at_report.result()


async def test_a_primary_in_doubt_is_reported_before_the_next_call() -> None:
    stream = Freezing()
    assert await time_limits_until_report(stream, lambda: setattr(stream, "frozen", True)) == 1


async def test_a_server_that_stops_within_a_burst_is_reported_and_read_entries_are_delivered() -> None:
    stream = Freezing()

    def freeze() -> None:
        stream.new = [entry(2)]
        stream.before_burst = lambda: setattr(stream, "frozen", True)

    assert await time_limits_until_report(stream, freeze) == 1


async def test_other_work_waits_for_the_reader_but_not_while_the_reader_waits() -> None:
    stream, is_reader_busy, seen = Freezing(), [False], dict[str, set[bool]]()

    def noting(name: str) -> Callable[..., Any]:
        call = getattr(stream, name)

        async def noted(*arguments: Any, **named: Any) -> Any:
            kind = f"{name}, waiting" if named.get("block") else name
            seen.setdefault(kind, set()).add(is_reader_busy[0])
            return await call(*arguments, **named)

        return noted

    for name in ("doubt", "position", "records", "ledger_lengths", "follow"):
        setattr(stream, name, noting(name))
    node = Node(TickerSettings.model_construct(), load_site(None))
    steady = asyncio.get_running_loop().time
    reader = Reader(
        stream,  # type: ignore[arg-type]  # as far as asked
        KEYRING,
        node,
        steady=lambda: steady() * 100,
        on_busy=lambda is_busy: is_reader_busy.__setitem__(0, is_busy),
    )
    task = asyncio.create_task(reader.run())
    async with asyncio.timeout(5):
        while "follow" not in seen:
            stream.new = [entry(node.backlog.newest.seq + 1)] if node.filled else []
            await asyncio.sleep(0.01)
        stream.frozen = True
        await until(lambda: node.stale)
    assert not is_reader_busy[0], "nor while the server is away"
    task.cancel()
    await asyncio.wait([task])
    assert seen.pop("follow, waiting") == {False}
    assert seen and all(during == {True} for during in seen.values()), seen
