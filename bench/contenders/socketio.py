"""Socket.IO with its Redis-streams adapter: the contender with the most similar design, with Redis in the path.

It uses the same Valkey as ours, on the server's core. A second Socket.IO process without clients (the editor, on the
load client's core like our publisher) emits each item, and its adapter writes it to the stream that the server reads.
Only the WebSocket transport, no compression (the default), production mode; the first request of each connection is
released, as its chapter on performance advises. Clients answer Engine.IO's pings.
"""

import asyncio
import subprocess
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from bench.contender import ContenderError, Target
from bench.contenders.base import START_SECONDS, Base
from bench.contenders.feed import Publisher
from bench.contenders.node import lacking, node_command, node_environment, node_versions
from bench.contenders.program import start_program
from bench.contenders.store import start_store
from bench.process import listener
from ticker.stream.redis_stream import connect, disconnect

PACKAGES: Final = ("socket.io", "@socket.io/redis-streams-adapter", "redis")


class SocketIo(Base):
    """Valkey and one Node process on the same core; a second process publishes.

    `deflate` enables permessage-deflate: `kept` with a context for each connection, as Socket.IO does by default;
    `anew` without context takeover and for messages of any size.
    """

    name = "socketio"
    title = "Socket.IO, Redis-streams adapter, Valkey with fsync in the path"

    def __init__(self, deflate: Literal["", "kept", "anew"] = "") -> None:
        super().__init__()
        self._deflate = {"DEFLATE": deflate}

    def absent(self) -> str | None:
        return lacking(*PACKAGES)

    def version(self) -> str:
        return node_versions(*PACKAGES)

    async def _launch(self, core: int) -> tuple[Target, Publisher]:
        keeper, store = start_store(self._stack, self._folder, core)
        path = unquote(urlsplit(keeper.url).path)
        server, port = self._node("server", path, core)
        editor, editing = self._node("editor", path, None)
        await self._wait_until_listening(server, port)
        publisher = await self._open_poster(editor, editing, "/publish")
        await self._wait_until_reading(keeper.url)
        return Target(
            ports=(port,),
            path="/socket.io/?EIO=4&transport=websocket",
            processes=(server.pid, store),
            hello=(b"40",),
            joined=b'40{"sid"',
            answers=((b"2", b"3"),),
        ), publisher

    def _node(self, role: str, path: str, core: int | None) -> tuple[subprocess.Popen[bytes], int]:
        with listener() as sock:
            port, number = sock.getsockname()[1], sock.fileno()
            command = node_command("socketio.js", str(number), path, role)
            process = self._stop_on_exit(
                start_program(command, core, self._folder, (number,), **node_environment(), **self._deflate)
            )
        return process, int(port)

    async def _wait_until_listening(self, server: subprocess.Popen[bytes], port: int) -> None:
        (await self._open_poster(server, port, "/")).close()

    async def _wait_until_reading(self, url: str) -> None:
        # The adapter reads only new entries: an item published before its first XREAD would be lost.
        client = connect(url, timeout=5)
        try:
            loop = asyncio.get_running_loop()
            deadline = loop.time() + START_SECONDS
            while sum(connection["cmd"] == "xread" for connection in await client.client_list()) < 2:
                if loop.time() > deadline:
                    raise ContenderError("Socket.IO's adapter does not read the stream.")
                await asyncio.sleep(0.02)
        finally:
            await disconnect(client)
