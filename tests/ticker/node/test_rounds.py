"""Rounds that yield after every member reach each client once and in order, even if clients join or leave between."""

import asyncio
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.support.node_audience import LIMIT, READ_BYTES, CheckingClient, RecordingClient, SteppedNode
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
client_indexes = st.integers(0, 99)
editions = st.lists(st.sampled_from(["en", "ar", "es"]), min_size=1, max_size=12)


@pytest.fixture(autouse=True, scope="module")
def long_messages() -> Iterator[None]:
    """Sends replays of a few entries in pieces, like replays of a megabyte in production."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ticker.contract.message.LONG_BYTES", LIMIT)
        patch.setattr("ticker.core.long.PIECE_BYTES", LIMIT // 2)
        patch.setattr("ticker.net.joining.PIECE_BYTES", LIMIT // 2)
        yield


class RoundsMachine(RuleBasedStateMachine):
    """All events that may happen between two steps of a round."""

    def __init__(self) -> None:
        super().__init__()
        self.node = SteppedNode()
        self.clients: list[CheckingClient] = []

    @initialize(first=st.lists(st.sampled_from(FILTERS), min_size=3, max_size=6))
    def gather(self, first: list[Filter]) -> None:
        for chosen_filter in first:
            self.join(chosen_filter)

    def _online_client(self, index: int) -> CheckingClient | None:
        online = [client for client in self.clients if client.online]
        return online[index % len(online)] if online else None

    @rule(editions=editions)
    def publish(self, editions: list[str]) -> None:
        self.node.publish(*editions)

    @rule(count=st.integers(1, 4))
    def run_steps(self, count: int) -> None:
        self.node.run_steps(count)

    @rule()
    def send_heartbeat(self) -> None:
        self.node.send_heartbeat()

    @rule(chosen_filter=st.sampled_from(FILTERS))
    def join(self, chosen_filter: Filter) -> None:
        self.clients.append(CheckingClient(self.node, chosen_filter))

    @rule(index=client_indexes, chosen_filter=st.sampled_from(FILTERS))
    def change(self, index: int, chosen_filter: Filter) -> None:
        if client := self._online_client(index):
            client.subscribe(chosen_filter)

    @rule(index=client_indexes)
    def read(self, index: int) -> None:
        if client := self._online_client(index):
            client.read()

    @rule(index=client_indexes)
    def read_unnoticed(self, index: int) -> None:
        """The client reads, before the node's loop knows that the socket has room."""
        if client := self._online_client(index):
            client.sip()

    @rule(index=client_indexes)
    def reconnect(self, index: int) -> None:
        """The connection breaks; the client reconnects with its last cursor."""
        if client := self._online_client(index):
            client.hang_up()
            if client.cursor is not None and not client.wants:
                self.clients.append(CheckingClient(self.node, client.filter, client.cursor))

    @rule(index=client_indexes)
    def close_client(self, index: int) -> None:
        """The node closes the client with a cursor, which must not be later than the last entry it received."""
        client = self._online_client(index)
        if client is None or client.inside_message:
            return
        position: Cursor = client.position
        client.close_with(CloseCode.STOPPING)
        client.read()
        if not client.wants:
            assert not client._expected_uris(client.upto, position.seq), "its cursor skips an entry"
            assert client.upto <= position.seq
            self.clients.append(CheckingClient(self.node, client.filter, str(position)))
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
def node() -> Iterator[SteppedNode]:
    breathing = SteppedNode()
    yield breathing
    breathing.close()


def test_a_client_that_joins_during_a_round_has_the_entry_once_in_its_snapshot(
    node: SteppedNode,
) -> None:
    first, second = CheckingClient(node, Filter()), CheckingClient(node, Filter())
    node.publish("en")
    late = CheckingClient(node, Filter())
    node.run_steps()
    for client in (first, second, late):
        client.read()
    assert first.messages == second.messages == ["snapshot", "item"]
    assert late.messages == ["snapshot"] and late.upto == 1


def test_a_client_that_joins_or_moves_to_a_later_group_gets_the_entry_once(
    node: SteppedNode,
) -> None:
    everything, english = FILTERS[0], FILTERS[1]
    mover, _other, third = (
        CheckingClient(node, everything),
        CheckingClient(node, everything),
        CheckingClient(node, english),
    )
    node.publish("en")
    mover.subscribe(english)
    late = CheckingClient(node, english)
    node.run_steps()
    for client in (mover, late, third):
        client.read()
        assert client.upto == 1
    assert late.messages == ["snapshot"] and third.messages == ["snapshot", "item"]


def test_a_pending_member_keeps_its_position_before_the_round(node: SteppedNode) -> None:
    clients = [CheckingClient(node, Filter()) for _ in range(3)]
    node.publish("en")
    node.publish("en")
    waiting = [client for client in clients if node.rounds.is_pending(client)]
    assert len(waiting) == 2
    assert {client.position.seq for client in waiting} == {0}
    assert [client.position.seq for client in clients if client not in waiting] == [1]
    node.run_steps()
    assert {client.position.seq for client in clients} == {2}


@pytest.mark.parametrize("subscribes_again", [False, True])
def test_a_pending_member_that_catches_up_gets_the_entry_once(node: SteppedNode, subscribes_again: bool) -> None:
    clients = [CheckingClient(node, Filter()) for _ in range(3)]
    for _ in range(30):
        node.publish(*["en"] * 5)
        node.run_steps()
    assert node.lagging == set(clients)
    if subscribes_again:
        for client in clients:
            client.subscribe(Filter())
        # Bytes written before the subscribe must be read first; the answer waits for room.
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


