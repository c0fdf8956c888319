"""Messages that refer to earlier ones, read by inflaters that know nothing of how the node chose the references."""

import zlib
from collections.abc import Iterator, Sequence

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.support.entries import entry
from ticker.contract.entry import Entry
from ticker.contract.message import heartbeat, live
from ticker.core.backlog import Backlog
from ticker.core.filter import Filter
from ticker.core.frame import MOST_CONTEXTS, PING, WINDOW_BITS, Encoded, Format
from ticker.core.hub import Delivery, Group, Hub

FILTERS = (Filter(), Filter(sections=frozenset({"world"})), Filter(sections=frozenset({"sport"})))
ACTS = ("join", "change", "lag", "catch_up", "leave")
FORMS = (Format.SHARED, Format.CLOUDEVENTS_SHARED)


class Client:
    """A client with a window of 4 KiB: a reference that goes further back is an error."""

    def __init__(self, form: Format) -> None:
        self.form = form
        self.expected: list[bytes] = []
        self.received: list[bytes] = []
        self.frame_bytes: list[int] = []
        self.round = 0
        self.is_lagging = False
        self._window = zlib.decompressobj(-WINDOW_BITS)

    def read(self, data: bytes) -> None:
        while data := data.removeprefix(PING):
            length, start = (data[1], 2) if data[1] < 126 else (int.from_bytes(data[2:4]), 4)
            payload, self_contained = data[start : start + length], data[0] == 0x81
            self.frame_bytes.append(start + length)
            data = data[start + length :]
            if not self_contained:
                payload = self._window.decompress(payload + b"\0\0\xff\xff")
            self.received.append(payload)


def encoded(arrival: Entry) -> Encoded:
    return Encoded(live(arrival.cursor, arrival.item_json), arrival.item.version_created)


def test_an_item_takes_a_fraction_once_a_client_has_received_the_ones_before_it() -> None:
    hub: Hub[Client] = Hub(Backlog(100))
    early, late = Client(Format.SHARED), Client(Format.SHARED)
    hub.join(early, Filter(), Format.SHARED)
    for number in range(1, 13):
        if number == 6:
            hub.join(late, Filter(), Format.SHARED)
        arrival = encoded(entry(number))
        deliveries = list(hub.deliveries([(entry(number), arrival)]))
        for members, data, *_ in deliveries:
            for member in members:
                member.expected.append(arrival.message.body)
                member.read(data)
    assert early.received == early.expected and len(early.received) == 12
    assert late.received == late.expected and len(late.received) == 7
    alone, *after = early.frame_bytes
    assert max(after) < alone / 3, "references save two thirds and more"
    # With the same eight messages behind them both get the same bytes: one delivery serves them.
    assert len(deliveries) == 2
    list(hub.deliveries([(entry(13), encoded(entry(13)))]))
    [delivery] = hub.deliveries([(entry(14), encoded(entry(14)))])
    assert set(delivery.members) == {early, late}


def test_groups_with_the_same_messages_share_one_compression() -> None:
    hub: Hub[str] = Hub(Backlog(100))
    for name, filter in zip("abc", FILTERS, strict=True):
        hub.join(name, filter, Format.SHARED)
    for number in range(1, 4):
        arrived = [(entry(number), encoded(entry(number)))]
        first, second = hub.deliveries(arrived)
        assert {*first.members, *second.members} == {"a", "b"} and first.data is second.data


def test_thousands_of_histories_cost_a_bounded_number_of_compressions() -> None:
    message = encoded(entry(1))
    frames = {message.bytes_after(Format.SHARED, (b"%d" % number * 100,)) for number in range(1000)}
    assert len(frames) <= MOST_CONTEXTS + 1 and message.bytes_for(Format.SHARED) in frames


