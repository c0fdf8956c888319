"""The supervisor, with children that misbehave; each test runs it in another process."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import psutil
import pytest

from ticker.shared.process.server_state import read_state

Outside = Callable[..., "subprocess.Popen[str]"]
# Long enough that a busy machine does not look like a blocked node.
HANG_SECONDS = 2
# A child that answers `/health/ready`; `{trap}` runs before it serves, `{then}` as it starts.
PROGRAM = """
import http.server, pathlib, signal, socket, sys, threading, time
from ticker.workers.shared_state import READY, SharedState
from flashwire.service.children import ServerSpec
from flashwire.valkey.errors import EmbeddedError
from flashwire.valkey.embedded_server import EmbeddedServer
from ticker.shared.process.listen import bind, open_to_clients
from flashwire.service.supervisor import Supervisor
data = pathlib.Path(sys.argv[1])

class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
    def log_message(self, *_): pass

def serving(name, sock):
    def serve(slot):
        def ended(*_):
            with (data / "ends").open("a") as file: file.write(name + "\\n")
            sys.exit(0)
        signal.signal(signal.SIGTERM, ended)
        while (data / f"{name} starts").exists(): time.sleep(0.01)
        {trap}
        web = http.server.HTTPServer(sock.getsockname(), Ready, bind_and_activate=False)
        web.socket = sock
        open_to_clients(sock)
        web.serve_forever()
    return ServerSpec(name, sock, serve, {shared} if name == "ticker" else None)

server = EmbeddedServer(data)
def specs():
    sockets = [bind("127.0.0.1", 0, 1, "--port")[0] for _ in range(2)]
    return [serving("desk", sockets[0])], [serving("ticker", sockets[1])]
def ready():
    print("ready", flush=True)
    print(*(spec.sock.getsockname()[1] for spec in service._specs), flush=True)
service = Supervisor(server, specs, drain={drain}, announce=ready,
                  notice=lambda line: print(line, file=sys.stderr, flush=True), hang_seconds={hang}, ready_seconds=10)
try:
    sys.exit(service.run())
except EmbeddedError as error:
    print(error, file=sys.stderr)
    sys.exit(2)
"""


# A node also touches its slot, as its event loop does.
TOUCHING = """
        def touch():
            while True:
                slot.touch()
                slot.state = READY
                time.sleep(0.05)
        if slot is not None: threading.Thread(target=touch, daemon=True).start()
