"""A round that fails costs no other client an entry, and every client learns of a gap."""

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


def test_no_bytes_go_to_a_closed_connection_whose_descriptor_is_reused(
    node: SteppedNode,
) -> None:
    first, closed_one = CheckingClient(node, Filter()), CheckingClient(node, Filter())
    number = closed_one.ours.fileno()
    node.publish("en")
    closed_one.hang_up()
    other, end = socket.socketpair()
    assert number in (other.fileno(), end.fileno())
    node.run_steps()
    for entry in (other, end):
        entry.setblocking(False)
        with pytest.raises(BlockingIOError):
            entry.recv(10)
    other.close()
    end.close()
    first.read()
    assert first.upto == 1


def test_a_reset_member_does_not_affect_others(node: SteppedNode) -> None:
    clients = [CheckingClient(node, Filter()) for _ in range(3)]
    clients[1].theirs.close()
    node.publish("en")
    node.run_steps()
    assert clients[1].line.aborted
    for client in (clients[0], clients[2]):
        client.read()
        assert client.upto == 1 and not client.line.aborted


def test_a_round_that_fails_at_its_start_does_not_block_the_next(node: SteppedNode) -> None:
    client = RecordingClient(node, Filter())

    def broken() -> Iterator[Delivery[Subscriber]]:
        raise ValueError("a mistake")

    with pytest.raises(ValueError, match="a mistake"):
        node.rounds.begin(broken)
    node.run_steps()
    node.publish("en")
    node.run_steps()
    client.read()
    assert [protocol["type"] for protocol in client.received] == ["snapshot", "snapshot", "item"]


def test_a_member_whose_write_and_abort_fail_does_not_affect_others(node: SteppedNode) -> None:
    first, broken, last = CheckingClient(node, Filter()), BrokenClient(node, Filter()), CheckingClient(node, Filter())
    broken.fd = -1
    node.publish("en")
    node.run_steps()
    for client in (first, last):
        client.read()
        assert client.upto == 1


def test_after_a_round_that_fails_halfway_every_member_gets_an_incomplete_snapshot(node: SteppedNode) -> None:
    had, had_not = RecordingClient(node, Filter()), RecordingClient(node, Filter())

    def half() -> Iterator[Delivery[Subscriber]]:
        yield Delivery((had,), Encoded(message.live(node.backlog.newest, b"{}"), "now").bytes_for(Format.PLAIN), 1)
        raise ValueError("a mistake")

    with contextlib.suppress(ValueError):
        node.rounds.begin(half)
    while node.steps_due:
        with contextlib.suppress(ValueError):
            node.run_steps(1)
    for client in (had, had_not):
        client.read()
        assert client.received[-1]["type"] == "snapshot" and client.received[-1]["complete"] is False
    assert [protocol["type"] for protocol in had.received] == ["snapshot", "item", "snapshot"]
    node.publish("en")
    node.run_steps()
    had_not.read()
    assert had_not.received[-1]["type"] == "item"
