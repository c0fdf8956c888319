"""The acts: the fields that each may change, the states that forbid it, and all of them in any order."""

from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from publisher.core.acts import next_version
from publisher.core.decode import decode
from publisher.core.refusals import ConflictError, RefusalsError
from publisher.core.request import ActRequest
from publisher.core.sentences import sentence
from tests.support.sample_items import NOW, an_item
from ticker.contract.item import ACTS, CORRECTIONS_LIMIT, Correction, Item, Text, instant, moment
from ticker.contract.site import load_site

_SITE = load_site(None)
_HELD = an_item(pub_status="withheld", act="hold", version=2)
_GONE = an_item(pub_status="canceled", act="withdraw", version=3)


def acted(item: Item, act: str, **fields: Any) -> Item:
    request = decode(msgspec.json.encode({"act": act, **fields}), ActRequest)
    return next_version(item, request, _SITE, now=NOW + item.version)


def refused(item: Item, act: str, **fields: Any) -> dict[str, str]:
    with pytest.raises(RefusalsError) as error:
        acted(item, act, **fields)
    return {refusal.field: refusal.code for refusal in error.value.refusals}


def test_an_update_adds_facts_and_keeps_the_rest() -> None:
    item = acted(an_item(), "update", headline="Bridge closed, two injured", urgency=2, sections=["security"])
    assert (item.version, item.act, item.pub_status, item.urgency) == (2, "update", "usable", 2)
    assert item.headline == Text("Bridge closed, two injured", "en", "ltr")
    assert item.info_sources == an_item().info_sources and item.first_created == an_item().first_created
    assert item.note is None


def test_null_clears_what_an_item_had_and_leaving_out_keeps_it() -> None:
    item = acted(an_item(), "update", link="https://example.org/")
    assert acted(item, "update", urgency=1).link == "https://example.org/"
    assert acted(item, "update", link=None).link is None


def test_a_refile_changes_the_line_and_no_facts() -> None:
    assert acted(an_item(), "refile", headline="Bridge in the old town is closed").act == "refile"
    assert refused(an_item(), "refile", urgency=1, headline="x") == {"urgency": "field-not-here"}


@pytest.mark.parametrize("act", ["correction", "withdraw"])
def test_a_correction_and_a_withdrawal_need_a_note(act: str) -> None:
    assert refused(an_item(), act) == {"note": "note-required"}
    note = acted(an_item(), act, note="The bridge is open.").note
    assert note == Text("The bridge is open.", "en", "ltr")
    assert refused(an_item(), act, note="  ") == {"note": "text-empty"}


@pytest.mark.parametrize("act", ["update", "refile"])
def test_an_update_has_no_correction_note(act: str) -> None:
    assert refused(an_item(), act, headline="x", note="It was wrong.") == {"note": "note-not-here"}


@pytest.mark.parametrize("act", ["update", "refile"])
def test_an_act_that_changes_nothing_is_refused(act: str) -> None:
    assert refused(an_item(), act) == {"act": "changes-nothing"}
    assert refused(an_item(), act, headline="Bridge in the old town closed") == {"act": "changes-nothing"}


@pytest.mark.parametrize("act", ["update", "correction"])
def test_an_update_and_a_correction_change_story_and_disclosure_and_null_clears_them(act: str) -> None:
    note = {"note": "It was a machine translation."} if act == "correction" else {}
    fields = {"story": {"title": "The bridge"}, "digitalSourceType": "trainedAlgorithmicMedia", "reviewedBy": "Editor"}
    item = acted(an_item(), act, **fields, **note)
    assert item.story and item.story.title == Text("The bridge", "en", "ltr")
    assert item.story.id == f"{item.uri.removeprefix('urn:flashwire:')}-2"
    assert (item.digital_source_type, item.reviewed_by) == ("trainedAlgorithmicMedia", "Editor")
    assert acted(item, "refile", headline="Bridge closed").story == item.story
    cleared = acted(item, act, **dict.fromkeys(fields), **note)
    assert (cleared.story, cleared.digital_source_type, cleared.reviewed_by) == (None, None, None)


@pytest.mark.parametrize("field", ["story", "digitalSourceType", "reviewedBy"])
def test_a_refile_changes_neither_story_nor_disclosure(field: str) -> None:
    assert refused(an_item(), "refile", headline="x", **{field: None}) == {field: "field-not-here"}


@pytest.mark.parametrize("act", ["hold", "release", "withdraw"])
def test_hold_release_and_withdraw_change_no_content(act: str) -> None:
    item = _HELD if act == "release" else an_item()
    assert refused(item, act, note="n", headline="x") == {"headline": "field-not-here"}


def test_an_item_on_hold_returns_by_release_and_cannot_be_held_again() -> None:
    on_hold = acted(an_item(), "hold")
    assert on_hold.pub_status == "withheld"
    with pytest.raises(ConflictError) as conflict:
        acted(on_hold, "hold")
    assert "on hold already" in sentence(conflict.value)
    assert acted(on_hold, "release").pub_status == "usable"
    with pytest.raises(ConflictError) as conflict:
        acted(an_item(), "release")
    assert "not on hold" in sentence(conflict.value)


