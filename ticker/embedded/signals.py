"""Signals as something to wait for: a parent without threads or loop sleeps here and wakes for each.

SIGTERM and SIGINT ask for the end. SIGHUP asks for a rolling restart, unless it says that the terminal which this
was started from is gone: then it asks for the end too. Children ignore it, so that it may be sent to every process
of the service at once, by name, and means the same.
"""

import os
import select
import signal
from types import FrameType, TracebackType
from typing import Final, Self

_HANDLED: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Signals:
    """Counts requests, and wakes `wait` for them and for every child that ends; a context manager."""

    def __init__(self) -> None:
        self.requests = 0
        """How often it was asked to stop."""
        self.rolls = 0
        """How often it was asked for a rolling restart."""
        self.interrupted = False
        self._terminal = False

    def wait(self, seconds: float) -> None:
        """Sleeps `seconds`, or until a signal comes."""
        ready, _, _ = select.select([self._read], [], [], max(0.0, seconds))
        if ready:
            os.read(self._read, 4096)

    def __enter__(self) -> Self:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        # The kernel's writing, not a handler's: a signal just before select is not slept through.
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._terminal = _has_terminal()
        # `nohup` set SIGHUP to be ignored, and meant it.
        self._before = {number: signal.getsignal(number) for number in (*_HANDLED, signal.SIGCHLD)}
        for number in _HANDLED:
            if self._before[number] is not signal.SIG_IGN:
                signal.signal(number, self._requested)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._read)
        os.close(self._write)

    def reset(self) -> None:
        """In a forked child: signals do what they do to any process, but SIGHUP nothing, beyond an exec too."""
        signal.set_wakeup_fd(-1)
        for number in (*_HANDLED, signal.SIGCHLD):
            signal.signal(number, signal.SIG_IGN if number == signal.SIGHUP else signal.SIG_DFL)
        os.close(self._read)
        os.close(self._write)

    def _requested(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGHUP and (not self._terminal or _has_terminal()):
            self.rolls += 1
            return
        self.requests += 1
        self.interrupted = self.interrupted or number == signal.SIGINT


def _has_terminal() -> bool:
    """Whether this process has a terminal that controls it; one that hung up is none (ENXIO)."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
