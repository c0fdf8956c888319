"""A stream as plain lists, for the resume machine: the answers of Redis, and the predecessor of every entry.

Each record knows the one that was published right before it (`parent`). That chain is the oracle: if a client hears
that it is complete between two cursors, it must have received every entry on the path between them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from tests.support.items import item as plain_item
from ticker.contract.cursor import Cursor, entry_check
from ticker.contract.entry import Keyring, seal
from ticker.contract.facets import Facets, earlier_facets
from ticker.contract.item import Act, Item, PubStatus, Text, encode_item
from ticker.stream.redis_stream import Position, Record, Stream, StreamAwayError

KEYRING = Keyring("k1", {"k1": b"k" * 32}, "model")
_STATUS: Mapping[str, PubStatus] = {"hold": "withheld", "withdraw": "canceled"}


class Published:
    """One number of the stream; `item` is None if no node can read its entry."""

    __slots__ = ("cursor", "item", "parent", "record")

    def __init__(self, record: Record, cursor: Cursor, item: Item | None, parent: "Published | None") -> None:
        self.record = record
        self.cursor = cursor
        self.item = item
        self.parent = parent

    @property
    def version(self) -> int:
        """The version of its item; 0 if it is not readable."""
        return 0 if self.item is None else self.item.version

    def path_from(self, start: "Published | None") -> list["Published"] | None:
        """Every entry after `start` up to this, oldest first; None if this does not descend from `start`."""
        path: list[Published] = []
        at: Published | None = self
        while at is not start:
            if at is None:
                return None
            path.append(at)
            at = at.parent
        return path[::-1]


class State(NamedTuple):
    """The contents of Redis; a backup is one State."""

    entries: tuple[tuple[Record, Published | None], ...]
    epoch: str | None
    seq: int
    items: Mapping[str, Item]
    tip: Published | None
    earlier: Mapping[str, tuple[Facets, ...]] = {}
    """Facets of the versions before those of `items`, as the desk's entries carry them."""


EMPTY = State((), None, 0, {}, None)


class Model:
    """The server: it publishes, trims, loses and restores entries; nodes read it through `View`."""

    def __init__(self) -> None:
        self.state = EMPTY
        self.history: list[State] = [EMPTY]
        self.by_cursor: dict[str, Published] = {}
        self.away = False
        self._ids = 1_000_000_000
        self._late = 0
        self._epochs = 0
        self._uris = 0
        self._words = 0

    def publish(self, changes: Mapping[str, object]) -> Published:
        """A new item."""
        self._uris += 1
        uri = f"urn:flashwire:{self._uris:026d}"
        return self._append(msgspec.structs.replace(self._worded(plain_item()), uri=uri, **changes))

    def act(self, pick: int, act: Act, changes: Mapping[str, object]) -> Published | None:
        """The next version of an item that is not withdrawn, or None without such an item."""
        alive = [item for item in self.state.items.values() if item.pub_status != "canceled"]
        if not alive:
            return None
        old = alive[pick % len(alive)]
        status = _STATUS.get(act, "usable")
        changed = msgspec.structs.replace(self._worded(old), version=old.version + 1, act=act, pub_status=status)
        return self._append(msgspec.structs.replace(changed, **changes))

    def poison(self, *, counted: bool) -> None:
        """An unreadable entry, added by hand: with the next number, or without a published number."""
        if counted:
            self._append(None)
        else:
            record = (self._next_id(), {b"epoch": b"x", b"seq": b"7", b"body": b"nonsense"})
            self._set(self.state._replace(entries=(*self.state.entries, (record, None))))

    def hole(self) -> None:
        """A number without an entry."""
        self._append(None)
        self._set(self.state._replace(entries=self.state.entries[:-1]))

    def trim(self, count: int) -> None:
        """Drops the oldest entries."""
        self._set(self.state._replace(entries=self.state.entries[count:]))
        if not self._has_entries() and self.state.epoch is None:
            self.wipe()

    def wipe(self, *, clock_back: int = 0) -> None:
        """FLUSHALL, perhaps with the server's clock set back."""
        self.set_clock_back(clock_back)
        self._set(EMPTY)

    def set_clock_back(self, milliseconds: int) -> None:
        """The server's clock, from which the ids of entries come."""
        self._ids -= milliseconds

    def lose_meta(self) -> None:
        """Drops epoch and number and keeps the entries; an empty stream then looks like a wiped one."""
        self._set(self.state._replace(epoch=None, seq=0) if self._has_entries() else EMPTY)

    def _has_entries(self) -> bool:
        """Whether any entry has a published number."""
        return any(published is not None for _, published in self.state.entries)

    def restore(self, back: int) -> None:
        """Restores the contents of `back` changes ago."""
        self._set(self.history[max(0, len(self.history) - 1 - back)])

    def _append(self, item: Item | None) -> Published:
        state = self.state
        epoch = state.epoch
        if epoch is None:
            self._epochs += 1
            epoch = f"e{self._epochs}"
        earlier = dict(state.earlier)
        if item is not None and item.uri in state.items:
            earlier[item.uri] = earlier_facets(state.items[item.uri], earlier.get(item.uri, ()))
        carried = () if item is None else earlier.get(item.uri, ())
        body = b"nonsense %d" % self._ids if item is None else seal(encode_item(item), KEYRING, carried)
        fields = {b"epoch": epoch.encode(), b"seq": b"%d" % (state.seq + 1), b"body": body}
        record = (self._next_id(), fields)
        cursor = Cursor(epoch, state.seq + 1, entry_check(record[0], body))
        published = Published(record, cursor, item, state.tip)
        if item is not None:
            self.by_cursor[str(cursor)] = published
        items = state.items if item is None else {**state.items, item.uri: item}
        self._set(State((*state.entries, (record, published)), epoch, state.seq + 1, items, published, earlier))
        return published

    def _set(self, state: State) -> None:
        self.state = state
        self.history.append(state)

    def _worded(self, item: Item) -> Item:
        self._words += 1
        return msgspec.structs.replace(item, headline=Text(f"line {self._words}", "en", "ltr"))

    def _next_id(self) -> bytes:
        self._ids += 1000
        last = _number(self.state.entries[-1][0][0]) if self.state.entries else 0
        if self._ids <= last:
            # As Redis does when its clock is behind its newest entry; never the id of a lost entry.
            self._late += 1
            return b"%d-0" % (last + self._late)
        return b"%d-0" % self._ids


