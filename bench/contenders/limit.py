"""The limit: a C program that calls `send()` once per subscriber and does nothing else.

It shows the lowest cost of a server that pushes over kernel TCP sockets. It has no Redis, ordering, filters or history.
"""

import asyncio
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
        with listener() as sock:
            port, number = sock.getsockname()[1], sock.fileno()
            command = (program, str(number), CONTROL)
            process = self._stop_on_exit(start_program(command, core, self._folder, (number,)))
        return Target(ports=(port,), path="/", processes=(process.pid,)), await self._open_pipe(process)
