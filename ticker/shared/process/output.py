"""Replaces standard output and standard error by streams that never raise; those of a server never block either.

If the log's reader has gone or does not read, or the disk is full, the log is at fault, and the server must continue.
A line that cannot be written is dropped and counted (`ticker.shared.process.nonblocking`).
"""

import contextlib
import errno
import io
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TextIO

from ticker.shared.process.nonblocking import LineWriter

if TYPE_CHECKING:
    from typing_extensions import Buffer

STDIN: Final = 0
STDOUT: Final = 1
STDERR: Final = 2
_TRY_AGAIN: Final = (errno.EAGAIN, errno.EINTR)


class Output(io.RawIOBase):
    """One standard descriptor of this process. With `blocks` it waits for its reader, as a command in a pipe must."""

    def __init__(self, fd: int, *, blocks: bool) -> None:
        super().__init__()
        self._fd = fd
        self.blocks = blocks
        self.lines = LineWriter(fd)
        self.failure: OSError | None = None
        """The error that kept the result of a command from being written; nothing is written after it."""

    def fileno(self) -> int:
        return self._fd

    def isatty(self) -> bool:
        return os.isatty(self._fd)

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        """Closes what was opened here; the descriptor itself stays open."""
        self.lines.close()
        super().close()

    def write(self, data: "Buffer", /) -> int:
        """Writes all of `data`, or drops it. Returns its length in either case."""
        content = bytes(data)
        if self.blocks:
            self._write_all(content)
        else:
            self.lines.write(content)
        return len(content)

    def _write_all(self, data: bytes) -> None:
        while data and self.failure is None:
            try:
                data = data[os.write(self._fd, data) :]
            except OSError as error:
                if error.errno not in _TRY_AGAIN:
                    self.failure = error
                    return
                # Another process made the descriptor non-blocking, or a signal arrived.
                with contextlib.suppress(OSError):
                    select.select([], [self._fd], [])


def protect(*, blocks: bool) -> None:
    """Replaces standard output and standard error of this process; a server passes `blocks=False`.

    Streams that a program has replaced itself (a test, an embedding program) are not changed.
    """
    _ensure_open(STDIN)
    if not blocks and threading.current_thread() is threading.main_thread():
        # A terminal may stop a background process that writes to it (`stty tostop`); children of a service are that.
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    for fd, name in ((STDOUT, "stdout"), (STDERR, "stderr")):
        stream = getattr(sys, name)
        output = _output(stream)
        if output is not None:
            output.blocks = blocks
            if not blocks:
                # The output of a server is no result.
                output.failure = None
        elif stream is None or stream is getattr(sys, f"__{name}__"):
            was_open = _ensure_open(fd)
            if stream is not None:
                with contextlib.suppress(OSError, ValueError):
                    stream.flush()
            output = Output(fd, blocks=blocks)
            if blocks and not was_open:
                # A result such as a token is printed only once, and would be lost.
                output.failure = OSError(errno.EBADF, os.strerror(errno.EBADF))
            setattr(sys, name, _text_stream(output, stream))


def lines_dropped() -> int:
    """Returns the number of lines that this process could not write to standard error."""
    output = _output(sys.stderr)
    return output.lines.dropped if output is not None else 0


def set_dropped_notice(notice: Callable[[int], str]) -> None:
    """Sets the function that returns the line about dropped lines, in the format of the log."""
    output = _output(sys.stderr)
    if output is not None:
        output.lines.dropped_notice = notice


def failure() -> OSError | None:
    """Returns the error with which standard output refused a result, or None."""
    output = _output(sys.stdout)
    return output.failure if output is not None else None


def report_undelivered(action: str) -> None:
    """If standard output refused the result, writes to standard error what the command has done.

    The command then succeeds: if it failed, a script would run it again.
    """
    output = _output(sys.stdout)
    if output is not None and output.failure is not None:
        print_notice(f"{action}. Standard output did not take the result ({os.strerror(output.failure.errno or 0)}).")
        output.failure = None


def print_result(text: str) -> None:
    """Writes one line to standard output, unbuffered."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def print_notice(text: str) -> None:
    """Writes one line to standard error, unbuffered; for all that is no result."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _output(stream: TextIO | None) -> Output | None:
    raw = getattr(stream, "buffer", None)
    return raw if isinstance(raw, Output) else None


def _text_stream(output: Output, replaced: TextIO | None) -> TextIO:
    # Characters that the terminal cannot show are escaped: an Arabic name must not end a command.
    encoding = replaced.encoding if replaced is not None else "utf-8"
    # As `python -u` does; typeshed expects a buffered writer.
    return io.TextIOWrapper(output, encoding, "backslashreplace", write_through=True)  # type: ignore[type-var]


def _ensure_open(fd: int) -> bool:
    """Opens the null device as `fd` if it is closed; otherwise the next file would get this number, and the log.

    Returns whether it was open.
    """
    try:
        os.fstat(fd)
    except OSError:
        null = os.open(os.devnull, os.O_RDWR)
        if null != fd:
            os.dup2(null, fd)
            os.close(null)
        return False
    return True
