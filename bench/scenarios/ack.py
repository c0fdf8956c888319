"""Measures the time until a published line is acknowledged, and how many lines per second a desk accepts."""

import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import Final

import msgspec

from bench.editors import Posted, post_all, post_paced
from bench.installed import Desk, desk
from bench.plot import Lines, lines
from bench.process import cpu_seconds
from bench.scenario import Picture, Row, Run, Scenario, Section
from bench.stats import figure, median, quantile, table
from ticker.stream.redis_stream import Client, connect, disconnect

RATE: Final = 100
AT_ONCE: Final = 64
# These must not be names of contenders: `Run.in_turn` leaves out contenders that are not installed.
PACED, BUSY, BARE, DISK = "paced", "busy", "bare XADD", "disk"
P99_MS: Final = 10.0
SUSTAINED: Final = 2000


class Found(msgspec.Struct):
    """One turn of one variant."""

    waits_ms: list[float]
    a_second: float
    desk_us: float = 0.0
    """CPU of the desk's process per line; `valkey_us` and `client_us` are those of Valkey and the editors."""
    valkey_us: float = 0.0
    client_us: float = 0.0


async def measure(run: Run) -> Section:
    paced, busy = (30, 200) if run.quick else (500, 6000)
    with tempfile.TemporaryDirectory(prefix="fwa") as name:
        folder = Path(name)
        run.step("starting a desk")
        async with desk(folder, run.server_core, editors=1 if run.quick else 4) as ours:
            client = connect(ours.url, timeout=5)
            await post_all(ours.port, ours.tokens, busy // 10, at_once=AT_ONCE)

            async def one_round(name: str) -> Found:
                run.step(name)
                if name == DISK:
                    return await asyncio.to_thread(_disk, folder / "probe", paced)
                if name == BARE:
                    return await _bare(client, paced)
                posting = (
                    post_paced(ours.port, ours.tokens, paced, rate=RATE)
                    if name == PACED
                    else post_all(ours.port, ours.tokens, busy, at_once=AT_ONCE)
                )
                spent_before = _spent(ours)
                posted = await posting
                return _round_of(posted, [now - then for now, then in zip(_spent(ours), spent_before, strict=True)])

            try:
                rounds = await run.in_turn((PACED, BARE, BUSY, DISK), one_round)
            finally:
                await disconnect(client)
    return Section(_text(rounds), rounds, (_row(rounds),), (_picture(rounds),))


def _spent(ours: Desk) -> tuple[float, float]:
    return cpu_seconds((ours.pid,)), cpu_seconds((ours.valkey,))


def _round_of(posted: Posted, spent: list[float]) -> Found:
    number = len(posted.waits)
    return Found(
        waits_ms=[wait * 1000 for wait in posted.waits],
        a_second=number / posted.seconds,
        desk_us=spent[0] / number * 1e6,
        valkey_us=spent[1] / number * 1e6,
        client_us=posted.client_seconds / number * 1e6,
    )


async def _bare(client: Client, number: int) -> Found:
    """Adds entries of the same size at the same rate directly to Valkey, the lower bound for a desk."""
    waits, began = [], time.monotonic()
    for index in range(number):
        due = began + index / RATE
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        await client.xadd("bare", {"body": b"x" * 900}, maxlen=10_000)
        waits.append((time.monotonic() - due) * 1000)
    return Found(waits, number / (time.monotonic() - began))


def _disk(path: Path, number: int) -> Found:
    """Appends the same bytes to a file and syncs it, at the same rate."""
    waits, began = [], time.monotonic()
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        for index in range(number):
            time.sleep(max(0.0, began + index / RATE - time.monotonic()))
            start = time.monotonic()
            os.write(file, b"x" * 900)
            os.fdatasync(file)
            waits.append((time.monotonic() - start) * 1000)
    finally:
        os.close(file)
    return Found(waits, number / (time.monotonic() - began))


_TITLES: Final = {
    PACED: f"a desk, {RATE} lines a second",
    BUSY: f"a desk, {AT_ONCE} editors that post without pause",
    BARE: f"bare XADD, {RATE} a second",
    DISK: f"write and fdatasync alone, {RATE} a second",
}


def _at(turns: list[Found], share: float) -> list[float]:
    return [quantile(turn.waits_ms, share) for turn in turns]


def _text(rounds: dict[str, list[Found]]) -> str:
    rows = []
    for name, turns in rounds.items():
        cpu = [
            f"{median([getattr(turn, f'{whose}_us') for turn in turns]):.0f}" for whose in ("desk", "valkey", "client")
        ]
        rows.append(
            (
                _TITLES[name],
                *(figure(_at(turns, share)).text(2) for share in (0.5, 0.99)),
                figure([turn.a_second for turn in turns]).text(0),
                " · ".join(cpu) if name in (PACED, BUSY) else "–",
            )
        )
    head = ("variant", "acknowledged, p50, ms", "p99, ms", "lines a second", "CPU a line: desk · Valkey · editors, µs")
    return f"""{table(head, rows)}

One desk process runs on one core; Valkey, which syncs its file before it replies (`appendfsync always`), and the
editors run on the other. Each line includes a token lookup, an Idempotency-Key, parsing of its attribution, a signature
and a log line. At a fixed rate a wait counts from the due time of the line, so that a slow response also counts for the
lines behind it. Every response was 201.
"""


def _picture(rounds: dict[str, list[Found]]) -> Picture:
    shares = [*range(5, 100, 5), 98, 99]
    series = {
        _TITLES[name].removeprefix("a ").split(",")[0]: [
            (float(share), median(_at(rounds[name], share / 100))) for share in shares
        ]
        for name in (PACED, BARE, DISK)
    }
    chart = Lines(
        f"Acknowledged within, ms, at {RATE} lines a second", "share of the lines, %", series, logarithmic=False
    )
    return Picture(lines([chart]), says="Within how many milliseconds which share of the lines was acknowledged")


def _row(rounds: dict[str, list[Found]]) -> Row:
    p99, a_second = figure(_at(rounds[PACED], 0.99)), figure([turn.a_second for turn in rounds[BUSY]])
    bare, disk = figure(_at(rounds[BARE], 0.99)), figure(_at(rounds[DISK], 0.99))
    cpu = {
        whose: median([getattr(turn, f"{whose}_us") for turn in rounds[BUSY]]) for whose in ("desk", "valkey", "client")
    }
    slow = []
    if p99.median > P99_MS:
        slow.append(f"a bare XADD at the same pace took {bare.text()} ms at p99 here")
    if a_second.median < SUSTAINED:
        share = cpu["desk"] * a_second.median / 1e6
        slow.append(
            f"a line costs the desk {cpu['desk']:.0f} µs of CPU, of which its core gave it {share:.0%} of the time; "
            f"{SUSTAINED:,}/s take {1e6 / SUSTAINED:.0f} µs"
        )
    return Row(
        "ack",
        f"{p99.text()} ms at {RATE}/s; {a_second.text(0)}/s with {AT_ONCE} editors",
        f"bare XADD {bare.text()} ms, fdatasync alone {disk.text()} ms",
        not slow,
        "; ".join(slow),
    )


SCENARIO: Final = Scenario("ack", "Acknowledged: from an editor to the disk", measure, seconds=90, quick_seconds=8)
