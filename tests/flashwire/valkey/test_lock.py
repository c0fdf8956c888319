"""Two services never use one data directory, also where its lock file was removed or replaced under the first."""

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

# Its own process holds the lock no longer; the server that it started does.
LETTING_GO = """
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
def held(data: Path) -> Iterator[Path]:
    """The directory while it is in use by this process."""
    descriptors = take_lock(data)
    yield data
    release(descriptors)


def release(descriptors: tuple[int, ...]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def refusal(data: Path, wait: float = 0.05) -> str:
    """What a second start is told; it leaves every file as it is."""
    before = contents(data)
    with at_once(), pytest.raises(DataInUseError) as refused:
        take_lock(data, wait=wait)
    assert contents(data) == before and "\n" not in str(refused.value)
    return str(refused.value)


def contents(data: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() if path.is_file() else b"" for path in data.iterdir()}


def put_a_copy(lock: Path) -> None:
    shutil.copy(lock, lock.with_name("copy"))
    lock.with_name("copy").rename(lock)


def put(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def replace(lock: Path) -> None:
        lock.unlink()
        make(lock)

    return replace


HARM: dict[str, Callable[[Path], None]] = {
    "removed": Path.unlink,
    "a copy": put_a_copy,
    "an empty file": put(Path.touch),
    "a number that no process has": put(lambda lock: lock.write_text("9" * 30)),
    "a pipe": put(os.mkfifo),
    "a directory": put(Path.mkdir),
    "a link to nowhere": put(lambda lock: lock.symlink_to("nowhere")),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_directory_stays_in_use_when_its_lock_file_is_removed_or_replaced(held: Path, harm: str) -> None:
    HARM[harm](held / LOCK_FILE)
    told = refusal(held)
    assert f"in use by {f'process {os.getpid()}' if harm == 'a copy' else 'another process'};" in told


def test_a_directory_stays_in_use_under_another_name(held: Path) -> None:
    moved = held.with_name("moved")
    held.rename(moved)
    (moved / LOCK_FILE).unlink()
    link = held.with_name("link")
    link.symlink_to(moved)
    refusal(moved)
    refusal(link)
    # What is made in its place is another directory.
    release(take_lock(held))


def test_the_server_holds_a_directory_whose_lock_file_is_gone_as_long_as_it_lives(
    data: Path, outside: Callable[[str], "subprocess.Popen[str]"]
) -> None:
    keeping = outside(LETTING_GO)
    assert keeping.stdout is not None and keeping.stdout.readline()
    (data / LOCK_FILE).unlink()
    refusal(data)
    os.kill(keeping.pid, signal.SIGKILL)
    release(take_lock(data))


def test_an_older_release_is_kept_out_and_keeps_a_newer_one_out(data: Path) -> None:
    holding = take_lock(data)
    with (data / LOCK_FILE).open("r+b") as older:
        with pytest.raises(BlockingIOError):
            fcntl.flock(older, fcntl.LOCK_EX | fcntl.LOCK_NB)
        release(holding)
        fcntl.flock(older, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert f"process {os.getpid()};" in refusal(data)
    release(take_lock(data))


def locking_nothing_but(kind: Callable[[int], bool], reason: int) -> Callable[[int, int], None]:
    """`flock` of a file system that cannot lock everything."""
    flock = fcntl.flock

    def locks(descriptor: int, operation: int) -> None:
        if not kind(os.fstat(descriptor).st_mode):
            raise OSError(reason, os.strerror(reason))
        flock(descriptor, operation)

    return locks


@pytest.mark.parametrize("reason", [errno.EBADF, errno.EOPNOTSUPP, errno.ENOLCK, errno.EACCES])
def test_where_a_directory_cannot_be_locked_the_file_alone_is(
    data: Path, monkeypatch: pytest.MonkeyPatch, reason: int
) -> None:
    monkeypatch.setattr(fcntl, "flock", locking_nothing_but(stat.S_ISREG, reason))
    before = len(os.listdir("/dev/fd"))
    holding = take_lock(data)
    assert f"process {os.getpid()};" in refusal(data)
    release(holding)
    assert len(os.listdir("/dev/fd")) == before
    release(take_lock(data))


def test_where_nothing_can_be_locked_the_start_ends_with_one_line(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", locking_nothing_but(lambda _: False, errno.ENOLCK))
    with pytest.raises(EmbeddedError, match=os.strerror(errno.ENOLCK)) as refused:
        take_lock(data)
    assert str(data) in str(refused.value) and "\n" not in str(refused.value)


def test_a_full_disk_does_not_keep_the_lock_from_its_holder(data: Path) -> None:
    data.mkdir()
    (data / LOCK_FILE).touch()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
        release(take_lock(data))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
