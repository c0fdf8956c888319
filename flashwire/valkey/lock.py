"""Locks of a data directory, so that one service uses it: on the directory and on the file `lock` in it.

The locks belong to the open files and not to a process (flock(2)). They last until the last process that inherited
them has ended, so a server that outlives its parent still keeps a second service out. The directory itself is locked
because its files may be removed or replaced. The file names the holder, and is all that older releases lock.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from flashwire.valkey.errors import DataInUseError, EmbeddedError

LOCK_FILE: Final = "lock"
# The server of a killed service gets its signal at once, but may be in an fsync.
WAIT_SECONDS: Final = 5.0
# A killed process still looks alive for a moment.
_GRACE_SECONDS: Final = 0.3
_STEP_SECONDS: Final = 0.02


def take_lock(
    data: Path, *, wait: float = WAIT_SECONDS, is_ending: Callable[[], bool] = lambda: False
) -> tuple[int, ...]:
    """Locks `data` and returns the descriptors, which hold the locks until every process has closed them.

    If the holder that the file names is dead, or `is_ending()`, it waits up to `wait` seconds. Otherwise it soon raises
    `DataInUseError` with the holder. Creates the directory with mode 700.
    """
    started = time.monotonic()
    while True:
        try:
            return _take_locks(data)
        except BlockingIOError:
            holder = _holder(data)
            if time.monotonic() - started > (min(_GRACE_SECONDS, wait) if holder and not is_ending() else wait):
                raise DataInUseError(
                    f"The data directory {data} is in use by {f'process {holder}' if holder else 'another process'}; "
                    "stop that one, or choose another directory with --data."
                ) from None
            time.sleep(_STEP_SECONDS)
        except OSError as error:
            raise EmbeddedError(
                f"The data directory {data} cannot be written ({os.strerror(error.errno or 0)}); "
                "choose another with --data or FLASHWIRE_DATA."
            ) from None


def _take_locks(data: Path) -> tuple[int, ...]:
    """Takes both locks, the directory's first: if that fails, nothing in the directory is touched."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        descriptors = []
        try:
            folder = os.open(data, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            stack.callback(os.close, folder)
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            descriptors.append(folder)
        except BlockingIOError:
            raise
        except OSError:
            # NFS locks only files that are open for writing, which a directory cannot be; the lock of the file remains.
            stack.close()
        file = os.open(data / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        stack.callback(os.close, file)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The lock holds even if a full disk cannot store the holder's number.
        with contextlib.suppress(OSError):
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        stack.pop_all()
        return *descriptors, file


def is_alive(process: int) -> bool:
    """Whether `process` runs. A zombie does not run."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        # The state follows the name, which is in parentheses and may contain any character.
        return Path(f"/proc/{process}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0] not in "ZX"
    except (OSError, IndexError):
        return True


def _holder(data: Path) -> int:
    """The process that the lock file names, or 0 if it does not run."""
    try:
        # O_NONBLOCK: a pipe in place of the file must not block the start.
        descriptor = os.open(data / LOCK_FILE, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        text = os.read(descriptor, 32).strip()
    except OSError:
        return 0
    finally:
        os.close(descriptor)
    # A process number has at most nine digits.
    return int(text) if text.isdigit() and len(text) < 10 and is_alive(int(text)) else 0
