"""A ticker for the widget's tests: a real server that speaks the protocol and misbehaves on request.

It runs in its own thread while the test drives a browser. The test decides what it sends; pages and widget files are
the product's.
"""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator
from typing import Any, Literal, Self

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.support.waiting import until
from ticker.contract.item import Item, decode_item, moment
from ticker.contract.site import load_site
from ticker.http.page_frame import PageFrame
from ticker.http.pages import page_routes
from ticker.settings import TickerSettings

Json = dict[str, Any]
Transport = Literal["ws", "sse", "json"]
Behavior = Literal["normal", "silent", "portal", "refusing", "busy"]
"""silent: accepts the request and sends nothing · portal: 200 with a page · refusing: 400 · busy: 503, Retry-After."""


def an_item(number: int, text: str, **rest: Any) -> Json:
    """An item as JSON; `rest` overrides any of its fields."""
    created = moment(time.time() - 60)
    return {
        "uri": f"urn:flashwire:{number:026d}",
        "version": 1,
        "act": "publish",
        "pubStatus": "usable",
        "urgency": 4,
        "headline": {"value": text, "language": "en", "direction": "ltr"},
        "infoSources": [{"name": {"value": "Civil Defence", "language": "en", "direction": "ltr"}, "role": "official"}],
        "edition": "en",
        "sections": [],
        "places": [],
        "link": None,
        "note": None,
        "firstCreated": created,
        "versionCreated": created,
        "expires": None,
        "pinnedUntil": None,
        "translationOf": None,
        **rest,
    }


class StreamRequest:
    """One request for the stream, open or closed."""

    def __init__(self, transport: Transport, query: Json) -> None:
        self.transport = transport
        self.query = query
        self.outbox: asyncio.Queue[Json | int] = asyncio.Queue()
        self.open = True


