"""Cursor and resume against a model: no silent gap, no duplicate, no withdrawn item that comes back.

The machine publishes, trims, wipes, rolls back and poisons a stream of plain lists; three real nodes follow it with
real readers, each at its own pace; clients join, stop reading, are cut and resume on another node with the cursor they
saw last. Every message is compared with the true descent of the entries when the client reads it.
"""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.support.resume_client import PIPE_PIECE, Client
from tests.support.resume_node import PIPE_LIMIT, Clock, WatchedNode
from tests.support.resume_stream import Model, Published
from ticker.contract.item import Act, Item
from ticker.core.filter import Filter
from ticker.core.frame import Format

NODES = 3
FILTERS = (
    Filter(),
    Filter(editions=frozenset({"en"})),
    Filter(editions=frozenset({"ar", "es"})),
    Filter(sections=frozenset({"world"})),
    Filter(editions=frozenset({"en"}), sections=frozenset({"politics"}), urgency=2),
)
FORMS = (Format.PLAIN, Format.DEFLATED, Format.SHARED, Format.SSE_GZIP, Format.SSE_SHARED)
changes = st.fixed_dictionaries(
    {
        "edition": st.sampled_from(["en", "ar", "es"]),
        "sections": st.sampled_from([("world",), ("politics",), ("politics", "world"), ()]),
        "urgency": st.sampled_from([1, 2, 4]),
    }
)
acts: st.SearchStrategy[Act] = st.sampled_from(
    ["update", "correction", "hold", "release", "withdraw", "refile", "update"]
)
NUMBERS = st.integers(0, 99)
few = st.integers(1, 5)


