"""One keeper for a data directory: locks on it and on a file in it, which its server holds too; no servers here.

The locks belong to the open files and not to a process (flock(2)): they last until the last process that inherited
them has ended, so a server that outlives its keeper by a moment still keeps a second one out. The directory is locked
because its files may be removed or replaced while it is used; the file names the holder, and older releases lock
nothing else.
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
# A killed predecessor's server gets its signal at once, but may be inside an fsync.
WAIT_SECONDS: Final = 5.0
# A kill is not over when it is sent: for this long a holder that seems alive may be ending.
_GRACE: Final = 0.3
_STEP: Final = 0.02


def take_lock(data: Path, *, wait: float = WAIT_SECONDS, ending: Callable[[], bool] = lambda: False) -> tuple[int, ...]:
    """The descriptors that hold `data`'s locks until they are closed everywhere; inheritable only where passed on.

    Waits up to `wait` seconds while the holder named in the file is dead, or while `ending()` says that it is
    about to be; otherwise raises `DataInUseError` in a moment, naming it. Makes the directory, of mode 700.
    """
    begun = time.monotonic()
    while True:
        try:
            return _locked(data)
        except BlockingIOError:
            holder = _holder(data)
            if time.monotonic() - begun > (min(_GRACE, wait) if holder and not ending() else wait):
                raise DataInUseError(
                    f"The data directory {data} is in use by {f'process {holder}' if holder else 'another process'}; "
                    "stop that one, or choose another directory with --data."
                ) from None
            time.sleep(_STEP)
        except OSError as error:
            raise EmbeddedError(
                f"The data directory {data} cannot be written ({os.strerror(error.errno or 0)}); "
                "choose another with --data or FLASHWIRE_DATA."
            ) from None


def _locked(data: Path) -> tuple[int, ...]:
    """Takes both locks, the directory's first: where that is held, nothing in it is touched."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.ExitStack() as opened:
        descriptors = []
        try:
            folder = os.open(data, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            opened.callback(os.close, folder)
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            descriptors.append(folder)
        except BlockingIOError:
            raise
        except OSError:
            # NFS locks only what is open for writing, which a directory never is; the file's lock remains.
            opened.close()
        file = os.open(data / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        opened.callback(os.close, file)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The lock holds also where a full disk does not take its holder's name.
        with contextlib.suppress(OSError):
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        opened.pop_all()
        return *descriptors, file


def alive(process: int) -> bool:
    """Whether `process` runs; one that has ended and was not waited for does not."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        # The state follows the name, which is in parentheses and may hold any character.
        return Path(f"/proc/{process}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0] not in "ZX"
    except (OSError, IndexError):
        return True


def _holder(data: Path) -> int:
    """The process that the file names, where that runs; otherwise 0."""
    try:
        # Whatever is in the file's place, the start must not wait for it.
        descriptor = os.open(data / LOCK_FILE, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        text = os.read(descriptor, 32).strip()
    except OSError:
        return 0
    finally:
        os.close(descriptor)
    # No process has a number of more digits.
    return int(text) if text.isdigit() and len(text) < 10 and alive(int(text)) else 0
