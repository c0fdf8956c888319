"""Runs `flashwire ticker` with several workers, for the scenarios that need them."""

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from bench.contender import ContenderError
from bench.installed import free_port, start_process, stop_process
from bench.process import last_words

_START_SECONDS: Final = 60.0


class Service(msgspec.Struct, frozen=True):
    """A running service: its port, the process ID of the supervisor, and those of the workers."""

    port: int
    parent: int
    nodes: tuple[int, ...]


async def start_service(
    stack: contextlib.AsyncExitStack, folder: Path, redis_url: str, workers: int, settings: Mapping[str, object]
) -> Service:
    """Starts a service on any core and waits until it is ready; `stack` stops it. Raises `ContenderError`."""
    port = free_port()
    arguments = ("ticker", "--port", str(port), "--workers", str(workers))
    parent = start_process(folder, *arguments, redis_url=redis_url, **settings)
    stack.push_async_callback(stop_process, parent)
    assert parent.stdout is not None, "it has a pipe"
    try:
        async with asyncio.timeout(_START_SECONDS):
            line = await asyncio.to_thread(parent.stdout.readline)
    except TimeoutError:
        line = b""
    if b"Ticker" not in line:
        raise ContenderError(f"The workers did not start: {last_words(folder)}")
    return Service(port, parent.pid, _children(parent.pid))


def _children(process: int) -> tuple[int, ...]:
    return tuple(map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split()))
