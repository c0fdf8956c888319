"""Which versions need a second person, for every act, status and rule; and what an approval binds."""

import itertools

import msgspec
import pytest

from publisher.core.approval import Approval, Need, content_digest, is_approved, need_of
from publisher.core.first_version import story_id
from publisher.core.roles import ACTS_THAT_TAKE_BACK, Role
from tests.support.sample_items import an_item
from ticker.contract.item import ACTS, Act, Correction, Item, Story, Text
from ticker.contract.site import ApprovalRule

FLASHES = ApprovalRule(urgency=2)
ARABIC = ApprovalRule(editions=("ar",), approver="editor", bypass="editor")
CORRECTIONS = ApprovalRule(acts=("correction", "release"))


def version(act: Act, urgency: int, edition: str = "en", number: int = 2) -> Item:
    return msgspec.structs.replace(an_item(), act=act, urgency=urgency, edition=edition, version=number)


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(("before", "after"), [(4, 4), (4, 1), (1, 4), (1, 1), (3, 2), (2, 3), (3, 3)])
def test_the_more_urgent_version_counts_whichever_act_makes_it(act: Act, before: int, after: int) -> None:
    need = need_of([FLASHES], version(act, after), version("publish", before))
    expected = act not in ACTS_THAT_TAKE_BACK and min(before, after) <= 2
    assert (need is not None) == expected


@pytest.mark.parametrize(
    ("act", "edition", "urgency", "rules"),
    list(itertools.product(ACTS, ("en", "ar"), (1, 4), ([], [FLASHES], [ARABIC], [CORRECTIONS], [ARABIC, FLASHES]))),
)
def test_every_act_edition_urgency_and_rule(act: Act, edition: str, urgency: int, rules: list[ApprovalRule]) -> None:
    need = need_of(rules, version(act, urgency, edition), version("publish", urgency, edition, 1))
    wanted: list[Role] = []
    if act not in ("hold", "withdraw"):
        if FLASHES in rules and urgency <= 2:
            wanted.append("chief")
        if ARABIC in rules and edition == "ar":
            wanted.append("editor")
        if CORRECTIONS in rules and act in ("correction", "release"):
            wanted.append("chief")
    role: Role = "chief" if "chief" in wanted else "editor"
    assert need == (Need(role, role) if wanted else None)


def test_an_approval_binds_one_content() -> None:
    item = an_item()
    approval = Approval(frozenset({content_digest(item)}), "chief")
    same = msgspec.structs.replace(
        item, uri="urn:flashwire:other", first_created="2030-01-01T00:00:00.000Z", version_created="x"
    )
    assert is_approved(approval, same)
    assert not is_approved(None, item)
    for field in msgspec.structs.fields(Item):
        if field.name in ("uri", "first_created", "version_created"):
            continue
        value = getattr(item, field.name)
        text = Text("other", "en", "ltr")
        others = {"urgency": 1, "version": 2, "headline": text, "story": Story("other", text)}
        other = others.get(field.name, ("changed", value))
        changed = msgspec.structs.replace(
            item, **{field.name: other} if field.name != "corrections" else {"note": other}
        )
        assert not is_approved(approval, changed), field.name


def test_the_approval_of_an_act_binds_the_item_and_its_version() -> None:
    item = version("update", 1)
    approval = Approval(frozenset({content_digest(item)}), "chief")
    assert is_approved(approval, msgspec.structs.replace(item, version_created="later"))
    assert not is_approved(approval, msgspec.structs.replace(item, version=3))
    assert not is_approved(approval, msgspec.structs.replace(item, uri="urn:flashwire:other"))


def test_the_id_of_a_new_story_is_no_part_of_the_content() -> None:
    title = Text("Old town bridge", "en", "ltr")
    items = [an_item(uri, story=Story(story_id(uri, 1), title)) for uri in ("urn:flashwire:a", "urn:flashwire:b")]
    assert content_digest(items[0]) == content_digest(items[1])
    known = [an_item(story=Story(story, title)) for story in ("one", "two")]
    assert content_digest(known[0]) != content_digest(known[1])


def test_the_time_of_a_correction_is_no_part_of_its_content() -> None:
    note = Text("12, not 21", "en", "ltr")
    first, second = (
        msgspec.structs.replace(
            version("correction", 1), note=note, corrections=(Correction(2, "correction", note, at),)
        )
        for at in ("2030-01-01T00:00:00.000Z", "2030-01-01T00:00:09.000Z")
    )
    assert content_digest(first) == content_digest(second)
