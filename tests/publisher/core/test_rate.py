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


def test_a_full_window_admits_nothing_however_close_its_end_is() -> None:
    rate, first = Rate(1), 22.91323856929842
    assert rate.admit("a", "1", first) == 0
    # The sum is rounded down, so the request is still in the window, and its rest is 0 in floating point.
    now = first + WINDOW_SECONDS
    assert first > now - WINDOW_SECONDS and rate.admit("a", "2", now) > 0


def test_a_full_window_says_so_until_its_oldest_request_has_left_it() -> None:
    rate = Rate(2)
    assert not rate.is_full("Rana", 0)
    for number, now in ((1, 0.0), (2, 10.0)):
        rate.admit("Rana", str(number), now)
    assert rate.is_full("Rana", 59.0) and not rate.is_full("Omar", 59.0)
    assert not rate.is_full("Rana", 60.0)
