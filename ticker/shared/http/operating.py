"""Answers for operators, the same on both sides: alive, ready, version; one JSON form, never cached."""

from collections.abc import Mapping, Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ticker.shared.http.callers import is_local

JSON = "application/json"


def json_reply(body: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`body` as JSON that no cache keeps."""
    return Response(msgspec.json.encode(body), status, {"Cache-Control": "no-store", **(headers or {})}, JSON)


def alive_reply() -> Response:
    """200: the process answers at all."""
    return json_reply({"status": "alive"})


def ready_reply(reasons: Sequence[str], further: Mapping[str, object] | None = None) -> Response:
    """200 if there is no reason against it, else 503 with the reasons; `further` is what else the side reports."""
    body = {"ready": not reasons, "reasons": list(reasons), **(further or {})}
    return json_reply(body, 503 if reasons else 200)


def version_reply(side: str, version: str) -> Response:
    """Which release answers; `side` is `ticker` or `desk`."""
    return json_reply({"name": "flashwire", "side": side, "version": version})


def is_local_request(request: Request) -> bool:
    """Whether the request was made on this machine, past every proxy: only then may an answer name addresses."""
    return is_local(request.client.host if request.client else None, request.headers)
