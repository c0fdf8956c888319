"""A TCP proxy before a server's Unix socket; a test cuts its network, also in the middle of a request."""

import asyncio
from contextlib import suppress
from pathlib import Path

from tests.support.tcp_proxy import TcpProxy


class CutNetwork(TcpProxy):
    """While it is cut, bytes vanish in both directions and connections stay open, as without a network."""

    def __init__(self, upstream: Path) -> None:
        super().__init__()
        self._upstream = upstream
        self._marker = b""
        self.is_cut = False

    def cut(self) -> None:
        """Cuts the network now."""
        self.is_cut = True

    def cut_after(self, marker: bytes) -> None:
        """Lets one more request that contains `marker` reach the server, and cuts the network before its reply."""
        self._marker = marker

    def heal(self) -> None:
        """Ends the connections that lost bytes, and passes everything again."""
        self._call(self._heal)

    def _heal(self) -> None:
        self.is_cut, self._marker = False, b""
        for writer in list(self._writers):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_unix_connection(self._upstream)
        self._writers |= {writer, up_writer}

        async def pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            with suppress(OSError):
                while data := await source.read(65536):
                    if self.is_cut:
                        continue
                    if self._marker and sink is up_writer and self._marker in data:
                        self.is_cut = True
                    sink.write(data)
            sink.close()

        await asyncio.gather(pass_on(reader, up_writer), pass_on(up_reader, writer))
        self._writers -= {writer, up_writer}
