"""Errors in a round: no other client loses an entry, and no client has a gap."""

import contextlib
import socket
from collections.abc import Iterator

import pytest

from tests.support.node_audience import BrokenClient, CheckingClient, RecordingClient, SteppedNode
from ticker.contract import message
from ticker.core.filter import Filter
from ticker.core.frame import Encoded, Format
from ticker.core.hub import Delivery
from ticker.node.subscriber import Subscriber


@pytest.fixture
def node() -> Iterator[SteppedNode]:
    audience = SteppedNode()
    yield audience
    audience.close()


def test_a_broken_connection_is_not_written_to_after_its_descriptor_is_reused(
    node: SteppedNode,
) -> None:
    first, closed_client = CheckingClient(node, Filter()), CheckingClient(node, Filter())
    reused_descriptor = closed_client.ours.fileno()
    node.publish("en")
    closed_client.hang_up()
    other, other_end = socket.socketpair()
    assert reused_descriptor in (other.fileno(), other_end.fileno())
    node.run_steps()
    for end_of_pair in (other, other_end):
        end_of_pair.setblocking(False)
        with pytest.raises(BlockingIOError):
            end_of_pair.recv(10)
    other.close()
    other_end.close()
    first.read()
    assert first.upto == 1


def test_a_reset_or_broken_member_does_not_affect_the_others(node: SteppedNode) -> None:
    clients = [CheckingClient(node, Filter()) for _ in range(3)]
    clients[1].theirs.close()
    node.publish("en")
    node.run_steps()
    assert clients[1].line.aborted
    for client in (clients[0], clients[2]):
        client.read()
        assert client.upto == 1 and not client.line.aborted


def test_a_round_that_cannot_be_built_does_not_block_the_next(node: SteppedNode) -> None:
    client = RecordingClient(node, Filter())

    def broken() -> Iterator[Delivery[Subscriber]]:
        raise ValueError("a mistake")

    with pytest.raises(ValueError, match="a mistake"):
        node.rounds.begin(broken)
    node.run_steps()
    node.publish("en")
    node.run_steps()
    client.read()
    assert [received_message["type"] for received_message in client.received] == ["snapshot", "snapshot", "item"]


def test_a_member_that_cannot_be_aborted_does_not_affect_the_others(node: SteppedNode) -> None:
    first, broken, last = CheckingClient(node, Filter()), BrokenClient(node, Filter()), CheckingClient(node, Filter())
    broken.fd = -1
    node.publish("en")
    node.run_steps()
    for client in (first, last):
        client.read()
        assert client.upto == 1


def test_a_round_that_fails_halfway_leaves_no_client_with_a_gap(node: SteppedNode) -> None:
    first_client, second_client = RecordingClient(node, Filter()), RecordingClient(node, Filter())

    def half() -> Iterator[Delivery[Subscriber]]:
        yield Delivery(
            (first_client,), Encoded(message.live(node.backlog.newest, b"{}"), "now").bytes_for(Format.PLAIN), 1
        )
        raise ValueError("a mistake")

    with contextlib.suppress(ValueError):
        node.rounds.begin(half)
    while node.steps_due:
        with contextlib.suppress(ValueError):
            node.run_steps(1)
    for client in (first_client, second_client):
        client.read()
        assert client.received[-1]["type"] == "snapshot" and client.received[-1]["complete"] is False
    assert [received_message["type"] for received_message in first_client.received] == ["snapshot", "item", "snapshot"]
    node.publish("en")
    node.run_steps()
    second_client.read()
    assert second_client.received[-1]["type"] == "item"