def test_after_a_partial_write_the_rest_follows(node: SteppedNode) -> None:
    client = CheckingClient(node, Filter())
    client.read()
    data = os.urandom(100_000)
    client.write(data)
    assert 0 < client.line.get_write_buffer_size() < len(data)
    received = b""
    while len(received) < len(data):
        received += client.theirs.recv(READ_BYTES)
        client.line.flush()
    assert received == data


def test_buffered_bytes_are_sent_before_later_entries(node: SteppedNode) -> None:
    client = CheckingClient(node, Filter())
    while not client.line.get_write_buffer_size():
        node.publish(*["en"] * 3)
        node.run_steps()
    assert client.fd < 0 and client not in node.lagging
    # The socket has room again, but the loop has not yet written the buffered bytes.
    client.sip()
    node.publish("en")
    node.run_steps()
    client.read()
    assert client.upto == len(node.published)
    node.publish("en")
    node.run_steps()
    assert client.fd == client.ours.fileno(), "writes go directly to the socket again"
    client.read()
    assert client.upto == len(node.published)


def test_entries_that_arrive_during_a_round_are_one_write_after_it(node: SteppedNode) -> None:
    clients = [CheckingClient(node, Filter()) for _ in range(5)]
    node.publish("en")
    for _ in range(3):
        node.publish("en")
    assert len(node.backlog) == 1, "a new client's snapshot has no entry of a later round"
    # Four more members of the first round and five of the second, and one step to end each round.
    assert node.run_steps() <= 4 + 5 + 2
    for client in clients:
        client.read()
        assert client.upto == 4
    assert node.metrics.registry.get_sample_value("flashwire_deliveries_total") == 20


def test_a_full_queue_of_entries_finishes_the_round_at_once() -> None:
    node = SteppedNode(length=10)
    clients = [CheckingClient(node, Filter()) for _ in range(5)]
    for _ in range(12):
        node.publish("en")
    assert not node.rounds.busy
    for client in clients:
        client.read()
        assert client.upto == 12
    node.close()


def test_a_heartbeat_due_during_a_round_follows_the_entry(node: SteppedNode) -> None:
    clients = [CheckingClient(node, Filter()) for _ in range(3)]
    node.publish("en")
    node.send_heartbeat()
    node.send_heartbeat()
    node.run_steps()
    for client in clients:
        client.read()
        assert client.messages == ["snapshot", "item", "heartbeat"]


def test_a_lagging_client_that_subscribes_with_its_cursor_gets_a_full_replay(node: SteppedNode) -> None:
    client = RecordingClient(node, Filter())
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


def test_a_client_with_a_cursor_from_a_node_ahead_gets_each_entry_once(
    node: SteppedNode,
) -> None:
    clients = [CheckingClient(node, Filter()) for _ in range(3)]
    node.publish("en")
    node.publish("en")
    assert node.backlog.newest.seq == 1
    late = CheckingClient(node, Filter(), str(node.published[1].cursor))
    node.publish("en")
    node.run_steps()
    for client in (*clients, late):
        client.read()
        assert client.upto == 3
    assert late.messages == ["replay", "item"]


def test_a_forged_cursor_does_not_finish_a_round_at_once(node: SteppedNode) -> None:
    for _ in range(3):
        CheckingClient(node, Filter())
    node.publish("en")
    node.publish("en")
    newest = node.published[1].cursor
    for forged in (f"{newest.epoch}.{2**50}.{newest.check}", f"{newest.epoch}.{newest.seq}.0000000000"):
        # The bug: any sequence number above the node's own made it finish the round at once.
        assert node.first_message(Subscription(Filter(), forged)).message.kind == "snapshot"
        assert node.rounds.busy and node.backlog.newest.seq == 1
    assert node.first_message(Subscription(Filter(), str(newest))).message.kind == "replay" and not node.rounds.busy


def test_a_client_that_reads_a_long_replay_in_pieces_is_not_slow(node: SteppedNode) -> None:
    for _ in range(30):
        node.publish(*["en"] * 5)
        node.run_steps()
    client = RecordingClient(node, Filter(), "e1.0.0")
    assert client in node.lagging
    waited = client.lagging_for(1e9)
    client.sip()
    client.line.flush()
    assert client in node.lagging and client.lagging_for(1e9) < waited


@pytest.mark.anyio
async def test_other_callbacks_run_between_two_steps_of_a_round() -> None:
    settings = TickerSettings.model_construct(stream_length=10, write_limit_bytes=LIMIT)
    node = Node(settings, SteppedNode().site)
    stepped = SteppedNode()
    steps: list[str] = []
    rounds: Rounds[Subscriber] = Rounds(stepped.steady, node.metrics.count_delivered, batch=1)

    def empty_deliveries() -> Iterator[Delivery[Subscriber]]:
        for position in "abc":
            steps.append(position)
            yield Delivery((), b"", 0)
        steps.append("end")

    asyncio.get_running_loop().call_soon(steps.append, "between")
    rounds.begin(empty_deliveries)
    async with asyncio.timeout(5):
        while "end" not in steps:  # noqa: ASYNC110 - the test counts iterations of the loop
            await asyncio.sleep(0)
    # A round may also stop after a group without members: perhaps none of thousands of filters matches the entry.
    assert steps == ["a", "between", "b", "c", "end"]
    stepped.close()
