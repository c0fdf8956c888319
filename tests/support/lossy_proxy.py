"""A proxy before Redis that loses replies (the command is carried out) or whole requests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path


class LossyProxy:
    """Forwards bytes; while `losses` > 0 it drops the reply to a request that contains `marker`, and the connection.

    While `silences` > 0 it drops such a request, and keeps the connection open.
    """

    def __init__(self, upstream: str, marker: bytes) -> None:
        self._upstream = upstream
        self._marker = marker
        self.losses = 0
        self.lost = 0
        self.silences = 0
        self.silenced = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handles one connection until either side closes it or a reply is lost."""
        up_reader, up_writer = await asyncio.open_unix_connection(self._upstream)
        dropping = asyncio.Event()

        async def back() -> None:
            while data := await up_reader.read(65536):
                if dropping.is_set():
                    self.lost += 1
                    break
                writer.write(data)
            writer.close()

        replies = asyncio.create_task(back())
        with suppress(OSError):
            while data := await reader.read(65536):
                if self._marker in data and self.silences:
                    self.silences -= 1
                    self.silenced.set()
                    continue
                if self._marker in data and self.losses:
                    self.losses -= 1
                    dropping.set()
                up_writer.write(data)
        up_writer.close()
        with suppress(OSError):
            await replies
        writer.close()


@asynccontextmanager
async def lossy(redis_url: str, folder: Path, marker: bytes) -> AsyncIterator[tuple[str, LossyProxy]]:
    """A running proxy before the server at `redis_url`, and the proxy's address."""
    proxy = LossyProxy(redis_url.removeprefix("unix://"), marker)
    path = folder / "p"
    server = await asyncio.start_unix_server(proxy.serve, path)
    try:
        yield f"unix://{path}", proxy
    finally:
        server.close()
