"""Stores one version of an item for an actor: every way to publish ends here, also one without a request."""

from collections.abc import Sequence
from typing import cast

import structlog

from publisher.api.approval_check import check_approval
from publisher.api.audited import Outcome, record_intention, record_outcome
from publisher.api.idempotency import RequestKey
from publisher.api.item_records import version_conflict
from publisher.api.kill import check_stops
from publisher.api.original_check import check_original
from publisher.api.parts import Parts
from publisher.api.permission import check
from publisher.api.problems import ApiError, unavailable
from publisher.core.approval import Approval
from publisher.core.rate import Rate
from publisher.core.roles import ACTS_THAT_TAKE_BACK
from publisher.records.tokens import Actor
from publisher.stream.outcome import MismatchError, Published, StaleError, UnreadableAnswerError
from publisher.stream.versions import ItemRecord
from ticker.contract.item import Act, Item, encode_item
from ticker.stream.redis_stream import StreamAwayError

_log = structlog.get_logger(__name__)


async def store_version(
    parts: Parts,
    actor: Actor,
    key: RequestKey,
    item: Item,
    record: ItemRecord | None = None,
    *,
    approval: Approval | None = None,
    siblings: Sequence[Item] = (),
) -> Published:
    """Stores `item`, which follows `record`, together with `siblings`, first versions of other items: all or none.

    A request that stored nothing does not count against the rate. Raises `ApiError`: 403 where the actor may not do the
    act in an edition, or a stop forbids it, 409 where the site or the rate wants a second person's `approval` of it, or
    the original of a translation is off the screens, 429 above the rate, 503 while the outcome is unknown, 412 for a
    newer version, 422 for a key that another request has used.
    """
    items = (item, *siblings)
    act = cast(Act, item.act)
    await check_versions(parts, actor, [(item, record), *((sibling, None) for sibling in siblings)], approval)
    # A person who publishes without the second one, for a reason, is still alone.
    is_approved = approval is not None and approval.bypass_reason is None
    counted = _count(parts, actor, key, act, len(items), is_approved=is_approved)
    earlier, missing_body = (record.earlier, record.missing_body) if record else ((), b"")
    try:
        events = [await record_intention(parts, actor, version, encode_item(version)) for version in items]
    except ApiError:
        _forget(counted, actor)
        raise
    try:
        published = await parts.store.publish(item, key.digest, key.fingerprint, earlier, missing_body, siblings)
    except StreamAwayError as error:
        # The item may have been stored, so the request stays counted; a repeat has the same digest and counts once.
        _log.warning("not published", reason=str(error), uri=item.uri, version=item.version)
        _record_outcomes(parts, actor, items, events, "unknown")
        raise unavailable() from None
    except (MismatchError, StaleError, UnreadableAnswerError) as error:
        _record_outcomes(parts, actor, items, events, "refused")
        _forget(counted, actor)
        if isinstance(error, StaleError):
            raise version_conflict(error.current) from None
        if isinstance(error, UnreadableAnswerError):
            raise
        raise ApiError(422, "key-reused") from None
    stored = (published, *published.siblings)
    parts.adviser.recent.note_published()
    for answer in stored:
        parts.bylines.note(answer.item, actor.name)
    outcome: Outcome = "repeated" if published.is_repeat else "done"
    _record_outcomes(parts, actor, [answer.item for answer in stored], events, outcome)
    if published.is_repeat:
        _forget(counted, actor)
    return published


async def check_versions(
    parts: Parts, actor: Actor, versions: Sequence[tuple[Item, ItemRecord | None]], approval: Approval | None
) -> None:
    """Raises `ApiError`, which names the edition, unless `actor` may store all of `versions`, each after its record.

    Rights and stops come first: a person who may not publish in one edition is not sent to ask for an approval.
    """
    edition = ""
    together = {item.uri for item, _ in versions}
    try:
        for item, _ in versions:
            act, edition = cast(Act, item.act), item.edition
            check(actor, act, edition)
            if act not in ACTS_THAT_TAKE_BACK:
                await check_stops(parts, actor, edition, act)
        for item, record in versions:
            edition = item.edition
            if record is None:
                await check_original(parts, item, together)
            check_approval(parts.site, item, record, approval)
    except ApiError as error:
        error.edition = edition
        raise


def _record_outcomes(
    parts: Parts, actor: Actor, items: Sequence[Item], events: Sequence[str], outcome: Outcome
) -> None:
    # An earlier answer to the same request has as many items, because a request with others has another fingerprint.
    for item, event in zip(items, events, strict=True):
        record_outcome(parts, actor, item, event, outcome)


def note_published(parts: Parts, actor: Actor, published: Published, seconds: float) -> None:
    """Counts and logs a publication that took `seconds`; a repeat is only counted."""
    item = published.item
    if published.is_repeat:
        parts.metrics.again.inc()
        return
    parts.metrics.published[item.act].inc()
    parts.metrics.seconds.observe(seconds)
    _log.info("published", act=item.act, uri=item.uri, version=item.version, by=actor.name, edition=item.edition)
    _log.debug("headline published", uri=item.uri, headline=item.headline.value, formerly="said")


def _count(
    parts: Parts, actor: Actor, key: RequestKey, act: Act, items: int, *, is_approved: bool
) -> list[tuple[Rate, str]]:
    """Counts the request's items against the actor's rates; returns what was not counted before.

    Raises `ApiError` 429, or 409 where one user has published as much within a minute as one person may alone. Taking
    an item back is never limited, nor is a token made with --unlimited.
    """
    if actor.unlimited or act in ACTS_THAT_TAKE_BACK:
        return []
    limits = [(parts.rate, parts.settings.rate_per_minute)]
    if actor.kind == "user" and parts.settings.alone_per_minute and not is_approved:
        limits.insert(0, (parts.alone_rate, parts.settings.alone_per_minute))
    now = parts.steady()
    counted: list[tuple[Rate, str]] = []
    digests = [key.digest, *(f"{key.digest} {number}" for number in range(1, items))]
    for rate, limit in limits:
        for digest in digests:
            is_known = rate.counts(actor.name, digest, now)
            seconds = rate.admit(actor.name, digest, now)
            if seconds:
                _forget(counted, actor)
                wait = max(1, int(seconds + 0.999))
                headers = {"Retry-After": str(wait)}
                if rate is parts.alone_rate:
                    raise ApiError(409, "second-person", headers=headers, limit=limit, seconds=wait)
                raise ApiError(429, "rate", headers=headers, limit=limit, seconds=wait)
            if not is_known:
                counted.append((rate, digest))
    return counted


def _forget(counted: Sequence[tuple[Rate, str]], actor: Actor) -> None:
    for rate, digest in counted:
        rate.forget(actor.name, digest)
