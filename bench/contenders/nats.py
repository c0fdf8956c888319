"""NATS over its WebSocket listener, configured for its best result in this benchmark.

Core NATS without JetStream: at-most-once delivery and no storage. No TLS, no compression, no verbose
acknowledgements, and GOMAXPROCS=1 for its one core. Limits for slow clients are above what the benchmark reaches. A
busy server puts several messages in a frame and may split a message between frames. Items are published over TCP.
"""

import asyncio
from collections.abc import Sequence
from typing import Final, Self

from bench.contender import ContenderError, Target
from bench.contenders.base import Base, free_port
from bench.contenders.feed import ANSWER_SECONDS, Publisher
from bench.contenders.program import find_program, printed_version, start_program

MISSING: Final = "nats-server is not installed; install it with: apt-get install nats-server"
SUBJECT: Final = "bench"
_CONNECT: Final = b'CONNECT {"verbose":false,"pedantic":false,"tls_required":false,"lang":"bench","version":"1"}\r\n'
_CONFIGURATION: Final = """\
listen: "127.0.0.1:{port}"
websocket {{
    listen: "127.0.0.1:{websocket}"
    no_tls: true
    compression: false
}}
max_connections: 1000000
max_pending: 256MB
write_deadline: "60s"
logfile_size_limit: 1MB
"""


class NatsPublisher:
    """A NATS client that only publishes. Items are accepted when the server has answered the PING sent after them."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> Self:
        """Connects to `port` of loopback; raises `OSError` or `ContenderError`."""
        publisher = cls(*await asyncio.open_connection("127.0.0.1", port))
        publisher._writer.write(_CONNECT)
        try:
            await publisher.send(())
        except ContenderError:
            publisher.close()
            raise
        return publisher

    async def send(self, messages: Sequence[bytes]) -> None:
        commands = [b"PUB %b %d\r\n%b\r\n" % (SUBJECT.encode(), len(body), body) for body in messages]
        self._writer.write(b"".join((*commands, b"PING\r\n")))
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                while not (line := await self._reader.readuntil(b"\r\n")).startswith(b"PONG"):
                    if line.startswith(b"PING"):
                        self._writer.write(b"PONG\r\n")
                    elif line.startswith(b"-ERR"):
                        raise ContenderError(f"NATS refused an item: {line.decode('utf-8', 'replace').strip()}")
        except (OSError, EOFError):
            raise ContenderError("NATS did not answer") from None

    def close(self) -> None:
        self._writer.close()


class Nats(Base):
    """One nats-server."""

    name = "nats"
    title = "NATS over WebSocket, without JetStream"

    def absent(self) -> str | None:
        return None if find_program("nats-server") else MISSING

    def version(self) -> str:
        program = find_program("nats-server")
        return f"nats-server {printed_version(program, '--version') if program else ''}"

    async def _launch(self, core: int) -> tuple[Target, Publisher]:
        program = find_program("nats-server")
        assert program, "start() has called absent()"
        port, websocket = free_port(), free_port()
        configuration = self._folder / "nats.conf"
        configuration.write_text(_CONFIGURATION.format(port=port, websocket=websocket))
        process = self._stop_on_exit(start_program((program, "-c", configuration), core, self._folder, GOMAXPROCS="1"))
        publisher = await self._retry_connect(process, lambda: NatsPublisher.open(port))
        # The WebSocket listener starts after the TCP listener.
        _, probe = await self._retry_connect(process, lambda: asyncio.open_connection("127.0.0.1", websocket))
        probe.close()
        hello = _CONNECT + f"SUB {SUBJECT} 1\r\nPING\r\n".encode()
        return Target(
            ports=(websocket,),
            path="/",
            processes=(process.pid,),
            hello=(hello,),
            joined=b"PONG\r\n",
            answers=((b"PING\r\n", b"PONG\r\n"),),
            stream=True,
        ), publisher
