"""Every act in every state under every policy by every role: the rules against an independent table.

The cases are made of the code's own enumerations: a new act, status, role, scope or field of a rule fails here.
"""

import itertools
from collections import Counter
from typing import Final, Literal, cast, get_args, get_type_hints

import msgspec
import pytest

from publisher.core.acts import next_version
from publisher.core.approval import Approval, content_digest, is_approved, need_of
from publisher.core.confirmation import confirmation_of
from publisher.core.decode import decode
from publisher.core.first_version import first_version
from publisher.core.permission import Editions, denial, has_role
from publisher.core.refusals import ConflictError, RefusalsError
from publisher.core.request import ActRequest, ItemRequest
from publisher.core.roles import ROLES, Role
from publisher.core.stops import SCOPES, Stop, stop_of
from tests.support.sample_items import NOW, a_uri, an_item, line
from ticker.contract.item import ACTS, Act, Item, PubStatus
from ticker.contract.site import ApprovalRule, load_site

Outcome = Literal["role", "edition", "stopped", "conflict", "refused", "second-person", "key", "none"]
_SITE = load_site(None)
_STATES: Final[tuple[PubStatus, ...]] = get_args(PubStatus)
_FLASH, _ROUTINE = 1, 4
_EDITIONS = ("en", "ar")
_RIGHTS: tuple[Editions, ...] = (None, frozenset({"en"}))
_STOPS: tuple[tuple[Stop, ...], ...] = (
    (), *(((Stop("1", scope, {"all": "", "edition": "en", "user": "Rana"}[scope], "x", "y", ""),)) for scope in SCOPES)
)  # fmt: skip
_POLICIES: Final[dict[str, tuple[ApprovalRule, ...]]] = {
    "none": (),
    "flashes": (ApprovalRule(urgency=2),),
    "arabic": (ApprovalRule(editions=("ar",), approver="editor", bypass="editor"),),
    "corrections": (ApprovalRule(acts=("correction", "release")),),
    "arabic flashes": (ApprovalRule(editions=("ar",), urgency=1),),
    "all of these": (ApprovalRule(editions=("ar",), approver="editor"), ApprovalRule(urgency=2, bypass="editor")),
}

# The table: what each act needs of the item, who may do it, and whether it may change the urgency.
ROLE: dict[Act, Role] = {
    "publish": "editor", "update": "editor", "refile": "editor",
    "correction": "chief", "hold": "chief", "release": "chief", "withdraw": "chief",
}  # fmt: skip
FROM: dict[Act, set[PubStatus]] = {
    "publish": set(),
    "update": {"usable", "withheld"},
    "refile": {"usable", "withheld"},
    "correction": {"usable", "withheld"},
    "hold": {"usable"},
    "release": {"withheld"},
    "withdraw": {"usable", "withheld"},
}
AFTER: dict[Act, PubStatus] = {"hold": "withheld", "release": "usable", "withdraw": "canceled"}
CHANGES_URGENCY: set[Act] = {"update", "correction"}
TAKES_BACK: set[Act] = {"hold", "withdraw"}


def needed(policy: str, act: Act, edition: str, before: int, after: int) -> tuple[Role, Role] | None:
    """Who must approve, and who may do without: the highest role of the rules that match."""
    if act in TAKES_BACK:
        return None
    urgent = min(before, after)
    roles: list[tuple[Role, Role]] = []
    if policy == "flashes" and urgent <= 2:
        roles.append(("chief", "chief"))
    if policy == "arabic" and edition == "ar":
        roles.append(("editor", "editor"))
    if policy == "corrections" and act in ("correction", "release"):
        roles.append(("chief", "chief"))
    if policy == "arabic flashes" and edition == "ar" and urgent == 1:
        roles.append(("chief", "chief"))
    if policy == "all of these":
        if edition == "ar":
            roles.append(("editor", "chief"))
        if urgent <= 2:
            roles.append(("chief", "editor"))
    if not roles:
        return None
    approvers, bypasses = [role for role, _ in roles], [role for _, role in roles]
    return "chief" if "chief" in approvers else "editor", "chief" if "chief" in bypasses else "editor"


def version_after(act: Act, current: Item | None, edition: str, urgency: int | None) -> Item:
    """The version that a request makes; `urgency` is left out where it is None."""
    fields: dict[str, object] = {} if urgency is None else {"urgency": urgency}
    if current is None:
        text = {"en": "Civil Defence: Closed", "ar": "الدفاع المدني: أُغلق"}[edition]
        body = msgspec.json.encode({**line(text=text), "edition": edition, **fields})
        return first_version(decode(body, ItemRequest), _SITE, uri=a_uri(), now=NOW)
    if act in ("correction", "withdraw"):
        fields["note"] = "It was wrong."
    if act in ("update", "refile"):
        fields["headline"] = "Another line"
    return next_version(current, decode(msgspec.json.encode({"act": act, **fields}), ActRequest), _SITE, now=NOW + 1)


def version_or_refusal(act: Act, current: Item | None, edition: str, urgency: int | None) -> Item | Outcome:
    """The version, or what the item's state or the fields forbid."""
    try:
        return version_after(act, current, edition, urgency)
    except ConflictError:
        return "conflict"
    except RefusalsError:
        return "refused"


