"""The parent of a service, with children that misbehave: each program runs in a process of its own."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from ticker.contract.server_state import read_state

Outside = Callable[[str], "subprocess.Popen[str]"]
# A child that answers `/health/ready`; `{trap}` runs before it serves, `{then}` as it starts.
PROGRAM = """
import http.server, pathlib, signal, socket, sys, time
from ticker.embedded.children import Part
from ticker.embedded.errors import EmbeddedError
from ticker.embedded.keeper import Keeper
from ticker.embedded.listen import listen
from ticker.embedded.service import Service
data = pathlib.Path(sys.argv[1])

class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
    def log_message(self, *_): pass

def serving(name, sock):
    def serve():
        def ended(*_):
            with (data / "ends").open("a") as file: file.write(name + "\\n")
            sys.exit(0)
        signal.signal(signal.SIGTERM, ended)
        {trap}
        server = http.server.HTTPServer(sock.getsockname(), Ready, bind_and_activate=False)
        server.socket = sock
        server.serve_forever()
    return Part(name, sock, serve)

keeper = Keeper(data)
def parts():
    doors = [listen("127.0.0.1", 0, 1, "--port")[0] for _ in range(2)]
    return [serving("desk", doors[0])], [serving("ticker", doors[1])]
service = Service(keeper, parts, drain={drain}, announce=lambda: print("ready", flush=True),
                  notice=lambda line: print(line, file=sys.stderr, flush=True))
try:
    sys.exit(service.run())
except EmbeddedError as error:
    print(error, file=sys.stderr)
    sys.exit(2)
"""


def program(trap: str = "pass", drain: float = 1.0) -> str:
    return PROGRAM.replace("{trap}", trap).replace("{drain}", str(drain))


def test_the_desk_ends_before_the_nodes_and_the_server_last(outside: Outside, data: Path) -> None:
    process = _ready(outside(program()))
    process.terminate()
    assert process.wait(10) == 0
    assert (data / "ends").read_text().split() == ["desk", "ticker"]
    log = (data / "valkey.log").read_text()
    assert "ready to exit, bye bye" in log


def test_a_child_that_will_not_end_is_ended_by_force_within_the_limit(outside: Outside, data: Path) -> None:
    process = _ready(outside(program("signal.signal(signal.SIGTERM, signal.SIG_IGN)")))
    family = psutil.Process(process.pid).children(recursive=True)
    begun = time.monotonic()
    process.terminate()
    assert process.wait(20) == 1, "not a clean stop"
    assert 2 < time.monotonic() - begun < 1.0 + 5
    assert not any(child.is_running() for child in family)


def test_a_second_interrupt_waits_for_nobody(outside: Outside, data: Path, until: Callable[..., None]) -> None:
    process = _ready(outside(program("signal.signal(signal.SIGTERM, signal.SIG_IGN)", drain=60)))
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    # Two signals of a kind that come at once are one to the kernel.
    until(lambda: "stopping" in str(read_state(data)), "the first one is taken")
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130
    assert time.monotonic() - begun < 5


def test_a_child_that_cannot_start_ends_the_start_and_takes_everything_with_it(outside: Outside, data: Path) -> None:
    process = outside(program("if name == 'desk': raise SystemExit(3)"))
    output, errors = process.communicate(timeout=30)
    assert process.returncode == 2 and "ready" not in output
    assert "desk cannot start" in errors and "status 3" in errors
    assert errors.count("starting it again") == 2, "three tries"


def test_what_a_child_writes_when_it_falls_over_is_its_own_traceback_once(outside: Outside, data: Path) -> None:
    process = outside(program("if name == 'ticker': raise RuntimeError('a bug')"))
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 2 and errors.count("RuntimeError: a bug") == 3
    assert "service.run" not in errors.replace("service.run()", ""), "not the parent's stack"


def test_a_terminals_interrupt_reaches_the_parent_alone(outside: Outside, data: Path) -> None:
    process = _ready(outside(program()))
    groups = {psutil.Process(process.pid).pid} | {child.pid for child in psutil.Process(process.pid).children()}
    assert len({os.getpgid(pid) for pid in groups}) == len(groups)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0


def test_a_hang_up_stops_in_order_too(outside: Outside, data: Path) -> None:
    process = _ready(outside(program()))
    process.send_signal(signal.SIGHUP)
    assert process.wait(10) == 0


def _ready(process: "subprocess.Popen[str]") -> "subprocess.Popen[str]":
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line == "ready\n", process.communicate()[1]
    return process
