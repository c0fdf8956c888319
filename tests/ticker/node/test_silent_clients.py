"""A client counts as silent only if it was sent heartbeats and had time to answer."""

import math
from collections.abc import Callable, Iterator
from typing import Final

import msgspec
import pytest

from ticker.contract import message
from ticker.contract.cursor import Cursor
from ticker.core.backlog import Backlog
from ticker.core.filter import Filter
from ticker.core.frame import Encoded, Format
from ticker.core.hub import Delivery, Hub
from ticker.core.joins import Subscription
from ticker.node.heartbeats import Heartbeats
from ticker.node.rounds import Rounds

SECONDS: Final = 10.0


class Clock:
    now = 0.0


class Client(msgspec.Struct, eq=False):
    """A member of a hub that takes what it is sent."""

    subscription: Subscription
    last_heard: float = 0.0
    form: Format = Format.PLAIN
    fd: int = -1
    last_round: int = 0

    def write_now(self, data: bytes) -> bool:
        return bool(data)

    def buffer_rest(self, data: bytes, sent: int) -> None:
        raise AssertionError

    def abort(self) -> None:
        raise AssertionError


Steps = list[Callable[[], None]]


def make_heartbeats(clock: Clock) -> tuple[Heartbeats[Client], Rounds[Client], Steps]:
    """Returns heartbeats of a node, its rounds, and the steps that wait for the next iteration of the loop."""
    steps: Steps = []
    rounds: Rounds[Client] = Rounds(lambda: clock.now, lambda _entries, _sent: None, steps.append)
    hub: Hub[Client] = Hub(Backlog(10))
    encoded = Encoded(message.heartbeat(Cursor("e", 1, "c"), time="", stale=False), "")
    return Heartbeats(hub, lambda: rounds, SECONDS, lambda: clock.now, lambda: encoded), rounds, steps


def member_of(heartbeat: int) -> Client:
    return Client(Subscription(Filter(), heartbeat=heartbeat))


@pytest.mark.parametrize("chosen", [0, 10])
def test_a_client_is_silent_only_after_two_heartbeats_it_was_sent(chosen: int) -> None:
    # The bug: a node that was busy with joins sent its heartbeats late, and closed clients that it had not asked.
    clock = Clock()
    heartbeats, _rounds, _steps = make_heartbeats(clock)
    member = member_of(chosen)
    heartbeats.join(member)

    def is_silent_after(seconds: float) -> bool:
        return heartbeats.is_silent(member, clock.now + seconds)

    assert not is_silent_after(1000)
    clock.now = 5.0
    heartbeats.begin(chosen)
    assert not is_silent_after(1000), "it was asked once"
    clock.now = 60.0
    heartbeats.begin(chosen)
    assert not is_silent_after(2.4), "it has had no time to answer"
    assert is_silent_after(2.6)
    member.last_heard = 4.0
    assert is_silent_after(2.6), "both heartbeats came after that"
    member.last_heard = 6.0
    assert not is_silent_after(1000), "it answered the first"
    clock.now = 90.0
    heartbeats.begin(chosen)
    assert not is_silent_after(2.4) and is_silent_after(2.6)
    member.last_heard = math.inf
    assert not is_silent_after(1000), "a stream has no answers"


def test_a_heartbeat_counts_from_the_end_of_its_round() -> None:
    clock = Clock()
    heartbeats, rounds, steps = make_heartbeats(clock)
    member = member_of(0)
    member.last_heard = -1.0
    heartbeats.begin(0)

    def write_slowly() -> Iterator[Delivery[Client]]:
        clock.now = 200.0
        yield Delivery((), b"", 0)

    clock.now = 20.0
    rounds.begin(write_slowly)
    heartbeats.begin(0)
    assert steps and not heartbeats.is_silent(member, clock.now + 1000), "the second heartbeat is not written yet"
    while steps:
        steps.pop()()
    assert not heartbeats.is_silent(member, 202.4) and heartbeats.is_silent(member, 202.6)
