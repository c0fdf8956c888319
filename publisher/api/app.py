"""The desk's ASGI application: its routes, its middleware, its background tasks, and how errors become answers."""

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

from publisher.api.approvals import approval_routes
from publisher.api.at import at_routes
from publisher.api.audit import audit_routes
from publisher.api.composer import composer_routes
from publisher.api.desk_events import event_routes
from publisher.api.drafts import draft_routes
from publisher.api.family import family_routes
from publisher.api.firing import Firing
from publisher.api.item_queries import query_routes
from publisher.api.items import PUBLISH_PATH, item_routes, publish_route
from publisher.api.kill import kill_routes
from publisher.api.operating import operating_routes
from publisher.api.parts import Parts
from publisher.api.people import people_routes
from publisher.api.problems import ApiError, from_http, from_refusal, problem_response, unavailable
from publisher.api.receipts import receipt_routes
from publisher.api.sessions import session_routes
from publisher.api.similar import similar_routes
from publisher.api.sources import source_routes
from publisher.api.stories import story_routes
from publisher.api.wire import wire_routes
from publisher.core.refusals import RefusalsError
from publisher.net.pacing import RequestPacing
from publisher.records.errors import DatabaseAwayError, DatabaseError
from publisher.stream.outcome import UnreadableAnswerError
from ticker.contract.sentences import RefusedError
from ticker.shared.http.headers import SECURITY_HEADERS, pairs, with_defaults
from ticker.shared.http.trusted_proxies import ForwardedMiddleware
from ticker.stream.redis_stream import StreamAwayError

# Each becomes an answer other than 500.
EXPECTED_ERRORS: Final = (
    ApiError, RefusalsError, RefusedError, StreamAwayError, UnreadableAnswerError, DatabaseError, HTTPException
)  # fmt: skip
_HEADERS: Final = pairs({**SECURITY_HEADERS, "Cache-Control": "no-store"})

_log = structlog.get_logger(__name__)


def create_app(parts: Parts, routes: Iterable[BaseRoute] = ()) -> Starlette:
    """The application that serves `parts`, with the further `routes` of the desk page."""

    firing = Firing(parts)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        background = {
            "watch": parts.watch.run,
            "database": parts.watch.watch_database,
            "sources": parts.sources.follow,
            "preparation": parts.watch.backfill_when_needed,
            "schedule": firing.run,
            "bylines": parts.bylines.run,
            "audit": parts.audit.run,
            "recent": parts.adviser.recent.run,
            "style": parts.adviser.styles.run,
            "translations": parts.adviser.translations.run,
            "stops": parts.kill_switch.run,
            "receipts": parts.receipts.run,
        }
        running = [asyncio.create_task(parts.watch.tasks.keep_running(name, work)) for name, work in background.items()]
        try:
            yield
        finally:
            for task in running:
                task.cancel()
            for task in running:
                with suppress(asyncio.CancelledError):
                    await task
            with suppress(DatabaseError):
                await parts.bylines.flush()
            await parts.bylines.aclose()
            parts.adviser.translations.close()
            await parts.store.aclose()
            await parts.audit.aclose()
            parts.database.close()

    def error_response(request: Request, error: Exception) -> Response:
        problem = _api_error(error)
        parts.metrics.refused.labels(problem.code).inc()
        return problem_response(request, problem)

    app = Starlette(
        routes=[
            *query_routes(parts),
            *wire_routes(parts),
            *item_routes(parts),
            *family_routes(parts),
            *at_routes(parts),
            *story_routes(parts),
            *composer_routes(parts),
            *similar_routes(parts),
            *session_routes(parts),
            *people_routes(parts),
            *draft_routes(parts),
            *approval_routes(parts, firing),
            *event_routes(parts),
            *source_routes(parts),
            *audit_routes(parts),
            *kill_routes(parts),
            *receipt_routes(parts),
            *operating_routes(parts),
            *routes,
        ],
        middleware=[
            Middleware(RequestPacing, steady=parts.steady),
            Middleware(ForwardedMiddleware, trusted=parts.settings.forwarded_allow_ips),
            Middleware(_ErrorBoundary, error_response=error_response, publish=publish_route(parts)),
        ],
        exception_handlers=dict.fromkeys(EXPECTED_ERRORS, error_response),
        lifespan=lifespan,
    )
    # A redirect would be built from the Host header, which the client chooses.
    app.router.redirect_slashes = False
    return app


def _api_error(error: Exception) -> ApiError:
    if isinstance(error, ApiError):
        return error
    if isinstance(error, (RefusalsError, RefusedError)):
        return from_refusal(error)
    if isinstance(error, StreamAwayError):
        _log.warning("stream away", reason=str(error))
        return unavailable()
    if isinstance(error, UnreadableAnswerError):
        return ApiError(409, "answer-unreadable", uri=error.uri)
    if isinstance(error, DatabaseError):
        _log.error("the desk's database cannot be used", reason=str(error), formerly="the desk's file cannot be used")
        return unavailable("database-away") if isinstance(error, DatabaseAwayError) else unavailable("desk-file")
    if isinstance(error, HTTPException):
        return from_http(error)
    return ApiError(500, "internal")


class _ErrorBoundary:
    """Around every request: adds the headers for browsers, and answers an unhandled exception with 500."""

    def __init__(
        self,
        app: ASGIApp,
        error_response: Callable[[Request, Exception], Response],
        publish: Callable[[Request], Awaitable[Response]],
    ) -> None:
        self._app = app
        self._error_response = error_response
        self._publish = publish

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                message["headers"] = with_defaults(message["headers"], _HEADERS)
            await send(message)

        try:
            # Without Starlette's router and its error handling: a tenth of a publication's CPU time (docs/design.md).
            if scope["method"] == "POST" and scope["path"] == PUBLISH_PATH:
                request = Request(scope, receive)
                try:
                    response = await self._publish(request)
                except EXPECTED_ERRORS as error:
                    response = self._error_response(request, error)
                await response(scope, receive, send_with_headers)
            else:
                await self._app(scope, receive, send_with_headers)
        except Exception as error:
            # The source line and not the message, which may hold what a client sent.
            _log.error(
                "unhandled exception",
                kind=type(error).__name__, where=_source_line(error), path=scope["path"], formerly="unforeseen",
            )  # fmt: skip
            if not has_started:
                await self._error_response(Request(scope), error)(scope, receive, send_with_headers)


def _source_line(error: Exception) -> str:
    """File and line where `error` was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
