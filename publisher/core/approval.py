"""Which versions need a second person, and what an approval binds.

1. Rules of the site file decide by edition, urgency and act, whichever act makes the version: a correction of a flash
   is a flash, and so is an update that raises a routine line to one. The more urgent of the two versions counts.
2. `hold` and `withdraw` never wait. Of several rules that match, the highest role counts.
3. An approval binds one content: any change needs another one. The times of storing and a new item's uri are not part
   of the content; of an act, the item and the version that it follows are.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from publisher.core.first_version import story_id
from publisher.core.permission import has_role
from publisher.core.roles import ACTS_THAT_TAKE_BACK, Role
from ticker.contract.item import Item
from ticker.contract.site import ApprovalRule

_DIGEST_LENGTH: Final = 32
_NO_TIME: Final = ""


class Need(msgspec.Struct, frozen=True):
    """A second person is needed."""

    approver: Role
    """The lowest role that may approve."""
    bypass: Role
    """The lowest role that may publish without approval, with a reason."""


class Approval(msgspec.Struct, frozen=True):
    """A second person's approval of exactly the contents with these digests."""

    digests: frozenset[str]
    approved_by: str
    bypass_reason: str | None = None


def need_of(rules: Sequence[ApprovalRule], item: Item, current: Item | None) -> Need | None:
    """The approval that `item` needs, which follows `current`; None if it needs none."""
    if item.act in ACTS_THAT_TAKE_BACK:
        return None
    urgency = item.urgency if current is None else min(item.urgency, current.urgency)
    matching = [
        rule
        for rule in rules
        if urgency <= rule.urgency
        and (not rule.editions or item.edition in rule.editions)
        and (not rule.acts or item.act in rule.acts)
    ]
    return highest_need(Need(rule.approver, rule.bypass) for rule in matching)


def highest_need(needs: Iterable[Need | None]) -> Need | None:
    """Who must approve several versions that are published together."""
    stated = [need for need in needs if need is not None]
    if not stated:
        return None
    return Need(_highest([need.approver for need in stated]), _highest([need.bypass for need in stated]))


def is_approved(approval: Approval | None, item: Item) -> bool:
    """Whether `approval` binds exactly `item`."""
    return approval is not None and content_digest(item) in approval.digests


def content_digest(item: Item) -> str:
    """Identifies what readers will get by `item`, and for an act the item and the version that it follows."""
    is_first = item.version == 1
    story = item.story
    if is_first and story and story.id == story_id(item.uri, 1):
        # The item begins the story, whose id is made of its uri.
        story = msgspec.structs.replace(story, id=_NO_TIME)
    content = msgspec.structs.replace(
        item,
        story=story,
        uri=_NO_TIME if is_first else item.uri,
        first_created=_NO_TIME if is_first else item.first_created,
        version_created=_NO_TIME,
        # The note of this version repeats here with the time of storing.
        corrections=tuple(correction for correction in item.corrections if correction.version != item.version),
    )
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()[:_DIGEST_LENGTH]


def _highest(roles: Sequence[Role]) -> Role:
    return next(role for role in roles if all(has_role(role, other) for other in roles))
