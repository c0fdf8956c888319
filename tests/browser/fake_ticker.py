"""A ticker for the widget's tests: a real server that speaks the protocol and misbehaves as it is told.

It runs in a thread of its own, so that a test may drive a browser meanwhile. What it says is the test's choice;
pages and widget files come from the product.
"""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Literal, Self

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ticker.contract.item import Item, decode_item, moment
from ticker.contract.site import load_site
from ticker.http.pages import page_routes
from ticker.settings import TickerSettings

Json = dict[str, Any]
Way = Literal["ws", "sse", "json"]
Mood = Literal["well", "silent", "portal", "refusing", "busy"]
"""silent: takes the request and says nothing · portal: 200 and a page · refusing: 400 · busy: 503, Retry-After."""


def an_item(number: int, text: str, **rest: Any) -> Json:
    """An item as it stands on the wire; `rest` overrides any of its fields."""
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


class Visit:
    """One request for the stream, open or over."""

    def __init__(self, way: Way, query: Json) -> None:
        self.way = way
        self.query = query
        self.outbox: asyncio.Queue[Json | int] = asyncio.Queue()
        self.open = True


class FakeTicker:
    """Serves until left; `entries` is its stream, `visits` is who came, with what."""

    def __init__(self) -> None:
        self.entries: list[Json] = []
        self.visits: list[Visit] = []
        self.moods: dict[Way, Mood] = {"ws": "well", "sse": "well", "json": "well"}
        self.heartbeat = 15.0
        self.stale = False
        self.remembers = True
        """Whether a cursor is good; where it is not, a resume gets a snapshot with `complete` false."""
        self.clock_ahead = 0.0
        """How far its clock is before the browser's, in seconds."""
        self.backlog_limit = 100
        self.pages: dict[str, str] = {}
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
        self.until(lambda: self._server.started, "the fake ticker did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up(1001)
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def until(self, condition: Callable[[], object], complaint: str, seconds: float = 30) -> None:
        """Waits for `condition`, without a browser to drive."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, complaint
            time.sleep(0.01)

    def publish(self, *items: Json) -> None:
        """Adds entries to the stream and sends them to all who are connected."""
        for item in items:
            self.entries.append(item)
            self.send({"type": "item", "cursor": self.cursor(), "item": item})

    def send(self, message: Json) -> None:
        """Sends any message to all who are connected."""
        for visit in self.connected:
            self._loop.call_soon_threadsafe(visit.outbox.put_nowait, message)

    def beat(self) -> None:
        """Sends a heartbeat."""
        self.send({"type": "heartbeat", "cursor": self.cursor(), "time": self.time(), "stale": self.stale})

    def behave(self, *, ws: Mood = "well", sse: Mood = "well", json: Mood = "well") -> None:
        """How each way is served from now on."""
        self.moods = {"ws": ws, "sse": sse, "json": json}

    def hang_up(self, code: int = 1006) -> None:
        """Closes all connections; SSE and long poll end without a code."""
        for visit in self.connected:
            self._loop.call_soon_threadsafe(visit.outbox.put_nowait, code)

    @property
    def connected(self) -> list[Visit]:
        return [visit for visit in list(self.visits) if visit.open]

    def cursor(self) -> str:
        return f"e.{len(self.entries)}.c"

    def time(self) -> str:
        return moment(time.time() + self.clock_ahead)

    def first_message(self, query: Json) -> Json:
        """What a join is answered."""
        rest = {"cursor": self.cursor(), "heartbeat": self.heartbeat, "time": self.time(), "stale": self.stale}
        if "cursor" in query and self.remembers:
            missed = self.entries[int(query["cursor"].split(".")[1]) :]
            return {"type": "replay", "items": missed, "complete": True, **rest}
        items = self.current()[: self.backlog_limit]
        return {"type": "snapshot", "items": items, "complete": "cursor" not in query, **rest}

    def current(self) -> list[Json]:
        """The stream folded by uri, newest first."""
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
        # A browser that is slow to hang up must not leave tasks and sockets behind for the next test to trip over.
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()
        # A transport tells its protocol, and closes its socket, in the turns after.
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
            Route("/pages/{name}", self._own_page),
            *page_routes(load_site(None), settings, snapshot_items),
        ]

    async def _own_page(self, request: Request) -> Response:
        return HTMLResponse(self.pages[request.path_params["name"]])

    async def _websocket(self, websocket: WebSocket) -> None:
        visit = Visit("ws", dict(websocket.query_params))
        self.visits.append(visit)
        mood = self.moods["ws"]
        if mood not in ("well", "silent"):
            await websocket.send_denial_response(self._misbehave(mood))
            visit.open = False
            return
        await websocket.accept()
        if mood == "well":
            visit.outbox.put_nowait(self.first_message(visit.query))

        async def listen() -> None:
            try:
                while True:
                    await websocket.receive_text()
            except WebSocketDisconnect:
                visit.open = False
                visit.outbox.put_nowait(0)

        listening = asyncio.create_task(listen())
        while isinstance(message := await visit.outbox.get(), dict):
            await websocket.send_text(msgspec.json.encode(message).decode())
        if visit.open:
            visit.open = False
            await websocket.close(message if message != 1006 else 1012, "as the test asked")
        await listening

    async def _http(self, request: Request) -> Response:
        sse = "text/event-stream" in request.headers.get("accept", "")
        visit = Visit("sse" if sse else "json", dict(request.query_params))
        self.visits.append(visit)
        mood = self.moods[visit.way]
        if mood not in ("well", "silent"):
            visit.open = False
            return self._misbehave(mood)
        if sse:
            return StreamingResponse(self._events(visit, mood), media_type="text/event-stream")
        if mood == "silent":
            await visit.outbox.get()
        answer = await self._poll(visit)
        visit.open = False
        return answer

    async def _events(self, visit: Visit, mood: Mood) -> AsyncIterator[str]:
        try:
            if mood == "well":
                visit.outbox.put_nowait(self.first_message(visit.query))
            while isinstance(message := await visit.outbox.get(), dict):
                lines = f"event: {message['type']}\nid: {message.get('cursor', '')}\n"
                yield f"{lines}data: {msgspec.json.encode(message).decode()}\n\n"
        finally:
            visit.open = False

    async def _poll(self, visit: Visit) -> Response:
        first = self.first_message(visit.query)
        if visit.query.get("wait") and not first["items"]:
            try:
                message = await asyncio.wait_for(visit.outbox.get(), float(visit.query["wait"]))
            except TimeoutError:
                message = {}
            if isinstance(message, int):
                return Response(status_code=502)
        return JSONResponse(self.first_message(visit.query))

    @staticmethod
    def _misbehave(mood: Mood) -> Response:
        if mood == "portal":
            return HTMLResponse("<!doctype html><title>Free Wi-Fi</title><p>Please accept our terms.")
        status, headers = (400, {}) if mood == "refusing" else (503, {"Retry-After": "3"})
        problem = {"type": "x", "title": "x", "status": status, "detail": "There is no edition “xx”."}
        return Response(msgspec.json.encode(problem), status, headers, "application/problem+json")
