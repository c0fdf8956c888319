"""What a person confirms before it leaves: where a version goes, how urgent it is, and who else must agree."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from publisher.core.approval import highest_need, need_of
from publisher.core.permission import has_role
from publisher.core.roles import ACTS_THAT_TAKE_BACK, Role
from ticker.contract.item import Item
from ticker.contract.site import ApprovalRule


class Confirmation(msgspec.Struct, frozen=True, rename="camel"):
    """`needs`: nothing for what takes news back, a key for the rest, a second person where a rule wants one."""

    edition: str
    urgency: int
    urgency_before: int | None
    raises_urgency: bool
    needs: Literal["none", "key", "second-person"]
    approver: Role | None
    may_bypass: bool
    due: str | None
    audience: int | None
    """The connections that follow the edition now; None if that is unknown."""


def confirmation_of(
    rules: Sequence[ApprovalRule],
    versions: Sequence[tuple[Item, Item | None]],
    role: Role,
    due: str | None,
    audience: int | None,
) -> Confirmation:
    """What leaves with `versions`, each with the one that it follows, in the name of a person with `role`."""
    item, earlier_version = versions[0]
    need = highest_need(need_of(rules, version, earlier) for version, earlier in versions)
    earlier = None if earlier_version is None else earlier_version.urgency
    needs: Literal["none", "key", "second-person"] = "none" if item.act in ACTS_THAT_TAKE_BACK else "key"
    return Confirmation(
        edition=item.edition,
        urgency=item.urgency,
        urgency_before=earlier,
        raises_urgency=earlier is not None and item.urgency < earlier,
        needs=needs if need is None else "second-person",
        approver=need.approver if need else None,
        may_bypass=need is not None and has_role(role, need.bypass),
        due=due,
        audience=audience,
    )
