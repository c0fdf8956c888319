"""Files that a person gives to Flashwire, read whole: settings, keys, sites, certificates."""

import os
import stat
from pathlib import Path
from typing import Final

# No file of these kinds comes near it; a file without an end would fill the memory.
LONGEST: Final = 16 * 2**20
_KINDS: Final = {
    stat.S_IFDIR: "it is a directory",
    stat.S_IFIFO: "it is a pipe",
    stat.S_IFSOCK: "it is a socket",
    stat.S_IFCHR: "it is a device",
    stat.S_IFBLK: "it is a device",
}


class PlainFileError(Exception):
    """The file cannot be read; the message is the reason, without the file's name."""


def read_plain(path: Path) -> bytes:
    """The content of a regular file; raises `PlainFileError`, and never waits for a writer at a pipe.

    Raises `FileNotFoundError` where there is nothing of that name.
    """
    try:
        found = path.stat()
        kind = stat.S_IFMT(found.st_mode)
        # Usual for "no file": the null device reads as an empty one.
        if kind != stat.S_IFREG and not os.path.samestat(found, os.stat(os.devnull)):
            raise PlainFileError(f"{_KINDS.get(kind, 'it is of an unknown kind')} and not a plain file")
        with open(path, "rb", opener=_without_waiting) as file:
            content = file.read(LONGEST + 1)
    except FileNotFoundError:
        if path.is_symlink():
            raise PlainFileError("it is a link to a file that does not exist") from None
        raise
    except OSError as error:
        raise PlainFileError(os.strerror(error.errno or 0)) from None
    except ValueError:
        # A zero byte.
        raise PlainFileError("its name is not one of a file") from None
    if len(content) > LONGEST:
        raise PlainFileError(f"it has more than {LONGEST // 2**20} MiB")
    return content


def read_plain_text(path: Path) -> str:
    """`read_plain` as text in UTF-8, without the byte order mark that some editors write."""
    try:
        return read_plain(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise PlainFileError("it is not text in UTF-8") from None


def _without_waiting(path: str, flags: int) -> int:
    # The file may be replaced by a pipe after it was looked at.
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
