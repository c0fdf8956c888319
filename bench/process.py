"""Starts and stops server processes, and reads their CPU and memory from /proc."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

STOP_SECONDS: Final = 5.0
_SETTINGS: Final = ("FLASHWIRE_", "REDIS_URL")


def start_server(
    contender: str, sock: socket.socket, core: int, folder: Path, **settings: str
) -> subprocess.Popen[bytes]:
    """Starts a process that serves `contender` on the listening `sock`; its output goes to `folder`/log.

    `settings` are environment variables. Flashwire settings of the calling shell are removed.
    """
    environment = {name: value for name, value in os.environ.items() if not name.upper().startswith(_SETTINGS)}
    number = sock.fileno()
    command = [sys.executable, "-m", "bench.server", contender, str(number), str(core), str(os.getpid())]
    with (folder / "log").open("ab") as log:
        # The working directory is `folder`, so that no .env file is read.
        return subprocess.Popen(
            command,
            pass_fds=(number,),
            cwd=folder,
            env={**environment, **settings},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def stop_server(process: subprocess.Popen[bytes]) -> None:
    """Stops a process of `start_server` with SIGTERM, and with SIGKILL after `STOP_SECONDS`."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def cpu_seconds(processes: tuple[int, ...]) -> float:
    """Returns the CPU time of all threads of `processes`, with nanosecond resolution if the kernel has schedstats."""
    return sum(_cpu_seconds(Path(f"/proc/{number}")) for number in processes)


def _cpu_seconds(process: Path) -> float:
    spent = 0
    for thread in (process / "task").iterdir():
        with contextlib.suppress(FileNotFoundError):
            # Documentation/scheduler/sched-stats: time on the CPU in ns, time waiting, time slices.
            spent += int((thread / "schedstat").read_text().split()[0])
    if spent:
        return spent / 1e9
    # Without schedstats: utime and stime in ticks, fields 14 and 15 of stat (proc(5)).
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_kib(process: int) -> float:
    """Returns the proportional set size of `process` in KiB, which does not include the kernel's socket buffers."""
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return float(line.split()[1])
    raise OSError(f"/proc/{process}/smaps_rollup has no Pss line")


def last_words(folder: Path) -> str:
    """Returns the last line of `folder`/log, which usually says why a server ended."""
    lines = (folder / "log").read_text("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it wrote nothing")


def listener() -> socket.socket:
    """Returns a listening socket on a free port of loopback."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    sock.listen(4096)
    sock.setblocking(False)
    return sock


def environment_of(**settings: object) -> Mapping[str, str]:
    """Returns `settings` as environment variables of a node."""
    return {f"FLASHWIRE_{name.upper()}": str(value) for name, value in settings.items()}
