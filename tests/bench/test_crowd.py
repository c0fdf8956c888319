"""Crowds in a form of a few seconds: readers in stages, where they stop, what the page says, and settings put back."""

import os
from pathlib import Path

import msgspec
import pytest

from bench import crowds, kernel_settings, watching
from bench.contender import ContenderError
from bench.contenders import CONTENDERS
from bench.crowds import Crowd, gather_crowd
from bench.scenario import Run
from bench.scenarios import crowd as module
from bench.scenarios import million
from bench.watching import Sample

pytestmark = pytest.mark.anyio


def trial(readers: int) -> Run:
    cores = sorted(os.sched_getaffinity(0))
    return Run(
        quick=True, repeats=1, server_core=cores[0], client_core=cores[-1], contenders=CONTENDERS, readers=readers
    )


@pytest.mark.deep
async def test_all_readers_of_a_crowd_get_all_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowds, "STAGE", 150)
    result = await gather_crowd(trial(400), module.PLAN)
    assert (result.readers, result.stopped, len(result.spread)) == (400, "", 2)
    assert result.last_ms and all(0 < milliseconds < 60_000 for milliseconds in result.last_ms)
    section = module.section_of(result, module.PLAN)
    assert "| 400 on 2 workers" in section.text and section.pictures[0].svg.startswith("<svg")
    (row,) = section.rows
    assert row.key == "crowd" and row.reached is False and row.why.startswith("400 only")


@pytest.mark.deep
async def test_a_crowd_stops_before_memory_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowds, "STAGE", 100)
    answers = iter([None, None, "only 1.4 GiB of memory were left"])
    monkeypatch.setattr(crowds, "scarce", lambda: next(answers))
    result = await gather_crowd(trial(400), module.PLAN)
    assert result.readers == 200 and result.stopped == "only 1.4 GiB of memory were left"
    assert "**Stopped at 200 of 400 readers: only 1.4 GiB" in module.section_of(result, module.PLAN).text


def test_a_machine_without_memory_is_said_in_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "available_gib", lambda: 1.4)
    assert watching.scarce() == "only 1.4 GiB of memory were left, and 1.5 must remain"
    monkeypatch.setattr(watching, "available_gib", lambda: 1.5)
    assert watching.scarce() is None


def a_crowd() -> Crowd:
    return Crowd(
        wanted=300_000,
        readers=300_000,
        stopped="",
        seconds=598.0,
        joined_seconds=30.0,
        joins_cpu_us=50.0,
        refused=0,
        base_mib=340.0,
        own_kib=0.4,
        kernel_kib=3.9,
        left_gib=12.0,
        spread=[18_000] * 17,
        samples=[Sample(5.0, 400.0, 1.0, 0.2)],
        last_ms=[2400.0, 2900.0],
        delivery_us=[9.0, 9.0],
        client_us=[3.0, 3.0],
        bytes=46.0,
        heartbeats=0,
        settings=["net.ipv4.tcp_mem was 1 2 3, 4 5 6 while it ran"],
    )


def test_a_target_needs_all_readers_for_the_time_and_the_slowest_item_in_time() -> None:
    assert module._row(a_crowd(), module.PLAN).reached is True
    assert "tcp_mem was 1 2 3" in module.section_of(a_crowd(), module.PLAN).text
    slow = msgspec.structs.replace(a_crowd(), last_ms=[2400.0, 3100.0])
    assert "slowest item took 3.1 s, at 12.0 µs a delivery" in module._row(slow, module.PLAN).why
    short = msgspec.structs.replace(a_crowd(), seconds=60.0)
    assert "held for 60 s only" in module._row(short, module.PLAN).why
    assert "300,000 only" in module._row(a_crowd(), million.PLAN).why


def test_settings_of_the_kernel_are_raised_and_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_settings, "_ROOT", tmp_path)
    high, low = tmp_path / "fs" / "file-max", tmp_path / "net" / "mem"
    for path, text in ((high, "900"), (low, "10\t200\t30\n")):
        path.parent.mkdir()
        path.write_text(text)
    said: list[str] = []
    with kernel_settings.raised({"fs/file-max": (100,), "net/mem": (20, 20, 40)}, said.append) as lines:
        assert (high.read_text(), low.read_text()) == ("900", "20 200 40")
        assert lines == ["net.mem was 10 200 30, 20 200 40 while it ran"]
    assert (high.read_text(), low.read_text()) == ("900", "10 200 30")
    assert said[1:] == ["net.mem is 10 200 30 again"]


def test_a_setting_that_may_not_be_raised_is_a_command_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_settings, "_ROOT", tmp_path)
    (tmp_path / "limit").write_text("1")

    def refuse(*_: object) -> int:
        raise PermissionError

    monkeypatch.setattr(Path, "write_text", refuse)
    with (
        pytest.raises(ContenderError, match='sysctl -w limit="5"'),
        kernel_settings.raised({"limit": (5,)}, print),
    ):
        pass