class SharedMachine(RuleBasedStateMachine):
    """Clients join, leave, change their filter, lag and catch up, also in the middle of a round."""

    def __init__(self) -> None:
        super().__init__()
        self.hub: Hub[Client] = Hub(Backlog(1000))
        self.groups: dict[Client, Group[Client]] = {}
        self.filters: dict[Client, Filter] = {}
        self.round = 0
        self.number = 0

    def is_over(self, client: Client) -> bool:
        return client.round == self.round

    def enter(self, client: Client, filter: Filter) -> None:
        client.round = self.round
        self.filters[client] = filter
        self.groups[client] = self.hub.join(client, filter, client.form)
        self.send_alone(client, 10_000)

    def send_alone(self, client: Client, number: int) -> None:
        """A message of its own, such as its first one."""
        own = encoded(entry(number))
        client.expected.append(own.payload(client.form))
        client.read(own.bytes_for(client.form))

    @rule(form=st.sampled_from(FORMS), filter=st.sampled_from(FILTERS))
    def join(self, form: Format, filter: Filter) -> None:
        self.enter(Client(form), filter)

    @rule(pick=st.integers(0, 99))
    def leave(self, pick: int) -> None:
        if self.groups:
            client = list(self.groups)[pick % len(self.groups)]
            self.hub.leave(client, self.groups.pop(client), client.form)

    @rule(pick=st.integers(0, 99), filter=st.sampled_from(FILTERS))
    def change(self, pick: int, filter: Filter) -> None:
        if self.groups:
            client = list(self.groups)[pick % len(self.groups)]
            if not client.is_lagging:
                self.hub.leave(client, self.groups[client], client.form)
                self.enter(client, filter)

    @rule(pick=st.integers(0, 99))
    def lag(self, pick: int) -> None:
        if self.groups:
            list(self.groups)[pick % len(self.groups)].is_lagging = True

    @rule(pick=st.integers(0, 99))
    def catch_up(self, pick: int) -> None:
        if self.groups:
            client = list(self.groups)[pick % len(self.groups)]
            if client.is_lagging:
                self.send_alone(client, 20_000)
                client.is_lagging, client.round = False, self.round
                self.hub.restart(client, self.groups[client], client.form)

    @rule(
        sections=st.lists(st.sampled_from([("world",), ("sport",), ()]), min_size=1, max_size=10),
        meanwhile=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 99))),
    )
    def publish(self, sections: list[tuple[str, ...]], meanwhile: list[tuple[str, int]]) -> None:
        """A round; between its deliveries other things happen."""
        self.round += 1
        arrived = []
        for chosen in sections:
            self.number += 1
            arrival = entry(self.number, sections=chosen)
            arrived.append((arrival, encoded(arrival)))
        self.write(self.hub.deliveries(arrived, self.is_over), meanwhile)

    @rule(made=st.integers(0, 4))
    def fail(self, made: int) -> None:
        """A round that cannot be made to its end: some deliveries are made and not written, then all catch up."""
        self.round += 1
        self.number += 1
        arrival = entry(self.number, sections=("world",))
        for _, _ in zip(range(made), self.hub.deliveries([(arrival, encoded(arrival))], self.is_over), strict=False):
            pass
        for client in self.groups:
            client.is_lagging = True

    @rule()
    def beat(self) -> None:
        """A heartbeat, long enough to be compressed if it were not for all members at once."""
        self.round += 1
        message = heartbeat(entry(1).cursor, time="2026-01-01T00:00:00Z" + "0" * 200, stale=True)
        beat = Encoded(message, "2026-01-01T00:00:00Z", ping=True)
        self.write(self.hub.broadcast(beat), [], [beat])

    def write(
        self, deliveries: Iterator[Delivery[Client]], meanwhile: list[tuple[str, int]], beats: Sequence[Encoded] = ()
    ) -> None:
        for delivery in deliveries:
            if meanwhile:
                name, pick = meanwhile.pop()
                if name == "join":
                    self.join(FORMS[pick % 2], FILTERS[pick % 3])
                elif name == "change":
                    self.change(pick, FILTERS[pick % 3])
                else:
                    {"lag": self.lag, "catch_up": self.catch_up, "leave": self.leave}[name](pick)
            for client in delivery.members:
                if self.is_over(client) or client not in self.groups:
                    continue
                client.round = self.round
                if client.is_lagging:
                    continue
                client.expected += [message.payload(client.form) for message in delivery.encoded or beats]
                client.read(delivery.data)

    @invariant()
    def every_client_reads_what_was_sent_to_it(self) -> None:
        for client in self.groups:
            assert client.received == client.expected


TestSharedContext = SharedMachine.TestCase
TestSharedContext.settings = settings(max_examples=40, stateful_step_count=30)
