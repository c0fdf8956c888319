"""The benchmark as it is run: real servers, few subscribers, and a measurement only if everything arrived."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from ticker.bench import round as rounds
from ticker.bench.command import command
from ticker.bench.contender import ContenderError, Target
from ticker.bench.contenders.naive import Naive
from ticker.bench.process import cpu_seconds, memory_kib, stop_server
from ticker.bench.report import Report
from ticker.bench.round import Plan, measure
from ticker.bench.subscribers import MissedError

CORES = sorted(os.sched_getaffinity(0))
PLAN = Plan(20, 3, CORES[0], CORES[-1])


def run(*arguments: object) -> tuple[int, str, str]:
    app = typer.Typer()
    app.command()(command)
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


def alive(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


class Watched(Naive):
    """The naive endpoint, spoilt from its second item on, whose processes are remembered."""

    def __init__(self, copies: int) -> None:
        super().__init__()
        self.copies = copies
        self.begun = False
        self.processes: tuple[int, ...] = ()

    async def start(self, core: int) -> Target:
        target = await super().start(core)
        self.processes = target.processes
        return target

    async def publish(self, items: Sequence[bytes]) -> None:
        for _ in range(self.copies if self.begun else 1):
            await super().publish(items)
        self.begun = True


def test_a_small_run_measures_both_and_writes_table_data_and_picture(tmp_path: Path) -> None:
    affinity = os.sched_getaffinity(0)
    status, shown, said = run(
        *("--contender", "flashwire", "--contender", "naive", "--subscribers", 20, "--items", 3, "--repeats", 2),
        *("--out", tmp_path / "new" / "folder"),
    )
    assert status == 0, said
    report = msgspec.json.decode((tmp_path / "new/folder/steady.json").read_bytes(), type=Report)
    assert [one.contender for one in report.rounds] == ["flashwire", "naive"] * 2
    for one in report.rounds:
        assert one.deliveries == 3 * (20 + rounds.WARM_SUBSCRIBERS)
        assert one.cpu_us > 0 and one.last_ms > 0 and one.item_bytes > 300
    assert shown.strip() in (tmp_path / "new/folder/steady.md").read_text("utf-8")
    assert (tmp_path / "new/folder/steady.svg").read_text("utf-8").startswith("<svg")
    assert os.sched_getaffinity(0) == affinity


def test_no_turn_begins_after_the_time_is_up(tmp_path: Path) -> None:
    arguments = ("--subscribers", 5, "--items", 1, "--repeats", 50, "--seconds", 1, "--contender", "naive")
    status, shown, said = run(*arguments, "--out", tmp_path)
    assert status == 0, said
    report = msgspec.json.decode((tmp_path / "steady.json").read_bytes(), type=Report)
    assert 1 <= len(report.rounds) < 50 and "Flashwire" not in shown


def test_an_unknown_contender_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    status, _, said = run("--contender", "fast", "--out", tmp_path / "none")
    assert status == 1 and said.startswith("There is no contender fast; known: flashwire, ")
    assert not (tmp_path / "none").exists()


def test_a_folder_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    status, _, said = run("--out", tmp_path / "file" / "folder")
    assert status == 1 and said.startswith("No measurement: ") and said.count("\n") == 1


@pytest.mark.anyio
async def test_an_item_that_comes_twice_gives_no_measurement_and_leaves_no_process() -> None:
    doubling = Watched(copies=2)
    with pytest.raises(MissedError, match="was due"):
        await measure(doubling, PLAN, lambda _: None)
    assert doubling.processes and not any(alive(process) for process in doubling.processes)


@pytest.mark.anyio
async def test_an_item_that_never_comes_gives_no_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "ITEM_SECONDS", 0.3)
    losing = Watched(copies=0)
    losing.begun = True
    with pytest.raises(ContenderError, match="did not reach everybody"):
        await measure(losing, PLAN, lambda _: None)
    assert losing.processes and not any(alive(process) for process in losing.processes)


def test_cpu_and_memory_of_a_process_are_read_while_it_works() -> None:
    own = os.getpid()
    before = cpu_seconds((own,))
    assert sum(number * number for number in range(300_000)) > 0
    assert 0 < cpu_seconds((own,)) - before < 60
    held = memory_kib(own)
    ballast = b"x" * 40_000_000
    assert memory_kib(own) - held > len(ballast) / 1024 * 0.9


def test_a_server_that_does_not_stop_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ticker.bench.process.STOP_SECONDS", 0.2)
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", stubborn], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline()
        stop_server(process)
        assert process.returncode == -9
    stop_server(process)
