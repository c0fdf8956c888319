"""How late a line is: the wall clock decides when it is due, and a jump of it makes no line late."""

import pytest

from publisher.core.refusals import Refusals, RefusalsError
from publisher.core.request import ItemRequest
from publisher.core.schedule import Lateness, due_of, without_passed_time
from ticker.contract.item import instant

NOW = instant("2026-05-01T09:00:00Z")


def test_a_line_is_due_when_the_wall_clock_says_so() -> None:
    lateness = Lateness()
    assert lateness.look(100.0, 5.0, {"a": 100.5, "b": 200.0}) == {}
    assert lateness.look(100.5, 5.5, {"a": 100.5, "b": 200.0}) == {"a": 0.0}
    assert lateness.look(101.5, 6.5, {"a": 100.5, "b": 200.0}) == {"a": 1.0}


def test_a_jump_forward_makes_a_line_due_and_not_late() -> None:
    lateness = Lateness()
    lateness.look(1000.0, 5.0, {"a": 1600.0})
    assert lateness.look(4600.0, 5.1, {"a": 1600.0}) == {"a": 0.0}
    assert lateness.look(4610.0, 15.1, {"a": 1600.0}) == {"a": 10.0}


def test_a_jump_back_makes_a_line_wait_again() -> None:
    lateness = Lateness()
    lateness.look(1000.0, 5.0, {"a": 1001.0})
    assert lateness.look(1001.0, 6.0, {"a": 1001.0}) == {"a": 0.0}
    assert lateness.look(-2599.0, 6.1, {"a": 1001.0}) == {}
    assert lateness.look(1000.9, 3606.0, {"a": 1001.0}) == {}
    assert lateness.look(1001.0, 3606.1, {"a": 1001.0}) == {"a": 0.0}


def test_after_a_start_only_the_wall_clock_knows_how_late_a_line_is() -> None:
    assert Lateness().look(1000.0, 5.0, {"a": 400.0}) == {"a": 600.0}


def test_after_a_pause_of_the_process_or_the_machine_the_wall_clock_counts() -> None:
    lateness = Lateness()
    lateness.look(1000.0, 5.0, {"a": 1600.0})
    assert lateness.look(4600.0, 3605.0, {"a": 1600.0}) == {"a": 3000.0}


def test_a_jump_during_a_pause_counts_as_a_pause() -> None:
    lateness = Lateness()
    lateness.look(1000.0, 5.0, {"a": 1600.0})
    assert lateness.look(8200.0, 3605.0, {"a": 1600.0}) == {"a": 6600.0}


@pytest.mark.parametrize(
    ("publish_at", "embargoed_until", "due"),
    [
        (None, None, None),
        ("2026-05-01T10:00:00Z", None, "2026-05-01T10:00:00Z"),
        (None, "2026-05-01T10:00:00+01:00", None),
        (None, "2026-05-01T12:00:00+02:00", "2026-05-01T10:00:00Z"),
        ("2026-05-01T10:00:00Z", "2026-05-01T11:00:00Z", "2026-05-01T11:00:00Z"),
        ("2026-05-01T11:00:00Z", "2026-05-01T10:00:00Z", "2026-05-01T11:00:00Z"),
    ],
)
def test_the_later_time_counts(publish_at: str | None, embargoed_until: str | None, due: str | None) -> None:
    request = ItemRequest(edition="en", publish_at=publish_at, embargoed_until=embargoed_until)
    refusals = Refusals()
    result = due_of(request, NOW, refusals)
    if embargoed_until == "2026-05-01T10:00:00+01:00":
        # 09:00 UTC is now, and not in the future.
        with pytest.raises(RefusalsError):
            refusals.raise_any()
    else:
        refusals.raise_any()
    assert result == (None if due is None else instant(due))


PAST, LATER = "2026-05-01T08:00:00Z", "2026-05-01T10:00:00+00:00"


@pytest.mark.parametrize(
    ("request_", "before", "kept"),
    [
        # The line waits for its embargo alone, so its time says nothing any more.
        ({"publishAt": PAST, "embargoedUntil": LATER}, {"publishAt": PAST}, {"embargoedUntil"}),
        ({"publishAt": LATER, "embargoedUntil": PAST}, {"embargoedUntil": PAST}, {"publishAt"}),
        # A time that the change brings is refused where it has passed.
        ({"publishAt": PAST, "embargoedUntil": LATER}, {"publishAt": LATER}, {"publishAt", "embargoedUntil"}),
        ({"publishAt": PAST, "embargoedUntil": LATER}, {}, {"publishAt", "embargoedUntil"}),
        # Nothing is waited for: a person chooses another time.
        ({"publishAt": PAST, "embargoedUntil": PAST}, {"publishAt": PAST}, {"publishAt", "embargoedUntil"}),
        ({"publishAt": PAST, "embargoedUntil": None}, {"publishAt": PAST}, {"publishAt", "embargoedUntil"}),
        ({"publishAt": "soon", "embargoedUntil": LATER}, {"publishAt": "soon"}, {"publishAt", "embargoedUntil"}),
        ({"publishAt": 5, "embargoedUntil": LATER}, {"publishAt": 5}, {"publishAt", "embargoedUntil"}),
    ],
)
def test_a_change_needs_no_other_time_while_the_line_waits_for_its_later_one(
    request_: dict[str, object], before: dict[str, object], kept: set[str]
) -> None:
    changed = without_passed_time({"text": "x", **request_}, before, NOW)
    assert set(changed) == {"text", *kept}
