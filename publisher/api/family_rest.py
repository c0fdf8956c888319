"""What belongs to a published family and is not in the stream: internal notes, and drafts of missing translations.

The items are published already, so a failure is a field of the answer and never raised. A repeated request stores
nothing twice.
"""

import msgspec
import structlog

from publisher.api.ed_notes import keep_note
from publisher.api.idempotency import RequestKey, stored_key
from publisher.api.parts import Parts
from publisher.api.problems import ApiError, from_refusal, unavailable
from publisher.core.drafts import NOTE_LIMIT, Draft
from publisher.core.refusals import ConflictError
from publisher.core.request import ItemRequest, SiblingRequest
from publisher.records.errors import DatabaseError
from publisher.records.tokens import Actor
from publisher.stream.outcome import Published
from ticker.contract.item import Item

_log = structlog.get_logger(__name__)


class MissingTranslation(msgspec.Struct, frozen=True):
    """A translation that has no line yet: its draft, or why there is none."""

    edition: str
    draft: Draft | None
    error: ApiError | None = None


async def store_rest(
    parts: Parts, actor: Actor, key: RequestKey, body: ItemRequest, published: Published
) -> list[MissingTranslation]:
    """Stores the notes and the drafts that came with `body`, which was published under `key`."""
    siblings = body.siblings or ()
    notes = (body.ed_note, *(sibling.ed_note for sibling in siblings if not sibling.is_missing))
    for member, note in zip((published, *published.siblings), notes, strict=True):
        if note is not None:
            await keep_note(parts, actor, member.item, note)
    missing = [sibling for sibling in siblings if sibling.is_missing]
    return [await _stored_draft(parts, actor, key, sibling, published.item) for sibling in missing]


async def _stored_draft(
    parts: Parts, actor: Actor, key: RequestKey, missing: SiblingRequest, original: Item
) -> MissingTranslation:
    draft = _draft_of(missing.edition, original, actor.name, key, parts.clock())
    try:
        stored = await parts.database.call(parts.drafts.add, draft)
    except (DatabaseError, ConflictError) as error:
        _log.error("the draft of a translation is not stored", edition=missing.edition, reason=str(error))
        refused = from_refusal(error) if isinstance(error, ConflictError) else unavailable("database-away")
        return MissingTranslation(missing.edition, None, refused)
    parts.changes.wake()
    return MissingTranslation(missing.edition, stored)


def _draft_of(edition: str, original: Item, author: str, key: RequestKey, now: float) -> Draft:
    family = original.translation_of or original.uri
    sources = ", ".join(source.name.value for source in original.info_sources)
    return Draft(
        # The same request repeated finds its draft.
        id=stored_key(f"sibling {edition}", key.digest).digest[:32],
        version=1,
        state="submitted",
        author=author,
        edition=edition,
        line={
            "edition": edition,
            "translationOf": family,
            "urgency": original.urgency,
            "sections": original.sections,
            "places": original.places,
        },
        # What to translate; the line itself stays empty, so that it cannot be published in the wrong language.
        note=f"{sources}: {original.headline.value}"[:NOTE_LIMIT],
        translation_of=family,
        created=now,
        changed=now,
        changed_by=author,
        submitted=now,
    )
