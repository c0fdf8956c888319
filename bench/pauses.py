"""A node whose garbage collections are written down: with the collector as shipped, frozen once, or as Python has it.

Each is a line of `pauses` in the server's folder: milliseconds of CPU, of elapsed time, and the generation.
"""

import contextlib
import gc
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

import msgspec

from ticker import server
from ticker.node.garbage import short_pauses
from ticker.settings import TickerSettings

_FILE: Final = "pauses"


class Pause(msgspec.Struct, frozen=True):
    """One collection."""

    cpu_ms: float
    elapsed_ms: float
    generation: int


@contextlib.contextmanager
def _frozen_once() -> Iterator[None]:
    gc.collect()
    gc.freeze()
    yield


WAYS: Final[dict[str, Callable[[], AbstractContextManager[object]]]] = {
    "shipped": short_pauses,
    "frozen": _frozen_once,
    "python": contextlib.nullcontext,
}


async def serve(loop_name: str, sock: socket.socket) -> None:
    """As `ticker.server.serve`, with the collector as `WAYS` has it."""
    vars(server)["short_pauses"] = WAYS[loop_name]
    with _written_down():
        await server.serve(TickerSettings(), sock)


@contextlib.contextmanager
def _written_down() -> Iterator[None]:
    with Path(_FILE).open("w", encoding="ascii", buffering=1) as file:
        began = (0.0, 0.0)

        def timed(phase: str, info: dict[str, int]) -> None:
            nonlocal began
            if phase == "start":
                began = time.thread_time(), time.perf_counter()
            else:
                cpu, elapsed = time.thread_time() - began[0], time.perf_counter() - began[1]
                file.write(f"{cpu * 1e3:.4f} {elapsed * 1e3:.4f} {info['generation']}\n")

        gc.callbacks.append(timed)
        try:
            yield
        finally:
            gc.callbacks.remove(timed)


def pauses_of(process: int) -> list[Pause]:
    """All collections of such a server so far."""
    lines = Path(f"/proc/{process}/cwd/{_FILE}").read_text("ascii").splitlines()
    return [Pause(float(cpu), float(elapsed), int(generation)) for cpu, elapsed, generation in map(str.split, lines)]
