"""Publishes one waiting line that this desk has claimed; what comes of it is the line's next version.

1. The line is marked as uncertain before it is sent, so that a desk which takes it over looks first.
2. First versions go out in one call of the script, all or none. The acts of a family have a key for each item: all are
   checked before the first one is stored, and a repeat does what is left.
3. A line that is `FLASHWIRE_SCHEDULE_LATE_SECONDS` late, or that fails for good, waits for a person.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec
import structlog

from publisher.api.draft_publishing import publish_draft
from publisher.api.ed_notes import keep_note
from publisher.api.family_rest import store_rest
from publisher.api.idempotency import RequestKey, answer_once, stored_key
from publisher.api.item_records import next_item
from publisher.api.original_check import waiting_obstacle
from publisher.api.parts import Parts
from publisher.api.problems import ApiError
from publisher.api.publishing import check_versions, note_published, store_version
from publisher.api.waiting_versions import decode_request, first_versions
from publisher.core.refusals import ConflictError, RefusalsError
from publisher.core.request import ActRequest, ApprovalRequest, ItemRequest
from publisher.core.roles import ACTS_THAT_TAKE_BACK
from publisher.core.sibling_acts import act_for
from publisher.core.waiting import Waiting, approval_of, attempted, delayed, items_of, published, stopped
from publisher.records.tokens import Actor
from publisher.stream.outcome import MismatchError, Published, UnreadableAnswerError
from publisher.stream.versions import ItemRecord
from ticker.contract.item import Item
from ticker.contract.sentences import RefusedError
from ticker.stream.redis_stream import StreamAwayError

# These pass by themselves, or a person ends them.
_PASSING: Final = frozenset({"stream-away", "database-away", "desk-file", "audit-away", "rate", "publishing-stopped"})

_log = structlog.get_logger(__name__)


async def publish_line(parts: Parts, line: Waiting, late: float, keep: Callable[[Waiting], Awaitable[None]]) -> Waiting:
    """The next version of a claimed line, `late` seconds after its time: published, to be tried again, or stopped.

    `keep` stores a version of the line without ending the claim.
    """
    now = parts.clock()
    body = decode_request(ApprovalRequest(line.request, line.uri if line.seen else None, line.seen))
    keys = _keys(line, body)
    actor = await parts.database.call(parts.actors.named, line.author)
    is_begun = False
    if line.uncertain:
        try:
            earlier = [await _earlier_answer(parts, key) for key in keys]
            is_stored = all(earlier) or await _has_first_version(parts, line)
        except (StreamAwayError, UnreadableAnswerError):
            return delayed(line, "stream-away", uncertain=True, now=now)
        if is_stored:
            if actor is not None and earlier[0] is not None:
                await _store_rest(parts, actor, keys[0], body, earlier[0])
            return published(line, now)
        line, is_begun = msgspec.structs.replace(line, uncertain=False), any(earlier)
    if line.is_canceling:
        return stopped(line, "siblings-partly" if is_begun else "canceled", now)
    if late > parts.settings.schedule_late_seconds and not is_begun:
        _log.warning("scheduled line is late", line=line.id, seconds=round(late))
        return stopped(line, "late", now)
    if actor is None:
        return stopped(line, "author-gone", now)
    if await _is_stopped(parts, line):
        return delayed(line, "publishing-stopped", uncertain=is_begun, now=now)
    try:
        problem = await waiting_obstacle(parts, line)
    except StreamAwayError:
        return delayed(line, "stream-away", uncertain=is_begun, now=now)
    if problem is not None:
        return stopped(line, problem, now)
    line = attempted(line, now)
    await keep(line)
    return await _published(parts, actor, line, body, keys)


async def _is_stopped(parts: Parts, line: Waiting) -> bool:
    """Whether a person who wrote or released `line` is stopped; a stop of its author and editions is found later."""
    if line.item.act in ACTS_THAT_TAKE_BACK:
        return False
    names = (*line.hands, line.approved_by) if line.approved_by else line.hands
    return await parts.kill_switch.person_stop(names) is not None


async def _published(
    parts: Parts, actor: Actor, line: Waiting, body: ItemRequest | ActRequest, keys: Sequence[RequestKey]
) -> Waiting:
    started = time.perf_counter()
    stored: list[Published] = []
    try:
        if isinstance(body, ItemRequest):
            answer = await _publish_items(parts, actor, line, body, keys[0])
            stored = [answer, *answer.siblings]
        else:
            await _do_acts(parts, actor, line, body, keys, stored)
    except ApiError as error:
        return _failed(parts, line, error.code, error.edition, stored)
    except (RefusalsError, RefusedError) as error:
        return _failed(parts, line, error.code if isinstance(error, ConflictError) else "invalid", None, stored)
    except (StreamAwayError, UnreadableAnswerError):
        return _failed(parts, line, "stream-away", None, stored)
    finally:
        for version in stored:
            note_published(parts, actor, version, time.perf_counter() - started)
    await _store_rest(parts, actor, keys[0], body, stored[0])
    return published(line, parts.clock())


async def _publish_items(parts: Parts, actor: Actor, line: Waiting, body: ItemRequest, key: RequestKey) -> Published:
    body = msgspec.structs.replace(body, publish_at=None, embargoed_until=None)

    async def store(key: RequestKey = key) -> Published:
        item, *siblings = [item for item, _ in first_versions(parts, body, line.uris, parts.clock())]
        return await store_version(parts, actor, key, item, approval=approval_of(line), siblings=siblings)

    if body.draft_id is not None:
        return await publish_draft(parts, actor, body.draft_id, key, store)
    return await answer_once(parts.store, key, store)


async def _do_acts(
    parts: Parts,
    actor: Actor,
    line: Waiting,
    body: ActRequest,
    keys: Sequence[RequestKey],
    stored: list[Published],
) -> None:
    """Does the act on each item of `line`, and adds the answers to `stored`; an earlier attempt may have begun."""
    store, approval = parts.store, approval_of(line)
    expected = items_of(line)
    earlier = [await _earlier_answer(parts, key) for key in keys]
    stored += [answer for answer in earlier if answer is not None]
    undone: list[tuple[RequestKey, Item, ItemRecord]] = []
    for item, key, answer in zip(expected, keys, earlier, strict=True):
        if answer is None:
            record = await store.record(item.uri)
            try:
                if record is None:
                    raise ApiError(404, "no-item")
                own = act_for(body, item, line.item) if line.siblings else body
                undone.append((key, next_item(record, item.version - 1, own, parts), record))
            except ApiError as error:
                error.edition = item.edition
                raise
    await check_versions(parts, actor, [(item, record) for _, item, record in undone], approval)
    for key, item, record in undone:

        async def store_one(key: RequestKey = key, item: Item = item, record: ItemRecord = record) -> Published:
            return await store_version(parts, actor, key, item, record, approval=approval)

        try:
            stored.append(await answer_once(store, key, store_one))
        except ApiError as error:
            error.edition = item.edition
            raise


async def _store_rest(
    parts: Parts, actor: Actor, key: RequestKey, body: ItemRequest | ActRequest, answer: Published
) -> None:
    if isinstance(body, ItemRequest):
        await store_rest(parts, actor, key, body, answer)
    elif body.ed_note is not None:
        await keep_note(parts, actor, answer.item, body.ed_note)


def _failed(parts: Parts, line: Waiting, code: str, edition: str | None, stored: Sequence[Published]) -> Waiting:
    now = parts.clock()
    if code == "stale" and line.seen is None:
        # A first version is stale only where it is stored already.
        return published(line, now)
    if code in _PASSING:
        return delayed(line, code, uncertain=code == "stream-away" or bool(stored), now=now, edition=edition)
    return stopped(line, "siblings-partly" if stored else code, now, edition)


async def _earlier_answer(parts: Parts, key: RequestKey) -> Published | None:
    try:
        return await parts.store.earlier_answer(key.digest, key.fingerprint)
    except MismatchError:
        # Another request published the draft that this line is made of.
        return None


async def _has_first_version(parts: Parts, line: Waiting) -> bool:
    return bool(line.uris) and await parts.store.record(line.uris[0]) is not None


def _keys(line: Waiting, body: ItemRequest | ActRequest) -> list[RequestKey]:
    """One key for first versions, which are stored together; one for each item of an act."""
    draft = body.draft_id if isinstance(body, ItemRequest) else None
    first = stored_key(f"draft {draft}" if draft else f"waiting {line.id}", line.digest)
    if isinstance(body, ItemRequest):
        return [first]
    return [first, *(stored_key(f"{first.digest} {sibling.uri}", first.fingerprint) for sibling in line.siblings)]
