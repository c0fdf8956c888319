"""A translation is stale from an act on its original until it is dealt with: every act × state, as a table."""

from typing import Any

import pytest

from publisher.core.stale import obstacle, stale_reason
from tests.support.sample_items import a_uri, an_item
from ticker.contract.item import Correction, Item, Text

NOTE = Text("It was two, not ten.", "en", "ltr")


def at(second: int) -> str:
    return f"2026-05-01T09:30:{second:02d}.000Z"


def corrected(second: int, version: int = 2) -> tuple[Correction, ...]:
    return (Correction(version, "correction", NOTE, at(second)),)


ORIGINAL = an_item(first_created=at(0), version_created=at(0))


def original(**changes: Any) -> Item:
    return an_item(ORIGINAL.uri, **{"first_created": at(0), "version_created": at(10), "version": 2, **changes})


def translation(**changes: Any) -> Item:
    fields = {"edition": "ar", "translation_of": ORIGINAL.uri, "first_created": at(1), "version_created": at(1)}
    return an_item(a_uri(), **{**fields, **changes})


HELD = {"pub_status": "withheld", "act": "hold"}
GONE = {"pub_status": "canceled", "act": "withdraw"}
FIXED = {"act": "correction", "corrections": corrected(10)}


@pytest.mark.parametrize(
    ("of_original", "of_translation", "expected"),
    [
        ({"version": 1}, {}, None),
        ({"act": "update"}, {}, None),
        ({"act": "refile"}, {}, None),
        (HELD, {}, "hold"),
        (HELD, HELD, None),
        (HELD, GONE, None),
        ({"act": "release"}, {}, None),
        (GONE, {}, "withdraw"),
        (GONE, HELD, "withdraw"),
        (GONE, GONE, None),
        (FIXED, {}, "correction"),
        (FIXED, {"version_created": at(20), "act": "refile"}, "correction"),
        (FIXED, {"version_created": at(20), "act": "update"}, "correction"),
        (FIXED, {"version_created": at(20), **HELD}, "correction"),
        (FIXED, {"corrections": corrected(9)}, "correction"),
        (FIXED, {"corrections": corrected(10)}, None),
        (FIXED, {"corrections": corrected(20)}, None),
        (FIXED, GONE, None),
        (FIXED, {"first_created": at(11), "version_created": at(11)}, None),
        ({**FIXED, **HELD}, {}, "hold"),
        ({**FIXED, **HELD}, HELD, "correction"),
        ({**FIXED, "act": "refile", "version": 3}, {}, "correction"),
    ],
)
def test_a_translation_is_stale_until_it_is_dealt_with(
    of_original: dict[str, Any], of_translation: dict[str, Any], expected: str | None
) -> None:
    reason = stale_reason(translation(**of_translation), original(**of_original))
    assert (reason and reason.act) == expected
    if reason:
        assert (reason.uri, reason.since) == (ORIGINAL.uri, at(10))


def test_what_an_editor_settled_is_not_stale_until_the_original_changes_again() -> None:
    assert stale_reason(translation(), original(**FIXED), settled=2) is None
    again = original(act="correction", version=4, corrections=(*corrected(10), *corrected(12, 4)))
    reason = stale_reason(translation(), again, settled=2)
    assert reason is not None and (reason.version, reason.since) == (4, at(12))


@pytest.mark.parametrize(
    ("of_original", "written", "expected"),
    [
        ({"version": 1}, at(5), None),
        ({"act": "update"}, at(5), None),
        ({"act": "release"}, at(5), None),
        (HELD, None, "original-held"),
        (HELD, at(20), "original-held"),
        (GONE, None, "original-withdrawn"),
        (GONE, at(20), "original-withdrawn"),
        # Who writes now translates the corrected text.
        (FIXED, None, None),
        (FIXED, at(5), "original-corrected"),
        (FIXED, at(20), None),
        ({**FIXED, "act": "refile", "version": 3}, at(5), "original-corrected"),
        ({**FIXED, **GONE}, at(5), "original-withdrawn"),
    ],
)
def test_a_new_translation_waits_for_what_became_of_its_original(
    of_original: dict[str, Any], written: str | None, expected: str | None
) -> None:
    assert obstacle(original(**of_original), written) == expected
