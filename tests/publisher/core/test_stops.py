"""The kill switch's rule as a table: each scope, person, edition and act."""

from itertools import product

import pytest

from publisher.core.roles import ACTS_THAT_TAKE_BACK
from publisher.core.stops import SCOPES, Scope, Stop, person_stop, stop_of
from ticker.contract.item import ACTS, Act


def stop(scope: Scope, name: str) -> Stop:
    return Stop("1", scope, name, "chief", "why", "")


CASES = [
    ("all", "", "Rana", "en", True),
    ("all", "", "Omar", "ar", True),
    ("edition", "en", "Rana", "en", True),
    ("edition", "en", "Rana", "ar", False),
    ("user", "Rana", "Rana", "ar", True),
    ("user", "Rana", "Omar", "ar", False),
    ("user", " rana", "Rana", "ar", True),
    # A user may have the name of an edition.
    ("user", "en", "Rana", "en", False),
    ("edition", "Rana", "Rana", "en", False),
]


@pytest.mark.parametrize(("scope", "name", "actor", "edition", "is_stopped"), CASES)
@pytest.mark.parametrize("act", ACTS)
def test_a_stop_forbids_every_act_but_those_that_take_back(
    scope: Scope, name: str, actor: str, edition: str, is_stopped: bool, act: Act
) -> None:
    expected = is_stopped and act not in ACTS_THAT_TAKE_BACK
    assert (stop_of([stop(scope, name)], (actor,), edition, act) is not None) is expected


def test_any_of_several_stops_forbids() -> None:
    stops = [stop("user", "Omar"), stop("edition", "ar"), stop("user", "Rana")]
    assert stop_of(stops, ("Rana",), "en", "update") is stops[2]
    assert stop_of([], ("Rana",), "en", "publish") is None
    assert {scope for scope, *_ in CASES} == set(SCOPES)


def test_without_a_stop_nothing_is_forbidden() -> None:
    assert all(stop_of([], (actor,), "en", act) is None for actor, act in product(("", "Rana"), ACTS))


def test_a_stop_of_a_user_counts_for_the_tokens_that_the_user_made() -> None:
    names = ("Night feed", "Rana")
    for stopped in ("Rana", "Night feed"):
        assert stop_of([stop("user", stopped)], names, "en", "publish") is not None
        assert stop_of([stop("user", stopped)], names, "en", "withdraw") is None
    # A token that is stopped stops neither its owner nor the other tokens.
    assert stop_of([stop("user", "Night feed")], ("Rana",), "en", "publish") is None
    assert stop_of([stop("user", "Night feed")], ("Day feed", "Rana"), "en", "publish") is None


def test_a_person_is_stopped_only_by_a_stop_of_that_person() -> None:
    stops = [stop("all", ""), stop("edition", "Rana"), stop("user", "RANA")]
    assert person_stop(stops, ("Rana",)) is stops[2]
    assert person_stop(stops, ("Omar",)) is None and person_stop([], ("Rana",)) is None
