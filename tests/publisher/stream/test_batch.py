"""Requests that are waiting at the same time are sent together, in order, and each gets its own reply."""

import asyncio
from collections.abc import Sequence

import pytest

from publisher.stream.batch import Batch

pytestmark = pytest.mark.anyio


class Server:
    """Replies when `open` is set, and records the requests of each call."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.begun: asyncio.Queue[None] = asyncio.Queue()
        self.open = asyncio.Event()
        self.broken = False

    async def ask(self, questions: Sequence[int]) -> list[str | Exception]:
        self.calls.append(list(questions))
        self.begun.put_nowait(None)
        await self.open.wait()
        if self.broken:
            raise OSError("away")
        return [ValueError(question) if question < 0 else f"<{question}>" for question in questions]


async def _run_loop() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_one_request_is_sent_at_once_and_later_ones_together() -> None:
    server = Server()
    batch = Batch(server.ask, limit=3, patience=9)
    submit = [asyncio.create_task(batch.submit(0))]
    await _run_loop()
    assert server.calls == [[0]]
    submit += [asyncio.create_task(batch.submit(number)) for number in range(1, 6)]
    await _run_loop()
    assert server.calls == [[0]]
    server.open.set()
    assert await asyncio.gather(*submit) == [f"<{number}>" for number in range(6)]
    assert server.calls == [[0], [1, 2, 3], [4, 5]]


async def test_a_slow_call_delays_the_next_one_at_most_by_the_patience() -> None:
    server = Server()
    batch = Batch(server.ask, limit=3, patience=0.05)
    loop = asyncio.get_running_loop()
    submit = [asyncio.create_task(batch.submit(0))]
    await _run_loop()
    began = loop.time()
    submit += [asyncio.create_task(batch.submit(number)) for number in range(1, 6)]
    async with asyncio.timeout(5):
        for _ in range(3):
            await server.begun.get()
    assert server.calls == [[0], [1, 2, 3], [4, 5]] and loop.time() - began >= 0.09
    server.open.set()
    assert await asyncio.gather(*submit) == [f"<{number}>" for number in range(6)]
    await _run_loop()
    assert not batch._running


async def test_a_request_after_the_patience_is_sent_at_once() -> None:
    server = Server()
    batch = Batch(server.ask, limit=3, patience=0)
    submit = [asyncio.create_task(batch.submit(0))]
    await _run_loop()
    submit.append(asyncio.create_task(batch.submit(1)))
    await _run_loop()
    assert server.calls == [[0], [1]]
    server.open.set()
    assert await asyncio.gather(*submit) == ["<0>", "<1>"]


async def test_a_request_that_fails_alone_affects_no_other() -> None:
    server = Server()
    server.open.set()
    batch = Batch(server.ask, limit=9, patience=9)
    replies = await asyncio.gather(*(batch.submit(number) for number in (1, -2, 3)), return_exceptions=True)
    assert replies[0] == "<1>" and isinstance(replies[1], ValueError) and replies[2] == "<3>"


async def test_a_failed_call_fails_all_its_requests_and_not_the_next_call() -> None:
    server = Server()
    server.broken = True
    server.open.set()
    batch = Batch(server.ask, limit=9, patience=9)
    replies = await asyncio.gather(*(batch.submit(number) for number in range(3)), return_exceptions=True)
    assert [type(reply) for reply in replies] == [OSError] * 3
    server.broken = False
    assert await batch.submit(7) == "<7>"


async def test_a_cancelled_request_is_not_sent_and_delays_no_other() -> None:
    server = Server()
    batch = Batch(server.ask, limit=9, patience=9)
    first, late, patient = (asyncio.create_task(batch.submit(number)) for number in range(3))
    await _run_loop()
    # A request can be cancelled while it is running, and while it is waiting.
    first.cancel()
    other = asyncio.create_task(batch.submit(9))
    await _run_loop()
    other.cancel()
    await _run_loop()
    server.open.set()
    assert [await late, await patient] == ["<1>", "<2>"]
    with pytest.raises(asyncio.CancelledError):
        await other
    await _run_loop()
    assert server.calls == [[0, 1, 2]]
