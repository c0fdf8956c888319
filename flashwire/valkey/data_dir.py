"""Where the embedded server's socket is: in the data directory, or where a short path leads to; no server here.

A unix socket's path has at most 107 bytes (`sun_path`, unix(7)). For a longer one the socket lives in a private
directory of mode 700, and a link in the data directory says where, so that others find it and a later start
clears it away.
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


def make_place(data: Path) -> Path:
    """The path at which to put the socket of `data` (absolute); what an earlier server left there is removed."""
    clear_place(data)
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


def clear_place(data: Path) -> None:
    """Removes the socket of `data`, and the private directory that its link leads to."""
    inside = data / SOCKET
    if inside.is_symlink():
        private = inside.readlink().parent
        # The link is ours, but whoever may write the data directory could have set another in its place.
        if private.name.startswith(_PREFIX) and _ours(private):
            shutil.rmtree(private, ignore_errors=True)
    inside.unlink(missing_ok=True)


def redis_url(data: Path) -> str:
    """The address of the server that runs, or would run, for `data`."""
    inside = data.resolve() / SOCKET
    path = inside.readlink() if inside.is_symlink() else inside
    return f"unix://{quote(os.fsencode(path))}"


def _ours(folder: Path) -> bool:
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
