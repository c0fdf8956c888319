"""Observes the workers of a service, and the memory of the machine, while they hold connections."""

import asyncio
import contextlib
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from bench.contender import ContenderError
from bench.kernel_memory import available_gib, tcp_kib
from bench.process import cpu_seconds, memory_kib

# Less must not be left: the machine would end some process, and not necessarily one of ours.
RESERVE_GIB: Final = 1.5


class Sample(msgspec.Struct, frozen=True):
    """One observation; there is about one per second."""

    at: float
    """Seconds since all had joined."""
    pss_mib: float
    """All workers together."""
    kernel_mib: float
    """TCP's buffers of both ends, as the kernel counts them for the machine."""
    cpu: float
    """Share of one core that all workers used since the previous sample."""


async def watch(workers: Sequence[int], samples: list[Sample], every: float = 1.0) -> None:
    """Adds a sample each `every` seconds until it is cancelled; raises `ContenderError` if memory becomes scarce."""
    began, spent = time.monotonic(), cpu_seconds(tuple(workers))
    last = began
    while True:
        await asyncio.sleep(every)
        if (reason := scarce()) is not None:
            raise ContenderError(reason)
        now, used = time.monotonic(), cpu_seconds(tuple(workers))
        pss = sum(memory_kib(worker) for worker in workers) / 1024
        samples.append(Sample(now - began, pss, tcp_kib() / 1024, (used - spent) / (now - last)))
        last, spent = now, used


def scarce() -> str | None:
    """Returns a sentence if less than `RESERVE_GIB` of memory is left, or `None`."""
    left = available_gib()
    return None if left >= RESERVE_GIB else f"only {left:.1f} GiB of memory were left, and {RESERVE_GIB} must remain"


def sockets_of(process: int) -> int:
    """Returns how many sockets `process` has."""
    count = 0
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):
            count += os.readlink(descriptor).startswith("socket:")
    return count
