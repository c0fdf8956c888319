"""Writes log lines to a descriptor without blocking, and drops lines that it does not accept.

1. A pipe, a FIFO or a terminal is opened a second time, through /proc/self/fd. To set `O_NONBLOCK` on the inherited
   descriptor would change it for every process that shares it, including the shell.
2. A socket (journald) is written to with MSG_DONTWAIT, which needs no flag on the descriptor.
3. A file does not block in this sense; a full disk is an error.
4. It uses no thread, no event loop and no lock, because the parent of a service forks.
"""

import contextlib
import os
import select
import socket
import stat
from collections.abc import Callable, Iterator
from typing import Final

# A pipe that polls as writable accepts this many bytes at once (pipe(7)).
_PIECE: Final = select.PIPE_BUF


class LineWriter:
    """The lines of one process on one descriptor. It never raises."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.dropped_notice: Callable[[int], str] = "{} log lines were dropped here.\n".format
        """Returns the line that precedes the next one after lines were dropped, with their number."""
        self._dropped = 0
        self._unreported = 0
        self._rest = b""
        """The unwritten end of a line of which a part is written."""
        self._opened: int | None = None
        self._sock: socket.socket | None = None
        self._process = os.getpid()

    @property
    def dropped(self) -> int:
        """The number of lines that this process could not write."""
        self._reset_after_fork()
        return self._dropped

    def write(self, line: bytes) -> None:
        """Writes `line`, or drops it."""
        self._reset_after_fork()
        notice = b""
        if self._unreported:
            notice = self.dropped_notice(self._unreported).encode("ascii", "backslashreplace")
        # The rest of a line comes first, so that a JSON log still has one object per line.
        data = self._rest + notice + line
        sent = self._try_to_send(data)
        if sent > len(self._rest) or sent == len(data):
            self._unreported = 0
            self._rest = data[sent:]
        else:
            self._rest = self._rest[sent:]
            lines = line.count(b"\n")
            self._dropped += lines
            self._unreported += lines

    def close(self) -> None:
        """Closes what was opened here, and not the descriptor itself."""
        if self._sock is not None:
            self._sock.close()
        if self._opened is not None and self._opened != self._fd:
            os.close(self._opened)
        self._sock = self._opened = None

    def _reset_after_fork(self) -> None:
        # The parent counts the lines that it could not write.
        if self._process != os.getpid():
            self._process, self._rest, self._dropped, self._unreported = os.getpid(), b"", 0, 0

    def _try_to_send(self, data: bytes) -> int:
        """Returns the number of bytes that were written."""
        sent = 0
        with contextlib.suppress(OSError):
            self._open()
            if self._sock is not None or self._opened is not None:
                return self._send(data)
            for piece in self._pieces(data):
                count = self._send(piece)
                sent += count
                if count < len(piece):
                    break
        return sent

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), _PIECE):
            # Used only if it could not be opened again; another process may still fill the pipe before the write.
            if not select.select([], [self._fd], [], 0)[1]:
                return
            yield data[start : start + _PIECE]

    def _send(self, data: bytes) -> int:
        if self._sock is not None:
            return self._sock.send(data, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        return os.write(self._fd if self._opened is None else self._opened, data)

    def _open(self) -> None:
        if self._sock is not None or self._opened is not None:
            return
        mode = os.fstat(self._fd).st_mode
        if stat.S_ISSOCK(mode):
            self._sock = socket.socket(fileno=os.dup(self._fd))
        elif stat.S_ISREG(mode):
            # Not opened again, because other writers share the position in the file.
            self._opened = self._fd
        else:
            with contextlib.suppress(OSError):
                self._opened = os.open(f"/proc/self/fd/{self._fd}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