def test_a_correction_on_hold_appears_with_its_note_after_the_release() -> None:
    corrected = acted(_HELD, "correction", headline="Bridge open", note="It was never closed.")
    assert corrected.pub_status == "withheld"
    released = acted(corrected, "release")
    assert (released.pub_status, released.note) == ("usable", corrected.note)
    assert acted(acted(_HELD, "update", urgency=1), "release").note is None


def corrected(item: Item, note: str) -> Item:
    return acted(item, "correction", note=note)


@pytest.mark.parametrize(
    "acts",
    [
        [("refile", {"headline": "x"})],
        [("update", {"urgency": 1})],
        [("hold", {}), ("release", {})],
        [("hold", {"note": "Checking."}), ("update", {"urgency": 1}), ("release", {"note": "Checked."})],
        [("withdraw", {"note": "It was another bridge."})],
    ],
)
def test_a_correction_stays_with_the_item_through_later_acts(acts: list[tuple[str, dict[str, Any]]]) -> None:
    first = corrected(an_item(), "One person was injured, not two.")
    expected = (Correction(2, "correction", Text("One person was injured, not two.", "en", "ltr"), moment(NOW + 1)),)
    assert first.corrections == expected
    item = first
    for name, fields in acts:
        item = acted(item, name, **fields)
        assert item.corrections == expected, name


def test_the_newest_corrections_are_kept_the_newest_last() -> None:
    item = an_item()
    for number in range(CORRECTIONS_LIMIT + 2):
        item = corrected(item, f"note {number}")
    assert [correction.note.value for correction in item.corrections] == [f"note {number}" for number in range(2, 7)]
    assert [correction.version for correction in item.corrections] == [4, 5, 6, 7, 8]


def test_a_correction_of_an_earlier_release_is_read_from_its_note() -> None:
    note = Text("It was never closed.", "en", "ltr")
    earlier = an_item(version=2, act="correction", note=note)
    assert earlier.corrections == ()
    expected = Correction(2, "correction", note, earlier.version_created)
    assert acted(earlier, "refile", headline="x").corrections == (expected,)
    assert [correction.version for correction in corrected(earlier, "n").corrections] == [2, 3]


@pytest.mark.parametrize("act", ACTS)
def test_a_withdrawn_item_never_returns(act: str) -> None:
    with pytest.raises(ConflictError) as conflict:
        acted(_GONE, act, note="n")
    assert "never returns" in sentence(conflict.value)


def test_publish_is_version_one_and_no_other() -> None:
    with pytest.raises(ConflictError) as conflict:
        acted(an_item(), "publish")
    assert "published already" in sentence(conflict.value)


def test_an_item_stays_in_its_edition() -> None:
    assert refused(an_item(), "update", edition="ar") == {"edition": "edition-fixed"}


def test_a_source_may_be_replaced_but_not_removed() -> None:
    changed = acted(an_item(), "correction", infoSources=[{"uri": "local-platforms"}], note="It was not Civil Defence.")
    assert [source.uri for source in changed.info_sources] == ["local-platforms"]
    assert refused(an_item(), "correction", infoSources=[], note="n") == {"infoSources": "no-source"}


def test_a_wrong_language_or_direction_can_be_corrected_alone() -> None:
    assert acted(an_item(), "refile", direction="auto").headline.direction == "auto"


def test_a_later_version_never_looks_older_when_a_clock_went_back() -> None:
    late = an_item(version_created="2099-01-01T00:00:00.000Z")
    assert acted(late, "update", urgency=1).version_created == "2099-01-01T00:00:00.000Z"


class AnyOrder(RuleBasedStateMachine):
    """Any acts in any order: the versions obey the rules."""

    def __init__(self) -> None:
        super().__init__()
        self.versions = [an_item()]

    @rule(
        act=st.sampled_from(ACTS),
        fields=st.fixed_dictionaries(
            {},
            optional={
                "headline": st.sampled_from(["One", "Two"]),
                "urgency": st.integers(0, 9),
                "note": st.sampled_from(["It was wrong.", ""]),
                "link": st.sampled_from([None, "https://example.org/", "http://x"]),
            },
        ),
    )
    def attempt(self, act: str, fields: dict[str, Any]) -> None:
        try:
            self.versions.append(acted(self.versions[-1], act, **fields))
        except (ConflictError, RefusalsError):
            return

    @invariant()
    def versions_obey(self) -> None:
        for previous, version in zip(self.versions, self.versions[1:], strict=False):
            assert (
                version.version == previous.version + 1
                and version.uri == previous.uri
                and version.edition == previous.edition
            )
            assert previous.pub_status != "canceled" and version.first_created == previous.first_created
            assert instant(version.version_created) >= instant(previous.version_created)
            assert 1 <= version.urgency <= 8 and version.info_sources
            assert set(previous.corrections[-CORRECTIONS_LIMIT + 1 :]) <= set(version.corrections)
            assert (version.act == "correction") == (
                version.version in {correction.version for correction in version.corrections}
            )
            assert (version.act in ("correction", "withdraw")) <= (version.note is not None)
            assert (version.pub_status == "canceled") == (version.act == "withdraw")
            if previous.pub_status == "withheld" and version.pub_status == "usable":
                assert version.act == "release"


AnyOrder.TestCase.settings = settings(max_examples=60, stateful_step_count=12, deadline=None)
TestAnyOrder = AnyOrder.TestCase
