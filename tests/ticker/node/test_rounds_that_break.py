"""Rounds in which something breaks: it costs nobody else an entry, and leaves nobody with a hole."""

import contextlib
import socket
from collections.abc import Iterator

import pytest

from tests.support.node_audience import BreathingNode, Broken, Listening, Telling
from ticker.contract import message
from ticker.core.filter import Filter
from ticker.core.frame import Encoded, Format
from ticker.core.hub import Delivery
from ticker.node.subscriber import Subscriber


@pytest.fixture
def node() -> Iterator[BreathingNode]:
    audience = BreathingNode()
    yield audience
    audience.close()


def test_one_whose_line_broke_is_written_to_no_more_and_the_number_of_its_socket_is_anothers(
    node: BreathingNode,
) -> None:
    first, closed_one = Listening(node, Filter()), Listening(node, Filter())
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


def test_a_reset_or_broken_member_costs_the_others_nothing(node: BreathingNode) -> None:
    clients = [Listening(node, Filter()) for _ in range(3)]
    clients[1].theirs.close()
    node.publish("en")
    node.run_steps()
    assert clients[1].line.aborted
    for client in (clients[0], clients[2]):
        client.read()
        assert client.upto == 1 and not client.line.aborted


def test_a_round_that_cannot_be_made_does_not_hold_up_the_next(node: BreathingNode) -> None:
    client = Telling(node, Filter())

    def broken() -> Iterator[Delivery[Subscriber]]:
        raise ValueError("a mistake")

    with pytest.raises(ValueError, match="a mistake"):
        node.rounds.begin(broken)
    node.run_steps()
    node.publish("en")
    node.run_steps()
    client.read()
    assert [protocol["type"] for protocol in client.received] == ["snapshot", "snapshot", "item"]


def test_one_that_cannot_even_be_cut_costs_the_others_nothing(node: BreathingNode) -> None:
    first, broken, last = Listening(node, Filter()), Broken(node, Filter()), Listening(node, Filter())
    broken.fd = -1
    node.publish("en")
    node.run_steps()
    for client in (first, last):
        client.read()
        assert client.upto == 1


def test_a_round_that_ends_in_the_middle_leaves_nobody_with_a_hole(node: BreathingNode) -> None:
    had, had_not = Telling(node, Filter()), Telling(node, Filter())

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
