"""A TCP proxy before a server's port that is as slow as a satellite: a long round trip, and packets that are lost."""

import asyncio
import random
from contextlib import suppress
from typing import Final

from tests.support.tcp_proxy import TcpProxy

SEGMENT: Final = 1460
FIRST_SYN_TIMEOUT: Final = 1.0
"""RFC 6298: a lost first packet is sent again after a second."""


class SlowProxy(TcpProxy):
    """`round_trip` in seconds; `loss` is the share of packets that arrive a retransmission later, with all after them.

    A connection costs one round trip before its first byte, as the handshake of TCP does.
    """

    def __init__(self, upstream: int, round_trip: float, loss: float, seed: int) -> None:
        super().__init__()
        self._upstream = upstream
        self._round_trip = round_trip
        self._loss = loss
        self._random = random.Random(seed)
        self.lost = 0

    def _late(self, timeout: float) -> float:
        """How much later a packet arrives because it was lost."""
        late = 0.0
        while self._random.random() < self._loss:
            self.lost += 1
            late += timeout
        return late

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, first: float) -> None:
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def send() -> None:
            due = loop.time() + first
            while True:
                at, data = await queue.get()
                due = max(due, at)
                await asyncio.sleep(due - loop.time())
                if not data:
                    break
                sink.write(data)
            sink.close()

        sending = asyncio.create_task(send())
        with suppress(OSError):
            while data := await source.read(SEGMENT):
                arrival = loop.time() + self._round_trip / 2 + self._late(2 * self._round_trip)
                queue.put_nowait((arrival, data))
        queue.put_nowait((loop.time() + self._round_trip / 2, b""))
        with suppress(OSError):
            await sending

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._upstream)
        self._writers |= {writer, up_writer}
        handshake = self._round_trip + self._late(FIRST_SYN_TIMEOUT)
        await asyncio.gather(
            self._pass_on(reader, up_writer, handshake), self._pass_on(up_reader, writer, 0), return_exceptions=True
        )
        self._writers -= {writer, up_writer}
