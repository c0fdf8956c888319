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
from ticker.node.silent_clients import SilentClients

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


class World(msgspec.Struct):
    """The heartbeats of a node with one client."""

    clock: Clock
    client: Client
    hub: Hub[Client]
    rounds: Rounds[Client]
    heartbeats: Heartbeats[Client]
    silent_clients: SilentClients[Client]
    steps: Steps
    """Steps of rounds that wait for the next iteration of the loop."""
    lagging: set[Client]

    def is_silent_at(self, seconds: float) -> bool:
        """Whether it counts as silent at that time, whenever a node looks."""
        self.silent_clients.next_look = 0.0
        return self.silent_clients.find(seconds) == [self.client]

    def is_silent_after(self, seconds: float) -> bool:
        return self.is_silent_at(self.clock.now + seconds)


def world_with(chosen: int = 0) -> World:
    clock, steps, lagging, hub = Clock(), Steps(), set[Client](), Hub[Client](Backlog(10))
    rounds: Rounds[Client] = Rounds(lambda: clock.now, lambda _entries, _sent: None, steps.append)
    encoded = Encoded(message.heartbeat(Cursor("e", 1, "c"), time="", stale=False), "")
    heartbeats = Heartbeats(hub, lambda: rounds, SECONDS, lambda: clock.now, lambda: encoded)
    client = Client(Subscription(Filter(), heartbeat=chosen))
    heartbeats.join(client)
    hub.join(client, client.subscription.filter, client.form, chosen)
    silent_clients = SilentClients(hub, heartbeats, SECONDS, lagging.__contains__)
    return World(clock, client, hub, rounds, heartbeats, silent_clients, steps, lagging)


@pytest.mark.parametrize("chosen", [0, 10])
def test_a_client_is_silent_only_after_two_heartbeats_it_was_sent(chosen: int) -> None:
    # The bug: a node that was busy with joins sent its heartbeats late, and closed clients that it had not asked.
    world = world_with(chosen)
    assert not world.is_silent_after(1000)
    world.clock.now = 5.0
    world.heartbeats.begin(chosen)
    assert not world.is_silent_after(1000), "it was asked once"
    world.clock.now = 60.0
    world.heartbeats.begin(chosen)
    assert not world.is_silent_after(2.4), "it has had no time to answer"
    assert world.is_silent_after(2.6)
    world.client.last_heard = 4.0
    assert world.is_silent_after(2.6), "both heartbeats came after that"
    world.lagging.add(world.client)
    assert not world.is_silent_after(2.6), "it cannot answer"
    world.lagging.clear()
    world.client.last_heard = 6.0
    assert not world.is_silent_after(1000), "it answered the first"
    world.clock.now = 90.0
    world.heartbeats.begin(chosen)
    assert not world.is_silent_after(2.4) and world.is_silent_after(2.6)
    world.client.last_heard = math.inf
    assert not world.is_silent_after(1000), "a stream has no answers"


def test_a_heartbeat_counts_from_the_end_of_its_round() -> None:
    world = world_with()
    world.client.last_heard = -1.0
    world.heartbeats.begin(0)

    def write_slowly() -> Iterator[Delivery[Client]]:
        world.clock.now = 200.0
        yield Delivery((), b"", 0)

    world.clock.now = 20.0
    world.rounds.begin(write_slowly)
    world.heartbeats.begin(0)
    assert world.steps and not world.is_silent_after(1000), "the second heartbeat is not written yet"
    while world.steps:
        world.steps.pop()()
    assert not world.is_silent_at(202.4) and world.is_silent_at(202.6)


@pytest.mark.parametrize(("chosen", "usual"), [(0, 22.5), (5, 22.5), (40, 90.0)])
def test_members_are_looked_at_only_when_one_may_be_silent(chosen: int, usual: float) -> None:
    # With 300,000 members on two cores a look twice a second took a fifth of both.
    world = world_with(chosen)
    looks = list[float]()
    members = world.hub.members

    def look() -> list[Client]:
        looks.append(now)
        return members()

    world.hub.members = look  # type: ignore[method-assign]  # a spy
    now, interval = 0.0, chosen or SECONDS
    while now < 400:
        now += 0.5
        world.clock.now = now
        if now % interval == 0:
            world.heartbeats.begin(chosen)
            if now < 200:
                world.client.last_heard = now
        if found := world.silent_clients.find(now):
            assert found == [world.client]
            break
    last_answer = (199.5 // interval) * interval
    assert last_answer + usual <= now <= last_answer + usual + 0.5
    assert len(looks) <= now / 10


def test_a_client_that_chooses_a_shorter_interval_is_found_in_time() -> None:
    world = world_with(40)
    assert world.silent_clients.find(1.0) == []
    world.clock.now = 3.0
    world.client.subscription = Subscription(Filter())
    world.client.last_heard = 3.0
    for seconds in (4.0, 14.0):
        world.clock.now = seconds
        world.heartbeats.begin(0)
    found_at = next(tick / 2 for tick in range(30, 200) if world.silent_clients.find(tick / 2))
    assert 25.5 <= found_at <= 26.0
