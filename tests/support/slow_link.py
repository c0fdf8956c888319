"""A TCP proxy between a browser and a ticker: a test makes the way slow, cuts it, or lets bytes vanish."""

import asyncio
from contextlib import suppress

from tests.support.tcp_proxy import TcpProxy

_PIECE = 4096


class SlowLink(TcpProxy):
    """`delay` is in seconds for each piece in each direction; while `is_frozen`, bytes vanish and connections stay."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._upstream = port
        self.delay = 0.0
        self.is_frozen = False
        self.refuses = False
        """Whether new connections are closed at once."""

    @property
    def url(self) -> str:
        """The address for the browser."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Ends all connections now."""
        self._call(self._abort_all)

    def heal(self) -> None:
        """Passes everything again, and ends the connections that lost bytes."""
        lost_bytes, self.is_frozen, self.refuses, self.delay = self.is_frozen, False, False, 0.0
        if lost_bytes:
            self.cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.refuses:
                raise ConnectionRefusedError
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._upstream)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, up_writer}
        await asyncio.gather(self._pass_on(reader, up_writer), self._pass_on(up_reader, writer))
        self._writers -= {writer, up_writer}

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(_PIECE):
                if self.delay:
                    await asyncio.sleep(self.delay)
                if not self.is_frozen:
                    sink.write(data)
                    await sink.drain()
        sink.close()
