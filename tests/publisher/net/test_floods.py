"""Floods of clients without a token: an editor's line is acknowledged in time, whatever they ask for."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import pytest

from tests.support.desk_process import Machine
from tests.support.flood_client import KINDS
from tests.support.sample_items import line

_CLIENTS: Final = 60
# Some 150 lines: of 40, the 99th percentile would be the slowest one.
_SECONDS: Final = 6.0


# Not "visits": each request opens a connection, and on two cores its slowest answer took 0.1 to 0.8 s in one hour.
_SHORT: Final = ("metrics", "chunks", "packed")


@pytest.mark.alone
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=() if kind == _SHORT[0] else pytest.mark.deep if kind in _SHORT else pytest.mark.slow)
        for kind in KINDS
    ],
)
def test_an_editor_is_answered_in_time_during_a_flood(machine: Machine, kind: str) -> None:
    port = machine.http.base_url.port
    machine.post("warm")
    command = [sys.executable, str(Path(__file__).parents[2] / "support" / "flood_client.py"), kind]
    flood = subprocess.Popen([*command, str(port), str(_CLIENTS), str(_SECONDS + 30)])
    try:
        time.sleep(0.5)
        waits: list[float] = []
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until:
            started_at = time.monotonic()
            # Every other line comes on a new connection, as a script sends it.
            closes = {"Connection": "close"} if len(waits) % 2 else {}
            answer = machine.http.post("/v1/items", json=line(), headers=closes)
            assert answer.status_code == 201
            waits.append(time.monotonic() - started_at)
        assert flood.poll() is None, "the flood ended early"
    finally:
        flood.kill()
        flood.wait()
    late = sorted(waits)[int(0.99 * len(waits))]
    assert late < 0.25, f"{late:.3f} s at the 99th percentile"
