"""`websockets.broadcast` on uvloop, used as the library's documentation recommends.

Compression is off, because no other contender deflates, and because the library deflates each message for each
connection. Keepalive pings have their default interval (20 s).
"""

import asyncio
import socket

from websockets.asyncio.server import ServerConnection, broadcast
from websockets.asyncio.server import serve as serve_websockets

from bench.contenders.bare import Intake
from bench.contenders.base import CONTROL, ServedInPython, versions


class _Intake(Intake):
    def __init__(self, members: set[ServerConnection]) -> None:
        super().__init__()
        self._members = members

    def arrived(self, messages: list[bytes]) -> None:
        for message in messages:
            broadcast(self._members, message.decode())


async def serve(sock: socket.socket) -> None:
    """Serves until the process is killed."""
    members: set[ServerConnection] = set()

    async def member(connection: ServerConnection) -> None:
        members.add(connection)
        try:
            await connection.wait_closed()
        finally:
            members.discard(connection)

    # No open_timeout: thousands of clients join at once and may exceed the default.
    async with serve_websockets(member, sock=sock, compression=None, open_timeout=None, backlog=4096) as server:
        await asyncio.get_running_loop().create_unix_server(lambda: _Intake(members), CONTROL)
        await server.serve_forever()


class Broadcast(ServedInPython):
    """One process, no Redis."""

    name = "broadcast"
    title = "websockets.broadcast on uvloop, without compression"

    def version(self) -> str:
        return versions("websockets", "uvloop")
