"""The desk's application: its routes, what surrounds every one of them, and what happens to their errors."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from publisher.api.composer import composer_routes
from publisher.api.items import PUBLISH_PATH, item_routes, publish_route
from publisher.api.operating import operating_routes
from publisher.api.parts import Parts
from publisher.api.problems import ApiError, answer, away, from_http, from_refusal
from publisher.api.sessions import session_routes
from publisher.core.refusals import RefusalsError
from publisher.net.pacing import RequestPacing
from publisher.records.errors import DatabaseAwayError, DatabaseError
from publisher.stream.store import UnreadableAnswerError
from ticker.contract.sentences import RefusedError
from ticker.shared.http.forwarded import ForwardedMiddleware
from ticker.shared.http.headers import SECURITY_HEADERS, pairs, with_defaults
from ticker.stream.redis_stream import StreamAwayError

# What has an answer of its own.
FORESEEN: Final = (
    ApiError, RefusalsError, RefusedError, StreamAwayError, UnreadableAnswerError, DatabaseError, HTTPException
)  # fmt: skip
_HEADERS: Final = pairs({**SECURITY_HEADERS, "Cache-Control": "no-store"})

_log = structlog.get_logger(__name__)


def create_app(parts: Parts, routes: Iterable[BaseRoute] = ()) -> Starlette:
    """The application of `desk`, with further `routes` (the page's) beside the interface's own."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        works = {
            "watch": parts.watch.run,
            "database": parts.watch.watch_database,
            "preparation": parts.watch.backfill_when_needed,
        }
        running = [asyncio.create_task(parts.watch.tasks.keep_running(name, work)) for name, work in works.items()]
        try:
            yield
        finally:
            for task in running:
                task.cancel()
            for task in running:
                with suppress(asyncio.CancelledError):
                    await task
            await parts.store.aclose()
            parts.database.close()

    def told(request: Request, error: Exception) -> Response:
        found = _api_error(error)
        parts.metrics.refused.labels(found.code).inc()
        return answer(request, found)

    app = Starlette(
        routes=[
            *item_routes(parts),
            *composer_routes(parts),
            *session_routes(parts),
            *operating_routes(parts),
            *routes,
        ],
        middleware=[
            Middleware(RequestPacing, steady=parts.steady),
            Middleware(ForwardedMiddleware, trusted=parts.settings.forwarded_allow_ips),
            Middleware(_Edge, told=told, publish=publish_route(parts)),
        ],
        exception_handlers=dict.fromkeys(FORESEEN, told),
        lifespan=lifespan,
    )
    # A redirect would be built from the Host header, which is the client's own word.
    app.router.redirect_slashes = False
    return app


def _api_error(error: Exception) -> ApiError:
    if isinstance(error, ApiError):
        return error
    if isinstance(error, (RefusalsError, RefusedError)):
        return from_refusal(error)
    if isinstance(error, StreamAwayError):
        _log.warning("stream away", reason=str(error))
        return away()
    if isinstance(error, UnreadableAnswerError):
        return ApiError(409, "answer-unreadable", uri=error.uri)
    if isinstance(error, DatabaseError):
        _log.error("the desk's database cannot be used", reason=str(error))
        return away("database-away") if isinstance(error, DatabaseAwayError) else away("desk-file")
    if isinstance(error, HTTPException):
        return from_http(error)
    return ApiError(500, "internal")


class _Edge:
    """Around every request: headers for browsers, and an answer for what nobody foresaw."""

    def __init__(
        self,
        app: ASGIApp,
        told: Callable[[Request, Exception], Response],
        publish: Callable[[Request], Awaitable[Response]],
    ) -> None:
        self._app = app
        self._told = told
        self._publish = publish

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = with_defaults(message["headers"], _HEADERS)
            await send(message)

        try:
            # Past the router and its error handling, which took 45 µs of a publication's 320.
            if scope["method"] == "POST" and scope["path"] == PUBLISH_PATH:
                request = Request(scope, receive)
                try:
                    response = await self._publish(request)
                except FORESEEN as error:
                    response = self._told(request, error)
                await response(scope, receive, sending)
            else:
                await self._app(scope, receive, sending)
        except Exception as error:
            # One line, with the place and not the words: a message may hold what a client sent.
            _log.error("unforeseen", kind=type(error).__name__, where=_place(error), path=scope["path"])
            if not started:
                await self._told(Request(scope), error)(scope, receive, sending)


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
