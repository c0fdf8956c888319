"""Finds external programs, starts them on one core and reads their version.

`python -m bench.contenders.program <core> <parent> <command> …` replaces itself with the command, which is killed
when its parent ends.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ticker.shared.process.parent import die_with

_SBIN: Final = ("/usr/sbin", "/usr/local/sbin")


def find_program(name: str) -> Path | None:
    """Returns the program `name` on PATH or in the sbin folders, or `None`."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *_SBIN))
    program = shutil.which(name, path=path)
    return Path(program) if program else None


def start_program(
    command: Iterable[str | Path], core: int | None, folder: Path, files: tuple[int, ...] = (), **environment: str
) -> subprocess.Popen[bytes]:
    """Starts `command` in `folder` on `core` (`None`: the core of the benchmark); its output goes to `folder`/log.

    The process inherits the descriptors `files`. Stop it with `stop_server`.
    """
    launcher = [sys.executable, "-m", __name__, "" if core is None else str(core), str(os.getpid())]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [*launcher, *map(str, command)],
            pass_fds=files,
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def printed_version(program: Path, *arguments: str) -> str:
    """Returns the first version number that `program` prints with `arguments`, or an empty string."""
    try:
        answer = subprocess.run([program, *arguments], capture_output=True, timeout=5, check=False, text=True)
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return ""
    match = re.search(r"\d+\.\d+(\.\d+)?", answer.stdout + answer.stderr)
    return match[0] if match else ""


def debian_version(package: str) -> str:
    """Returns the upstream version of a Debian package, or `of unknown version` without dpkg."""
    try:
        answer = subprocess.run(
            ["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, timeout=5, check=False, text=True
        )
    except (OSError, subprocess.TimeoutExpired):
        return "of unknown version"
    match = re.search(r"(?:\d+:)?(\d[\w.]*)", answer.stdout)
    return match[1] if match else "of unknown version"


def main(core: str, parent: str, program: str, *arguments: str) -> None:
    """Replaces this process with `program`, on `core` unless it is empty; it is killed when `parent` ends."""
    die_with(int(parent))
    if core:
        os.sched_setaffinity(0, {int(core)})
    os.execvp(program, (program, *arguments))


if __name__ == "__main__":
    main(*sys.argv[1:])
