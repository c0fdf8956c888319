"""tests/run.sh: what runs once more, and what its exit status and its last line then say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).parents[1] / "run.sh"
# A test number up to UNSTABLE fails at its first run only, and one up to BROKEN at each.
TESTS = """
import os, pathlib, pytest
UNSTABLE, BROKEN = int(os.environ["UNSTABLE"]), int(os.environ["BROKEN"])

@pytest.mark.parametrize("number", range(1, 10))
def test_numbered(number):
    seen = pathlib.Path(f"seen-{number}")
    is_first = not seen.exists()
    seen.touch()
    assert number > BROKEN and not (is_first and number <= UNSTABLE)
"""
SETTINGS = "[pytest]\nmarkers =\n  alone\n  slow\n  deep\n"

pytestmark = pytest.mark.deep


def run(folder: Path, *, unstable: int, broken: int) -> tuple[int, str]:
    """The exit status of run.sh, and its last line."""
    (folder / "test_some.py").write_text(TESTS)
    (folder / "pytest.ini").write_text(SETTINGS)
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "DEEP"))}
    variables |= {"UNSTABLE": str(unstable), "BROKEN": str(broken)}
    command = ["bash", str(RUN), sys.executable, "--", "-p", "no:randomly"]
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout.rstrip().splitlines()[-1]


def test_an_unstable_test_is_named_and_a_broken_one_fails(tmp_path: Path) -> None:
    status, last = run(tmp_path, unstable=2, broken=1)
    assert status == 1
    assert "Together: 2 failed, 7 passed" in last
    assert "Once more: 1 failed, 1 passed" in last
    assert last.endswith("Unstable: test_some.py::test_numbered[2].")


def test_the_run_passes_if_all_that_failed_pass_once_more(tmp_path: Path) -> None:
    status, last = run(tmp_path, unstable=1, broken=0)
    assert status == 0
    assert last.endswith("Unstable: test_some.py::test_numbered[1].")


def test_many_failures_are_not_tried_again(tmp_path: Path) -> None:
    status, last = run(tmp_path, unstable=6, broken=0)
    assert status == 1
    assert last.endswith("Together: 6 failed, 3 passed in " + last.split(" in ")[-1])
    assert "Once more" not in last
