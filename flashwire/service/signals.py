"""Signals as something to wait for: a parent without threads or loop sleeps here and wakes for each.

SIGTERM and SIGINT ask for the end; a second request asks for it at once. A SIGTERM within a second of the first
request is the same one again: service managers and scripts repeat it. SIGHUP asks for a rolling restart, unless it
says that the terminal which this was started from is gone: then it asks for the end too. Children ignore it, so that
it may be sent to every process of the service at once, by name, and means the same.
"""

import os
import select
import signal
import time
from types import FrameType, TracebackType
from typing import Final, Self

from ticker.shared.process.stopping import may_stop

_HANDLED: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_SAME_REQUEST_SECONDS: Final = 1.0


class Signals:
    """Counts requests, and wakes `wait` for them and for every child that ends; a context manager."""

    def __init__(self) -> None:
        self.requests = 0
        """How often it was asked to stop."""
        self.rolls = 0
        """How often it was asked for a rolling restart."""
        self.interrupted = False
        self._terminal = False
        self._requested_at = 0.0

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
        """In a forked child: SIGHUP does nothing, after an exec too; SIGTERM and SIGINT wait for the parent's word."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _end_if_allowed)
        os.close(self._read)
        os.close(self._write)

    def _requested(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGHUP and (not self._terminal or _has_terminal()):
            self.rolls += 1
            return
        now = time.monotonic()
        if number == signal.SIGTERM and self.requests and now - self._requested_at < _SAME_REQUEST_SECONDS:
            return
        self._requested_at = now
        self.requests += 1
        self.interrupted = self.interrupted or number == signal.SIGINT


def _end_if_allowed(number: int, frame: FrameType | None) -> None:
    # Until the child's own server has its handlers, which ask the same.
    if may_stop():
        os._exit(128 + number)


def _has_terminal() -> bool:
    """Whether this process has a terminal that controls it; one that hung up is none (ENXIO)."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
