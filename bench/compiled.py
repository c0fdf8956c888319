"""The benchmark's C programs: compiled where they run, once, and kept in the user's cache by what they are made of."""

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
    """One line that says how to get a C compiler, or `None` where there is one."""
    if shutil.which(COMPILER[0]):
        return None
    return "there is no C compiler (cc); install one: sudo apt-get install gcc libc6-dev"


def compiled(name: str, sources: Sequence[str | Path], headers: Sequence[str | Path] = ()) -> Path:
    """The program `name` from `sources` (names in this folder, or whole paths); raises `ContenderError` in one line."""
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
        # Moved when it is whole: two benchmarks may compile at once.
        built.replace(program)
    return program


def _cache() -> Path:
    # RuntimeError: a user without HOME and without an entry in the list of users, as in a container.
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
        # In a folder that all users can write to, another user may own a link of this name: do not follow it.
        safe = _ours(own.lstat())
    except OSError as error:
        raise ContenderError(f"{own}: {error.strerror}; set XDG_CACHE_HOME to a folder of yours.") from None
    if not safe:
        raise ContenderError(f"{own} is not a folder of yours alone; set XDG_CACHE_HOME to one.")
    return own


def _ours(status: os.stat_result) -> bool:
    """Whether only this user may write to the folder: a program of another user must not be run."""
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022
