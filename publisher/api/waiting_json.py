"""A waiting line as JSON for one person."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from publisher.api.access import approves, edits
from publisher.api.parts import Parts
from publisher.api.problems import Reader, reader_of
from publisher.core.sentences import CATALOG
from publisher.core.waiting import Waiting, expired, items_of, missing_editions, wrote
from publisher.records.tokens import Actor
from ticker.contract.item import moment


def waiting_json(line: Waiting, actor: Actor, now: float, reader: Reader) -> dict[str, Any]:  # Any: JSON
    """A line as the desk shows it to `actor`."""
    line = expired(line, now)
    need = line.need
    is_waiting = line.state == "waiting"
    item, *siblings = [msgspec.to_builtins(member) for member in items_of(line)]
    uris = [item["uri"]]
    if line.seen is None:
        is_published = line.state == "published"
        uris = [member["uri"] if is_published else None for member in (item, *siblings)]
        for member, uri in zip((item, *siblings), uris, strict=True):
            member["uri"] = uri
            if not is_published and member["translationOf"] in line.uris:
                member["translationOf"] = None
    is_own = wrote(line, actor.names)
    return {
        "id": line.id,
        "version": line.version,
        "state": line.state,
        "by": line.author,
        "act": line.item.act,
        "uri": uris[0],
        "seen": line.seen,
        "item": item,
        "siblings": siblings,
        "missing": missing_editions(line),
        "digest": line.digest,
        "request": line.request,
        "note": line.note,
        "created": moment(line.created),
        "expires": _time(line.expires),
        "due": _time(line.due),
        "publishAt": line.request.get("publishAt"),
        "embargoedUntil": line.request.get("embargoedUntil"),
        "approver": need.approver if need else None,
        "approvedBy": line.approved_by if line.state != "refused" else None,
        "approvedAt": _time(line.approved_at),
        "refusedBy": line.approved_by if line.state == "refused" else None,
        "bypassReason": line.bypass_reason,
        "reason": line.reason,
        "problem": _problem(line, reader),
        "canceling": line.is_canceling,
        "own": is_own,
        "mayApprove": bool(is_waiting and need and not is_own and approves(actor, line, need.approver)),
        "mayBypass": bool(is_waiting and need and approves(actor, line, need.bypass)),
        "mayChange": actor.name == line.author or any(edits(actor, member.edition) for member in items_of(line)),
    }


def line_response(request: Request, parts: Parts, actor: Actor, line: Waiting, status: int = 200) -> Response:
    """`{"waiting": …}` with its ETag."""
    body = msgspec.json.encode({"waiting": waiting_json(line, actor, parts.clock(), reader_of(request))})
    headers = {"ETag": f'"{line.version}"'}
    if status in (201, 202):
        folder = "approvals" if line.state == "waiting" else "schedule"
        headers["Location"] = f"{parts.settings.path_prefix()}/v1/{folder}/{line.id}"
    return Response(body, status, headers, "application/json")


def _problem(line: Waiting, reader: Reader) -> dict[str, Any] | None:  # Any: JSON
    if line.problem is None:
        return None
    # Of a problem with parameters, only its code and the edition were kept.
    code, edition = f"waiting-{line.problem}", line.problem_edition
    if line.siblings and edition is not None:
        forms = CATALOG.get(f"{code}-in") or CATALOG.get(code) or CATALOG["waiting-problem-in"]
    else:
        forms = CATALOG.get(code) or CATALOG["waiting-problem"]
    sentences = {language: form.format(edition=edition) for language, form in forms.items()}
    problem = {"code": line.problem, "detail": sentences[reader.language]}
    return {**problem, "inLanguages": sentences} if reader.is_page else problem


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else moment(seconds)
