"""Reads the files that a person gives to Flashwire: settings, keys, sites, certificates."""

import os
import stat
from pathlib import Path
from typing import Final

# Far more than any of these files has; a file without an end would fill the memory.
SIZE_LIMIT: Final = 16 * 2**20
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
    """Returns the content of a regular file. It never waits for the writer of a pipe.

    Raises `FileNotFoundError`, or `PlainFileError` for any other reason.
    """
    try:
        status = path.stat()
        kind = stat.S_IFMT(status.st_mode)
        # The null device is a usual way to say "no file", and reads as an empty one.
        if kind != stat.S_IFREG and not os.path.samestat(status, os.stat(os.devnull)):
            raise PlainFileError(f"{_KINDS.get(kind, 'it is of an unknown kind')} and not a plain file")
        with open(path, "rb", opener=_open_nonblocking) as file:
            content = file.read(SIZE_LIMIT + 1)
    except FileNotFoundError:
        if path.is_symlink():
            raise PlainFileError("it is a link to a file that does not exist") from None
        raise
    except OSError as error:
        raise PlainFileError(os.strerror(error.errno or 0)) from None
    except ValueError:
        # The path contains a zero byte.
        raise PlainFileError("its name is not one of a file") from None
    if len(content) > SIZE_LIMIT:
        raise PlainFileError(f"it has more than {SIZE_LIMIT // 2**20} MiB")
    return content


def read_plain_text(path: Path) -> str:
    """Returns the content as text in UTF-8, without the byte order mark that some editors write."""
    try:
        return read_plain(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise PlainFileError("it is not text in UTF-8") from None


def _open_nonblocking(path: str, flags: int) -> int:
    # The file may be replaced by a pipe after the check.
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
