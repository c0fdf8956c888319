"""How often a person may have something done that costs CPU time."""

from hypothesis import given
from hypothesis import strategies as st

from publisher.core.allowance import Allowance

EACH, TOGETHER = 5.0, 50.0
BURST = Allowance.BURST_SECONDS


def admitted(allowance: Allowance, name: str, count: int, now: float) -> int:
    return sum(allowance.admit(name, now) == 0 for _ in range(count))


def test_a_person_has_a_burst_and_then_a_steady_rate() -> None:
    allowance = Allowance(EACH, TOGETHER)
    assert admitted(allowance, "Amal", 100, 0.0) == EACH * BURST
    assert 0 < allowance.admit("Amal", 0.0) <= 1 / EACH + 1e-9
    assert admitted(allowance, "Amal", 100, 1.0) == EACH
    assert admitted(allowance, "Amal", 100, 1000.0) == EACH * BURST


def test_a_wait_that_was_named_is_long_enough() -> None:
    allowance = Allowance(EACH, TOGETHER)
    admitted(allowance, "Amal", 100, 0.0)
    wait = allowance.admit("Amal", 0.0)
    assert allowance.admit("Amal", wait + 1e-6) == 0


def test_a_flood_of_one_person_leaves_the_others_theirs() -> None:
    allowance = Allowance(EACH, TOGETHER)
    for step in range(1000):
        allowance.admit("script", step / 100)
    assert all(admitted(allowance, name, 20, 10.0) == EACH * BURST for name in ("Amal", "Omar", "Rana"))


def test_all_people_together_have_a_limit() -> None:
    allowance = Allowance(EACH, TOGETHER)
    counts = [admitted(allowance, f"person {number}", 20, 0.0) for number in range(40)]
    assert sum(counts) == TOGETHER * BURST and counts[9] == 20 and counts[10] == 0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 0.5)), max_size=200))
def test_no_time_has_more_than_its_burst_and_its_rate(requests: list[tuple[str, float]]) -> None:
    allowance, now = Allowance(2.0, 3.0), 0.0
    moments: dict[str, list[float]] = {"a": [], "b": [], "c": [], "all": []}
    for name, pause in requests:
        now += pause
        if allowance.admit(name, now) == 0:
            for list_name in (name, "all"):
                moments[list_name].append(now)
    for list_name, rate in (("a", 2.0), ("b", 2.0), ("c", 2.0), ("all", 3.0)):
        found = moments[list_name]
        for first in range(len(found)):
            for last in range(first, len(found)):
                assert last - first + 1 <= rate * (BURST + found[last] - found[first]) + 1e-6
