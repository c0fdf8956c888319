"""Editors of the benchmark: they post every line once, wait for every response, and fail on a refusal."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from bench.editors import post_all, post_paced
from bench.load_reports import MissedError
from bench.scenario import Run
from bench.scenarios import ack, painted

pytestmark = pytest.mark.anyio

Answer = Callable[[int], bytes]


class Desk:
    """A fake desk: sends `answer(number)` to post `number`, after `pause` seconds."""

    def __init__(self, answer: Answer, pause: float) -> None:
        self.answer = answer
        self.pause = pause
        self.keys: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
                await reader.readexactly(int(fields["Content-Length"]))
                self.keys.append(fields["Idempotency-Key"])
                if self.pause:
                    await asyncio.sleep(self.pause)
                # Sent in two pieces, as a network may deliver it.
                for piece in (answer := self.answer(len(self.keys)))[:20], answer[20:]:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
                if not answer:
                    return
        except asyncio.IncompleteReadError:
            return
        finally:
            writer.close()


def published(number: int) -> bytes:
    return b"HTTP/1.1 201 Created\r\nContent-Length: 11\r\n\r\n" + b'{"item":{}}'


@asynccontextmanager
async def a_desk(answer: Answer = published, *, pause: float = 0.0) -> AsyncIterator[tuple[Desk, int]]:
    desk = Desk(answer, pause)
    server = await asyncio.start_server(desk.serve, "127.0.0.1", 0)
    async with server:
        yield desk, server.sockets[0].getsockname()[1]


async def test_every_line_is_posted_once_and_waited_for() -> None:
    async with a_desk() as (desk, port):
        posted = await post_all(port, ["t"], 50, at_once=8)
        assert len(posted.waits) == len(set(desk.keys)) == len(desk.keys) == 50
        assert all(0 < wait <= posted.seconds for wait in posted.waits)


async def test_a_refused_post_fails_the_measurement() -> None:
    def refused(number: int) -> bytes:
        return published(number) if number < 5 else b"HTTP/1.1 429 Too Many\r\nContent-Length: 4\r\n\r\nrate"

    async with a_desk(refused) as (_, port):
        with pytest.raises(MissedError, match="rate"):
            await post_all(port, ["t"], 50, at_once=2)


async def test_a_closed_connection_fails_the_measurement() -> None:
    async with a_desk(lambda number: published(number) if number < 3 else b"") as (_, port):
        with pytest.raises(MissedError, match="closed the connection"):
            await post_all(port, ["t"], 10, at_once=1)


async def test_paced_waits_count_from_the_due_time() -> None:
    # Coordinated omission: if an editor waited for a slow response, its next post would be late and look fast.
    async with a_desk(pause=0.02) as (_, port):
        posted = await post_paced(port, ["t"], 10, rate=1000, at_once=1)
    assert max(posted.waits) > 0.15 and posted.waits == sorted(posted.waits)


async def test_posts_follow_the_rate_if_the_desk_keeps_up() -> None:
    async with a_desk() as (_, port):
        began = time.monotonic()
        posted = await post_paced(port, ["t"], 11, rate=100)
        assert len(posted.waits) == 11 and time.monotonic() - began >= 0.1


@pytest.mark.parametrize(
    ("wait", "a_second", "reached", "why"),
    [(9.0, 2100.0, True, ""), (11.0, 2100.0, False, "bare XADD"), (9.0, 1900.0, False, "500 µs of CPU")],
)
async def test_acknowledgement_needs_both_targets(wait: float, a_second: float, reached: bool, why: str) -> None:
    bare = [ack.Found([1.0], 100.0)]
    rounds = {
        ack.PACED: [ack.Found([wait], 100.0)],
        ack.BUSY: [ack.Found([30.0], a_second, desk_us=500.0)],
        ack.BARE: bare,
        ack.DISK: bare,
    }
    row = ack._row(rounds)
    assert row.reached is reached and why in row.why


async def test_a_missing_browser_is_reported_with_its_install_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "playwright.async_api", None)
    run = Run(quick=True, repeats=1, server_core=0, client_core=0, contenders={})
    section = await painted.measure(run)
    assert section.rows[0].reached is None and "apt-get install chromium" in section.rows[0].why
    assert "apt-get install chromium" in run.notes[0]
