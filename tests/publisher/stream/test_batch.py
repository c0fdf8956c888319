"""What is asked at the same time leaves together, in order, and each gets its own answer."""

import asyncio
from collections.abc import Sequence

import pytest

from publisher.stream.batch import Batch

pytestmark = pytest.mark.anyio


class Server:
    """Answers when it is told to, and remembers what it was asked for together."""

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


async def _settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_single_question_leaves_at_once_and_those_meanwhile_together() -> None:
    server = Server()
    batch = Batch(server.ask, limit=3, patience=9)
    submit = [asyncio.create_task(batch.submit(0))]
    await _settled()
    assert server.calls == [[0]]
    submit += [asyncio.create_task(batch.submit(number)) for number in range(1, 6)]
    await _settled()
    assert server.calls == [[0]]
    server.open.set()
    assert await asyncio.gather(*submit) == [f"<{number}>" for number in range(6)]
    assert server.calls == [[0], [1, 2, 3], [4, 5]]


async def test_a_slow_call_holds_up_those_after_it_for_no_longer_than_the_patience() -> None:
    server = Server()
    batch = Batch(server.ask, limit=3, patience=0.05)
    loop = asyncio.get_running_loop()
    submit = [asyncio.create_task(batch.submit(0))]
    await _settled()
    began = loop.time()
    submit += [asyncio.create_task(batch.submit(number)) for number in range(1, 6)]
    async with asyncio.timeout(5):
        for _ in range(3):
            await server.begun.get()
    assert server.calls == [[0], [1, 2, 3], [4, 5]] and loop.time() - began >= 0.09
    server.open.set()
    assert await asyncio.gather(*submit) == [f"<{number}>" for number in range(6)]
    await _settled()
    assert not batch._running


async def test_who_comes_after_the_patience_leaves_at_once() -> None:
    server = Server()
    batch = Batch(server.ask, limit=3, patience=0)
    submit = [asyncio.create_task(batch.submit(0))]
    await _settled()
    submit.append(asyncio.create_task(batch.submit(1)))
    await _settled()
    assert server.calls == [[0], [1]]
    server.open.set()
    assert await asyncio.gather(*submit) == ["<0>", "<1>"]


async def test_a_question_that_fails_alone_fails_alone() -> None:
    server = Server()
    server.open.set()
    batch = Batch(server.ask, limit=9, patience=9)
    found = await asyncio.gather(*(batch.submit(number) for number in (1, -2, 3)), return_exceptions=True)
    assert found[0] == "<1>" and isinstance(found[1], ValueError) and found[2] == "<3>"


async def test_a_call_that_fails_fails_for_all_of_it_and_the_next_is_made() -> None:
    server = Server()
    server.broken = True
    server.open.set()
    batch = Batch(server.ask, limit=9, patience=9)
    found = await asyncio.gather(*(batch.submit(number) for number in range(3)), return_exceptions=True)
    assert [type(one) for one in found] == [OSError] * 3
    server.broken = False
    assert await batch.submit(7) == "<7>"


async def test_who_gives_up_is_not_asked_for_and_keeps_nobody_waiting() -> None:
    server = Server()
    batch = Batch(server.ask, limit=9, patience=9)
    first, late, patient = (asyncio.create_task(batch.submit(number)) for number in range(3))
    await _settled()
    # Under way, and still waiting: either may be given up.
    first.cancel()
    other = asyncio.create_task(batch.submit(9))
    await _settled()
    other.cancel()
    await _settled()
    server.open.set()
    assert [await late, await patient] == ["<1>", "<2>"]
    with pytest.raises(asyncio.CancelledError):
        await other
    await _settled()
    assert server.calls == [[0, 1, 2]]
