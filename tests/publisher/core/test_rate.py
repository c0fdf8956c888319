"""How much one holder may publish a minute."""

from hypothesis import given
from hypothesis import strategies as st

from publisher.core.rate import WINDOW_SECONDS, Rate


def test_repeats_and_requests_that_publish_nothing_do_not_count() -> None:
    rate = Rate(2)
    assert [rate.admit("a", request, 0.0) for request in ("1", "1", "2", "1")] == [0, 0, 0, 0]
    assert rate.admit("a", "3", 10.0) == WINDOW_SECONDS - 10
    assert rate.admit("b", "3", 10.0) == 0
    rate.forget("a", "2")
    assert rate.admit("a", "3", 10.0) == 0


def test_a_request_before_the_window_no_longer_counts() -> None:
    rate = Rate(2)
    rate.admit("a", "1", 0.0)
    assert rate.counts("a", "1", WINDOW_SECONDS - 1) and not rate.counts("b", "1", 0.0)
    assert not rate.counts("a", "1", WINDOW_SECONDS)


@given(st.lists(st.floats(0, 30), max_size=60))
def test_no_window_holds_more_than_the_limit(pauses: list[float]) -> None:
    rate, now, admitted = Rate(3), 0.0, list[float]()
    for number, pause in enumerate(pauses):
        now += pause
        expected = sum(moment > now - WINDOW_SECONDS for moment in admitted) < 3
        assert (rate.admit("a", str(number), now) == 0) == expected
        if expected:
            admitted.append(now)
