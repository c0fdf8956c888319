"""The benchmark runs each scenario in two checkouts in turn."""

import os
from pathlib import Path

import pytest

from bench import checkouts
from bench.contender import ContenderError

SCRIPT = """#!/bin/sh
echo "$@" >> {calls}
for word; do [ "$before" = --out ] && folder=$word; before=$word; done
printf '{{"data": {data}}}' > "$folder/$2.json"
exit {code}
"""


def checkout(folder: Path, data: str, code: int = 0) -> Path:
    command = folder / ".venv" / "bin" / "flashwire"
    command.parent.mkdir(parents=True)
    command.write_text(SCRIPT.format(calls=folder.parent / "calls", data=data, code=code), "utf-8")
    os.chmod(command, 0o755)
    return folder


def test_each_figure_is_printed_next_to_the_other_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = checkout(tmp_path / "old", '{"flashwire": [{"cpu_us": 10, "waits": [1, 3, 2], "name": "x"}], "gone": []}')
    here = checkout(tmp_path / "new", '{"flashwire": [{"cpu_us": 15, "waits": [2, 6, 4]}], "more": [{"cpu_us": 1}]}')
    monkeypatch.setattr(checkouts, "_HERE", here)
    progress: list[str] = []
    page = checkouts.compare(["steady"], other, quick=True, turns=2, contenders=["limit"], say=progress.append)
    assert "| flashwire | cpu_us | 10.00 | 15.00 | 1.50 |" in page
    assert "| flashwire | waits, median | 2.00 | 4.00 | 2.00 |" in page
    assert "| flashwire | waits, p99 | 3.00 | 6.00 | 2.00 |" in page
    assert "more" not in page and len(progress) == 4
    calls = (tmp_path / "calls").read_text("utf-8").splitlines()
    assert len(calls) == 4
    assert all(line.endswith("--quick --contender limit") and "bench steady --repeats 1" in line for line in calls)


def test_a_scenario_with_one_contender_keeps_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = checkout(tmp_path / "old", '[{"seconds": 4}]')
    monkeypatch.setattr(checkouts, "_HERE", checkout(tmp_path / "new", '[{"seconds": 2}]'))
    page = checkouts.compare(["storm"], other, quick=False, turns=1, contenders=(), say=lambda _: None)
    assert "| storm | seconds | 4.00 | 2.00 | 0.50 |" in page


def test_a_checkout_that_cannot_be_measured_is_named(tmp_path: Path) -> None:
    failing = checkout(tmp_path / "old", "{}", code=1)
    for other in (tmp_path / "nothing", failing):
        with pytest.raises(ContenderError, match=other.name):
            checkouts.compare(["ack"], other, quick=True, turns=1, contenders=(), say=lambda _: None)
