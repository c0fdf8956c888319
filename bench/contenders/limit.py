"""The limit: a C program that calls `send()` once per subscriber and does nothing else.

It shows the lowest cost of a server that pushes over kernel TCP sockets. It has no Redis, ordering, filters or history.
"""

import asyncio
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.compiled import COMPILER, compiled, compiler_absent
from bench.contender import Target
from bench.contenders.base import CONTROL, Base
from bench.contenders.feed import Publisher
from bench.contenders.program import printed_version, start_program
from bench.process import listener

SOURCE: Final = Path(__file__).with_name("limit.c")


class Limit(Base):
    """One process without threads."""

    name = "limit"
    title = "The limit: C and epoll, one send() each"

    def absent(self) -> str | None:
        return compiler_absent()

    def version(self) -> str:
        return f"{COMPILER[0]} {printed_version(Path(COMPILER[0]), '--version')}"

    async def _launch(self, core: int) -> tuple[Target, Publisher]:
        program = await asyncio.to_thread(compiled, self.name, [SOURCE])
        port, process = self._start_loop(program, core, CONTROL)
        return Target(ports=(port,), path="/", processes=(process.pid,)), await self._open_pipe(process)

    def _start_loop(self, program: Path, core: int, control: str) -> tuple[int, subprocess.Popen[bytes]]:
        """Starts one loop on `core` with a control socket of that name; returns its port and process."""
        with listener() as sock:
            command = (program, str(sock.fileno()), control)
            process = self._stop_on_exit(start_program(command, core, self._folder, (sock.fileno(),)))
            return sock.getsockname()[1], process


class Limits(Limit):
    """Several such processes on all cores, for more readers than one process has descriptors."""

    name = "limits"

    def __init__(self, processes: int) -> None:
        super().__init__()
        self._processes = processes

    async def _launch(self, core: int) -> tuple[Target, Publisher]:
        program = await asyncio.to_thread(compiled, Limit.name, [SOURCE])
        ports, processes, pipes = [], [], []
        for number in range(self._processes):
            port, process = self._start_loop(program, core, f"{CONTROL}{number}")
            os.sched_setaffinity(process.pid, os.sched_getaffinity(0))
            ports.append(port)
            processes.append(process.pid)
            pipes.append(await self._open_pipe(process, f"{CONTROL}{number}"))
        target = Target(ports=tuple(ports), path="/", processes=tuple(processes), servers=len(processes))
        return target, _Pipes(pipes)


class _Pipes:
    """Publishes each message to all loops."""

    def __init__(self, pipes: Sequence[Publisher]) -> None:
        self._pipes = pipes

    async def send(self, messages: Sequence[bytes]) -> None:
        await asyncio.gather(*(pipe.send(messages) for pipe in self._pipes))

    def close(self) -> None:
        for pipe in self._pipes:
            pipe.close()
