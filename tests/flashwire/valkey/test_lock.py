"""The lock: two services never use one data directory, even if its lock file is removed or replaced."""

import errno
import fcntl
import os
import resource
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flashwire.valkey.errors import DataInUseError, EmbeddedError
from flashwire.valkey.lock import LOCK_FILE, take_lock
from tests.support.odd_files import at_once

# A program that closes its locks; the server that it started still holds them.
CLOSING_LOCKS = """
import sys, pathlib, time
from flashwire.valkey.embedded_server import EmbeddedServer
server = EmbeddedServer(pathlib.Path(sys.argv[1]))
server.launch()
server.wait_ready()
server.close_locks()
print(server.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def locked(data: Path) -> Iterator[Path]:
    """A data directory that this process has locked."""
    descriptors = take_lock(data)
    yield data
    release(descriptors)


def release(descriptors: tuple[int, ...]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def refusal(data: Path, wait: float = 0.05) -> str:
    """The error of a second start, which changes no file."""
    files = contents(data)
    with at_once(), pytest.raises(DataInUseError) as refused:
        take_lock(data, wait=wait)
    assert contents(data) == files and "\n" not in str(refused.value)
    return str(refused.value)


def contents(data: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() if path.is_file() else b"" for path in data.iterdir()}


def replace_by_copy(lock: Path) -> None:
    shutil.copy(lock, lock.with_name("copy"))
    lock.with_name("copy").rename(lock)


def put(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def replace(lock: Path) -> None:
        lock.unlink()
        make(lock)

    return replace


HARM: dict[str, Callable[[Path], None]] = {
    "removed": Path.unlink,
    "a copy": replace_by_copy,
    "an empty file": put(Path.touch),
    "a number that no process has": put(lambda lock: lock.write_text("9" * 30)),
    "a pipe": put(os.mkfifo),
    "a directory": put(Path.mkdir),
    "a link to nowhere": put(lambda lock: lock.symlink_to("nowhere")),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_directory_stays_locked_when_its_lock_file_is_removed_or_replaced(locked: Path, harm: str) -> None:
    HARM[harm](locked / LOCK_FILE)
    message = refusal(locked)
    assert f"in use by {f'process {os.getpid()}' if harm == 'a copy' else 'another process'};" in message


def test_a_directory_stays_locked_under_another_name(locked: Path) -> None:
    moved = locked.with_name("moved")
    locked.rename(moved)
    (moved / LOCK_FILE).unlink()
    link = locked.with_name("link")
    link.symlink_to(moved)
    refusal(moved)
    refusal(link)
    # A new directory of the same name is another one.
    release(take_lock(locked))


def test_the_server_keeps_the_lock_until_it_ends_even_without_the_lock_file(
    data: Path, outside: Callable[[str], "subprocess.Popen[str]"]
) -> None:
    process = outside(CLOSING_LOCKS)
    assert process.stdout is not None and process.stdout.readline()
    (data / LOCK_FILE).unlink()
    refusal(data)
    os.kill(process.pid, signal.SIGKILL)
    release(take_lock(data))


def test_an_older_and_a_newer_release_lock_each_other_out(data: Path) -> None:
    descriptors = take_lock(data)
    with (data / LOCK_FILE).open("r+b") as older:
        with pytest.raises(BlockingIOError):
            fcntl.flock(older, fcntl.LOCK_EX | fcntl.LOCK_NB)
        release(descriptors)
        fcntl.flock(older, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert f"process {os.getpid()};" in refusal(data)
    release(take_lock(data))


def flock_only(kind: Callable[[int], bool], reason: int) -> Callable[[int, int], None]:
    """The `flock` of a file system that can lock only some files."""
    flock = fcntl.flock

    def locks(descriptor: int, operation: int) -> None:
        if not kind(os.fstat(descriptor).st_mode):
            raise OSError(reason, os.strerror(reason))
        flock(descriptor, operation)

    return locks


@pytest.mark.parametrize("reason", [errno.EBADF, errno.EOPNOTSUPP, errno.ENOLCK, errno.EACCES])
def test_on_a_file_system_that_locks_no_directories_the_file_is_locked(
    data: Path, monkeypatch: pytest.MonkeyPatch, reason: int
) -> None:
    monkeypatch.setattr(fcntl, "flock", flock_only(stat.S_ISREG, reason))
    open_files = len(os.listdir("/dev/fd"))
    descriptors = take_lock(data)
    assert f"process {os.getpid()};" in refusal(data)
    release(descriptors)
    assert len(os.listdir("/dev/fd")) == open_files
    release(take_lock(data))


def test_without_locks_the_start_ends_with_one_line(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", flock_only(lambda _: False, errno.ENOLCK))
    with pytest.raises(EmbeddedError, match=os.strerror(errno.ENOLCK)) as refused:
        take_lock(data)
    assert str(data) in str(refused.value) and "\n" not in str(refused.value)


def test_a_full_disk_does_not_prevent_the_lock(data: Path) -> None:
    data.mkdir()
    (data / LOCK_FILE).touch()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
        release(take_lock(data))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
