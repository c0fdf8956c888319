"""`POST /v1/items` with a time: the line is stored in the desk's database, and published when it is due."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from publisher.api.parts import Parts
from publisher.api.problems import ApiError
from publisher.api.waiting_json import line_response
from publisher.api.waiting_lines import add_line, audit_decision, new_line
from publisher.core.phrases import role_phrase
from publisher.core.request import ApprovalRequest, ItemRequest
from publisher.core.waiting import opened
from publisher.records.tokens import Actor


async def schedule_line(parts: Parts, request: Request, actor: Actor, body: ItemRequest) -> Response:
    """202 with the scheduled line. Raises `ApiError` 409 where a second person must approve it first."""
    line, need = await new_line(parts, request, actor, ApprovalRequest(_plain(body)), asks=False)
    if need is not None:
        raise ApiError(409, "approval-needed", approver=role_phrase(need.approver))
    await audit_decision(parts, actor, "schedule", line)
    stored = await add_line(parts, opened(line, None, parts.clock(), 0.0))
    return line_response(request, parts, actor, stored, 202)


def _plain(body: ItemRequest) -> dict[str, object]:
    """The request as JSON, without the fields that it leaves out."""
    fields: dict[str, object] = msgspec.to_builtins(body)
    left_out = {field.encode_name: field.default for field in msgspec.structs.fields(body)}
    return {name: value for name, value in fields.items() if value != left_out[name]}
