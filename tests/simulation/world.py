"""One simulated world: a store, its nodes with their tasks, and the readers; all else is the ticker's own code."""

import asyncio
import random
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any, cast

from tests.simulation.kernel import Kernel, Socket
from tests.simulation.oracle import Violation
from tests.simulation.reader import SimulatedReader
from tests.simulation.store import Client, Store
from tests.simulation.virtual_loop import VirtualLoop
from tests.support.resume_stream import KEYRING, Published
from ticker.contract.entry import Entry
from ticker.contract.site import load_site
from ticker.core.filter import Filter
from ticker.net.first_bytes import PendingConnection, Router
from ticker.net.poller import Poller
from ticker.net.transport import SocketTransport
from ticker.net.websocket import WebSocketConnection
from ticker.node.node import Node
from ticker.node.sweep import sweep
from ticker.reader.reader import Reader
from ticker.reader.sink import StreamContents
from ticker.server import drain
from ticker.settings import TickerSettings
from ticker.stream.primary import PrimaryCheck
from ticker.stream.redis_stream import Stream

SITE = load_site(None)
WRITE_LIMIT = 2_400
SLOW_SECONDS = 6.0
HEARTBEAT_SECONDS = 4.0
WALL = 1_800_000_000.0


class SimulatedNode(Node):
    """A node with its reader, its poller and its sweep; it notes where each cursor stands, and what it has read."""

    def __init__(self, world: "World") -> None:
        loop = world.loop

        def steady() -> float:
            # Work takes time: so a round pauses between two readers, and other events come in between.
            loop.now += world.work_seconds
            return loop.now

        settings = TickerSettings.model_construct(
            stream_length=world.length,
            write_limit_bytes=WRITE_LIMIT,
            slow_seconds=SLOW_SECONDS,
            heartbeat_seconds=HEARTBEAT_SECONDS,
            # In each history from one address of a reader: no reader is suspected to be unable to decompress.
            forwarded_allow_ips="127.0.0.1",
        )
        super().__init__(settings, SITE, lambda: WALL + loop.now, steady)
        self.rounds._batch = 1
        self.client = Client(world.store)
        stream = Stream(cast(Any, self.client), KEYRING.brand)
        stream._primary = PrimaryCheck(cast(Any, self.client), lambda: loop.now)
        self.poller = Poller(loop)
        config = SimpleNamespace(ws_protocol_class=WebSocketConnection)
        self._router = Router(cast(Any, config), cast(Any, None), {"node": self}, loop)
        self._world = world
        self.seen: dict[str, int] = {}
        """The highest version of each item that this node has read."""
        reader = Reader(
            stream, KEYRING, self, jitter=world.chance.random, steady=lambda: loop.now, on_busy=self.work_queue.pause
        )
        self._tasks = [loop.create_task(self._watched(run)) for run in (reader.run(), sweep(self))]

    async def _watched(self, run: Coroutine[Any, Any, None]) -> None:
        try:
            await run
        except Exception as error:
            self._world.fail(error)

    def accept(self, sock: Socket, head: bytes, peer: str) -> None:
        """Takes a connection, with its first bytes or before they arrive."""
        transport = SocketTransport(self.poller, sock.fd)
        if self._world.chance.random() < 0.5:
            with self.poller.corked():
                self._router.route(transport, head, peer)
        else:
            pending = PendingConnection(self._router, peer)
            transport.set_protocol(pending)
            pending.connection_made(transport)
            sock.send(head)

    def rebuild(self, contents: StreamContents) -> None:
        super().rebuild(contents)
        self._note(contents.entries)
        cursor, world = self.backlog.newest, self._world
        if str(cursor) not in world.store.model.by_cursor and (contents.position.epoch or contents.entries):
            world.positions[str(cursor)] = self.client.tips[contents.position.epoch, contents.position.seq]
        for entry in self.backlog.current(Filter(), 1000, self.wall())[0]:
            # A node remembers as many lost versions as its backlog has entries.
            if entry.item.version < self.seen[entry.item.uri] and len(self.seen) <= world.length:
                world.fail(Violation(f"a node lists {entry.item.uri[-3:]} in an older version than it has read"))

    def append(self, entries: Any) -> None:  # Any: as in the base class
        self._note(entries)
        super().append(entries)

    def _note(self, entries: Any) -> None:  # Any: a sequence of entries
        for entry in entries:
            assert isinstance(entry, Entry)
            self.seen[entry.item.uri] = max(entry.item.version, self.seen.get(entry.item.uri, 0))

    def start_drain(self, seconds: float) -> None:
        self._tasks.append(self._world.loop.create_task(self._watched(drain(self, seconds))))

    async def kill(self) -> None:
        """Ends the process: its sockets are closed by the kernel."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.poller.close()


class World:
    """Store, nodes and readers of one history; `chance` decides delays and the like."""

    def __init__(self, loop: VirtualLoop, chance: random.Random, nodes: int, length: int, work_seconds: float) -> None:
        self.loop = loop
        self.chance = chance
        self.length = length
        self.work_seconds = work_seconds
        self.kernel = Kernel(loop, chance)
        self.store = Store(loop, chance)
        self.positions: dict[str, Published | None] = {}
        """Where cursors stand that belong to no entry."""
        self.nodes: list[SimulatedNode | None] = [None] * nodes
        self.readers: list[SimulatedReader] = []
        self.failure: BaseException | None = None

    def fail(self, error: BaseException) -> None:
        """Notes the first failure."""
        self.failure = self.failure or error

    def start_node(self, index: int) -> None:
        self.nodes[index] = SimulatedNode(self)

    def node_at(self, index: int) -> SimulatedNode | None:
        return self.nodes[index % len(self.nodes)]

    def position_of(self, cursor: str) -> Published | None:
        """The entry at which `cursor` stands; None before the first."""
        by_cursor = self.store.model.by_cursor
        return by_cursor[cursor] if cursor in by_cursor else self.positions.get(cursor)
