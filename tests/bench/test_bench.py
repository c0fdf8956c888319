"""The benchmark with real servers and few subscribers; a lost or doubled item fails the measurement."""

import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from bench import scenarios
from bench.command import command
from bench.compiled import compiled, compiler_absent
from bench.contender import Contender, ContenderError, Target
from bench.contenders import CONTENDERS
from bench.contenders.bare import Bare
from bench.items import numbered
from bench.load_reports import MissedError
from bench.process import cpu_seconds, memory_kib, stop_server
from bench.report import Report
from bench.scenario import Run, Scenario, Section
from bench.scenarios import curves
from bench.session import audience
from ticker.contract.item import decode_item
from ticker.contract.site import load_site
from ticker.core.query import Query, read_pairs

CORES = sorted(os.sched_getaffinity(0))


def run(*arguments: object) -> tuple[int, str, str]:
    app = typer.Typer()
    app.command()(command)
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


def a_run(*, seconds: float = 60, **contenders: Callable[[], Contender]) -> Run:
    return Run(
        quick=True, repeats=2, server_core=CORES[0], client_core=CORES[-1], contenders=contenders, seconds=seconds
    )


def alive(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


class Spoilt(Bare):
    """The bare loop, but from the second call on it publishes each item `copies` times."""

    def __init__(self, copies: int) -> None:
        super().__init__()
        self.copies = copies
        self.processes: tuple[int, ...] = ()
        self.calls = 0

    async def start(self, core: int) -> Target:
        target = await super().start(core)
        self.processes = target.processes
        return target

    async def publish(self, items: Sequence[bytes]) -> None:
        self.calls += 1
        for _ in range(self.copies if self.calls > 1 else 1):
            await super().publish(items)


@pytest.mark.parametrize("name", ["steady", "burst"])
def test_a_trial_writes_a_page_data_and_pictures(tmp_path: Path, name: str) -> None:
    affinity = os.sched_getaffinity(0)
    out = tmp_path / "new" / "folder"
    status, output, errors = run(name, "--quick", "--contender", "limit", "--out", out)
    assert status == 0, errors
    report = msgspec.json.decode((out / f"{name}.json").read_bytes(), type=Report)
    ways = ("flashwire, deflated", "flashwire, deflated, 200 filters") if name == "steady" else ()
    contenders = ("flashwire", "limit", *ways, "flashwire, SSE")
    assert report.quick and {who: len(rounds) for who, rounds in report.data.items()} == dict.fromkeys(contenders, 1)
    for rounds in report.data.values():
        assert all(result["last_ms"] > 0 and result["client_us"] > 0 for result in rounds)
    assert "The limit: C and epoll" in output and output.splitlines()[2] in (out / f"{name}.md").read_text("utf-8")
    assert (out / f"{name}.svg").read_text("utf-8").startswith("<svg")
    assert "## Contenders not installed" in (out / "README.md").read_text("utf-8")
    assert f"{name}: about " in errors and "done in" in errors
    assert os.sched_getaffinity(0) == affinity


@pytest.mark.slow
def test_a_trial_of_all_scenarios_measures_them_all(tmp_path: Path) -> None:
    status, _, errors = run("--quick", "--out", tmp_path)
    assert status == 0, errors
    page = (tmp_path / "README.md").read_text("utf-8")
    assert all(f"]({name}.md)" in page for name in scenarios.scenario_names() if scenarios.load_scenario(name).default)


def test_unknown_names_are_refused_with_the_known_ones(tmp_path: Path) -> None:
    status, _, errors = run("fast", "--out", tmp_path / "none")
    assert status == 1 and errors.startswith("There is no scenario fast; known: steady, burst, ")
    status, _, errors = run("--contender", "quick", "--out", tmp_path / "none")
    assert status == 1 and errors.startswith("No measurement: there is no contender quick; known: flashwire, ")
    assert not (tmp_path / "none").exists()


def test_an_unwritable_folder_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    status, _, errors = run("--out", tmp_path / "file" / "folder")
    assert status == 1 and errors.startswith("No measurement: ") and errors.count("\n") == 1


def test_a_scenario_that_fails_does_not_stop_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def failing(run: Run) -> Section:
        raise MissedError("item 7 came where item 6 was due")

    async def fine(run: Run) -> Section:
        return Section("Found.", {})

    by_name = {"steady": Scenario("steady", "One", failing, 1, 1), "burst": Scenario("burst", "Two", fine, 1, 1)}
    monkeypatch.setattr(scenarios, "scenario_names", lambda: tuple(by_name))
    monkeypatch.setattr(scenarios, "load_scenario", by_name.__getitem__)
    status, output, errors = run("--out", tmp_path)
    assert status == 1 and "steady: no measurement: item 7 came where item 6 was due" in errors
    assert "Found." in output and (tmp_path / "burst.md").exists() and not (tmp_path / "steady.md").exists()


def test_every_scenario_has_a_name_a_title_and_a_time() -> None:
    for name in scenarios.scenario_names():
        scenario = scenarios.load_scenario(name)
        assert scenario.title and 0 < scenario.quick_seconds <= scenario.seconds


@pytest.mark.anyio
async def test_contenders_alternate_and_a_failing_one_is_dropped() -> None:
    order: list[str] = []

    def measure_one(failing: str) -> Callable[[str], Awaitable[int]]:
        async def measured(name: str) -> int:
            order.append(name)
            if name == failing:
                raise MissedError("it lost item 3")
            return len(order)

        return measured

    run = a_run(flashwire=CONTENDERS["flashwire"], limit=CONTENDERS["limit"], bare=Bare)
    # nchan is a contender that cannot run here; `other` is not a contender but a variant of the scenario.
    names = ("flashwire", "limit", "nchan", "other")
    assert await run.in_turn(names, measure_one("limit")) == {"flashwire": [1, 4], "other": [3, 5]}
    assert order == ["flashwire", "limit", "other", "flashwire", "other"]
    assert run.notes == ["limit was left out after a failure: it lost item 3"]
    with pytest.raises(MissedError):
        await run.in_turn(names, measure_one("flashwire"))


@pytest.mark.anyio
async def test_no_round_begins_after_the_time_limit() -> None:
    async def measure_one(name: str) -> str:
        return name

    run = a_run(bare=Bare, seconds=0)
    assert await run.in_turn(("bare",), measure_one) == {"bare": ["bare"]}
    assert run.notes == ["The time limit passed after 1 of 2 turns."]


@pytest.mark.anyio
@pytest.mark.parametrize(("copies", "sentence"), [(2, "was due"), (0, "did not reach every subscriber")])
async def test_a_doubled_or_lost_item_stops_the_measurement_and_all_processes(copies: int, sentence: str) -> None:
    spoilt = Spoilt(copies)
    with pytest.raises(MissedError, match=sentence):
        async with audience(a_run(), spoilt) as session:
            await session.join(5)
            for _ in range(2):
                await session.deliver(seconds=0.5)
    assert spoilt.processes and not any(alive(process) for process in spoilt.processes)


@pytest.mark.anyio
async def test_a_delivery_has_the_cpu_of_server_and_client() -> None:
    async with audience(a_run(), Bare()) as session:
        await session.join(40)
        delivery = await session.deliver(3)
        assert delivery.deliveries == 120 and delivery.due == 40
        assert delivery.cpu_us > 0 and delivery.client_us > 0 and 0 < delivery.busy < 2
        assert delivery.bytes > 120 * 500 and delivery.last_ms > 0
        assert session.memory_kib() > 1000
        await session.deliver()
        effort = session.run.effort
        assert effort.deliveries == 160 and effort.server_cpu >= delivery.server_cpu and effort.seconds > 0


@pytest.mark.anyio
async def test_a_slow_contender_gets_fewer_deliveries_but_three() -> None:
    async with audience(a_run(), Bare()) as session:
        await session.join(2)
        assert len(await session.series(5)) == 5
        assert len(await session.series(5, 2, seconds=0)) == 3
        assert len(await session.series(2, seconds=0)) == 2


def test_a_thousand_filters_differ_and_let_the_items_pass() -> None:
    site = load_site(None)
    paths = curves.filter_paths(1000)
    filters = {Query(read_pairs(path.partition("?")[2].encode()), site).subscription().filter for path in paths}
    assert len(filters) == 1000
    item = decode_item(numbered(1))
    assert all(candidate.matches(item) for candidate in filters)


def test_cpu_and_memory_of_a_process_are_read_while_it_works() -> None:
    own = os.getpid()
    cpu_before = cpu_seconds((own,))
    assert sum(number * number for number in range(300_000)) > 0
    assert 0 < cpu_seconds((own,)) - cpu_before < 60
    memory = memory_kib(own)
    ballast = b"x" * 40_000_000
    assert memory_kib(own) - memory > len(ballast) / 1024 * 0.9


def test_a_server_that_does_not_stop_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.process.STOP_SECONDS", 0.2)
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", stubborn], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline()
        stop_server(process)
        assert process.returncode == -9
    stop_server(process)


def test_a_program_is_compiled_once_and_again_when_its_source_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    source = tmp_path / "say.c"
    source.write_text('#include <stdio.h>\nint main(void) { puts("one"); }\n')
    first = compiled("say", (source,))
    modified = first.stat().st_mtime_ns
    assert subprocess.check_output([first]) == b"one\n"
    assert compiled("say", (source,)) == first and first.stat().st_mtime_ns == modified
    source.write_text('#include <stdio.h>\nint main(void) { puts("two"); }\n')
    assert subprocess.check_output([compiled("say", (source,))]) == b"two\n"
    source.write_text("int main(void) { return nothing; }\n")
    with pytest.raises(ContenderError, match=r"say could not be compiled: .*nothing"):
        compiled("say", (source,))


def test_a_cache_that_others_may_write_to_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "flashwire").mkdir()
    (tmp_path / "flashwire").chmod(0o777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    source = tmp_path / "nothing.c"
    source.write_text("int main(void) { return 0; }\n")
    assert compiled("nothing", (source,)).parent == tmp_path / f"flashwire-bench-{os.geteuid()}"
    (tmp_path / f"flashwire-bench-{os.geteuid()}").chmod(0o777)
    with pytest.raises(ContenderError, match="not a folder of yours alone"):
        compiled("other", (source,))


def test_without_a_compiler_one_line_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert compiler_absent() is None
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ContenderError, match="sudo apt-get install gcc"):
        compiled("load", ())
    status, _, errors = run("--out", tmp_path / "out")
    assert status == 1 and errors.strip().splitlines()[-1].startswith("No measurement: there is no C compiler")
