"""Rounds with a breath after every member reach everyone once and in order, whoever comes or goes meanwhile."""

import asyncio
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.support.node_audience import LIMIT, READ_BYTES, BreathingNode, Listening, Telling
from ticker.contract.closes import CloseCode
from ticker.contract.cursor import Cursor
from ticker.core.filter import Filter
from ticker.core.hub import Delivery
from ticker.core.joins import Subscription
from ticker.node.node import Node
from ticker.node.rounds import Rounds
from ticker.node.subscriber import Subscriber
from ticker.settings import TickerSettings

FILTERS = (Filter(), Filter(editions=frozenset({"en"})), Filter(editions=frozenset({"ar"})))
some_names = st.integers(0, 99)
editions = st.lists(st.sampled_from(["en", "ar", "es"]), min_size=1, max_size=12)


@pytest.fixture(autouse=True, scope="module")
def long_messages() -> Iterator[None]:
    """Replays of a few entries go in pieces here, as those of a megabyte do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ticker.contract.message.LONG_BYTES", LIMIT)
        patch.setattr("ticker.core.long.PIECE_BYTES", LIMIT // 2)
        patch.setattr("ticker.net.joining.PIECE_BYTES", LIMIT // 2)
        yield


class RoundsMachine(RuleBasedStateMachine):
    """Everything that may come between two stretches of a round."""

    def __init__(self) -> None:
        super().__init__()
        self.node = BreathingNode()
        self.clients: list[Listening] = []

    @initialize(first=st.lists(st.sampled_from(FILTERS), min_size=3, max_size=6))
    def gather(self, first: list[Filter]) -> None:
        for filter_ in first:
            self.join(filter_)

    def _value(self, who: int) -> Listening | None:
        online = [client for client in self.clients if client.online]
        return online[who % len(online)] if online else None

    @rule(editions=editions)
    def publish(self, editions: list[str]) -> None:
        self.node.publish(*editions)

    @rule(count=st.integers(1, 4))
    def breathe(self, count: int) -> None:
        self.node.run_steps(count)

    @rule()
    def beat(self) -> None:
        self.node.send_heartbeat()

    @rule(filter_=st.sampled_from(FILTERS))
    def join(self, filter_: Filter) -> None:
        self.clients.append(Listening(self.node, filter_))

    @rule(who=some_names, filter_=st.sampled_from(FILTERS))
    def change(self, who: int, filter_: Filter) -> None:
        if client := self._value(who):
            client.subscribe(filter_)

    @rule(who=some_names)
    def read(self, who: int) -> None:
        if client := self._value(who):
            client.read()

    @rule(who=some_names)
    def sip(self, who: int) -> None:
        """It has read, and the node's loop does not know yet that there is room."""
        if client := self._value(who):
            client.sip()

    @rule(who=some_names)
    def come_back(self, who: int) -> None:
        """The line breaks; it comes back with the cursor it saw last."""
        if client := self._value(who):
            client.hang_up()
            if client.cursor is not None and not client.wants:
                self.clients.append(Listening(self.node, client.filter, client.cursor))

    @rule(who=some_names)
    def send_away(self, who: int) -> None:
        """It is told to come back to where it was served up to, which must be no later than that."""
        client = self._value(who)
        if client is None or client.inside_message:
            return
        stand: Cursor = client.position
        client.close_with(CloseCode.STOPPING)
        client.read()
        if not client.wants:
            assert not client._expected_uris(client.upto, stand.seq), "it was told to come back to what it has not got"
            assert client.upto <= stand.seq
            self.clients.append(Listening(self.node, client.filter, str(stand)))
        client.hang_up()

    def teardown(self) -> None:
        self.node.run_steps()
        assert not self.node.rounds.busy
        for client in self.clients:
            if client.online:
                assert client.line.get_write_buffer_size() <= LIMIT + LIMIT // 2 + 100 * 1024
                client.read()
        self.node.send_heartbeat()
        self.node.run_steps()
        for client in self.clients:
            if client.online:
                client.read()
                assert client.upto == len(self.node.published) and not client.wants
                client.hang_up()
        self.node.close()
        assert not self.node.lagging and not len(self.node.hub)