class FakeTicker:
    """A server while its context is open; `entries` is its stream, `requests` are all requests for the stream."""

    def __init__(self) -> None:
        self.entries: list[Json] = []
        self.requests: list[StreamRequest] = []
        self.behaviors: dict[Transport, Behavior] = {"ws": "normal", "sse": "normal", "json": "normal"}
        self.heartbeat = 15.0
        self.stale = False
        self.knows_cursors = True
        """Whether a cursor is valid; if not, a resume gets a snapshot with `complete` false."""
        self.clock_ahead = 0.0
        """How far its clock is ahead of the browser's, in seconds."""
        self.backlog_limit = 100
        self.pages: dict[str, str | Response] = {}
        """Pages at /pages/{name}; a response where a page needs headers, or is a script."""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            Starlette(routes=self._routes()), ws="websockets-sansio", log_config=None, lifespan="off"
        )
        config.timeout_graceful_shutdown = 1
        self._server = uvicorn.Server(config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        until(lambda: self._server.started, "the fake ticker has started")
        return self

    def __exit__(self, *_: object) -> None:
        self.close_all(1001)
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def publish(self, *items: Json) -> None:
        """Adds entries to the stream and sends them to all open requests."""
        for item in items:
            self.entries.append(item)
            self.send({"type": "item", "cursor": self.cursor(), "item": item})

    def send(self, message: Json) -> None:
        """Sends any message to all open requests."""
        for request in self.open_requests:
            self._loop.call_soon_threadsafe(request.outbox.put_nowait, message)

    def send_heartbeat(self) -> None:
        self.send({"type": "heartbeat", "cursor": self.cursor(), "time": self.time(), "stale": self.stale})

    def behave(self, *, ws: Behavior = "normal", sse: Behavior = "normal", json: Behavior = "normal") -> None:
        """Serves each transport like this from now on."""
        self.behaviors = {"ws": ws, "sse": sse, "json": json}

    def close_all(self, code: int = 1006) -> None:
        """Closes all open requests; SSE and long poll end without a code."""
        for request in self.open_requests:
            self._loop.call_soon_threadsafe(request.outbox.put_nowait, code)

    @property
    def open_requests(self) -> list[StreamRequest]:
        return [request for request in list(self.requests) if request.open]

    def cursor(self) -> str:
        return f"e.{len(self.entries)}.c"

    def time(self) -> str:
        return moment(time.time() + self.clock_ahead)

    def first_message(self, query: Json) -> Json:
        """The first message after a join."""
        rest = {"cursor": self.cursor(), "heartbeat": self.heartbeat, "time": self.time(), "stale": self.stale}
        if "cursor" in query and self.knows_cursors:
            missed = self.entries[int(query["cursor"].split(".")[1]) :]
            return {"type": "replay", "items": missed, "complete": True, **rest}
        items = self.current()[: self.backlog_limit]
        return {"type": "snapshot", "items": items, "complete": "cursor" not in query, **rest}

    def current(self) -> list[Json]:
        """The newest version of each usable item, newest first."""
        newest: dict[str, Json] = {}
        for entry in self.entries:
            newest[entry["uri"]] = entry
        return [item for item in reversed(newest.values()) if item["pubStatus"] == "usable"]

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._server.serve(sockets=[self._socket]))
        self._loop.run_until_complete(self._finish())
        self._loop.close()

    async def _finish(self) -> None:
        # A browser that closes slowly must not leave tasks and sockets for the next test.
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()
        # A transport informs its protocol, and closes its socket, in the next iterations of the loop.
        for _ in range(3):
            await asyncio.sleep(0)

    def _routes(self) -> list[BaseRoute]:
        def snapshot_items(edition: str, count: int) -> list[Item]:
            items = [decode_item(msgspec.json.encode(item)) for item in self.current() if item["edition"] == edition]
            return items[:count]

        settings = TickerSettings.model_validate({"desk_url": "http://desk.invalid/"})
        return [
            WebSocketRoute("/v1/live", self._websocket),
            Route("/v1/live", self._http),
            Route("/pages/{name}", self._test_page),
            *page_routes(load_site(None), settings, snapshot_items, PageFrame(settings)),
        ]

    async def _test_page(self, request: Request) -> Response:
        page = self.pages.get(request.path_params["name"], Response(status_code=404))
        return HTMLResponse(page) if isinstance(page, str) else page

    async def _websocket(self, websocket: WebSocket) -> None:
        join = StreamRequest("ws", dict(websocket.query_params))
        self.requests.append(join)
        behavior = self.behaviors["ws"]
        if behavior not in ("normal", "silent"):
            await websocket.send_denial_response(self._misbehave(behavior))
            join.open = False
            return
        await websocket.accept()
        if behavior == "normal":
            join.outbox.put_nowait(self.first_message(join.query))

        async def listen() -> None:
            try:
                while True:
                    await websocket.receive_text()
            except WebSocketDisconnect:
                join.open = False
                join.outbox.put_nowait(0)

        listening = asyncio.create_task(listen())
        while isinstance(message := await join.outbox.get(), dict):
            await websocket.send_text(msgspec.json.encode(message).decode())
        if join.open:
            join.open = False
            await websocket.close(message if message != 1006 else 1012, "closed by the test")
        await listening

    async def _http(self, request: Request) -> Response:
        sse = "text/event-stream" in request.headers.get("accept", "")
        join = StreamRequest("sse" if sse else "json", dict(request.query_params))
        self.requests.append(join)
        behavior = self.behaviors[join.transport]
        if behavior not in ("normal", "silent"):
            join.open = False
            return self._misbehave(behavior)
        if sse:
            return StreamingResponse(self._events(join, behavior), media_type="text/event-stream")
        if behavior == "silent":
            await join.outbox.get()
        answer = await self._poll(join)
        join.open = False
        return answer

    async def _events(self, join: StreamRequest, behavior: Behavior) -> AsyncIterator[str]:
        try:
            if behavior == "normal":
                join.outbox.put_nowait(self.first_message(join.query))
            while isinstance(message := await join.outbox.get(), dict):
                lines = f"event: {message['type']}\nid: {message.get('cursor', '')}\n"
                yield f"{lines}data: {msgspec.json.encode(message).decode()}\n\n"
        finally:
            join.open = False

    async def _poll(self, join: StreamRequest) -> Response:
        first = self.first_message(join.query)
        if join.query.get("wait") and not first["items"]:
            try:
                message = await asyncio.wait_for(join.outbox.get(), float(join.query["wait"]))
            except TimeoutError:
                message = {}
            if isinstance(message, int):
                return Response(status_code=502)
        return JSONResponse(self.first_message(join.query))

    @staticmethod
    def _misbehave(behavior: Behavior) -> Response:
        if behavior == "portal":
            return HTMLResponse("<!doctype html><title>Free Wi-Fi</title><p>Please accept our terms.")
        status, headers = (400, {}) if behavior == "refusing" else (503, {"Retry-After": "3"})
        problem = {"type": "x", "title": "x", "status": status, "detail": "There is no edition “xx”."}
        return Response(msgspec.json.encode(problem), status, headers, "application/problem+json")
