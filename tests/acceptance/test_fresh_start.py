"""From an empty folder to a service, and back to nothing: the first and the last minute of a user."""

import json
import re
import signal
import stat
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.audience import Client, listening
from tests.acceptance.service import environment, readiness, start, stop
from tests.support.commands import FLASHWIRE, Running, runs
from tests.support.waiting import until

Say = Callable[[str], None]


@pytest.mark.alone
def test_an_empty_folder_serves_within_seconds_and_stops_cleanly(folder: Path, say: Say) -> None:
    started = time.monotonic()
    service = start(folder, "--data", "elsewhere")
    ready = time.monotonic() - started
    try:
        assert ready < 15, "seconds, also on a busy machine"
        assert readiness(service.ticker)[0] and readiness(service.desk)[0]
        printed = "".join(service.lines)
        assert re.search(r"^ +Ticker +http://127\.0\.0\.1:\d+$", printed, re.M)
        assert re.search(r"^ +Desk +http://127\.0\.0\.1:\d+$", printed, re.M)
        assert str(folder / "elsewhere") in printed
        assert _first_editor(service)["role"] == "chief"
        with pytest.raises(urllib.error.HTTPError) as used:
            _first_editor(service)
        used.value.close()
        assert used.value.code in (401, 403, 409, 410), "a one-time link is good once"
        assert stat.S_IMODE((folder / "elsewhere" / "signing.key").stat().st_mode) == 0o600
        family = service.family()
        started = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(15) == 0
        stop_seconds = time.monotonic() - started
        assert not any(runs(process) for process in family)
        assert {path.name for path in folder.iterdir()} == {"errors", "elsewhere"}, "nothing but its data"
        assert not [path for path in (folder / "elsewhere").rglob("*") if path.is_socket() or path.is_symlink()]
        assert "Traceback" not in service.errors()
    finally:
        stop(service)
    say(f"ready after {ready:.2f} s, gone {stop_seconds:.2f} s after SIGTERM")


def test_a_second_start_prints_no_link_once_there_is_an_editor(folder: Path) -> None:
    service = start(folder)
    try:
        _first_editor(service)
    finally:
        stop(service)
    again = start(folder)
    try:
        assert "welcome" not in "".join(again.lines)
    finally:
        stop(again)


@pytest.mark.deep
@pytest.mark.anyio
@pytest.mark.parametrize("drain", ["1", pytest.param("10", marks=pytest.mark.slow)])
async def test_sigterm_closes_clients_spread_over_the_drain_time(folder: Path, drain: str) -> None:
    service = start(folder, "--drain-seconds", drain)
    try:
        clients = [Client(service.ticker, transport) for transport in ("websocket", "sse") for _ in range(15)]
        async with listening(clients):
            started = time.time()
            service.process.send_signal(signal.SIGTERM)
            status = await _exit_status(service)
            took = time.time() - started
            assert status == 0 and took < 5 + float(drain)
            byes = sorted(received.at for client in clients for received in client.received if received.kind == "bye")
            assert len(byes) == len(clients), "every client got a bye"
            assert byes[-1] - byes[0] > float(drain) / 2, "and not all at once"
            assert {code for client in clients for code in client.closes} == {4000}
        assert "Traceback" not in service.errors()
    finally:
        stop(service)


async def _exit_status(service: Running) -> int:
    from anyio import to_thread

    return await to_thread.run_sync(service.process.wait, 20)


@pytest.mark.deep
def test_a_first_start_that_is_killed_leaves_a_usable_folder(folder: Path) -> None:
    process = subprocess.Popen(
        [*FLASHWIRE, "run", "--ticker-port", "0", "--desk-port", "0"],
        cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until((folder / "data" / "server.json").exists, "the start has begun")
    process.kill()
    process.wait()
    service = start(folder)
    try:
        assert readiness(service.ticker)[0]
    finally:
        stop(service)


def _first_editor(service: Running) -> dict[str, str]:
    """Opens the printed link as the desk page does, and returns who it makes."""
    link = re.search(r"(http\S+)/#welcome=(\S+)", "".join(service.lines))
    assert link is not None
    request = urllib.request.Request(
        f"{service.desk}/v1/welcome",
        json.dumps({"code": link[2], "name": "First editor"}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        answer_body: dict[str, str] = json.load(answer)
    return answer_body
