"""Messages that refer to earlier ones, read by inflaters that know nothing of how the node chose the references."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from random import Random
from unittest.mock import patch

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.support.entries import entry
from tests.ticker.core.test_frame import unchunked
from ticker.contract.entry import Entry
from ticker.contract.message import heartbeat, live, snapshot
from ticker.core import gzip_stream
from ticker.core.backlog import Backlog
from ticker.core.filter import Filter
from ticker.core.frame import ALONE, DEFLATE_FROM, GZIP, MOST_CONTEXTS, PING, PLAIN_OF, WINDOW_BITS, Encoded, Format
from ticker.core.hub import Delivery, Group, Hub
from ticker.core.shared_context import SharedMembers

FILTERS = (
    Filter(),
    Filter(sections=frozenset({"world"})),
    Filter(sections=frozenset({"sport"})),
    Filter(editions=frozenset({"canary"})),
)
ACTS = ("join", "change", "lag", "catch_up", "leave")
SOCKETS = (Format.SHARED, Format.CLOUDEVENTS_SHARED, Format.SHARED, Format.DEFLATED)
STREAMS = (Format.SSE_SHARED, Format.SSE_SHARED, Format.SSE_GZIP)
INTERVALS = (0, 5)
SIZES = ("usual", "short", "large")
# The second half repeats the first, from further away than the window reaches.
LARGE = b'"%b"' % (Random(1).randbytes(2_500).hex().encode() * 2)


class Client:
    """A client with a window of 4 KiB: a reference that goes further back is an error."""

    def __init__(self, form: Format, interval: int = 0) -> None:
        self.form = form
        self.interval = interval
        self.expected: list[bytes] = []
        self.received: list[bytes] = []
        self.frame_bytes: list[int] = []
        self.round = 0
        self.is_lagging = False
        self.needs_list = False
        """Whether it catches up with a list: its position was lost, or it changed its filter while it lagged."""
        self._window = zlib.decompressobj(-WINDOW_BITS)
        if form in GZIP:
            self._window = zlib.decompressobj(31)
            self._window.decompress(gzip_stream.HEAD + gzip_stream.stored(b"retry: 1000\n"))

    def read(self, data: bytes) -> None:
        if self.form in GZIP:
            self._read_events(data)
            return
        while data := data.removeprefix(PING):
            length, start = (data[1], 2) if data[1] < 126 else (int.from_bytes(data[2:4]), 4)
            payload, self_contained = data[start : start + length], data[0] == 0x81
            self.frame_bytes.append(start + length)
            data = data[start + length :]
            if not self_contained:
                if self.form not in ALONE:
                    self._window = zlib.decompressobj(-WINDOW_BITS)
                payload = inflated(self._window, payload + b"\0\0\xff\xff")
            self.received.append(payload)

    def _read_events(self, data: bytes) -> None:
        while data:
            size = data.partition(b"\r\n")[0]
            end = len(size) + int(size, 16) + 4
            # Each chunk is a complete event, which nothing after it has to push out.
            event = inflated(self._window, unchunked(data[:end]))
            assert event.endswith(b"\n\n")
            self.received.append(event)
            self.frame_bytes.append(end)
            data = data[end:]


def inflated(window: "zlib._Decompress", data: bytes) -> bytes:
    """Inflates in small steps: zlib takes references from its output, too, which may be more than the window."""
    result = b""
    while True:
        part = window.decompress(data, 256)
        result, data = result + part, window.unconsumed_tail
        if len(part) < 256 and not data:
            return result


def encoded(arrival: Entry, size: str = "usual") -> Encoded:
    item = {"usual": arrival.item_json, "short": b"{}", "large": LARGE}[size]
    message = live(arrival.cursor, item)
    assert (len(message.body) < DEFLATE_FROM) == (size == "short")
    return Encoded(message, arrival.item.version_created)


def listing(number: int) -> Encoded:
    """A list of entries, longer than a window."""
    items = [entry(number + offset).item_json for offset in range(12)]
    message = snapshot(entry(number).cursor, items, complete=False, heartbeat=15, time="now")
    assert len(message.body) > 1 << WINDOW_BITS
    return Encoded(message, "now")


@pytest.mark.parametrize("form", [Format.SHARED, Format.SSE_SHARED])
def test_an_item_takes_a_fraction_once_a_client_has_received_the_ones_before_it(form: Format) -> None:
    hub: Hub[Client] = Hub(Backlog(100))
    early, late = Client(form), Client(form)
    hub.join(early, Filter(), form)
    for number in range(1, 13):
        if number == 6:
            hub.join(late, Filter(), form)
        arrival = encoded(entry(number))
        deliveries = list(hub.deliveries([(entry(number), arrival)]))
        for members, data, *_ in deliveries:
            for member in members:
                member.expected.append(arrival.payload(form))
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


def test_a_heartbeat_in_a_gzip_stream_is_one_of_the_messages_that_later_ones_refer_to() -> None:
    hub: Hub[Client] = Hub(Backlog(100))
    usual, own = Client(Format.SSE_SHARED), Client(Format.SSE_SHARED, 5)
    for client in (usual, own):
        hub.join(client, Filter(), client.form, client.interval)
    for number in range(1, 9):
        arrival = encoded(entry(number))
        beat = Encoded(heartbeat(entry(1).cursor, time="now", stale=False), "", ping=True)
        rounds = [hub.deliveries([(entry(number), arrival)]), hub.broadcast(beat, interval=0)]
        for message, deliveries in zip((arrival, beat), rounds, strict=True):
            for delivery in deliveries:
                for member in delivery.members:
                    member.expected.append(message.payload(member.form))
                    member.read(delivery.data)
    assert usual.received == usual.expected and len(usual.received) == 16
    assert own.received == own.expected and len(own.received) == 8
    assert usual.frame_bytes[-1] < usual.frame_bytes[1] / 2 and usual.frame_bytes[-2] < usual.frame_bytes[0] / 2


def test_groups_with_the_same_messages_share_one_compression() -> None:
    hub: Hub[str] = Hub(Backlog(100))
    for name, filter in zip("abc", FILTERS[:3], strict=True):
        hub.join(name, filter, Format.SHARED)
    for number in range(1, 4):
        arrived = [(entry(number), encoded(entry(number)))]
        [delivery] = hub.deliveries(arrived)
        assert set(delivery.members) == {"a", "b"}


def test_thousands_of_histories_cost_a_bounded_number_of_compressions() -> None:
    message = encoded(entry(1))
    frames = {message.bytes_after(Format.SHARED, (b"%d" % number * 100,)) for number in range(1000)}
    assert len(frames) <= MOST_CONTEXTS + 1 and message.bytes_for(Format.SHARED) in frames


def padded(size: int, number: int) -> Encoded:
    """A message of about `size` bytes."""
    return Encoded(live(entry(number).cursor, b'{"a":"%b"}' % (b"x" * size)), "")


def test_a_member_is_in_one_delivery_and_in_none_if_it_has_the_messages() -> None:
    members: SharedMembers[str] = SharedMembers(Format.SHARED)
    members.add("early")
    members.frames([padded(400, 1)], lambda _: False)
    members.add("ready")
    members.add("waits")
    deliveries = members.frames([padded(400, 2)], lambda member: member == "ready")
    assert sorted(member for chosen, _ in deliveries for member in chosen) == ["early", "waits"]
    assert sorted(members) == ["early", "ready", "waits"] and len(members) == 3


@pytest.mark.parametrize("late", [1, 5])
def test_members_that_come_to_the_last_step_join_those_that_are_there(late: int) -> None:
    members: SharedMembers[int] = SharedMembers(Format.SHARED)
    for number in range(20):
        for member in {0: range(3), 2: range(3, 3 + late)}.get(number, ()):
            members.add(member)
        members.frames([padded(200, number + 1)], lambda _: False)
        assert len(members) == len(set(members)) == (3 if number < 2 else 3 + late)
    [(everyone, _)] = members.frames([padded(200, 30)], lambda _: False)
    assert sorted(everyone) == list(range(3 + late))


def test_a_message_that_is_not_compressed_is_no_reference_on_a_websocket() -> None:
    members: SharedMembers[Client] = SharedMembers(Format.SHARED)
    client = Client(Format.SHARED)
    members.add(client)
    for number, size in enumerate((300, 5, 300, 5, 5, 300, 300), 1):
        message = padded(size, number)
        for _, data in members.frames([message, padded(5, 50), padded(300, 60)], lambda _: False):
            client.read(data)
        client.expected += [each.payload(Format.SHARED) for each in (message, padded(5, 50), padded(300, 60))]
    assert client.received == client.expected


def test_a_group_keeps_no_more_text_than_a_window_holds() -> None:
    for size in (1 << WINDOW_BITS, 300):
        members: SharedMembers[str] = SharedMembers(Format.SHARED)
        members.add("reader")
        for number in range(1, 20):
            members.frames([padded(size, number)], lambda _: False)
        kept = members._recent
        assert sum(map(len, kept[1:])) < 1 << WINDOW_BITS and len(kept) == (1 if size > 300 else 8)


class SharedMachine(RuleBasedStateMachine):
    """Clients join, leave, change their filter, lag and catch up, also in the middle of a round."""

    forms: tuple[Format, ...] = SOCKETS

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
        self.groups[client] = self.hub.join(client, filter, client.form, client.interval)
        self.send_alone(client, encoded(entry(10_000)))

    def send_alone(self, client: Client, *messages: Encoded, is_compressed: bool = True) -> None:
        """Messages of its own, such as its first one; without compression while too many bytes are unsent."""
        form = client.form if is_compressed else PLAIN_OF[client.form]
        client.expected += [message.payload(client.form) for message in messages]
        client.read(b"".join(message.bytes_for(form) for message in messages))

    @rule(pick=st.integers(0, 99), filter=st.sampled_from(FILTERS))
    def join(self, pick: int, filter: Filter) -> None:
        self.enter(Client(self.forms[pick % len(self.forms)], INTERVALS[pick % 2]), filter)

    @rule(pick=st.integers(0, 99))
    def leave(self, pick: int) -> None:
        if self.groups:
            client = list(self.groups)[pick % len(self.groups)]
            self.hub.leave(client, self.groups.pop(client), client.form)

    @rule(pick=st.integers(0, 99), filter=st.sampled_from(FILTERS))
    def change(self, pick: int, filter: Filter) -> None:
        if self.groups:
            client = list(self.groups)[pick % len(self.groups)]
            self.hub.leave(client, self.groups[client], client.form)
            if not client.is_lagging:
                self.enter(client, filter)
                return
            # Its answer waits until its buffer has space, and it gets no round before.
            client.needs_list, client.round = True, self.round
            self.groups[client] = self.hub.join(client, filter, client.form, client.interval)

    @rule(pick=st.integers(0, 99))
    def lag(self, pick: int) -> None:
        if self.groups:
            list(self.groups)[pick % len(self.groups)].is_lagging = True

    @rule(pick=st.integers(0, 99))
    def catch_up(self, pick: int) -> None:
        if self.groups:
            self.send_missed(list(self.groups)[pick % len(self.groups)], pick)

    def send_missed(self, client: Client, pick: int) -> None:
        if client.is_lagging:
            if client.needs_list:
                self.send_alone(client, listing(20_000), is_compressed=pick % 3 > 0)
            self.send_alone(client, *(encoded(entry(30_000 + number)) for number in range(pick % 4)))
            client.is_lagging = client.needs_list = False
            client.round = self.round
            self.hub.restart(client, self.groups[client], client.form)

    @rule()
    def roll_back(self) -> None:
        """The position in the stream is lost: each client gets a list before any round (`ticker.node.recovery`)."""
        for client in self.groups:
            client.is_lagging = client.needs_list = True

    @rule(pick=st.integers(0, 99), count=st.integers(1, 10))
    def recover(self, pick: int, count: int) -> None:
        """A step of the recovery, in which some clients catch up."""
        for client in [client for client in self.groups if client.is_lagging][:count]:
            self.send_missed(client, pick)

    @rule(
        sections=st.lists(st.sampled_from([("world",), ("sport",), ()]), min_size=1, max_size=10),
        meanwhile=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 99))),
        sizes=st.lists(st.sampled_from(SIZES), max_size=10),
    )
    def publish(
        self, sections: list[tuple[str, ...]], meanwhile: list[tuple[str, int]], sizes: Sequence[str] = ()
    ) -> None:
        """A round; between its deliveries other things happen. Messages after the last of `sizes` are usual ones."""
        self.round += 1
        arrived = []
        for index, chosen in enumerate(sections):
            self.number += 1
            arrival = entry(self.number, sections=chosen)
            arrived.append((arrival, encoded(arrival, sizes[index] if index < len(sizes) else "usual")))
        self.write(self.hub.deliveries(arrived, self.is_over), meanwhile)

    @rule(meanwhile=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 99))))
    def canary(self, meanwhile: list[tuple[str, int]]) -> None:
        """A round for those clients alone who ask for canaries."""
        self.round += 1
        message = encoded(entry(40_000 + self.round))
        self.write(self.hub.canary_deliveries(message, self.is_over), meanwhile)

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

    @rule(
        interval=st.sampled_from([None, *INTERVALS]),
        meanwhile=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 99))),
    )
    def beat(self, interval: int | None, meanwhile: list[tuple[str, int]]) -> None:
        """A heartbeat, long enough to be compressed if it were not for all members at once."""
        self.round += 1
        message = heartbeat(entry(1).cursor, time="2026-01-01T00:00:00Z" + "0" * 200, stale=True)
        beat = Encoded(message, "2026-01-01T00:00:00Z", ping=True)
        if interval:
            self.write(self.hub.broadcast_to_streams(beat, self.is_over, interval), meanwhile, [beat])
            return
        for client in self.groups:
            if interval == 0 and client.interval:
                client.round = self.round
        self.write(self.hub.broadcast(beat, self.is_over, interval), meanwhile, [beat])

    def write(
        self, deliveries: Iterator[Delivery[Client]], meanwhile: list[tuple[str, int]], beats: Sequence[Encoded] = ()
    ) -> None:
        for delivery in deliveries:
            if meanwhile:
                name, pick = meanwhile.pop()
                if name == "join":
                    self.join(pick, FILTERS[pick // 7 % len(FILTERS)])
                elif name == "change":
                    self.change(pick, FILTERS[pick % len(FILTERS)])
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


class StreamMachine(SharedMachine):
    """The same with event streams in gzip."""

    forms = STREAMS


class FewContextsMachine(SharedMachine):
    """The same where one message is compressed after one other history at most."""

    def __init__(self) -> None:
        super().__init__()
        self._limit = patch("ticker.core.frame.MOST_CONTEXTS", 1)
        self._limit.start()

    def teardown(self) -> None:
        self._limit.stop()


@pytest.mark.parametrize("machine", [SharedMachine, StreamMachine, FewContextsMachine])
@pytest.mark.parametrize("seed", range(8))
def test_many_clients_read_all_of_a_long_history(machine: type[SharedMachine], seed: int) -> None:
    """Hypothesis mostly tries one or two clients, of which one lags; here are ten, and most of them read."""
    state, random = machine(), Random(seed)

    def meanwhile() -> list[tuple[str, int]]:
        return [(random.choice(ACTS), random.randrange(100)) for _ in range(random.choice((0, 0, 2)))]

    def publish() -> None:
        count = random.choice((1, 1, 1, 2, 10))
        sections = [random.choice([("world",), ("sport",), ()]) for _ in range(count)]
        state.publish(sections, meanwhile(), random.choices(SIZES, (8, 1, 1), k=count))

    def catch_up() -> None:
        for pick in range(10):
            state.catch_up(pick)

    acts: dict[Callable[[], None], int] = {
        publish: 10,
        lambda: state.beat(random.choice([None, *INTERVALS]), meanwhile()): 4,
        lambda: state.join(random.randrange(100), random.choice(FILTERS)): 2,
        lambda: state.leave(random.randrange(100)): 1,
        lambda: state.change(random.randrange(100), random.choice(FILTERS)): 1,
        lambda: state.lag(random.randrange(100)): 1,
        catch_up: 2,
        lambda: state.canary(meanwhile()): 2,
        state.roll_back: 1,
        lambda: state.recover(random.randrange(100), random.randrange(1, 11)): 2,
    }
    for pick in range(10):
        state.join(pick, random.choice(FILTERS))
    try:
        for act in random.choices(list(acts), list(acts.values()), k=60):
            act()
            state.every_client_reads_what_was_sent_to_it()
    finally:
        state.teardown()


TestSharedContext = SharedMachine.TestCase
TestSharedContext.settings = settings(max_examples=40, stateful_step_count=30)
TestSharedStreams = StreamMachine.TestCase
TestSharedStreams.settings = settings(max_examples=60, stateful_step_count=30)
TestFewContexts = FewContextsMachine.TestCase
TestFewContexts.settings = settings(max_examples=20, stateful_step_count=30)
