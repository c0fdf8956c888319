"""The verdict of the soak by figures; marked slow, the soak itself, and one whose node leaks connections."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from bench.soak.judge import GROWTH_KIB, Look, judge

CYCLES = 20


def looks(grows: float = 0.0, changes: Mapping[str, Mapping[int, float]] | None = None) -> list[Look]:
    """Looks half a minute apart; memory grows by so many KiB a cycle after it has settled in the first ones."""
    observations = []
    for number in range(CYCLES):
        noise = (0, 90, -60, 30)[number % 4]
        pss = 50_000 + 5_000 * (1 - 0.3**number) + noise + grows * number
        look = Look(30.0 * number, pss, 100, 1, 3_000 * number, 9.0)
        fields = {name: values[number] for name, values in (changes or {}).items() if number in values}
        observations.append(msgspec.structs.replace(look, **fields))
    return observations


def test_a_node_that_settles_is_no_leak() -> None:
    verdict = judge(looks())
    assert not verdict.wrong and abs(verdict.growth_kib) < 300


def test_memory_left_by_departed_clients_is_a_leak() -> None:
    # 0.48 KiB for each of 3,000 a cycle.
    verdict = judge(looks(grows=1_440))
    [complaint] = verdict.wrong
    assert "Memory grew by" in complaint and verdict.growth_kib == pytest.approx(1_440 * 9, rel=0.1)


def test_one_outlier_is_no_leak() -> None:
    assert not judge(looks(changes={"pss_kib": {15: 70_000.0, 18: 30_000.0}})).wrong


def test_the_bound_is_as_documented() -> None:
    per_cycle = GROWTH_KIB / 9
    assert not judge(looks(grows=0.8 * per_cycle)).wrong
    assert judge(looks(grows=1.2 * per_cycle)).wrong


def test_descriptors_that_stay_open_are_reported() -> None:
    [complaint] = judge(looks(changes={"descriptors": dict.fromkeys(range(10, CYCLES), 103)})).wrong
    assert complaint == "There are 103 open files where there were 100."


def test_a_descriptor_that_is_open_briefly_is_no_leak() -> None:
    assert not judge(looks(changes={"descriptors": {3: 101, 12: 101, 19: 101}})).wrong


def soak(folder: Path, python_path: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", "soak", "--quick", "--out", str(folder)]
    environment = {**os.environ, **({"PYTHONPATH": str(python_path)} if python_path else {})}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)


@pytest.mark.slow
def test_the_short_soak_passes(tmp_path: Path) -> None:
    process = soak(tmp_path)
    assert process.returncode == 0, process.stderr
    assert (tmp_path / "soak.svg").exists() and "came and went" in (tmp_path / "soak.md").read_text("utf-8")


@pytest.mark.slow
def test_a_node_that_keeps_departed_connections_fails_the_soak(tmp_path: Path) -> None:
    # The mutant. Python runs this file at its start, in the node's process too.
    (tmp_path / "sitecustomize.py").write_text(
        "from ticker.net.connection import Connection\n"
        "kept, left = [], Connection.left\n"
        "Connection.left = lambda self: (kept.append(self), left(self))[1]\n",
        "utf-8",
    )
    process = soak(tmp_path, tmp_path)
    assert process.returncode == 1 and "Memory grew by" in process.stderr, process.stderr
