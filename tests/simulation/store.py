"""A simulated Redis: the commands of `ticker.stream` over a stream of plain lists, with a network that delays and cuts.

`Store` holds the truth (`tests.support.resume_stream`) and its servers. A failover makes a new server that may have
lost entries, while the old one may go on answering. `Client` and `Pool` have the methods of redis-py that the ticker
calls.
"""

import asyncio
import random
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from tests.simulation.virtual_loop import VirtualLoop
from tests.support.resume_stream import KEYRING, Model, Published, State
from ticker.contract.entry import seal
from ticker.contract.item import Item, encode_item
from ticker.reader.reader import TIMEOUT_SECONDS
from ticker.stream.connect import CONNECT_SECONDS
from ticker.stream.keys import Keys
from ticker.stream.redis_stream import Record, id_order

KEYS = Keys(KEYRING.brand)
Reply = Any  # Any: redis-py's replies have no type


class Server:
    """One server; after a failover it keeps the state that it had."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._frozen: State | None = None
        self.readers: dict[asyncio.Future[list[Record]], int] = {}
        """Reads that wait, and the number after which each waits for a record."""

    @property
    def state(self) -> State:
        return self._frozen or self._model.state

    def depose(self) -> None:
        self._frozen = self._model.state

    def after(self, entry_id: bytes) -> list[Record]:
        order = id_order(entry_id)
        return [record for record, _ in self.state.entries if id_order(record[0]) > order]

    def wake(self) -> None:
        """Answers the reads for which a record has arrived: each gets that record alone, as from Redis."""
        entries = self.state.entries
        for future, after in list(self.readers.items()):
            if entries and id_order(entries[-1][0][0])[0] > after and not future.done():
                future.set_result([entries[-1][0]])


class Store:
    """The stream's truth, and what the simulation knows of it."""

    def __init__(self, loop: VirtualLoop, chance: random.Random) -> None:
        self.loop = loop
        self.chance = chance
        self.model = Model()
        self.primary = Server(self.model)
        self.versions: dict[str, list[Item]] = {}
        """Every version of each item that was ever published."""
        self.entries: dict[str, list[Published]] = {}
        """Every entry of each item that was ever published, also on a server that lost it."""
        self.forgotten: set[Published] = set()
        """Entries that were trimmed, or lost by a failover or a wipe."""
        self.lost_versions: dict[str, int] = {}
        self.is_calm = True
        """Whether nothing but trimming has happened to the stream."""
        self._folds: dict[Published | None, dict[str, Published]] = {None: {}}

    def published(self, published: Published | None) -> None:
        """Notes a new entry."""
        if published is not None and published.item is not None:
            item = published.item
            self.versions.setdefault(item.uri, []).append(item)
            self.entries.setdefault(item.uri, []).append(published)
        self.primary.wake()

    def trim(self, count: int) -> None:
        self.forgotten |= {published for _, published in self.model.state.entries[:count] if published is not None}
        self.model.trim(count)

    def fail_over(self, back: int, *, lingers: bool) -> None:
        """A new primary, without the last `back` changes. The old one may keep answering open connections."""
        old, tip = self.primary, self.model.state.tip
        old.depose()
        self.primary = Server(self.model)
        self.model.restore(back)
        self._note_loss(tip)
        if not lingers:
            for future in list(old.readers):
                if not future.done():
                    future.set_exception(RedisConnectionError("the server went away"))

    def wipe(self) -> None:
        tip = self.model.state.tip
        self.forgotten |= {published for _, published in self.model.state.entries if published is not None}
        self.model.wipe()
        self._note_loss(tip)

    def _note_loss(self, old_tip: Published | None) -> None:
        self.is_calm = False
        kept = set(self.lineage(self.model.state.tip))
        for published in self.lineage(old_tip):
            if published not in kept:
                self.forgotten.add(published)
                if published.item is not None:
                    uri, version = published.item.uri, published.item.version
                    self.lost_versions[uri] = max(version, self.lost_versions.get(uri, 0))

    @staticmethod
    def lineage(tip: Published | None) -> list[Published]:
        return [] if tip is None else tip.path_from(None) or []

    def fold(self, published: Published | None) -> dict[str, Published]:
        """The newest readable entry of each item on the way to `published`."""
        fold = self._folds.get(published)
        if fold is None:
            assert published is not None
            fold = dict(self.fold(published.parent))
            if published.item is not None:
                fold[published.item.uri] = published
            self._folds[published] = fold
        return fold


