"""The limit: a C program that does one `send()` of ready bytes for each subscriber and nothing else.

No server that pushes over TCP connections costs less without going round the kernel's sockets; what another costs
above this is its own doing. No Redis, no order to keep, no filter, nothing remembered.
"""

from pathlib import Path
from typing import Final

from ticker.bench.compile import MISSING, compiled, compiler
from ticker.bench.contender import Target
from ticker.bench.contenders.base import CONTROL, Base
from ticker.bench.contenders.feed import Way
from ticker.bench.contenders.program import printed_version, start_program
from ticker.bench.process import listener

SOURCE: Final = Path(__file__).with_name("limit.c")


class Limit(Base):
    """One process without threads."""

    name = "limit"
    title = "The limit: C and epoll, one send() each"

    def absent(self) -> str | None:
        return None if compiler() else MISSING

    def version(self) -> str:
        found = compiler()
        return f"{Path(found).name} {printed_version(Path(found), '--version')}" if found else ""

    async def _launch(self, core: int) -> tuple[Target, Way]:
        program = compiled([SOURCE])
        with listener() as sock:
            port, number = sock.getsockname()[1], sock.fileno()
            command = (program, str(number), CONTROL)
            process = self._held(start_program(command, core, self._folder, files=(number,)))
        return Target(ports=(port,), path="/", processes=(process.pid,)), await self._piped(process)
