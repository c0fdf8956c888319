"""The scenarios `joins` and `storm` as trials of a few seconds: what they count and report."""

import os

import pytest

from bench.contenders import CONTENDERS
from bench.scenario import Run
from bench.scenarios import joins, storm

pytestmark = pytest.mark.anyio


def quick(*names: str) -> Run:
    cores = sorted(os.sched_getaffinity(0))
    contenders = {name: CONTENDERS[name] for name in names}
    return Run(quick=True, repeats=1, server_core=cores[0], client_core=cores[-1], contenders=contenders)


@pytest.mark.deep
async def test_joins_and_resumes_are_measured_without_redis_reads() -> None:
    section = await joins.measure(quick("flashwire", "bare"))
    (row,) = section.rows
    assert row.key == "join" and "nothing asked of Redis" in row.ours and "bare" in row.yardsticks
    assert set(section.data) == {"flashwire", "resume", "bare"}
    (join,), (resume,) = section.data["flashwire"], section.data["resume"]
    assert join.cpu_us > 0 and join.per_second > 0 and set(join.commands) <= joins.READER
    # A join receives ten items of 560 bytes; the replay is empty.
    assert join.bytes > 5000 > resume.bytes
    assert section.pictures[0].svg.startswith("<svg")


@pytest.mark.alone
@pytest.mark.deep
async def test_a_storm_after_a_kill_loses_and_doubles_nothing() -> None:
    section = await storm.measure(quick("flashwire"))
    (row,), (data,) = section.rows, section.data["flashwire"]
    assert row.key == "storm" and "0 Redis reads" in row.ours
    assert row.reached is False, "a trial has too few subscribers for the target"
    published = storm.AWAY + storm.RETURNING + storm.AFTER
    assert data.items == storm.BEFORE + published
    # A worker also adds its report of receipts, at most once a second.
    assert published <= data.commands["xadd"] <= published + 10
    assert data.noticed_s < data.resumed_s


@pytest.mark.alone
@pytest.mark.deep
async def test_clients_of_centrifugo_recover_on_the_other_node_and_are_counted_in_the_same_way() -> None:
    if (reason := CONTENDERS["centrifugo-redis"]().absent()) is not None:
        pytest.skip(reason)
    run = quick("flashwire", "centrifugo-redis")
    section = await storm.measure(run)
    assert not run.notes, "it was not left out"
    (row,), (data,) = section.rows, section.data["centrifugo-redis"]
    assert "Centrifugo with Redis" in row.yardsticks and "| Centrifugo, Redis engine |" in section.text
    assert data.items == storm.BEFORE + storm.AWAY + storm.RETURNING + storm.AFTER
    # Each client reads the history, which ours does not.
    assert sum(data.commands.values()) > 400 and data.noticed_s < data.resumed_s
