"""The scenario that holds connections, in a form of a few seconds: what it counts, and what it says of it."""

import os

import pytest

from bench.contenders import CONTENDERS
from bench.limits import LimitResult
from bench.scenario import Run
from bench.scenarios import hold as module
from bench.scenarios.hold import Held, hold
from bench.stats import figure
from bench.watching import Sample

pytestmark = pytest.mark.anyio


async def test_two_workers_hold_connections_and_all_figures_are_reported() -> None:
    cores = sorted(os.sched_getaffinity(0))
    run = Run(quick=True, repeats=1, server_core=cores[0], client_core=cores[-1], contenders=CONTENDERS)
    result = await hold(run, subscribers=200, workers=2, seconds=3.2, item_seconds=0.5)
    assert len(result.spread) == 2 and 200 <= sum(result.spread) < 200 + 2 * 30 and min(result.spread) > 50
    assert len(result.last_ms) >= 3 and all(0 < milliseconds < 5000 for milliseconds in result.last_ms)
    assert result.heartbeats >= 200, "each second"
    assert result.samples and all(sample.pss_mib > 10 for sample in result.samples)
    row = module._row(result)
    assert row.key == "hold" and row.reached is False and "200 were held for" in row.why
    assert module._last_row(result).reached is False and "for 200" in module._last_row(result).ours
    assert 0 < result.limit.server_us.median < 1000 and result.limit.last_ms.lowest > 0
    assert 1.0 < result.kernel_kib < 20.0 and "readers per GB" in module._text(result)
    assert "200 on 2 workers" in module._text(result)
    assert module._picture(result).svg.startswith("<svg")


def a_result(*, slowest: float = 900.0, last_mib: float = 400.0) -> Held:
    samples = [
        Sample(float(at), 300.0 if at < 60 else last_mib if at >= 180 else 400.0, 10.0, 0.05) for at in range(200)
    ]
    return Held(
        subscribers=module.SUBSCRIBERS,
        seconds=module.SECONDS,
        joined_seconds=10.0,
        joins_cpu_us=50.0,
        base_mib=200.0,
        kernel_kib=4.0,
        spread=[50_000, 50_000],
        samples=samples,
        last_ms=[800.0, slowest],
        item_at=[1.0, 2.0],
        delivery_us=[5.0, 5.0],
        heartbeats=1,
        quiet_cpu=0.05,
        client_cpu=0.05,
        limit=LimitResult(
            joined_seconds=1.0,
            last_ms=figure([500.0, 600.0]),
            server_us=figure([8.0, 9.0]),
            client_us=figure([3.0, 4.0]),
        ),
    )


def test_the_target_needs_all_connections_in_time_and_flat_memory() -> None:
    assert module._row(a_result()).reached is True
    last = module._last_row(a_result())
    assert last.reached is False and "took 8.5 (8.0–9.0) µs a delivery" in last.why
    assert last.yardsticks == "limit 550 (500–600) ms, ours ×1.55"
    assert "slowest item took 2500 ms" in module._row(a_result(slowest=2500.0)).why
    assert "memory grew by 5.0%" in module._row(a_result(last_mib=420.0)).why
