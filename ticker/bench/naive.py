"""The naive contender: what anybody writes first with Starlette, a queue and a task for each client."""

import asyncio
import contextlib
import socket
import tempfile
from pathlib import Path
from typing import Final

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ticker.bench.contender import ContenderError, Target
from ticker.bench.process import last_words, listener, start_server, stop_server
from ticker.contract import message
from ticker.contract.cursor import Cursor, entry_check

START_SECONDS: Final = 15.0


def make_app() -> Starlette:
    """The endpoint; an item posted to `/publish` reaches every client of `/live` as the text it is."""
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
        # Receiving is what notices a client that leaves.
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                await websocket.receive_text()
        queues.discard(queue)
        sender.cancel()

    return Starlette(routes=[Route("/publish", publish, methods=["POST"]), WebSocketRoute("/live", live)])


async def _send(websocket: WebSocket, queue: asyncio.Queue[str]) -> None:
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await websocket.send_text(await queue.get())


async def serve(sock: socket.socket) -> None:
    """Serves the endpoint with uvicorn's defaults until SIGTERM."""
    config = uvicorn.Config(make_app(), log_level="warning", timeout_graceful_shutdown=1)
    await uvicorn.Server(config).serve(sockets=[sock])


class Naive:
    """The naive endpoint, without Redis: an item is handed to its own process over HTTP."""

    name = "naive"
    title = "Starlette WebSocketRoute, a queue and a task each"

    def __init__(self) -> None:
        self._stack = contextlib.AsyncExitStack()
        self._number = 0

    async def start(self, core: int) -> Target:
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="fwb")))
        with listener() as sock:
            port = sock.getsockname()[1]
            process = start_server(self.name, sock, core, folder)
        self._stack.callback(stop_server, process)
        self._client = await self._stack.enter_async_context(httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}"))
        try:
            (await self._client.get("/", timeout=START_SECONDS)).read()
        except httpx2.HTTPError:
            raise ContenderError(f"The naive endpoint did not start: {last_words(folder)}") from None
        return Target("127.0.0.1", port, "/live", (process.pid,))

    async def publish(self, item: bytes) -> None:
        self._number += 1
        # The very message that Flashwire's clients get, so that both write the same bytes.
        cursor = Cursor("bench", self._number, entry_check(b"", item))
        answer = await self._client.post("/publish", content=message.live(cursor, item).body)
        answer.raise_for_status()

    async def stop(self) -> None:
        await self._stack.aclose()
