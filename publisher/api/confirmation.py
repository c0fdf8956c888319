"""The `confirmation` of a dry run's answer: exactly what will go where, and what it needs."""

from collections.abc import Sequence

import msgspec

from publisher.api.parts import Parts
from publisher.core.confirmation import confirmation_of
from publisher.core.refusals import Refusals
from publisher.core.request import ActRequest, ItemRequest
from publisher.core.roles import ACTS_THAT_TAKE_BACK
from publisher.core.schedule import due_of
from publisher.records.tokens import Actor
from publisher.stream.versions import ItemRecord
from ticker.contract.item import Item, moment


def confirmation_member(
    parts: Parts,
    actor: Actor,
    body: ItemRequest | ActRequest,
    versions: Sequence[tuple[Item, ItemRecord | None]],
) -> bytes:
    """`,"confirmation":{…}`, to be put into the answer to `body`, which would publish `versions`."""
    due = due_of(body, parts.clock(), Refusals()) if isinstance(body, ItemRequest) else None
    time = None if due is None else moment(due)
    followed = [(item, record.item if record else None) for item, record in versions]
    edition = versions[0][0].edition
    audience = parts.receipts.book.audience((edition,)).editions[edition]
    confirmation = confirmation_of(parts.site.approvals, followed, actor.role, time, audience)
    if confirmation.needs != "second-person" and _is_at_limit(parts, actor, [item for item, _ in versions]):
        confirmation = msgspec.structs.replace(confirmation, needs="second-person", approver="editor", may_bypass=False)
    return b',"confirmation":%b' % msgspec.json.encode(confirmation)


def _is_at_limit(parts: Parts, actor: Actor, items: Sequence[Item]) -> bool:
    """Whether a user has published as much within a minute as one person may alone (`publisher.api.publishing`)."""
    if actor.kind != "user" or not parts.settings.alone_per_minute:
        return False
    takes_back = all(item.act in ACTS_THAT_TAKE_BACK for item in items)
    return not takes_back and parts.alone_rate.is_full(actor.name, parts.steady(), len(items))
