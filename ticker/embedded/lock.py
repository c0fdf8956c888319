"""One keeper for a data directory: a lock on a file, which its server holds too; it knows nothing of servers.

The lock belongs to the open file and not to a process (flock(2)): it lasts until the last process that inherited
it has ended, so a server that outlives its keeper by a moment still keeps a second one out.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ticker.embedded.errors import DataInUseError, EmbeddedError

LOCK_FILE: Final = "lock"
# A killed predecessor's server gets its signal at once, but may be inside an fsync.
WAIT_SECONDS: Final = 5.0
# A kill is not over when it is sent: for this long a holder that seems alive may be ending.
_GRACE: Final = 0.3
_STEP: Final = 0.02


def take_lock(data: Path, *, wait: float = WAIT_SECONDS, ending: Callable[[], bool] = lambda: False) -> int:
    """The descriptor that holds `data`'s lock until it is closed everywhere; inheritable only where passed on.

    Waits up to `wait` seconds while the holder named in the file is dead, or while `ending()` says that it is
    about to be; otherwise raises `DataInUseError` in a moment, naming it. Makes the directory, of mode 700.
    """
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(data / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise EmbeddedError(
            f"The data directory {data} cannot be written ({os.strerror(error.errno or 0)}); "
            "choose another with --data or FLASHWIRE_DATA."
        ) from None
    begun = time.monotonic()
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(descriptor)
            held = holder and alive(holder) and not ending()
            if time.monotonic() - begun > (min(_GRACE, wait) if held else wait):
                os.close(descriptor)
                raise DataInUseError(
                    f"The data directory {data} is in use by process {holder or 'unknown'}; "
                    "stop that one, or choose another directory with --data."
                ) from None
            time.sleep(_STEP)
        else:
            # The lock holds also where a full disk does not take its holder's name.
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            return descriptor


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


def _holder(descriptor: int) -> int:
    text = os.pread(descriptor, 32, 0).strip()
    return int(text) if text.isdigit() else 0
