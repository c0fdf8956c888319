"""The HTTP application of a node: its routes, and the tasks that run while it serves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ticker.contract.entry import Keyring
from ticker.contract.item import Item
from ticker.core.filter import Filter
from ticker.http import health, items
from ticker.http.asyncapi import asyncapi
from ticker.http.browser import PAINTED, Preflights
from ticker.http.developer_pages import developer_routes
from ticker.http.fragment import Fragment
from ticker.http.live import live
from ticker.http.openapi import openapi
from ticker.http.pacing import Paced
from ticker.http.page_frame import PageFrame
from ticker.http.pages import page_routes
from ticker.http.painted import painted
from ticker.http.reader_pages import reader_routes
from ticker.http.respond import problem
from ticker.node.node import READER, Node
from ticker.node.pulse import wait_until_ready
from ticker.node.receipt_reports import ReceiptReporter
from ticker.node.sweep import sweep
from ticker.reader.reader import TIMEOUT_SECONDS, Reader
from ticker.stream.redis_stream import Stream, connect
from ticker.workers.shared_state import WorkerSlot

log = structlog.get_logger()


class State(TypedDict):
    """The state that uvicorn gives to every connection and Starlette to every request."""

    node: Node
    stream: Stream
    keyring: Keyring
    slot: WorkerSlot | None


def make_app(node: Node, keyring: Keyring, redis_url: str, slot: WorkerSlot | None = None) -> Starlette:
    """The application of one node; its lifespan follows the stream at `redis_url`.

    `slot` is the node's place among the workers of its service, where there are any.
    """

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[State]:
        brand = node.settings.brand
        # Two clients: a blocking read of the reader must not delay a lookup.
        reader_stream = Stream(connect(redis_url, timeout=TIMEOUT_SECONDS), brand)
        lookup_stream = Stream(connect(redis_url, timeout=TIMEOUT_SECONDS), brand)
        reporter = ReceiptReporter(node, lookup_stream.report, slot.place if slot else "")
        # The position of a reader that ended is in doubt: the next one reads the stream from its start.
        must_live = {
            READER: lambda: Reader(reader_stream, keyring, node, on_busy=node.work_queue.pause).run(),
            "sweep": lambda: sweep(node),
            "receipts": reporter.run,
        }
        tasks = [asyncio.create_task(node.tasks.keep_running(name, run), name=name) for name, run in must_live.items()]
        try:
            if slot is not None:
                await wait_until_ready(node, slot)
            yield State(node=node, stream=lookup_stream, keyring=keyring, slot=slot)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await reporter.finish()
            await reader_stream.aclose()
            await lookup_stream.aclose()

    def current_items(edition: str, count: int) -> list[Item]:
        entries, _until = node.backlog.current(Filter(editions=frozenset({edition})), count, node.wall())
        return [entry.item for entry in entries]

    frame = PageFrame(node.settings)
    app = Starlette(
        routes=[
            Route("/v1/live", live),
            Route("/v1/items", items.Listing(node).answer),
            Route("/v1/ticker.html", Fragment(node, frame).answer),
            Route("/v1/items/{uri}", items.item),
            Route("/v1/items/{uri}/history", items.history),
            Route(PAINTED, painted, methods=["POST"]),
            Route("/health/live", health.alive),
            Route("/health/ready", health.ready),
            Route("/metrics", health.metrics),
            Route("/version", health.about),
            Route("/openapi.json", openapi),
            Route("/asyncapi.json", asyncapi),
            *page_routes(node.site, node.settings, current_items, frame),
            *reader_routes(node, frame),
            *developer_routes(node, frame),
        ],
        middleware=[
            Middleware(Paced, request_queue=node.request_queue),
            Middleware(Preflights, settings=node.settings),
        ],
        exception_handlers={HTTPException: _http_error, Exception: _failure},
        lifespan=lifespan,
    )
    # A redirect would contain the Host header, which the client chooses.
    app.router.redirect_slashes = False
    return app


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 405:
        is_read = request.url.path != PAINTED
        reply = problem(405, "method", "Read this address with GET." if is_read else "Send POST to this address.")
        # RFC 9110, 15.5.6 asks for it.
        reply.headers["Allow"] = "GET, HEAD" if is_read else "POST"
        return reply
    return problem(status, "not-found", "There is nothing at this address; see /openapi.json.")


async def _failure(_request: Request, error: Exception) -> Response:
    return problem(500, "failure", "The node failed to answer; ask again.", retry_after=5)
