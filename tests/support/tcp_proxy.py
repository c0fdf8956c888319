"""What the proxies of the tests have in common: a listening port, and an event loop in a separate thread."""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self


class TcpProxy(ABC):
    """A server on a free port of 127.0.0.1; `port` is known once it runs."""

    def __init__(self) -> None:
        self.port = 0
        self._writers: set[asyncio.StreamWriter] = set()
        """Both ends of every connection; subclasses fill it."""

    @abstractmethod
    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Passes on one connection until it ends."""

    def _abort_all(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    def _call(self, function: Callable[[], object]) -> None:
        """Calls `function` in the proxy's loop, from any thread."""
        self._loop.call_soon_threadsafe(function)

    async def _run(self, is_open: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        is_open.set()
        await self._end.wait()
        server.close()
        self._abort_all()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # A transport closes its socket in the next iteration of the loop.
        await asyncio.sleep(0)

    @contextmanager
    def running(self) -> Iterator[Self]:
        """The proxy in a separate thread, until the end of the block."""
        is_open = threading.Event()
        thread = threading.Thread(target=lambda: asyncio.run(self._run(is_open)), daemon=True)
        thread.start()
        assert is_open.wait(10)
        try:
            yield self
        finally:
            self._call(self._end.set)
            thread.join(10)