"""


def program(trap: str = "pass", drain: float = 1.0, shared: str = "None") -> str:
    return (
        PROGRAM.replace("{trap}", trap)
        .replace("{drain}", str(drain))
        .replace("{shared}", shared)
        .replace("{hang}", str(HANG_SECONDS))
    )


def test_the_desk_ends_before_the_nodes_and_the_server_last(outside: Outside, data: Path) -> None:
    process = _ready(outside(program()))
    process.terminate()
    assert process.wait(10) == 0
    assert (data / "ends").read_text().split() == ["desk", "ticker"]
    log = (data / "valkey.log").read_text()
    assert "ready to exit, bye bye" in log


@pytest.mark.alone
@pytest.mark.deep
def test_a_child_that_does_not_end_is_killed_within_the_limit(outside: Outside, data: Path) -> None:
    process = _ready(outside(program("signal.signal(signal.SIGTERM, signal.SIG_IGN)")))
    family = psutil.Process(process.pid).children(recursive=True)
    started = time.monotonic()
    process.terminate()
    assert process.wait(20) == 1, "not a clean stop"
    assert 2 < time.monotonic() - started < 1.0 + 5
    assert not any(child.is_running() for child in family)


@pytest.mark.deep
def test_a_port_refuses_clients_while_no_process_serves_it(
    outside: Outside, data: Path, until: Callable[..., None]
) -> None:
    """A connection that is never accepted would wait; a refused client tries another node, or again."""
    process = _ready(outside(program()))
    *_, desk, node = _family(process)
    ports = [int(port) for port in _line(process, process.stdout).split()]

    def is_refused(port: int) -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
        except ConnectionRefusedError:
            return True
        return False

    for name, port, child in zip(("desk", "ticker"), ports, (desk, node), strict=True):
        assert not is_refused(port)
        (data / f"{name} starts").touch()
        child.kill()
        assert f"The {name} ended (SIGKILL); starting it again" in _error_line(process)
        until(lambda port=port: is_refused(port), "its port is closed", 5)
        # Another process is there, but it is not ready.
        until(lambda: len(_family(process)) == 4, "it is started again")
        assert is_refused(port)
        (data / f"{name} starts").unlink()
        until(lambda port=port: not is_refused(port), "it serves")
    process.terminate()
    assert process.wait(10) == 0


@pytest.mark.deep
def test_a_second_interrupt_stops_at_once(outside: Outside, data: Path, until: Callable[..., None]) -> None:
    process = _ready(outside(program("signal.signal(signal.SIGTERM, signal.SIG_IGN)", drain=60)))
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    # The kernel merges two pending signals of the same kind.
    until(lambda: "stopping" in str(read_state(data)), "the first one is taken")
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130
    assert time.monotonic() - started < 5


@pytest.mark.deep
def test_a_child_that_cannot_start_ends_the_start_and_takes_everything_with_it(outside: Outside, data: Path) -> None:
    process = outside(program("if name == 'desk': raise SystemExit(3)"))
    output, errors = process.communicate(timeout=30)
    assert process.returncode == 2 and "ready" not in output
    assert "desk cannot start" in errors and "status 3" in errors
    assert errors.count("starting it again") == 2, "three tries"


def test_a_child_that_fails_prints_its_own_traceback_once(outside: Outside, data: Path) -> None:
    process = outside(program("if name == 'ticker': raise RuntimeError('a bug')"))
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 2 and errors.count("RuntimeError: a bug") == 3
    assert "service.run" not in errors.replace("service.run()", ""), "not the parent's stack"


def test_an_interrupt_of_the_terminal_reaches_only_the_parent(outside: Outside, data: Path) -> None:
    process = _ready(outside(program()))
    groups = {psutil.Process(process.pid).pid} | {child.pid for child in psutil.Process(process.pid).children()}
    assert len({os.getpgid(pid) for pid in groups}) == len(groups)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0


def test_a_closed_terminal_stops_the_service_in_order(outside: Outside, data: Path) -> None:
    """As when a window is closed: the session's leader gets SIGHUP, and /dev/tty cannot be opened."""
    controller, terminal = os.openpty()
    taking = f"import os, fcntl, termios; os.setsid(); fcntl.ioctl({terminal}, termios.TIOCSCTTY, 0)\n"
    process = _ready(outside(taking + program(), (terminal,)))
    os.close(terminal)
    os.close(controller)
    assert process.wait(10) == 0
    assert (data / "ends").read_text().split() == ["desk", "ticker"]


def test_sighup_without_a_terminal_is_a_rolling_restart(outside: Outside, data: Path) -> None:
    process = _ready(outside("import os; os.setsid()\n" + program()))
    family = {child.pid for child in psutil.Process(process.pid).children()}
    process.send_signal(signal.SIGHUP)
    assert "Rolling restart of 1 worker" in _error_line(process)
    assert "Rolling restart done: 1 worker new" in _error_line(process)
    assert len({child.pid for child in psutil.Process(process.pid).children()} & family) == len(family) - 1
    process.terminate()
    assert process.wait(10) == 0


def test_sighup_to_every_process_restarts_the_nodes_once(outside: Outside, data: Path) -> None:
    """As by `pkill -HUP flashwire`."""
    process = _ready(outside("import os; os.setsid()\n" + program()))
    family = psutil.Process(process.pid).children()
    for member in family:
        member.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGHUP)
    assert "Rolling restart of 1 worker" in _error_line(process)
    assert "Rolling restart done: 1 worker new" in _error_line(process)
    assert len({child.pid for child in psutil.Process(process.pid).children()} & {member.pid for member in family}) == 2
    process.terminate()
    assert process.wait(10) == 0
    assert process.stderr is not None and process.stderr.read() == ""


