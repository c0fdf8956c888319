"""One process of the load client: sends commands to its standard input and reads reports from its standard output."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

# A report is one line with a number for each connection, or five numbers for each item.
_LINE_LIMIT: Final = 1 << 26


class LoadProcess:
    """One process; calls `report_fault` with a sentence at a fault, and when the process ends."""

    def __init__(self, process: asyncio.subprocess.Process, report_fault: Callable[[str], None]) -> None:
        self._process = process
        self._report_fault = report_fault
        self._replies: dict[str, asyncio.Future[dict[str, Any]]] = {}  # Any: JSON
        self._listener = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, program: Path, core: int | None, report_fault: Callable[[str], None]) -> "LoadProcess":
        pipe = asyncio.subprocess.PIPE
        arguments = () if core is None else (str(core),)
        process = await asyncio.create_subprocess_exec(program, *arguments, stdin=pipe, stdout=pipe, limit=_LINE_LIMIT)
        return cls(process, report_fault)

    def send(self, line: str) -> None:
        """Sends one command."""
        assert self._process.stdin is not None, "it has a pipe"
        self._process.stdin.write(line.encode() + b"\n")

    def reply(self, event: str) -> "asyncio.Future[dict[str, Any]]":  # Any: JSON
        """Returns a future for the next report `event`. Call this before sending the command."""
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._replies[event] = future
        return future

    async def _listen(self) -> None:
        assert self._process.stdout is not None, "it has a pipe"
        async for line in self._process.stdout:
            answer = json.loads(line)
            if answer["event"] == "fault":
                self._report_fault(answer["what"])
            elif (future := self._replies.pop(answer["event"], None)) is not None and not future.done():
                future.set_result(answer)
        self._report_fault("the load client ended")

    async def end(self) -> None:
        assert self._process.stdin is not None, "it has a pipe"
        self._process.stdin.close()
        try:
            async with asyncio.timeout(10):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        self._listener.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._listener
