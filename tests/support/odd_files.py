"""Files that are not plain readable ones, each made at a path; a test that would wait for one ends."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ticker.shared.process.plain_file import SIZE_LIMIT


def _pipe(path: Path) -> str:
    os.mkfifo(path, 0o600)
    return "it is a pipe"


def _directory(path: Path) -> str:
    path.mkdir()
    return "it is a directory"


def _device(path: Path) -> str:
    path.symlink_to("/dev/zero")
    return "it is a device"


def _socket(path: Path) -> str:
    with socket.socket(socket.AF_UNIX) as bound:
        # The name of a socket is short; that of a test's folder may not be.
        previous = Path.cwd()
        os.chdir(path.parent)
        try:
            bound.bind(path.name)
        finally:
            os.chdir(previous)
    return "it is a socket"


def _link_to_nowhere(path: Path) -> str:
    path.symlink_to("nowhere")
    return "it is a link to a file that does not exist"


def _link_to_itself(path: Path) -> str:
    path.symlink_to(path.name)
    return "Too many levels of symbolic links"


def _endless(path: Path) -> str:
    path.touch(0o600)
    os.truncate(path, SIZE_LIMIT + 1)
    return "it has more than 16 MiB"


def _binary(path: Path) -> str:
    path.touch(0o600)
    path.write_bytes(b"x = '\xff'")
    return "it is not text in UTF-8"


ODD_FILES: Final[dict[str, Callable[[Path], str]]] = {
    "pipe": _pipe,
    "directory": _directory,
    "device": _device,
    "socket": _socket,
    "link to nowhere": _link_to_nowhere,
    "link to itself": _link_to_itself,
    "endless": _endless,
    "binary": _binary,
}
"""Makes the file; returns what is said of it."""


@contextmanager
def at_once() -> Iterator[None]:
    """A block that must not wait: it fails after 10 s instead of hanging."""

    def too_late(*_: object) -> None:
        raise TimeoutError("the file was waited for")

    previous = signal.signal(signal.SIGALRM, too_late)
    signal.setitimer(signal.ITIMER_REAL, 10)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
