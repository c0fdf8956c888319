"""Tasks that must run: whenever a task ends, that is logged and counted, and the task starts again."""

import asyncio

import pytest

from ticker.shared.process import tasks
from ticker.shared.process.cancellation import stop_if_cancelled
from ticker.shared.process.tasks import Tasks

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "PAUSE_SECONDS", (0.001, 0.01))
    monkeypatch.setattr(tasks, "STEADY_SECONDS", 0.1)


@pytest.mark.parametrize("end", [ValueError, asyncio.CancelledError, None])
async def test_a_task_that_ends_is_reported_until_it_runs_steadily_again(end: type[BaseException] | None) -> None:
    counted: list[str] = []
    watched = Tasks(counted.append)
    ends, steady = 3, asyncio.Event()

    async def run() -> None:
        nonlocal ends
        if ends:
            ends -= 1
            if end:
                raise end
            return
        steady.set()
        await asyncio.sleep(60)

    task = asyncio.create_task(watched.keep_running("reader", run))
    async with asyncio.timeout(30):
        await steady.wait()
        assert "reader" in (watched.reason or "")
        await asyncio.sleep(0.3)
        assert not watched.reason
    assert counted == ["reader"] * 3
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancellation_that_a_library_swallows_ends_the_task() -> None:
    async def swallows() -> None:
        while True:
            stop_if_cancelled()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                pass

    for run in (swallows, lambda: asyncio.sleep(60)):
        task = asyncio.create_task(Tasks(lambda _: None).keep_running("watch", run))
        await asyncio.sleep(0.01)
        task.cancel()
        finished, _ = await asyncio.wait([task], timeout=20)
        assert finished and task.cancelled()
