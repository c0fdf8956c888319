"""Signals of the parent, which has neither threads nor an event loop and sleeps in `Signals.wait`.

1. SIGTERM and SIGINT request a stop; a second request stops at once.
2. A SIGTERM within a second of the first request is ignored: service managers and scripts repeat it.
3. SIGHUP requests a rolling restart. If the terminal that the service was started from is gone, it requests a stop.
4. Children ignore SIGHUP, so it may be sent to all processes of the service by name.
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
    """Counts requests; `wait` also returns when a child ends. Use it as a context manager."""

    def __init__(self) -> None:
        self.stop_requests = 0
        self.restart_requests = 0
        """Requests for a rolling restart."""
        self.was_interrupted = False
        self._had_terminal = False
        self._requested_at = 0.0

    def wait(self, seconds: float) -> None:
        """Sleeps for `seconds`, or until a signal arrives."""
        ready, _, _ = select.select([self._read], [], [], max(0.0, seconds))
        if ready:
            os.read(self._read, 4096)

    def __enter__(self) -> Self:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        # Written by the interpreter's C handler, so a signal just before `select` still wakes it.
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._had_terminal = _has_terminal()
        # Under `nohup` SIGHUP stays ignored.
        self._previous_handlers = {number: signal.getsignal(number) for number in (*_HANDLED, signal.SIGCHLD)}
        for number in _HANDLED:
            if self._previous_handlers[number] is not signal.SIG_IGN:
                signal.signal(number, self._count_request)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._previous_handlers.items():
            signal.signal(number, handler)
        os.close(self._read)
        os.close(self._write)

    def reset(self) -> None:
        """In a forked child: ignores SIGHUP, also after an exec; SIGTERM and SIGINT need the parent's permission."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _end_if_allowed)
        os.close(self._read)
        os.close(self._write)

    def _count_request(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGHUP and (not self._had_terminal or _has_terminal()):
            self.restart_requests += 1
            return
        now = time.monotonic()
        if number == signal.SIGTERM and self.stop_requests and now - self._requested_at < _SAME_REQUEST_SECONDS:
            return
        self._requested_at = now
        self.stop_requests += 1
        self.was_interrupted = self.was_interrupted or number == signal.SIGINT


def _end_if_allowed(number: int, frame: FrameType | None) -> None:
    # Until the child's server has set its own handlers, which check the same.
    if may_stop():
        os._exit(128 + number)


def _has_terminal() -> bool:
    """Whether this process has a controlling terminal. One that hung up does not count (ENXIO)."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