class View(Stream):
    """The model as the stream of one node's reader; no call waits."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.tips: dict[tuple[str | None, int], Published | None] = {}
        """The newest number by the position that was named last."""
        self.unreadable: list[int] = []
        """The numbers of unreadable entries at the last call of `records`."""
        self.on_answer: Callable[[], object] | None = None
        """Called once, after the next answer: a change between two calls of the reader."""

    async def doubt(self) -> str | None:
        self._answering()
        return None

    async def position(self) -> Position:
        state = self._answering()
        self.tips[state.epoch, state.seq] = state.tip
        answer = Position(state.epoch, state.seq, state.entries[-1][0][0] if state.entries else None)
        self._happen()
        return answer

    async def records(self) -> list[Record]:
        entries = self._answering().entries
        answer = [record for record, _ in entries]
        self.unreadable = [
            int(fields[b"seq"]) for (_, fields), published in entries if published is None or published.item is None
        ]
        self._happen()
        return answer

    async def after(self, entry_id: bytes, limit: int) -> list[Record] | None:
        records = [record for record, _ in self._answering().entries]
        newer = [record for record in records if _number(record[0]) > _number(entry_id)]
        self._happen()
        return newer if len(newer) < limit and any(record[0] == entry_id for record in records) else None

    async def exists(self, entry_id: bytes) -> bool:
        return any(record[0] == entry_id for record, _ in self._answering().entries)

    async def ledger_lengths(self, uris: Sequence[str]) -> list[int]:
        items = self._answering().items
        return [items[uri].version if uri in items else 0 for uri in uris]

    async def ledger_ends(self, uris: Sequence[str]) -> list[bytes]:
        state = self._answering()
        items = [(state.items.get(uri), state.earlier.get(uri, ())) for uri in uris]
        return [b"" if item is None else seal(encode_item(item), KEYRING, earlier) for item, earlier in items]

    async def last_canary(self) -> bytes:
        self._answering()
        return b"0"

    async def follow(
        self, after: bytes, after_canary: bytes, *, block: float | None, count: int
    ) -> tuple[list[Record], list[Record]]:
        newer = [record for record, _ in self._answering().entries if _number(record[0]) > _number(after)]
        return newer[:count], []

    def _happen(self) -> None:
        happening, self.on_answer = self.on_answer, None
        if happening is not None:
            happening()

    def _answering(self) -> State:
        if self._model.away:
            raise StreamAwayError("the model is away")
        return self._model.state


def drive(coroutine: Any) -> None:  # Any: a coroutine of whatever type
    """Runs a coroutine that never waits; `sleep(0)` inside it is allowed."""
    try:
        while True:
            assert coroutine.send(None) is None, "the model waited"
    except StopIteration:
        return


def _number(entry_id: bytes) -> int:
    return int(entry_id.split(b"-")[0])
