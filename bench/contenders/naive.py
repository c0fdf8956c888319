"""The naive contender: a simple Starlette endpoint with a queue and a task for each client."""

import asyncio
import contextlib
import socket
import subprocess
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from bench.contenders.base import ServedInPython, versions
from bench.contenders.feed import Publisher

PATH: Final = "/live"


def make_app() -> Starlette:
    """Returns an application that sends each text posted to `/publish` to every client of `/live`."""
    queues: set[asyncio.Queue[str]] = set()

    async def publish(request: Request) -> Response:
        text = (await request.body()).decode()
        for queue in queues:
            queue.put_nowait(text)
        return Response(status_code=204)

    async def live(websocket: WebSocket) -> None:
        await websocket.accept()
        queue: asyncio.Queue[str] = asyncio.Queue()
        queues.add(queue)
        sender = asyncio.create_task(_send(websocket, queue))
        # receive_text() raises when the client disconnects.
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                await websocket.receive_text()
        queues.discard(queue)
        sender.cancel()

    return Starlette(routes=[Route("/publish", publish, methods=["POST"]), WebSocketRoute(PATH, live)])


async def _send(websocket: WebSocket, queue: asyncio.Queue[str]) -> None:
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await websocket.send_text(await queue.get())


async def serve(sock: socket.socket) -> None:
    """Serves the endpoint with uvicorn's defaults, without the access log, until SIGTERM."""
    config = uvicorn.Config(make_app(), log_level="warning", access_log=False, timeout_graceful_shutdown=1)
    await uvicorn.Server(config).serve(sockets=[sock])


class Naive(ServedInPython):
    """The naive endpoint without Redis; items are posted over HTTP."""

    name = "naive"
    title = "Starlette WebSocketRoute, a queue and a task each"
    path = PATH

    def version(self) -> str:
        return versions("starlette", "uvicorn", "websockets")

    async def _connect_publisher(self, process: subprocess.Popen[bytes], port: int) -> Publisher:
        return await self._open_poster(process, port, "/publish")