@pytest.fixture(autouse=True, scope="module")
def long_messages() -> Iterator[None]:
    """Replays of a few entries go in pieces here, as those of a megabyte do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ticker.contract.message.LONG_BYTES", PIPE_LIMIT)
        patch.setattr("ticker.core.long.PIECE_BYTES", PIPE_PIECE)
        patch.setattr("ticker.net.joining.PIECE_BYTES", PIPE_PIECE)
        yield


class ResumeMachine(RuleBasedStateMachine):
    """See the module's head."""

    length = 100

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.model = Model()
        self.nodes = [WatchedNode(self.model, self.clock, self.length) for _ in range(NODES)]
        self.clients: list[Client] = []
        self.calm = False

    @initialize(operations=st.lists(changes, max_size=4), calm=st.booleans())
    def start(self, operations: list[dict[str, object]], calm: bool) -> None:
        """Nodes start on a stream that may hold something already; on calm days nothing but trimming befalls it."""
        self.calm = calm
        for published_entry in operations:
            self.model.publish(published_entry)
        for node in self.nodes:
            node.read()

    # The desk, and what befalls Redis

    @rule(published=st.lists(changes, min_size=1, max_size=4))
    def publish(self, published: list[dict[str, object]]) -> None:
        for published_entry in published:
            self.model.publish(published_entry)

    @rule(pick=NUMBERS, act=acts, changed=st.just({}) | changes)
    def act(self, pick: int, act: Act, changed: dict[str, object]) -> None:
        self.model.act(pick, act, changed)

    @rule(pick=NUMBERS, act=acts, changed=changes)
    def move(self, pick: int, act: Act, changed: dict[str, object]) -> None:
        self.model.act(pick, act, changed)

    @rule(count=few)
    def trim(self, count: int) -> None:
        self.model.trim(count)

    @precondition(lambda self: not self.calm)
    @rule(counted=st.booleans())
    def poison(self, counted: bool) -> None:
        self.model.poison(counted=counted)

    @precondition(lambda self: not self.calm)
    @rule()
    def hole(self) -> None:
        self.model.hole()

    @precondition(lambda self: not self.calm)
    @rule(what=st.sampled_from(["all", "all, clock back", "stream", "meta"]))
    def lose(self, what: str) -> None:
        if what == "stream":
            self.model.trim(10_000)
        elif what == "meta":
            self.model.lose_meta()
        else:
            self.model.wipe(clock_back=10_000_500 if "back" in what else 0)

    @precondition(lambda self: not self.calm)
    @rule(back=few, then=st.lists(changes, max_size=4))
    def roll_back(self, back: int, then: list[dict[str, object]]) -> None:
        self.model.restore(back)
        for published_entry in then:
            self.model.publish(published_entry)

    @rule()
    def leave_or_return(self) -> None:
        self.model.away = not self.model.away

    # Nodes

    @rule(pick=NUMBERS)
    def read(self, pick: int) -> None:
        self.nodes[pick % NODES].read()

    @rule(pick=NUMBERS)
    def read_on(self, pick: int) -> None:
        """A quiet turn as well, after which the reader asks where the stream stands."""
        for _ in range(3):
            self.nodes[pick % NODES].read()

    @rule(pick=NUMBERS, published=changes)
    def read_while_something_is_published(self, pick: int, published: dict[str, object]) -> None:
        node = self.nodes[pick % NODES]
        node.view.on_answer = lambda: self.model.publish(published)
        node.read()

    @rule(pick=NUMBERS)
    def beat(self, pick: int) -> None:
        self.nodes[pick % NODES].send_heartbeat()

    @rule(pick=NUMBERS)
    def restart(self, pick: int) -> None:
        """Another process takes a node's place; it takes no join before it has read the stream."""
        old = self.nodes[pick % NODES]
        for client in self.clients:
            if client.online and client.served is old:
                client.cut()
        self.nodes[pick % NODES] = WatchedNode(self.model, self.clock, self.length)
        self.nodes[pick % NODES].read()

    @rule(seconds=st.sampled_from([0.5, 2.0, -5.0]))
    def pass_time(self, seconds: float) -> None:
        self.clock.now += seconds

    # Clients

    @rule(pick=NUMBERS, filter=st.sampled_from(FILTERS), form=st.sampled_from(FORMS))
    def join(self, pick: int, filter: Filter, form: Format) -> None:
        node = self.nodes[pick % NODES]
        if node.refusal() is None:
            self.clients.append(Client(node, filter, form))
            self.clients[-1].join(node)

    @rule(who=NUMBERS)
    def cut(self, who: int) -> None:
        online = [client for client in self.clients if client.online]
        if online:
            online[who % len(online)].cut()

    @rule(who=NUMBERS, pick=NUMBERS)
    def resume(self, who: int, pick: int) -> None:
        offline = [client for client in self.clients if not client.online]
        node = self.nodes[pick % NODES]
        if offline and node.refusal() is None:
            offline[who % len(offline)].join(node)

    @rule(who=NUMBERS)
    def stop_reading(self, who: int) -> None:
        if self.clients:
            self.clients[who % len(self.clients)].pipe.reading = False

    @rule(who=NUMBERS)
    def read_again(self, who: int) -> None:
        online = [client for client in self.clients if client.online]
        if online:
            online[who % len(online)].pipe.read()

    @invariant()
    def nothing_withdrawn_is_shown_after_its_withdrawal(self) -> None:
        for client in self.clients:
            withdrawn = {uri for uri, item in client.known.items() if item.pub_status == "canceled"}
            client.withdrawn |= withdrawn
            assert not client.withdrawn & client.visible().keys()

    def teardown(self) -> None:
        """In the end all is quiet: every list is what the stream folds to."""
        self.model.away = False
        for node in self.nodes:
            for _ in range(4):
                node.read()
            assert node.stale == node.is_ahead
            self._current(node)
        for number, client in enumerate(self.clients):
            if client.online:
                client.pipe.read()
            else:
                client.join(self.nodes[number % NODES])
        for node in self.nodes:
            node.send_heartbeat()
        for client in self.clients:
            client.pipe.read()
            self._caught_up(client)

    def _current(self, node: WatchedNode) -> None:
        tip = self.model.state.tip
        records = [published for _, published in self.model.state.entries]
        if tip is not None and tip.item is not None and tip in records:
            assert node.published() is tip and not node.stale, "a node stands still"
        if tip is not None and tip.item is None and tip in records and self.model.state.epoch is not None:
            assert node.is_ahead, "a node does not say that it cannot read what was published"

    def _caught_up(self, client: Client) -> None:
        newest = client.served.published()
        assert client.reached is newest, "a client stands still"
        folded = client.served.folded()
        path = newest.path_from(client.base) if newest is not None else []
        assert path is not None
        since = {published_entry.item.uri for published_entry in path if published_entry.item is not None}
        on_screen = {uri: item for uri, item in client.visible().items() if client.filter.matches(item)}
        for uri, item in client.served.current().items():
            if client.filter.matches(item) and uri not in client.withdrawn:
                # One that was forgotten before its snapshot may be there again by a restored backup.
                assert on_screen.get(uri) == item or (uri not in on_screen and uri not in since)
        for uri, item in on_screen.items():
            # One that is forgotten here may still be visible, if nothing came after it.
            assert folded.get(uri, item) == item
            assert newest is not None and item == last_version(newest, uri)


