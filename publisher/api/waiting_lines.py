"""Waiting lines for the HTTP interface: build one from a request, store and find it."""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Final

import msgspec
from starlette.requests import Request

from publisher.api.access import edits
from publisher.api.idempotency import client_key
from publisher.api.parts import Parts
from publisher.api.permission import check, check_role
from publisher.api.problems import ApiError
from publisher.api.waiting_versions import decode_request, first_versions, next_versions
from publisher.core.approval import Need, content_digest, highest_need, need_of
from publisher.core.refusals import Refusals
from publisher.core.request import ActRequest, ApprovalRequest, ItemRequest
from publisher.core.schedule import TIMES, due_of
from publisher.core.ulid import CHANCE_BYTES, ulid
from publisher.core.waiting import Waiting, items_of
from publisher.records.tokens import Actor
from publisher.records.waiting import WaitingStaleError
from ticker.contract.item import URI_PREFIX, encode_item, moment

# A request for approval that no rule requires.
_VOLUNTARY: Final = Need("editor", "editor")


async def new_line(
    parts: Parts, request: Request, actor: Actor, ask: ApprovalRequest, *, asks: bool
) -> tuple[Waiting, Need | None]:
    """The line that `ask` makes, not yet stored, and who must approve it; `asks`: also where no rule wants it."""
    now = parts.clock()
    body = decode_request(ask)
    act = body.act if isinstance(body, ActRequest) else "publish"
    check_role(actor, act)
    due = due_of(body, now, Refusals()) if isinstance(body, ItemRequest) else None
    uris = _new_uris(body, now if due is None else due)
    if isinstance(body, ItemRequest):
        # Titles of stories in other editions.
        await parts.adviser.recent.catch_up()
        versions = first_versions(parts, body, uris, now)
    else:
        versions = await next_versions(parts, body, ask.uri or "", ask.seen or 0)
    for item, _ in versions:
        check(actor, act, item.edition)
    rules = parts.site.approvals
    need = highest_need(need_of(rules, item, record.item if record else None) for item, record in versions)
    if need is None and asks:
        need = _VOLUNTARY
    items = tuple(item for item, _ in versions)
    contents = tuple(map(content_digest, items))
    line = Waiting(
        id=client_key(request, actor) or ulid(now, secrets.token_bytes(CHANCE_BYTES)),
        state="waiting",
        author=actor.name,
        hands=actor.names,
        request=ask.request,
        fingerprint=hashlib.sha256(msgspec.json.encode(ask, order="deterministic")).hexdigest(),
        uri=ask.uri,
        seen=ask.seen if ask.uri else None,
        uris=uris,
        item=items[0],
        siblings=items[1:],
        contents=contents,
        digest=_digest(contents, ask),
        note=ask.note,
        created=now,
        changed=now,
        written=now,
        due=due,
    )
    return line, need


def _new_uris(body: ItemRequest | ActRequest, seconds: float) -> tuple[str, ...]:
    """A uri for each item that `body` makes; they are published at `seconds`."""
    if isinstance(body, ActRequest):
        return ()
    count = 1 + (len(body.siblings) if body.siblings else 0)
    return tuple(URI_PREFIX + ulid(seconds, secrets.token_bytes(CHANCE_BYTES)) for _ in range(count))


def _digest(contents: Sequence[str], ask: ApprovalRequest) -> str:
    """Of the contents and the times that a person approves."""
    times = (str(ask.request.get(name)) for name in TIMES)
    return hashlib.sha256("\0".join((*contents, *times)).encode()).hexdigest()[:32]


async def add_line(parts: Parts, line: Waiting) -> Waiting:
    """Stores `line`, or returns the one that the same request made before; raises `ApiError` 422 for another one."""
    stored = await parts.database.call(parts.waiting.add, line)
    parts.changes.wake()
    if stored.fingerprint != line.fingerprint:
        raise ApiError(422, "key-reused")
    return stored


async def audit_decision(parts: Parts, actor: Actor, action: str, line: Waiting, reason: str = "") -> None:
    """Records what a person is about to do with a line; raises `DatabaseError`, and then it must not be done."""
    editions = " ".join(item.edition for item in items_of(line))
    details = {"author": line.author, "edition": editions, "act": line.item.act, "digest": line.digest}
    if reason:
        details["reason"] = reason
    if line.due is not None:
        details["due"] = moment(line.due)
    content = b"\n".join(map(encode_item, items_of(line)))
    await parts.audit.record(actor.name, action, f"waiting:{line.id}", details, content)


async def find_line(request: Request, parts: Parts, actor: Actor) -> Waiting:
    """The line in the path; raises `ApiError` 404, also for one that `actor` may not see."""
    line = await parts.database.call(parts.waiting.find, request.path_params["id"])
    if line is None or not may_see(actor, line):
        raise ApiError(404, "no-waiting")
    return line


def may_see(actor: Actor, line: Waiting) -> bool:
    """Its author and the editors of its edition; before an embargo ends, no other person learns of it."""
    return actor.name == line.author or any(edits(actor, item.edition) for item in items_of(line))


async def save_line(parts: Parts, line: Waiting) -> None:
    """Stores the next version of a line; raises `ApiError` 412 where another one is stored or it is being published."""
    try:
        await parts.database.call(parts.waiting.replace, line, parts.clock())
    except WaitingStaleError:
        raise ApiError(412, "waiting-changed") from None
    parts.changes.wake()
