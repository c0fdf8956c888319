"""What a person may see and do with a line that is not published yet."""

from publisher.core.drafts import Draft
from publisher.core.permission import denial, has_role
from publisher.core.roles import Role
from publisher.core.waiting import Waiting, items_of
from publisher.records.tokens import Actor


def edits(actor: Actor, edition: str) -> bool:
    """Whether `actor` may publish in `edition`, or in any where it is empty: not chosen yet."""
    own = actor.editions if edition else None
    return denial(actor.role, own, "publish", edition) is None


def approves(actor: Actor, line: Waiting, needed: Role) -> bool:
    """Whether `actor` has the role `needed` in every edition in which `line` is published."""
    return has_role(actor.role, needed) and all(edits(actor, item.edition) for item in items_of(line))


def may_open(actor: Actor, draft: Draft) -> bool:
    """Rules 1 and 2 of `publisher.core.drafts`."""
    if actor.name == draft.author:
        return True
    return edits(actor, draft.edition) and (bool(draft.edition) or draft.state != "draft")
