"""The parent of a service, with children that misbehave: each program runs in a process of its own."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from ticker.contract.server_state import read_state

Outside = Callable[..., "subprocess.Popen[str]"]
# A child that answers `/health/ready`; `{trap}` runs before it serves, `{then}` as it starts.
PROGRAM = """
import http.server, pathlib, signal, socket, sys, threading, time
from ticker.edge.board import READY, Board
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
    def serve(seat):
        def ended(*_):
            with (data / "ends").open("a") as file: file.write(name + "\\n")
            sys.exit(0)
        signal.signal(signal.SIGTERM, ended)
        {trap}
        server = http.server.HTTPServer(sock.getsockname(), Ready, bind_and_activate=False)
        server.socket = sock
        server.serve_forever()
    return Part(name, sock, serve, {board} if name == "ticker" else None)

keeper = Keeper(data)
def parts():
    doors = [listen("127.0.0.1", 0, 1, "--port")[0] for _ in range(2)]
    return [serving("desk", doors[0])], [serving("ticker", doors[1])]
service = Service(keeper, parts, drain={drain}, announce=lambda: print("ready", flush=True),
                  notice=lambda line: print(line, file=sys.stderr, flush=True), hang_seconds=0.5, ready_seconds=10)
try:
    sys.exit(service.run())
except EmbeddedError as error:
    print(error, file=sys.stderr)
    sys.exit(2)
"""


# What a node does beside serving: its loop turns, and it counts.
BEATING = """
        def beat():
            while True:
                seat.beat()
                seat.state = READY
                time.sleep(0.05)
        if seat is not None: threading.Thread(target=beat, daemon=True).start()
"""


def program(trap: str = "pass", drain: float = 1.0, board: str = "None") -> str:
    return PROGRAM.replace("{trap}", trap).replace("{drain}", str(drain)).replace("{board}", board)


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


def test_a_terminal_that_hangs_up_stops_it_in_order(outside: Outside, data: Path) -> None:
    """As when a window is closed: the session's leader gets SIGHUP, and /dev/tty leads nowhere any more."""
    controller, terminal = os.openpty()
    taking = f"import os, fcntl, termios; os.setsid(); fcntl.ioctl({terminal}, termios.TIOCSCTTY, 0)\n"
    process = _ready(outside(taking + program(), (terminal,)))
    os.close(terminal)
    os.close(controller)
    assert process.wait(10) == 0
    assert (data / "ends").read_text().split() == ["desk", "ticker"]


def test_a_hang_up_without_a_terminal_is_no_request_to_stop(outside: Outside, data: Path) -> None:
    process = _ready(outside("import os; os.setsid()\n" + program()))
    family = {child.pid for child in psutil.Process(process.pid).children()}
    process.send_signal(signal.SIGHUP)
    assert process.stderr is not None
    assert "Rolling restart of 1 worker" in process.stderr.readline()
    assert "Rolling restart done: 1 worker new" in process.stderr.readline()
    assert len({child.pid for child in psutil.Process(process.pid).children()} & family) == len(family) - 1
    process.terminate()
    assert process.wait(10) == 0


def test_a_node_that_stands_still_is_replaced_within_its_limit(outside: Outside, data: Path) -> None:
    process = _ready(outside(program(BEATING.strip(), board="Board.make(1)")))
    # The last child to be started: server and desk come before it.
    node = max(psutil.Process(process.pid).children(), key=lambda child: (child.create_time(), child.pid))
    begun = time.monotonic()
    node.suspend()
    assert process.stderr is not None
    assert "The ticker stands still for 0.5 s" in process.stderr.readline()
    assert time.monotonic() - begun < 5
    assert "The ticker ended (SIGKILL); starting it again" in process.stderr.readline()
    process.terminate()
    assert process.wait(10) == 0


def test_a_parent_that_was_stopped_itself_blames_nobody(outside: Outside, data: Path) -> None:
    process = _ready(outside(program(BEATING.strip(), board="Board.make(1)")))
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children()]
    for one in family:
        one.suspend()
    begun = time.monotonic()
    while time.monotonic() - begun < 3.3:
        time.sleep(0.1)
    for one in family:
        one.resume()
    process.terminate()
    assert process.wait(10) == 0
    assert process.stderr is not None and "stands still" not in process.stderr.read()


def _ready(process: "subprocess.Popen[str]") -> "subprocess.Popen[str]":
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line == "ready\n", process.communicate()[1]
    return process
