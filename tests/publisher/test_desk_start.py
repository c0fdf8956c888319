"""How the desk alone starts and ends: its address, a port that is taken, SIGTERM at any moment."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
import uvicorn

from publisher.api.app import create_app
from publisher.api.parts import Parts
from publisher.server import DeskServer

Start = Callable[..., "subprocess.Popen[str]"]
COMMAND = (sys.executable, "-c", "from flashwire.cli.main import main; main()", "desk")


@pytest.fixture
def start(redis_url: str, brand: str, tmp_path: Path, spawn: Start) -> Start:
    """Starts `flashwire desk` with a real server."""

    def begin(*arguments: str, command: tuple[str, ...] = COMMAND, **variables: str) -> "subprocess.Popen[str]":
        clean = {name: value for name, value in os.environ.items() if not name.startswith("FLASHWIRE_")}
        environment = clean | {"REDIS_URL": redis_url, "FLASHWIRE_BRAND": brand} | variables
        return spawn([*command, "--data", str(tmp_path / "data"), *arguments], cwd=tmp_path, env=environment)

    return begin


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_port_in_use_ends_the_desk_with_one_line(start: Start, host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listening:
        port = listening.getsockname()[1]
        desk = start("--host", host, "--port", str(port))
        _, errors = desk.communicate(timeout=30)
    assert desk.returncode == 2
    assert errors.count("\n") == 1 and f"port {port}" in errors and "--port" in errors


@pytest.mark.deep
def test_a_port_that_the_desk_chooses_is_in_its_link(start: Start) -> None:
    for host in ("127.0.0.1", "::1"):
        desk = start("--host", host, "--port", "0")
        assert desk.stderr is not None
        address = desk.stderr.readline().split("/#welcome=")[0].removeprefix("Open ")
        with urllib.request.urlopen(f"{address}/health/live", timeout=30) as answer:
            assert answer.status == 200
        desk.terminate()
        assert desk.wait(10) == 0


@pytest.mark.deep
@pytest.mark.parametrize(("arguments", "variables"), [(("--host", ""), {}), ((), {"FLASHWIRE_DESK_HOST": "  "})])
def test_an_empty_host_does_not_open_every_interface(
    start: Start, arguments: tuple[str, ...], variables: dict[str, str]
) -> None:
    desk = start("--port", "0", *arguments, **variables)
    _, errors = desk.communicate(timeout=30)
    assert desk.returncode == 2
    assert errors.count("\n") == 1 and "0.0.0.0" in errors


@pytest.mark.deep
def test_sighup_stops_the_desk_in_order_unless_it_is_ignored(start: Start) -> None:
    for command, ends in ((COMMAND, True), (("nohup", *COMMAND), False)):
        desk = start("--port", "0", command=command)
        assert desk.stderr is not None
        while not (line := desk.stderr.readline()).startswith("Open "):
            assert line, "it ended"
        address = line.split("/#welcome=")[0].removeprefix("Open ")
        with urllib.request.urlopen(f"{address}/health/live", timeout=30) as answer:
            assert answer.status == 200
        desk.send_signal(signal.SIGHUP)
        if not ends:
            time.sleep(0.5)
            assert desk.poll() is None
            desk.terminate()
        assert desk.wait(10) == 0


@pytest.mark.alone
@pytest.mark.deep
def test_sigterm_ends_the_desk_at_any_moment_of_its_start(start: Start) -> None:
    for step in range(5):
        desk = start("--port", "0")
        time.sleep(step * 0.3)
        desk.terminate()
        began = time.monotonic()
        _, errors = desk.communicate(timeout=30)
        assert time.monotonic() - began < 5
        assert desk.returncode in (0, -signal.SIGTERM) and "Traceback" not in errors, errors


@pytest.mark.anyio
async def test_a_second_interrupt_drops_no_publication(parts: Parts) -> None:
    server = DeskServer(uvicorn.Config(create_app(parts)), parts)
    for _ in range(2):
        server.handle_exit(signal.SIGINT, None)
    assert server.should_exit and not server.force_exit and parts.watch.draining
