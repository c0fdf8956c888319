"""Publishes a draft once, whichever editor sends it: two requests for the same submission publish one item."""

from collections.abc import Awaitable, Callable

import structlog

from publisher.api.access import may_open
from publisher.api.idempotency import RequestKey, answer_once, stored_key
from publisher.api.parts import Parts
from publisher.api.problems import ApiError
from publisher.core.drafts import published_draft
from publisher.records.drafts import DraftStaleError
from publisher.records.errors import DatabaseError
from publisher.records.tokens import Actor
from publisher.stream.outcome import Published

_log = structlog.get_logger(__name__)


async def publish_draft(
    parts: Parts, actor: Actor, draft_id: str, key: RequestKey, store: Callable[[RequestKey], Awaitable[Published]]
) -> Published:
    """Calls `store` with the draft's own key, and marks the draft as published.

    Raises `ApiError` 404 for a draft that `actor` may not see, and 409 where another request has published it.
    """
    draft = await parts.database.call(parts.drafts.find, draft_id)
    if draft is None or not may_open(actor, draft):
        raise ApiError(404, "no-draft")
    # The draft names the publication, and not the person: the stream itself refuses the second one.
    draft_key = stored_key(f"draft {draft_id}", key.fingerprint)

    async def store_unpublished() -> Published:
        if draft.state == "published":
            raise ApiError(409, "draft-used")
        return await store(draft_key)

    try:
        published = await answer_once(parts.store, draft_key, store_unpublished)
    except ApiError as error:
        if error.code == "key-reused":
            raise ApiError(409, "draft-used") from None
        raise
    if draft.state != "published":
        changed = published_draft(draft, published.item.uri, actor.name, parts.clock())
        try:
            await parts.database.call(parts.drafts.replace, changed)
            parts.changes.wake()
        except (DatabaseError, DraftStaleError) as error:
            # The item is on the wire. The draft's key still refuses a second one.
            _log.warning("draft not marked as published", uri=published.item.uri, reason=str(error))
    return published
