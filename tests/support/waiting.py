"""Waiting for a condition with a limit, and ports that are free: tests never sleep for a fixed time."""

import asyncio
import socket
import time
from collections.abc import Callable

_LIMIT_SECONDS = 60.0


def until(condition: Callable[[], object], what: str = "the condition", seconds: float = _LIMIT_SECONDS) -> float:
    """Waits until `condition` is true and returns how many seconds that took; fails after `seconds`."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)
    return time.monotonic() - started


async def until_async(
    condition: Callable[[], object], what: str = "the condition", seconds: float = _LIMIT_SECONDS
) -> float:
    """As `until`, while the event loop goes on."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, f"not within {seconds:g} s: {what}"
        await asyncio.sleep(0.01)
    return time.monotonic() - started


def free_port() -> int:
    """A port of loopback that was free a moment ago, for a process that takes no listening socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
