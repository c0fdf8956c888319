"""Compiles the benchmark's C programs on first use, and caches them by a hash of their sources."""

import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from bench.contender import ContenderError

COMPILER: Final = ("cc", "-O2", "-std=gnu11")
_FOLDER: Final = Path(__file__).parent


def compiler_absent() -> str | None:
    """Returns one line that says how to install a C compiler, or `None` if there is one."""
    if shutil.which(COMPILER[0]):
        return None
    return "there is no C compiler (cc); install one: sudo apt-get install gcc libc6-dev"


def compiled(name: str, sources: Sequence[str | Path], headers: Sequence[str | Path] = ()) -> Path:
    """Returns the program `name`, compiled from `sources` (file names in this folder, or absolute paths).

    Raises `ContenderError` if it cannot be compiled.
    """
    if (absent := compiler_absent()) is not None:
        raise ContenderError(absent)
    paths = [_FOLDER / source for source in sources]
    digest = hashlib.sha256(" ".join(COMPILER).encode())
    for path in (*paths, *(_FOLDER / header for header in headers)):
        digest.update(path.name.encode() + path.read_bytes())
    program = _cache() / f"{name}-{digest.hexdigest()[:16]}"
    if program.exists():
        return program
    with tempfile.TemporaryDirectory(dir=program.parent) as folder:
        built = Path(folder) / name
        run = subprocess.run([*COMPILER, "-o", built, *paths], capture_output=True, text=True, check=False)
        if run.returncode:
            reason = next((line for line in run.stderr.splitlines() if "error" in line), "cc failed")
            raise ContenderError(f"{name} could not be compiled: {reason}")
        # Renamed after linking, because two benchmarks may compile at the same time.
        built.replace(program)
    return program


def _cache() -> Path:
    # Path.home() raises RuntimeError if HOME is unset and the user is not in /etc/passwd, as in a container.
    try:
        preferred = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "flashwire"
        preferred.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.access(preferred, os.W_OK) and _ours(preferred.stat()):
            return preferred
    except (OSError, RuntimeError):
        pass
    own = Path(tempfile.gettempdir()) / f"flashwire-bench-{os.geteuid()}"
    try:
        with suppress(FileExistsError):
            own.mkdir(mode=0o700)
        # In /tmp another user may own a symlink of this name, hence lstat().
        safe = _ours(own.lstat())
    except OSError as error:
        raise ContenderError(f"{own}: {error.strerror}; set XDG_CACHE_HOME to a folder of yours.") from None
    if not safe:
        raise ContenderError(f"{own} is not a folder of yours alone; set XDG_CACHE_HOME to one.")
    return own


def _ours(status: os.stat_result) -> bool:
    """Returns whether only this user can write to the folder; otherwise it may contain another user's program."""
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022
