"""A node that logs its garbage collections, with the collector as shipped, frozen once, or with Python's defaults.

Each collection is a line of the file `pauses` in the server's folder: CPU ms, elapsed ms and the generation.
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
    """One garbage collection."""

    cpu_ms: float
    elapsed_ms: float
    generation: int


@contextlib.contextmanager
def _frozen_once() -> Iterator[None]:
    gc.collect()
    gc.freeze()
    yield


COLLECTORS: Final[dict[str, Callable[[], AbstractContextManager[object]]]] = {
    "shipped": short_pauses,
    "frozen": _frozen_once,
    "python": contextlib.nullcontext,
}


async def serve(collector: str, sock: socket.socket) -> None:
    """Runs `ticker.server.serve` with the collector `COLLECTORS[collector]`."""
    vars(server)["short_pauses"] = COLLECTORS[collector]
    with _logged_pauses():
        await server.serve(TickerSettings(), sock)


@contextlib.contextmanager
def _logged_pauses() -> Iterator[None]:
    with Path(_FILE).open("w", encoding="ascii", buffering=1) as file:
        began = (0.0, 0.0)

        def log_pause(phase: str, info: dict[str, int]) -> None:
            nonlocal began
            if phase == "start":
                began = time.thread_time(), time.perf_counter()
            else:
                cpu, elapsed = time.thread_time() - began[0], time.perf_counter() - began[1]
                file.write(f"{cpu * 1e3:.4f} {elapsed * 1e3:.4f} {info['generation']}\n")

        gc.callbacks.append(log_pause)
        try:
            yield
        finally:
            gc.callbacks.remove(log_pause)


def pauses_of(process: int) -> list[Pause]:
    """Returns all collections that the server `process` has logged so far."""
    lines = Path(f"/proc/{process}/cwd/{_FILE}").read_text("ascii").splitlines()
    return [Pause(float(cpu), float(elapsed), int(generation)) for cpu, elapsed, generation in map(str.split, lines)]