class Client:
    """A node's client: redis.asyncio.Redis, as far as the ticker uses it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.server: Server | None = None
        """The server that open connections lead to; None before the first command and after they were closed."""
        self.cut_until = 0.0
        """Until when no byte passes: commands then fail, at once or by their timeout."""
        self.hangs = False
        """Whether a cut is silent, so that commands fail by their timeout."""
        self.delay = 0.0005
        self.tips: dict[tuple[str | None, int], Published | None] = {}
        """The newest entry of the server by the position that it named last."""
        self.connection_pool = Pool(self)

    @property
    def is_cut(self) -> bool:
        return self.store.loop.now < self.cut_until

    async def reach(self) -> Server:
        """The server at the other end, after the way to it."""
        if self.server is None:
            await self._travel(CONNECT_SECONDS)
            self.server = self.store.primary
        else:
            await self._travel(TIMEOUT_SECONDS)
        return self.server

    async def _travel(self, limit: float) -> None:
        await asyncio.sleep(self.delay * self.store.chance.random())
        if self.is_cut:
            await self.fail(limit)

    async def fail(self, limit: float) -> None:
        self.server = None
        if self.hangs:
            await asyncio.sleep(limit)
            raise RedisTimeoutError("Timeout reading")
        raise RedisConnectionError("Connection closed by server.")

    async def hmget(self, name: str, keys: list[str]) -> list[bytes | None]:
        state = (await self.reach()).state
        self.tips[state.epoch, state.seq] = state.tip
        await self._travel(TIMEOUT_SECONDS)
        return [None, None] if state.epoch is None else [state.epoch.encode(), b"%d" % state.seq]

    async def xrevrange(self, name: str, count: int) -> list[Record]:
        state = (await self.reach()).state
        await self._travel(TIMEOUT_SECONDS)
        return [] if name != KEYS.items else [record for record, _ in state.entries[-count:]]

    async def xrange(self, name: str, min: str | bytes, max: bytes | None = None, count: int = 0) -> list[Record]:
        state = (await self.reach()).state
        records = [record for record, _ in state.entries]
        await self._travel(TIMEOUT_SECONDS)
        if max is not None:
            return [record for record in records if record[0] == max]
        if isinstance(min, str) and min.startswith("("):
            records = [record for record in records if id_order(record[0]) > id_order(min[1:].encode())]
        return records[:count]

    async def xread(self, ids: dict[str, bytes], count: int, block: int | None) -> dict[bytes, list[Record]]:
        server, after = await self.reach(), ids[KEYS.items]
        records = server.after(after)[:count]
        if not records and block is not None:
            future: asyncio.Future[list[Record]] = asyncio.get_running_loop().create_future()
            server.readers[future] = id_order(after)[0]
            timer = asyncio.get_running_loop().call_later(block / 1000, _end, future)
            try:
                records = await future
            except RedisConnectionError:
                self.server = None
                raise
            finally:
                timer.cancel()
                del server.readers[future]
        await self._travel(TIMEOUT_SECONDS)
        return {KEYS.items.encode(): records} if records else {}

    async def aclose(self) -> None:
        self.server = None


def _end(future: asyncio.Future[list[Record]]) -> None:
    if not future.done():
        future.set_result([])


class Pool:
    """The connection pool of one client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def make_connection(self) -> "Connection":
        return Connection(self._client)

    async def get_connection(self) -> "Connection":
        connection = Connection(self._client)
        await self._client.reach()
        return connection

    async def release(self, connection: "Connection") -> None:
        pass

    async def disconnect(self, inuse_connections: bool = True) -> None:
        self._client.server = None

    async def update_active_connections_for_reconnect(self) -> None:
        self._client.server = None


class Connection:
    """One connection of a pool, for `HELLO` and for the questions about ledgers."""

    socket_timeout = TIMEOUT_SECONDS

    def __init__(self, client: Client) -> None:
        self._client = client
        self._replies: list[Reply] = []

    async def connect(self) -> None:
        await asyncio.sleep(self._client.delay * self._client.store.chance.random())
        if self._client.is_cut:
            await self._client.fail(CONNECT_SECONDS)

    async def disconnect(self, nowait: bool = False) -> None:
        pass

    async def send_command(self, command: str) -> None:
        assert command == "HELLO"
        self._replies = [{b"role": b"master"}]

    async def send_packed_command(self, data: bytes) -> None:
        state = (await self._client.reach()).state
        parts = data.split(b"\r\n")
        # `*2 $4 LLEN $n key`, or `*3 $6 LINDEX $n key $2 -1`.
        while len(parts) > 1:
            size, command, key = int(parts[0][1:]), parts[2], parts[4].decode()
            parts = parts[1 + 2 * size :]
            uri = key.removeprefix(KEYS.ledger(""))
            item = state.items.get(uri)
            if command == b"LLEN":
                self._replies.append(0 if item is None else item.version)
            else:
                assert command == b"LINDEX"
                earlier = state.earlier.get(uri, ())
                self._replies.append(None if item is None else seal(encode_item(item), KEYRING, earlier))

    async def read_response(self, **options: float) -> Reply:
        if self._client.is_cut:
            await self._client.fail(TIMEOUT_SECONDS)
        return self._replies.pop(0)
