"""The same act for all siblings: each has a separate outcome, and a repeat of the request returns the same ones."""

import asyncio
import time
from collections.abc import Sequence

import msgspec
from starlette.requests import Request

from publisher.api.approval_check import check_approval
from publisher.api.idempotency import RequestKey, answer_once, stored_key
from publisher.api.item_records import next_item
from publisher.api.parts import Parts
from publisher.api.permission import check
from publisher.api.problems import ApiError, from_refusal, problem_member, unavailable
from publisher.api.publishing import note_published, store_version
from publisher.core.refusals import RefusalsError
from publisher.core.request import ActRequest
from publisher.core.sibling_acts import act_for, is_done
from publisher.records.tokens import Actor
from publisher.stream.outcome import MismatchError, Published, UnreadableAnswerError
from publisher.stream.versions import ItemRecord
from ticker.contract.item import Item, encode_item
from ticker.contract.sentences import RefusedError
from ticker.stream.redis_stream import StreamAwayError


async def siblings_of(parts: Parts, record: ItemRecord) -> list[ItemRecord]:
    """The siblings of an item, without itself; raises `StreamAwayError`."""
    original = record.item.translation_of if record.item and record.item.translation_of else record.uri
    return [sibling for sibling in await parts.store.family(original) if sibling.uri != record.uri]


async def act_on_siblings(
    parts: Parts,
    request: Request,
    actor: Actor,
    key: RequestKey,
    body: ActRequest,
    seen: Item,
    siblings: Sequence[ItemRecord],
) -> bytes:
    """`,"siblings":[…]`, one outcome for each; `seen` is the item that the request names."""

    async def outcome(record: ItemRecord) -> bytes | None:
        started = time.perf_counter()
        item = record.item
        # The request identifies the act on each sibling, so that a repeat does not do it again.
        own_key = stored_key(f"{key.digest} {record.uri}", key.fingerprint)
        edition = item.edition if item else ""
        try:
            if item is None or is_done(body, item):
                published = await parts.store.earlier_answer(own_key.digest, own_key.fingerprint)
                if published is None:
                    return None
            else:
                published = await _act(parts, actor, own_key, act_for(body, item, seen), record)
            note_published(parts, actor, published, time.perf_counter() - started)
        except RefusalsError as error:
            if _changes_nothing(error):
                return None
            return _problem_json(request, record, edition, from_refusal(error))
        except RefusedError as error:
            return _problem_json(request, record, edition, from_refusal(error))
        except ApiError as error:
            return _problem_json(request, record, edition, error)
        except (StreamAwayError, MismatchError, UnreadableAnswerError):
            return _problem_json(request, record, edition, unavailable())
        head = msgspec.json.encode({"uri": record.uri, "edition": edition})
        return b'%b,"item":%b,"cursor":"%b"}' % (head[:-1], published.item_json, str(published.cursor).encode())

    outcomes = await asyncio.gather(*(outcome(record) for record in siblings))
    return b',"siblings":[%b]' % b",".join(outcome for outcome in outcomes if outcome is not None)


def planned_acts(
    parts: Parts, body: ActRequest, seen: Item, siblings: Sequence[ItemRecord]
) -> list[tuple[ItemRecord, Item | ApiError]]:
    """What the act would make of each sibling, or why not; without those that it would leave as they are."""
    planned: list[tuple[ItemRecord, Item | ApiError]] = []
    for record in siblings:
        if record.item is None or is_done(body, record.item):
            continue
        try:
            planned.append((record, next_item(record, record.version, act_for(body, record.item, seen), parts)))
        except RefusalsError as error:
            if not _changes_nothing(error):
                planned.append((record, from_refusal(error)))
        except RefusedError as error:
            planned.append((record, from_refusal(error)))
        except ApiError as error:
            planned.append((record, error))
    return planned


def allowed_acts(
    actor: Actor, body: ActRequest, planned: Sequence[tuple[ItemRecord, Item | ApiError]]
) -> list[tuple[ItemRecord, Item | ApiError]]:
    """`planned` as `actor` may do it: in an edition that is not the actor's the sibling stays as it is."""
    return [(record, _allowed(actor, body, item)) for record, item in planned]


def _allowed(actor: Actor, body: ActRequest, planned: Item | ApiError) -> Item | ApiError:
    if isinstance(planned, Item):
        try:
            check(actor, body.act, planned.edition)
        except ApiError as denial:
            return denial
    return planned


def check_sibling_approvals(
    parts: Parts, actor: Actor, body: ActRequest, seen: Item, siblings: Sequence[ItemRecord] | None
) -> None:
    """Raises `ApiError` 409 where a sibling needs a second person: then the act is approved as a whole.

    A sibling that `actor` may not change needs none: the act leaves it as it is.
    """
    if not parts.site.approvals:
        return
    for record, planned in allowed_acts(actor, body, planned_acts(parts, body, seen, siblings or ())):
        if isinstance(planned, Item):
            check_approval(parts.site, planned, record, None)


def preview_siblings(request: Request, planned: Sequence[tuple[ItemRecord, Item | ApiError]]) -> bytes:
    """As `act_on_siblings`, of what is planned and not stored."""
    rows: list[bytes] = []
    for record, item in planned:
        if isinstance(item, ApiError):
            rows.append(_problem_json(request, record, record.item.edition if record.item else "", item))
        else:
            rows.append(b'{"uri":"%b","edition":"%b","item":%b}' % (
                record.uri.encode(), item.edition.encode(), encode_item(item)
            ))  # fmt: skip
    return b',"siblings":[%b]' % b",".join(rows)


def _changes_nothing(error: RefusalsError) -> bool:
    return [refusal.code for refusal in error.refusals] == ["changes-nothing"]


async def _act(parts: Parts, actor: Actor, key: RequestKey, body: ActRequest, record: ItemRecord) -> Published:
    async def store() -> Published:
        return await store_version(parts, actor, key, next_item(record, record.version, body, parts), record)

    return await answer_once(parts.store, key, store)


def _problem_json(request: Request, record: ItemRecord, edition: str, error: ApiError) -> bytes:
    return msgspec.json.encode({"uri": record.uri, "edition": edition, "problem": problem_member(request, error)})
