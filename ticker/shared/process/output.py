"""Standard output and standard error that never raise; those of a server never block either.

A reader of the log that is gone, a full disk and a reader that stands still are faults of the log. They must not
become faults of the news: what cannot be written is dropped and counted, and the next line that can be written is
preceded by one that says how many were dropped.

1. A pipe, a FIFO or a terminal is opened a second time, through /proc/self/fd: `O_NONBLOCK` on the open file that was
   inherited would change it for every process that has it, the shell included.
2. A socket (journald) is written to with MSG_DONTWAIT, which needs no such flag.
3. A file never blocks in this sense; a full disk is an error like any other.
4. No thread, no loop and no lock: the parent of a service forks.
"""

import contextlib
import errno
import io
import os
import select
import signal
import socket
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from typing_extensions import Buffer

STDIN: Final = 0
STDOUT: Final = 1
STDERR: Final = 2
# What a pipe that polls as writable takes in one piece (pipe(7)).
_PIECE: Final = select.PIPE_BUF
_BUSY: Final = (errno.EAGAIN, errno.EINTR)


class Output(io.RawIOBase):
    """One standard descriptor of this process. With `blocks` it waits for its reader, as a command in a pipe must."""

    def __init__(self, fd: int, *, blocks: bool) -> None:
        super().__init__()
        self._fd = fd
        self.blocks = blocks
        self.failure: OSError | None = None
        """What kept a command's result from being written; nothing more is written after it."""
        self.dropped_notice: Callable[[int], str] = "{} log lines were dropped here.\n".format
        """The line that says how many were dropped since the last one."""
        self._dropped = 0
        self._unsaid = 0
        self._rest = b""
        self._opened: int | None = None
        self._sock: socket.socket | None = None
        self._process = os.getpid()

    @property
    def dropped(self) -> int:
        """Lines that this process could not write."""
        self._begin_again_after_fork()
        return self._dropped

    def fileno(self) -> int:
        return self._fd

    def isatty(self) -> bool:
        return os.isatty(self._fd)

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        """Gives back what was opened here; the descriptor itself stays open."""
        if self._sock is not None:
            self._sock.close()
        if self._opened is not None and self._opened != self._fd:
            os.close(self._opened)
        self._sock = self._opened = None
        super().close()

    def write(self, data: "Buffer", /) -> int:
        """Writes all of `data`, or drops it; returns its length in either case."""
        written = bytes(data)
        if self.blocks:
            self._write_all(written)
        else:
            self._write_line(written)
        return len(written)

    def _write_all(self, data: bytes) -> None:
        while data and self.failure is None:
            try:
                data = data[os.write(self._fd, data) :]
            except OSError as error:
                if error.errno not in _BUSY:
                    self.failure = error
                    return
                # Another process made the descriptor non-blocking, or a signal came.
                with contextlib.suppress(OSError):
                    select.select([], [self._fd], [])

    def _begin_again_after_fork(self) -> None:
        # What the parent could not write is the parent's to count.
        if self._process != os.getpid():
            self._process, self._rest, self._dropped, self._unsaid = os.getpid(), b"", 0, 0

    def _write_line(self, line: bytes) -> None:
        self._begin_again_after_fork()
        notice = self.dropped_notice(self._unsaid).encode("ascii", "backslashreplace") if self._unsaid else b""
        # The rest of a line that was cut comes first: a log for machines must stay one object a line.
        data = self._rest + notice + line
        sent = self._try(data)
        if sent > len(self._rest) or sent == len(data):
            self._unsaid = 0
            self._rest = data[sent:]
        else:
            self._rest = self._rest[sent:]
            self._drop(line)

    def _drop(self, line: bytes) -> None:
        lines = line.count(b"\n")
        self._dropped += lines
        self._unsaid += lines

    def _try(self, data: bytes) -> int:
        """How many bytes of `data` could be written now."""
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
            # Only where the second opening was refused: another process may still be quicker with what is free.
            if not select.select([], [self._fd], [], 0)[1]:
                return
            yield data[start : start + _PIECE]

    def _send(self, data: bytes) -> int:
        if self._sock is not None:
            return self._sock.send(data, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        return os.write(self._fd if self._opened is None else self._opened, data)

    def _open(self) -> None:
        """Opens what is written to without blocking, once."""
        if self._sock is not None or self._opened is not None:
            return
        mode = os.fstat(self._fd).st_mode
        if stat.S_ISSOCK(mode):
            self._sock = socket.socket(fileno=os.dup(self._fd))
        elif stat.S_ISREG(mode):
            # Not opened again: the position in the file is shared with whatever else writes to it.
            self._opened = self._fd
        else:
            with contextlib.suppress(OSError):
                self._opened = os.open(f"/proc/self/fd/{self._fd}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)


def protect(*, blocks: bool) -> None:
    """From now on this process' standard output and standard error never raise; a server says `blocks=False`.

    A program that replaced them by others (a test, an embedding program) keeps its own.
    """
    _hold_open(STDIN)
    if not blocks and threading.current_thread() is threading.main_thread():
        # A terminal may stop whoever writes to it from the background (`stty tostop`), as all children of a service do.
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    for fd, name in ((STDOUT, "stdout"), (STDERR, "stderr")):
        stream = getattr(sys, name)
        output = _output(stream)
        if output is not None:
            output.blocks = blocks
            if not blocks:
                # What a server prints is no result.
                output.failure = None
        elif stream is None or stream is getattr(sys, f"__{name}__"):
            was_open = _hold_open(fd)
            if stream is not None:
                with contextlib.suppress(OSError, ValueError):
                    stream.flush()
            output = Output(fd, blocks=blocks)
            if blocks and not was_open:
                # A result such as a token is printed only once, and here nobody would see it.
                output.failure = OSError(errno.EBADF, os.strerror(errno.EBADF))
            setattr(sys, name, _text(output, stream))


def lines_dropped() -> int:
    """How many lines this process could not write to standard error."""
    output = _output(sys.stderr)
    return output.dropped if output is not None else 0


def announce_dropped(notice: Callable[[int], str]) -> None:
    """`notice` makes the line that says how many lines were dropped, in the form of the log."""
    output = _output(sys.stderr)
    if output is not None:
        output.dropped_notice = notice


def failure() -> OSError | None:
    """Why standard output did not take what was printed; None if it did."""
    output = _output(sys.stdout)
    return output.failure if output is not None else None


def done_anyway(what: str) -> None:
    """Says on standard error what was done, where standard output did not take the result.

    The command's exit status is then about what it did: a script that met an error would do it again.
    """
    output = _output(sys.stdout)
    if output is not None and output.failure is not None:
        tell(f"{what}. Standard output did not take the result ({os.strerror(output.failure.errno or 0)}).")
        output.failure = None


def say(text: str) -> None:
    """A result: one line on standard output, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def tell(text: str) -> None:
    """Everything else: one line on standard error, at once."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _output(stream: TextIO | None) -> Output | None:
    raw = getattr(stream, "buffer", None)
    return raw if isinstance(raw, Output) else None


def _text(output: Output, before: TextIO | None) -> TextIO:
    # A character that the terminal cannot show is escaped: a name in Arabic must not end a command.
    encoding = before.encoding if before is not None else "utf-8"
    # As `python -u` does; typeshed wants a buffered writer there.
    return io.TextIOWrapper(output, encoding, "backslashreplace", write_through=True)  # type: ignore[type-var]


def _hold_open(fd: int) -> bool:
    """Whether a descriptor is open; one that was closed at the start would be the next file's, and get the log."""
    try:
        os.fstat(fd)
    except OSError:
        null = os.open(os.devnull, os.O_RDWR)
        if null != fd:
            os.dup2(null, fd)
            os.close(null)
        return False
    return True
