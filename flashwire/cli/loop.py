"""Runs coroutines of the commands: servers and short coroutine, on uvloop if it is installed."""

import asyncio
import signal
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from flashwire.cli.console import notice

Result = TypeVar("Result")


def run_loop(coroutine: Coroutine[Any, Any, Result]) -> Result:  # Any: what a coroutine yields is asyncio's
    """Runs `coroutine` on a new event loop and returns its result."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        return asyncio.run(coroutine)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(coroutine)


def serve_or_exit(coroutine: Coroutine[Any, Any, None], *reasons: type[Exception]) -> None:
    """Runs a server in a child process. An error of `reasons` is one line, and ends the process with status 2."""
    try:
        run_loop(coroutine)
    except reasons as reason:
        notice(str(reason))
        raise SystemExit(2) from None


@contextmanager
def terminating_as_interrupt() -> Iterator[None]:
    """In this block SIGTERM and SIGHUP raise `KeyboardInterrupt`, as Ctrl+C does.

    Their default action ends the process silently, and the key of a request with an unknown outcome would be lost.
    """
    numbers = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) == signal.SIG_DFL]
    if threading.current_thread() is not threading.main_thread():
        # Only the main thread may set signal handlers.
        numbers = []
    for number in numbers:
        signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)
