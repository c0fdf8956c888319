"""The Unix socket of the embedded server, and its address.

The path of a Unix socket has at most 107 bytes (`sun_path`, unix(7)). If the data directory's path is too long, the
socket is in a temporary directory of mode 700, and a link in the data directory leads to it.
"""

import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Final
from urllib.parse import quote

from flashwire.valkey.errors import EmbeddedError

SOCKET: Final = "valkey.sock"
# macOS has 103; Linux 107, without the closing zero.
LONGEST: Final = 103 if os.uname().sysname == "Darwin" else 107
_PREFIX: Final = "flashwire-"


def make_socket_path(data: Path) -> Path:
    """The path for the socket of `data` (absolute). Removes the socket of an earlier server."""
    remove_socket(data)
    inside = data / SOCKET
    if len(os.fsencode(inside)) <= LONGEST:
        return inside
    for folder in (tempfile.gettempdir(), "/tmp"):
        private = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=folder))
        if len(os.fsencode(private / SOCKET)) <= LONGEST:
            inside.symlink_to(private / SOCKET)
            return private / SOCKET
        private.rmdir()
    raise EmbeddedError(f"No directory with a path short enough for a socket; set TMPDIR to one (not {folder}).")


def remove_socket(data: Path) -> None:
    """Removes the socket of `data`, and the temporary directory that a link leads to."""
    inside = data / SOCKET
    if inside.is_symlink():
        private = inside.readlink().parent
        # Somebody who may write the data directory could have replaced the link: check its target.
        if private.name.startswith(_PREFIX) and _is_own_directory(private):
            shutil.rmtree(private, ignore_errors=True)
    inside.unlink(missing_ok=True)


def redis_url(data: Path) -> str:
    """The address of the embedded server of `data`, which need not run."""
    inside = data.resolve() / SOCKET
    path = inside.readlink() if inside.is_symlink() else inside
    return f"unix://{quote(os.fsencode(path))}"


def _is_own_directory(folder: Path) -> bool:
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077