def outcome(
    item: Item, current: Item | None, policy: str, role: Role, rights: Editions, stops: tuple[Stop, ...]
) -> Outcome:
    """What the rules say about a version, in the order in which `store_version` asks them."""
    act = cast(Act, item.act)
    if denied := denial(role, rights, act, item.edition):
        return "edition" if denied.needed is None else "role"
    if stop_of(stops, ("Rana",), item.edition, act):
        return "stopped"
    if need_of(_POLICIES[policy], item, current):
        return "second-person"
    return confirmation_of(_POLICIES[policy], [(item, current)], role, None, None).needs


def expected(
    act: Act, status: PubStatus | None, edition: str, before: int, urgency: int | None, policy: str, role: Role,
    rights: Editions, stops: tuple[Stop, ...],
) -> Outcome:  # fmt: skip
    """The same from the table above."""
    if status is None or status in FROM[act]:
        if status is not None and urgency is not None and act not in CHANGES_URGENCY:
            return "refused"
    else:
        return "conflict"
    if ROLES.index(role) < ROLES.index(ROLE[act]):
        return "role"
    if rights is not None and edition not in rights:
        return "edition"
    if act not in TAKES_BACK and any(stop.scope != "edition" or stop.name == edition for stop in stops):
        return "stopped"
    if needed(policy, act, edition, before, before if urgency is None else urgency):
        return "second-person"
    return "none" if act in TAKES_BACK else "key"


def test_the_tables_name_every_act_status_and_field_of_a_rule() -> None:
    assert set(ROLE) == set(FROM) == set(ACTS)
    assert set().union(*FROM.values()) | set(AFTER.values()) == set(_STATES)
    rule_acts = get_args(get_args(get_type_hints(ApprovalRule)["acts"])[0])
    assert set(rule_acts) == set(ACTS) - TAKES_BACK, "what takes news back never waits"
    varied = {
        field.name
        for field in msgspec.structs.fields(ApprovalRule)
        for rules in _POLICIES.values()
        for rule in rules
        if getattr(rule, field.name) != field.default
    }
    assert varied == {field.name for field in msgspec.structs.fields(ApprovalRule)}


@pytest.mark.parametrize("act", ACTS)
def test_every_act_in_every_state_under_every_policy_by_every_role(act: Act) -> None:
    seen: Counter[Outcome] = Counter()
    states: tuple[PubStatus | None, ...] = (None,) if act == "publish" else ()
    for status, edition, before, urgency in itertools.product(
        (*states, *_STATES), _EDITIONS, (_FLASH, _ROUTINE), (None, _FLASH, _ROUTINE)
    ):
        if status is None and before == _FLASH:
            continue
        current = None if status is None else an_item(pub_status=status, urgency=before, edition=edition, version=2)
        item = version_or_refusal(act, current, edition, urgency)
        for policy, role, rights, stops in itertools.product(_POLICIES, ROLES, _RIGHTS, _STOPS):
            found = outcome(item, current, policy, role, rights, stops) if isinstance(item, Item) else item
            want = expected(act, status, edition, before, urgency, policy, role, rights, stops)
            assert found == want, (act, status, edition, before, urgency, policy, role, rights, stops)
            seen[found] += 1
            if not isinstance(item, Item):
                break
            assert item.pub_status == AFTER.get(act, item.pub_status if current is None else current.pub_status)
            need = need_of(_POLICIES[policy], item, current)
            wanted = needed(policy, act, edition, before, before if urgency is None else urgency)
            assert (need and (need.approver, need.bypass)) == wanted
            confirmation = confirmation_of(_POLICIES[policy], [(item, current)], role, None, None)
            assert confirmation.may_bypass == (wanted is not None and has_role(role, wanted[1]))
            assert confirmation.raises_urgency == (current is not None and item.urgency < current.urgency)
    # Whatever the table says, each kind of outcome was there.
    kinds: set[Outcome] = {"role", "edition", "conflict"}
    kinds |= {"none"} if act in TAKES_BACK else {"stopped", "key", "second-person"}
    assert kinds <= set(seen), seen


@pytest.mark.parametrize("act", [act for act in ACTS if act not in TAKES_BACK])
def test_an_approval_of_any_version_is_of_that_version_alone(act: Act) -> None:
    status: PubStatus = "withheld" if act == "release" else "usable"
    current = None if act == "publish" else an_item(pub_status=status, version=2)
    item = version_after(act, current, "en", None)
    approval = Approval(frozenset({content_digest(item)}), "chief")
    assert is_approved(approval, item)
    for other in ACTS:
        if other != act:
            assert not is_approved(approval, msgspec.structs.replace(item, act=other))
    assert not is_approved(approval, msgspec.structs.replace(item, urgency=_FLASH))
    assert not is_approved(approval, msgspec.structs.replace(item, edition="ar"))


def test_several_editions_need_the_highest_role_that_one_of_them_needs() -> None:
    for policy, role, urgency in itertools.product(_POLICIES, ROLES, (_FLASH, _ROUTINE)):
        items = [version_after("publish", None, edition, urgency) for edition in _EDITIONS]
        wanted = [needed(policy, "publish", edition, urgency, urgency) for edition in _EDITIONS]
        roles = [pair for pair in wanted if pair is not None]
        confirmation = confirmation_of(_POLICIES[policy], [(item, None) for item in items], role, None, None)
        assert confirmation.needs == ("second-person" if roles else "key")
        assert confirmation.approver == max((pair[0] for pair in roles), key=ROLES.index, default=None)
