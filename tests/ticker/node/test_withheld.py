"""Versions that may not be sent: their readers are told of a gap. And long messages that several readers wait for."""

from collections.abc import Iterator

import pytest

from tests.support.entries import entry
from tests.support.node_audience import RecordingClient, SteppedNode
from ticker.contract.entry import Entry
from ticker.contract.item import Text
from ticker.core.filter import Filter
from ticker.core.frame import Format
from ticker.core.joins import Subscription
from ticker.core.record import Records, fold
from ticker.reader.sink import StreamContents
from ticker.stream.redis_stream import Position

ENGLISH, ARABIC = Filter(editions=frozenset({"en"})), Filter(editions=frozenset({"ar"}))
FIRST, SECOND = entry(1, edition="en"), entry(2, 1, version=2, act="update", edition="en")
LOST = entry(3, 1, version=3, act="withdraw", pub_status="canceled", edition="en")


@pytest.fixture
def node() -> Iterator[SteppedNode]:
    audience = SteppedNode()
    yield audience
    audience.close()


def fail_over(node: SteppedNode, *entries: Entry) -> None:
    """The node reads a stream that has lost what came after `entries`."""
    position = Position("e1", len(entries), b"1-0")
    records: Records = {}
    fold(entries, records)
    node.rebuild(StreamContents(entries, 0, position, {}, records))
    node.run_steps()


def answers(client: RecordingClient) -> list[tuple[str, bool | None]]:
    """Kind and completeness of each message since the last call."""
    client.read()
    received = [(message["type"], message.get("complete")) for message in client.received]
    client.received.clear()
    return received


def test_a_reader_that_missed_a_version_which_may_not_be_sent_is_told_of_a_gap(node: SteppedNode) -> None:
    node.append([FIRST, SECOND, LOST])
    fail_over(node, FIRST, SECOND)
    for filter_, cursor, expected in (
        (Filter(), FIRST.cursor, ("snapshot", False)),
        (ENGLISH, FIRST.cursor, ("snapshot", False)),
        (ARABIC, FIRST.cursor, ("replay", True)),
        (Filter(), SECOND.cursor, ("replay", True)),
    ):
        client = RecordingClient(node, filter_, str(cursor))
        node.run_steps()
        assert answers(client) == [expected], (filter_, cursor)


def test_a_connected_reader_is_told_when_a_version_comes_that_may_not_be_sent(node: SteppedNode) -> None:
    node.append([FIRST, SECOND, LOST])
    fail_over(node, FIRST)
    english, arabic = RecordingClient(node, ENGLISH), RecordingClient(node, ARABIC)
    node.run_steps()
    assert (answers(english), answers(arabic)) == ([("snapshot", False)], [("snapshot", False)])
    node.append([entry(2, 1, check="again", version=2, act="update", edition="en"), entry(3, edition="ar")])
    node.run_steps()
    assert answers(english) == [("snapshot", False)]
    assert answers(arabic) == [("item", None)], "no version of another filter is withheld from it"
    node.append([entry(4, 1, version=3, act="update", edition="en")])
    node.run_steps()
    assert answers(english) == [("item", None)] and not node.lagging


def test_a_reader_that_lags_is_told_of_a_version_that_may_not_be_sent(node: SteppedNode) -> None:
    node.append([FIRST, SECOND, LOST])
    fail_over(node, FIRST)
    client = RecordingClient(node, ENGLISH)
    node.run_steps()
    assert answers(client) == [("snapshot", False)]
    client.mark_lagging(node.backlog.newest)
    node.append([entry(2, 1, check="again", version=2, act="update", edition="en")])
    client.catch_up()
    node.run_steps()
    assert answers(client) == [("snapshot", False)]


def test_each_of_several_readers_gets_a_long_message_that_one_of_them_compressed(node: SteppedNode) -> None:
    entries = [entry(number, headline=Text("x" * 400, "en", "ltr")) for number in range(1, 90)]
    node.append(entries)
    clients = [RecordingClient(node, Filter()) for _ in range(3)]
    node.run_steps()
    for number, client in enumerate(clients):
        client.read()
        client.address, client.form, client.received[:] = f"10.0.0.{number}", Format.DEFLATED, []
        client.subscription = Subscription(Filter(), None, 100)
        client.send_first(node.first_message(client.subscription))
    node.run_steps()
    assert [client._long is None or client._long.is_begun for client in clients] == [True] * 3