TestRounds = RoundsMachine.TestCase
TestRounds.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def node() -> Iterator[BreathingNode]:
    reached = BreathingNode()
    yield reached
    reached.close()


def test_one_that_joins_while_others_are_written_to_has_the_entry_by_its_snapshot_and_not_again(
    node: BreathingNode,
) -> None:
    first, second = Listening(node, Filter()), Listening(node, Filter())
    node.publish("en")
    late = Listening(node, Filter())
    node.run_steps()
    for client in (first, second, late):
        client.read()
    assert first.messages == second.messages == ["snapshot", "item"]
    assert late.messages == ["snapshot"] and late.upto == 1


def test_one_that_joins_or_moves_to_a_group_whose_turn_is_yet_to_come_is_not_written_to_again(
    node: BreathingNode,
) -> None:
    everything, english = FILTERS[0], FILTERS[1]
    mover, _other, third = Listening(node, everything), Listening(node, everything), Listening(node, english)
    node.publish("en")
    mover.subscribe(english)
    late = Listening(node, english)
    node.run_steps()
    for client in (mover, late, third):
        client.read()
        assert client.upto == 1
    assert late.messages == ["snapshot"] and third.messages == ["snapshot", "item"]


def test_one_that_is_sent_away_before_its_turn_is_told_to_come_back_to_where_it_stands(node: BreathingNode) -> None:
    clients = [Listening(node, Filter()) for _ in range(3)]
    node.publish("en")
    node.publish("en")
    waiting = [client for client in clients if node.rounds.is_pending(client)]
    assert len(waiting) == 2
    assert {client.position.seq for client in waiting} == {0}
    assert [client.position.seq for client in clients if client not in waiting] == [1]
    node.run_steps()
    assert {client.position.seq for client in clients} == {2}


@pytest.mark.parametrize("asks_anew", [False, True])
def test_one_that_catches_up_before_its_turn_has_the_entry_once(node: BreathingNode, asks_anew: bool) -> None:
    clients = [Listening(node, Filter()) for _ in range(3)]
    for _ in range(30):
        node.publish(*["en"] * 5)
        node.run_steps()
    assert node.lagging == set(clients)
    if asks_anew:
        for client in clients:
            client.subscribe(Filter())
        # What they were written before they ask is theirs to read; the answer waits for room.
        assert node.lagging == set(clients)
    node.publish("en")
    waiting = [client for client in clients if node.rounds.is_pending(client)]
    assert len(waiting) == 2
    for client in waiting:
        client.read()
        assert client.upto == 151 and client not in node.lagging
    node.run_steps()
    for client in clients:
        client.read()
        assert client.upto == 151


def test_of_what_the_socket_takes_in_part_the_rest_follows(node: BreathingNode) -> None:
    client = Listening(node, Filter())
    client.read()
    data = os.urandom(100_000)
    client.write(data)
    assert 0 < client.line.get_write_buffer_size() < len(data)
    got = b""
    while len(got) < len(data):
        got += client.theirs.recv(READ_BYTES)
        client.line.flush()
    assert got == data


def test_what_the_socket_does_not_take_goes_before_what_comes_after_it(node: BreathingNode) -> None:
    client = Listening(node, Filter())
    while not client.line.get_write_buffer_size():
        node.publish(*["en"] * 3)
        node.run_steps()
    assert client.fd < 0 and client not in node.lagging
    # There is room in the socket again, but the loop has not yet filled it with what waits.
    client.sip()
    node.publish("en")
    node.run_steps()
    client.read()
    assert client.upto == len(node.published)
    node.publish("en")
    node.run_steps()
    assert client.fd == client.ours.fileno(), "it is written to directly again"
    client.read()
    assert client.upto == len(node.published)


def test_entries_that_come_while_others_are_written_to_are_one_write_after_them(node: BreathingNode) -> None:
    clients = [Listening(node, Filter()) for _ in range(5)]
    node.publish("en")
    for _ in range(3):
        node.publish("en")
    assert len(node.backlog) == 1, "who joins now is not shown what is not being written yet"
    # Four more members of the first round and five of the second, each round with a look at its end.
    assert node.run_steps() <= 4 + 5 + 2
    for client in clients:
        client.read()
        assert client.upto == 4
    assert node.metrics.registry.get_sample_value("flashwire_deliveries_total") == 20


