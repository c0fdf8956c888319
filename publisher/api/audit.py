"""`GET /v1/audit`: the records of the audit, the newest first, and the head of their chain."""

from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.api.caller import caller
from publisher.api.parts import Parts
from publisher.api.permission import check
from publisher.api.problems import ApiError
from publisher.api.query_parameters import limit_of
from publisher.core.audit import Record
from publisher.records.audit import AuditFilter
from ticker.contract.item import moment

_NUMBER_DIGITS: Final = 15


def audit_routes(parts: Parts) -> list[BaseRoute]:
    """`GET /v1/audit`."""

    async def audit(request: Request) -> Response:
        actor = await caller(request, parts)
        check(actor, "audit")
        query = request.query_params
        upper = query.get("before", "")
        if upper and not (upper.isascii() and upper.isdigit() and len(upper) <= _NUMBER_DIGITS):
            raise ApiError(400, "bad-query", name="before")
        texts = [query.get(name, "") for name in ("actor", "action", "object")]
        if "\0" in "".join(texts):
            raise ApiError(400, "bad-query", name="actor")
        audit_filter = AuditFilter(int(upper) if upper else None, *texts)
        records, head = await parts.audit.newest(audit_filter, limit_of(request))
        body = {
            "records": [record_json(record) for record in records],
            "head": {"number": head.number, "hash": head.hash},
            "spooled": parts.audit.spooled,
        }
        return Response(msgspec.json.encode(body), media_type="application/json")

    return [Route("/v1/audit", audit, methods=["GET"])]


def record_json(record: Record) -> dict[str, Any]:  # Any: JSON
    """A record with its time as text and its details as an object."""
    fields = msgspec.structs.asdict(record)
    return fields | {"time": moment(record.time / 1000), "details": msgspec.Raw(record.details.encode())}
