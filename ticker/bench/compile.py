"""The benchmark's C programs: compiled on the spot, once, into a cache directory; what they do it does not know."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ticker.bench.contender import ContenderError

COMPILERS: Final = ("cc", "gcc", "clang")
FLAGS: Final = ("-std=gnu11", "-O2", "-Wall", "-Wextra")
SECONDS: Final = 60.0
MISSING: Final = "There is no C compiler; install one with: apt-get install gcc libc6-dev"


def compiler() -> str | None:
    """The C compiler on PATH; None: there is none."""
    return next((found for name in COMPILERS if (found := shutil.which(name))), None)


def cache() -> Path:
    """Where compiled programs are kept: `flashwire` in the user's cache directory."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "flashwire"


def compiled(sources: Sequence[Path], headers: Sequence[Path] = (), libraries: Sequence[str] = ()) -> Path:
    """The program that `sources` are, compiled when they, the compiler or the flags have changed.

    It is named after the first source. Raises `ContenderError` in one line.
    """
    program = compiler()
    if program is None:
        raise ContenderError(MISSING)
    flags = (*FLAGS, *(f"-l{name}" for name in libraries))
    seal = hashlib.sha256("\0".join((os.path.realpath(program), *flags)).encode())
    for path in (*sources, *headers):
        seal.update(path.read_bytes())
    try:
        cache().mkdir(parents=True, exist_ok=True)
        target = cache() / f"{sources[0].stem}-{seal.hexdigest()[:16]}"
        if not target.exists():
            _compile(program, sources, flags, target)
    except OSError as error:
        raise ContenderError(f"{cache()} cannot be written ({os.strerror(error.errno or 0)}).") from None
    return target


def _compile(program: str, sources: Sequence[Path], flags: Sequence[str], target: Path) -> None:
    # Aside and renamed: two runs at once, or one that is cut short, leave no half program.
    with tempfile.TemporaryDirectory(dir=target.parent) as aside:
        made = Path(aside) / target.name
        # Libraries come after what needs them.
        command = [program, "-o", str(made), *map(str, sources), *flags]
        try:
            answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            raise ContenderError(f"{program} took longer than {SECONDS:.0f} s.") from None
        if answer.returncode:
            first = next((line for line in answer.stderr.splitlines() if "error" in line), "it said nothing")
            raise ContenderError(f"{sources[0].name} was not compiled: {first.strip()}")
        made.replace(target)
