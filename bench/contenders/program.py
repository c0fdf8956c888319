"""Programs that are no part of Flashwire: how they are found, started on one core and asked for their version.

`python -m bench.contenders.program <core> <parent> <command> …` becomes that command, which then ends with
its parent, also when that is killed.
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
    """The program `name` on PATH or where a system keeps its servers; None: it is not installed."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *_SBIN))
    program = shutil.which(name, path=path)
    return Path(program) if program else None


def start_program(
    command: Iterable[str | Path], core: int | None, folder: Path, files: tuple[int, ...] = (), **environment: str
) -> subprocess.Popen[bytes]:
    """Starts `command` in `folder`, on `core` or where the benchmark is; what it writes goes to `folder`/log.

    It inherits the descriptors `files`. End it with `stop_server`.
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
    """The first thing like a version that `program` prints when asked for it; empty if there is none."""
    try:
        answer = subprocess.run([program, *arguments], capture_output=True, timeout=5, check=False, text=True)
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return ""
    match = re.search(r"\d+\.\d+(\.\d+)?", answer.stdout + answer.stderr)
    return match[0] if match else ""


def debian_version(package: str) -> str:
    """The version of a Debian package as its makers count it; `of unknown version` where there is no dpkg."""
    try:
        answer = subprocess.run(
            ["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, timeout=5, check=False, text=True
        )
    except (OSError, subprocess.TimeoutExpired):
        return "of unknown version"
    match = re.search(r"(?:\d+:)?(\d[\w.]*)", answer.stdout)
    return match[1] if match else "of unknown version"


def main(core: str, parent: str, program: str, *arguments: str) -> None:
    """Becomes `program`, on `core` if one is given, for no longer than `parent` lives."""
    die_with(int(parent))
    if core:
        os.sched_setaffinity(0, {int(core)})
    os.execvp(program, (program, *arguments))


if __name__ == "__main__":
    main(*sys.argv[1:])
