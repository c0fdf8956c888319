"""Writing that never raises and never blocks: every kind of reader that is gone, full or stands still."""

import errno
import fcntl
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ticker.shared.process.output import Output

LINE = b"a line of the log\n"


def patient(fd: int) -> Output:
    return Output(fd, blocks=False)


def full_pipe() -> tuple[int, int]:
    """The two ends of a pipe that takes nothing more."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(write, bytes(4096))
    os.set_blocking(write, True)
    return read, write


def test_a_pipe_without_a_reader_drops_lines_without_an_error() -> None:
    read, write = os.pipe()
    os.close(read)
    output = patient(write)
    assert output.write(LINE) == len(LINE)
    assert output.lines.dropped == 1
    os.close(write)


def test_a_full_pipe_does_not_block_and_stays_blocking_for_other_processes() -> None:
    read, write = full_pipe()
    output = patient(write)
    began = time.monotonic()
    for _ in range(1000):
        output.write(LINE)
    assert time.monotonic() - began < 1
    assert output.lines.dropped == 1000
    assert os.get_blocking(write), "the shell has the same open file"
    os.read(read, 65536)
    output.write(LINE)
    os.set_blocking(read, False)
    assert os.read(read, 65536) == b"1000 log lines were dropped here.\n" + LINE
    output.write(LINE)
    assert os.read(read, 65536) == LINE, "it is said once"
    os.close(read)
    os.close(write)


def test_the_rest_of_a_partial_line_is_written_before_the_next_line() -> None:
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    output = patient(write)
    long = b"x" * 6000 + b"\n"
    output.write(long)
    output.write(LINE)
    got = b""
    for _ in range(3):
        got += os.read(read, 65536)
        output.write(LINE)
    os.close(write)
    output.close()
    while piece := os.read(read, 65536):
        got += piece
        if got.endswith(LINE + LINE):
            break
    assert got.startswith(long + b"1 log lines were dropped here.\n" + LINE)
    os.close(read)


def test_a_full_socket_does_not_block() -> None:
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    output = patient(ours.fileno())
    for _ in range(1000):
        output.write(LINE)
    assert 0 < output.lines.dropped < 1000
    theirs.close()
    output.write(LINE)
    assert ours.getblocking()
    output.close()
    ours.close()


def test_a_full_disk_and_a_closed_descriptor_are_counted() -> None:
    with open("/dev/full", "wb", buffering=0) as file:
        output = patient(file.fileno())
        output.write(LINE)
        assert output.lines.dropped == 1
    output = patient(os.dup(0))
    os.close(output.fileno())
    output.write(LINE)
    assert output.lines.dropped == 1


def test_a_line_that_filled_the_disk_is_continued_later(tmp_path: Path) -> None:
    previous = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with (tmp_path / "log").open("wb", buffering=0) as file:
        output = patient(file.fileno())
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (30, previous[1]))
            for _ in range(3):
                output.write(LINE)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, previous)
            signal.signal(signal.SIGXFSZ, handler)
        output.write(LINE)
    assert (tmp_path / "log").read_bytes() == LINE * 2 + b"1 log lines were dropped here.\n" + LINE


def test_a_forked_child_counts_its_own_dropped_lines() -> None:
    read, write = full_pipe()
    output = patient(write)
    output.write(LINE)
    child = os.fork()
    if not child:
        os._exit(output.lines.dropped)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert output.lines.dropped == 1
    os.close(read)
    os.close(write)


def test_a_command_waits_for_its_reader_and_keeps_the_error() -> None:
    read, write = os.pipe()
    os.set_blocking(write, False)
    output = Output(write, blocks=True)
    reader = subprocess.Popen(["wc", "-c"], stdin=read, stdout=subprocess.PIPE)
    os.close(read)
    assert output.write(bytes(1_000_000)) == 1_000_000
    os.close(write)
    assert reader.communicate(timeout=10)[0].split() == [b"1000000"]
    with open("/dev/full", "wb", buffering=0) as file:
        output = Output(file.fileno(), blocks=True)
        output.write(LINE)
    assert output.failure is not None and output.failure.errno == errno.ENOSPC


def test_a_terminal_that_stops_background_writers_does_not_stop_a_server() -> None:
    program = """
import fcntl, os, sys, termios
from ticker.shared.process import output
os.setsid()
fcntl.ioctl(2, termios.TIOCSCTTY, 0)
modes = termios.tcgetattr(2)
modes[3] |= termios.TOSTOP
termios.tcsetattr(2, termios.TCSANOW, modes)
output.protect(blocks=False)
child = os.fork()
if not child:
    os.setpgid(0, 0)
    output.print_notice("a line")
    os._exit(0)
_, status = os.waitpid(child, os.WUNTRACED)
os.kill(child, 9) if os.WIFSTOPPED(status) else None
os._exit(os.WIFSTOPPED(status))
"""
    controller, terminal = os.openpty()
    process = subprocess.run([sys.executable, "-c", program], stderr=terminal, check=False, timeout=30)
    assert process.returncode == 0
    os.close(terminal)
    assert b"a line" in os.read(controller, 1000)
    os.close(controller)


@pytest.mark.parametrize("closing", ["1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_a_descriptor_that_was_closed_at_the_start_is_not_reused(closing: str) -> None:
    program = (
        "from ticker.shared.process import output; import os, sys; output.protect(blocks=False); print('x');"
        "print('y', file=sys.stderr); assert min(os.pipe()) > 2"
    )
    process = subprocess.run(["sh", "-c", f'exec {sys.executable} -c "$1" {closing}', "sh", program], check=False)
    assert process.returncode == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_characters_that_a_terminal_cannot_show_are_escaped(encoding: str) -> None:
    program = "from ticker.shared.process import output; output.protect(blocks=True); output.print_result('\\u0645 é')"
    result = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONIOENCODING": encoding},
        capture_output=True,
        check=True,
    ).stdout
    assert result.decode(encoding) == "م é\n" if encoding == "utf-8" else result.startswith(b"\\u0645 ")