def test_a_child_ignores_sighup_after_an_exec_too() -> None:
    code = "import signal; print(*(signal.getsignal(n).name for n in (signal.SIGHUP, signal.SIGTERM)))"
    program = f"""
import os, sys
from flashwire.service.signals import Signals
with Signals() as signals:
    if os.fork():
        os.wait()
    else:
        signals.reset()
        os.execv(sys.executable, [sys.executable, "-c", {code!r}])
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert result.stdout == "SIG_IGN SIG_DFL\n"


@pytest.mark.deep
def test_a_blocked_node_is_replaced_within_its_limit(outside: Outside, data: Path) -> None:
    process = _ready(outside(program(TOUCHING.strip(), shared="SharedState.create(1)")))
    *_, node = _family(process)
    started = time.monotonic()
    node.suspend()
    assert f"The ticker has been blocked for {HANG_SECONDS} s" in _error_line(process)
    assert time.monotonic() - started < HANG_SECONDS + 6
    assert "The ticker ended (SIGKILL); starting it again" in _error_line(process)
    process.terminate()
    assert process.wait(10) == 0


@pytest.mark.deep
def test_a_parent_that_was_stopped_itself_kills_no_node(outside: Outside, data: Path) -> None:
    process = _ready(outside("import os; os.setsid()\n" + program(TOUCHING.strip(), shared="SharedState.create(1)")))
    *others, node = _family(process)
    for member in (*others, node):
        member.suspend()
    started = time.monotonic()
    while time.monotonic() - started < 3.3:
        time.sleep(0.1)
    # It checks the nodes before it handles the request, so its first line shows the result of the check.
    process.send_signal(signal.SIGHUP)
    for member in others:
        member.resume()
    assert "Rolling restart of 1 worker" in _error_line(process)
    node.resume()
    assert "Rolling restart done" in _error_line(process)
    process.terminate()
    assert process.wait(10) == 0
    assert process.stderr is not None and process.stderr.read() == ""


# In the parent: from the third fork on (desk and node are two) `os.fork` fails until a file is removed.
NO_ROOM = """
import os
forks, fork = [], os.fork
def no_room():
    forks.append(1)
    if len(forks) > 2 and (data / "no_room").exists(): raise BlockingIOError(11, "Resource temporarily unavailable")
    return fork()
os.fork = no_room
server = EmbeddedServer(data)
"""


@pytest.mark.deep
def test_a_system_that_cannot_fork_ends_no_process(outside: Outside, data: Path) -> None:
    process = _ready(outside("import os; os.setsid()\n" + program().replace("server = EmbeddedServer(data)", NO_ROOM)))
    *_, desk, node = _family(process)
    (data / "no_room").touch()
    process.send_signal(signal.SIGHUP)
    assert "Rolling restart of 1 worker" in _error_line(process)
    assert "The new ticker cannot be started (Resource temporarily unavailable)" in _error_line(process)
    assert node.is_running()
    node.kill()
    assert "The ticker ended (SIGKILL); starting it again" in _error_line(process)
    assert "The ticker cannot be started (Resource temporarily unavailable); trying again" in _error_line(process)
    assert desk.is_running()
    (data / "no_room").unlink()
    while len(psutil.Process(process.pid).children()) < 3:
        time.sleep(0.02)
    process.terminate()
    assert process.wait(10) == 0


def _ready(process: "subprocess.Popen[str]") -> "subprocess.Popen[str]":
    line = _line(process, process.stdout)
    if line != "ready\n":
        process.kill()
        pytest.fail(f"{line!r} instead of ready; {process.communicate()[1]}")
    return process


def _family(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    """The service's processes in the order of their start: parent, server, desk, node."""
    parent = psutil.Process(process.pid)
    return [parent, *sorted(parent.children(), key=lambda child: (child.create_time(), child.pid))]


def _error_line(process: "subprocess.Popen[str]") -> str:
    return _line(process, process.stderr)


def _line(process: "subprocess.Popen[str]", stream: IO[str] | None, seconds: float = 30) -> str:
    """The next line. After `seconds` without one the process is killed, and the rest is returned."""
    assert stream is not None
    limit = threading.Timer(seconds, process.kill)
    limit.start()
    try:
        return stream.readline()
    finally:
        limit.cancel()
