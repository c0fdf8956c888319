"""What operators and their machines ask: alive, ready, metrics, version."""

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.openapi import document
from publisher.api.parts import Parts
from ticker.shared.http.callers import reason_for
from ticker.shared.http.operating import alive_reply, is_local_request, ready_reply, version_reply
from ticker.shared.process.version import RUNNING


def operating_routes(parts: Parts) -> list[BaseRoute]:
    """`/health/live`, `/health/ready`, `/metrics`, `/version`, `/openapi.json`."""
    described = msgspec.json.encode(document(RUNNING, parts.cookie))

    async def live(request: Request) -> Response:
        return alive_reply()

    async def ready(request: Request) -> Response:
        reason = parts.watch.reason
        return ready_reply([] if reason is None else [reason_for(reason, local=is_local_request(request))])

    async def metrics(request: Request) -> Response:
        return Response(parts.metrics.page(parts.steady()), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def versions(request: Request) -> Response:
        return version_reply("desk", RUNNING)

    async def openapi(request: Request) -> Response:
        return Response(described, media_type="application/json")

    return [
        Route("/health/live", live, methods=["GET"]),
        Route("/health/ready", ready, methods=["GET"]),
        Route("/metrics", metrics, methods=["GET"]),
        Route("/version", versions, methods=["GET"]),
        Route("/openapi.json", openapi, methods=["GET"]),
    ]