def test_more_than_is_held_is_written_at_once_so_that_the_stream_waits() -> None:
    node = BreathingNode(length=10)
    clients = [Listening(node, Filter()) for _ in range(5)]
    for _ in range(12):
        node.publish("en")
    assert not node.rounds.busy
    for client in clients:
        client.read()
        assert client.upto == 12
    node.close()


def test_a_heartbeat_that_is_due_while_others_are_written_to_is_no_earlier_than_the_entry(node: BreathingNode) -> None:
    clients = [Listening(node, Filter()) for _ in range(3)]
    node.publish("en")
    node.send_heartbeat()
    node.send_heartbeat()
    node.run_steps()
    for client in clients:
        client.read()
        assert client.messages == ["snapshot", "item", "heartbeat"]


def test_one_that_is_behind_and_asks_anew_from_its_cursor_is_told_all_that_came_since(node: BreathingNode) -> None:
    client = Telling(node, Filter())
    client.read()
    start = client.received[0]["cursor"]
    while client not in node.lagging:
        node.publish(*["en"] * 5)
        node.run_steps()
    client.change(Subscription(Filter(), start, 2))
    assert client in node.lagging
    client.read()
    replay = client.received[-1]
    assert (replay["type"], len(replay["items"])) == ("replay", len(node.published))


def test_one_that_heard_more_elsewhere_than_is_written_here_misses_nothing_and_hears_nothing_twice(
    node: BreathingNode,
) -> None:
    clients = [Listening(node, Filter()) for _ in range(3)]
    node.publish("en")
    node.publish("en")
    assert node.backlog.newest.seq == 1
    late = Listening(node, Filter(), str(node.published[1].cursor))
    node.publish("en")
    node.run_steps()
    for client in (*clients, late):
        client.read()
        assert client.upto == 3
    assert late.messages == ["replay", "item"]


def test_a_forged_cursor_does_not_have_a_round_written_in_one_go(node: BreathingNode) -> None:
    for _ in range(3):
        Listening(node, Filter())
    node.publish("en")
    node.publish("en")
    newest = node.published[1].cursor
    for forged in (f"{newest.epoch}.{2**50}.{newest.check}", f"{newest.epoch}.{newest.seq}.0000000000"):
        # The bug: any number above the node's own had it write to everybody before it did anything else.
        assert node.first_message(Subscription(Filter(), forged)).message.kind == "snapshot"
        assert node.rounds.busy and node.backlog.newest.seq == 1
    assert node.first_message(Subscription(Filter(), str(newest))).message.kind == "replay" and not node.rounds.busy


def test_one_that_takes_a_long_replay_piece_by_piece_is_not_slow(node: BreathingNode) -> None:
    for _ in range(30):
        node.publish(*["en"] * 5)
        node.run_steps()
    client = Telling(node, Filter(), "e1.0.0")
    assert client in node.lagging
    waited = client.lagging_for(1e9)
    client.sip()
    client.line.flush()
    assert client in node.lagging and client.lagging_for(1e9) < waited


@pytest.mark.anyio
async def test_between_two_stretches_the_loop_does_what_else_is_due() -> None:
    settings = TickerSettings.model_construct(stream_length=10, write_limit_bytes=LIMIT)
    node = Node(settings, BreathingNode().site)
    breathing = BreathingNode()
    steps: list[str] = []
    rounds: Rounds[Subscriber] = Rounds(breathing.steady, node.metrics.count_delivered, batch=1)

    def reached() -> Iterator[Delivery[Subscriber]]:
        for position in "abc":
            steps.append(position)
            yield Delivery((), b"", 0)
        steps.append("end")

    asyncio.get_running_loop().call_soon(steps.append, "between")
    rounds.begin(reached)
    async with asyncio.timeout(5):
        while "end" not in steps:  # noqa: ASYNC110 - the loop's own turns are what is counted here
            await asyncio.sleep(0)
    # A delivery to nobody is a chance to stop: of thousands of filters perhaps none wants the entry.
    assert steps == ["a", "between", "b", "c", "end"]
    breathing.close()