def last_version(published: Published, uri: str) -> Item | None:
    """The newest version of an item on the way to `published`."""
    path = published.path_from(None) or []
    return next(
        (
            published_entry.item
            for published_entry in reversed(path)
            if published_entry.item is not None and published_entry.item.uri == uri
        ),
        None,
    )


class ShortMachine(ResumeMachine):
    """Nodes that forget early."""

    length = 5


def test_a_client_from_before_the_first_publication_gets_it_when_the_stream_appears() -> None:
    model, clock = Model(), Clock()
    node = WatchedNode(model, clock, 100)
    node.read()
    client = Client(node, Filter())
    client.join(node)
    for _ in range(3):
        published = model.publish({})
    node.read()
    assert client.reached is published and len(client.visible()) == 3


def test_a_lagging_client_gets_missed_entries_in_parts_and_once() -> None:
    model, clock = Model(), Clock()
    node = WatchedNode(model, clock, 100)
    node.read()
    client = Client(node, Filter())
    client.join(node)
    client.pipe.reading = False
    for _ in range(30):
        published = model.publish({})
        node.read()
    assert not client.visible() and len(node.lagging) == 1 and client.pipe.get_write_buffer_size() < 2 * PIPE_LIMIT
    client.pipe.read()
    assert client.cursor == str(published.cursor) and len(client.visible()) == 30 and not node.lagging


def test_reused_numbers_with_older_ids_are_detected_by_the_missing_entry() -> None:
    model, clock = Model(), Clock()
    for _ in range(4):
        model.publish({})
    node = WatchedNode(model, clock, 100)
    node.read()
    # Two are rolled back, and the server's clock is behind: XREAD after the lost id is silent, and the number agrees.
    model.restore(2)
    model.set_clock_back(50_000)
    for _ in range(2):
        tip = model.publish({})
    for _ in range(3):
        node.read()
    assert node.published() is tip


def test_an_unreadable_entry_that_a_backup_put_into_a_hole_is_reported_until_it_is_gone() -> None:
    model, clock = Model(), Clock()
    model.hole()
    node = WatchedNode(model, clock, 100)
    node.read()
    assert (node.stale, node.is_ahead) == (False, False)
    model.restore(1)
    for _ in range(2):
        node.read()
    assert (node.stale, node.is_ahead) == (True, True)
    model.trim(1)
    for _ in range(3):
        node.read()
    assert (node.stale, node.is_ahead) == (False, False)


def test_an_entry_that_arrives_during_a_rebuild_loses_no_clients_position() -> None:
    model, clock = Model(), Clock()
    first = model.publish({})
    node = WatchedNode(model, clock, 100)
    node.view.on_answer = lambda: model.publish({})
    node.read()
    assert node.backlog.can_resume(first.cursor) and node.holds_path(first)
    assert node.metrics.registry.get_sample_value("flashwire_rebuilds_total") == 0


def _examples(count: int) -> settings:
    return settings(
        max_examples=count,
        stateful_step_count=40,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


TestResume = ResumeMachine.TestCase
TestResume.settings = _examples(50)
TestResumeWithShortBacklogs = ShortMachine.TestCase
TestResumeWithShortBacklogs.settings = _examples(50)


@pytest.mark.slow
class TestManyResumes(ResumeMachine.TestCase):  # type: ignore[misc, valid-type]  # Hypothesis makes it
    settings = _examples(500)


@pytest.mark.slow
class TestManyResumesWithShortBacklogs(ShortMachine.TestCase):  # type: ignore[misc, valid-type]  # the same
    settings = _examples(500)
