"""A stream as plain lists, for the resume machine: what Redis would answer, and the true descent of every entry.

Each record knows the one that was published right before it (`parent`). That chain is the oracle: whoever is
told that nothing is missing between two places must have been given everything on the way from one to the other.
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
    """One number of the stream; `item` is None where no node can read what stands there."""

    __slots__ = ("cursor", "item", "parent", "record")

    def __init__(self, record: Record, cursor: Cursor, item: Item | None, parent: "Published | None") -> None:
        self.record = record
        self.cursor = cursor
        self.item = item
        self.parent = parent

    def way_from(self, place: "Published | None") -> list["Published"] | None:
        """Everything after `place` up to this, oldest first; None where this does not descend from `place`."""
        path: list[Published] = []
        at: Published | None = self
        while at is not place:
            if at is None:
                return None
            path.append(at)
            at = at.parent
        return path[::-1]


class State(NamedTuple):
    """What Redis holds; a backup is one of these."""

    held: tuple[tuple[Record, Published | None], ...]
    epoch: str | None
    seq: int
    items: Mapping[str, Item]
    tip: Published | None
    earlier: Mapping[str, tuple[Facets, ...]] = {}
    """What filters find in the versions before those of `items`, as the desk's entries carry it."""


EMPTY = State((), None, 0, {}, None)


class Model:
    """The server: it publishes, trims, loses and restores; nodes read it through `View`."""

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
        """The next version of an item that is not withdrawn, or None where there is none."""
        alive = [item for item in self.state.items.values() if item.pub_status != "canceled"]
        if not alive:
            return None
        old = alive[pick % len(alive)]
        status = _STATUS.get(act, "usable")
        changed = msgspec.structs.replace(self._worded(old), version=old.version + 1, act=act, pub_status=status)
        return self._append(msgspec.structs.replace(changed, **changes))

    def poison(self, *, counted: bool) -> None:
        """Something unreadable by a hand: with a number of its own, or beside the count."""
        if counted:
            self._append(None)
        else:
            record = (self._next_id(), {b"epoch": b"x", b"seq": b"7", b"body": b"nonsense"})
            self._set(self.state._replace(held=(*self.state.held, (record, None))))

    def hole(self) -> None:
        """A number that was given and whose entry is nowhere."""
        self._append(None)
        self._set(self.state._replace(held=self.state.held[:-1]))

    def trim(self, count: int) -> None:
        """Forgets the oldest."""
        self._set(self.state._replace(held=self.state.held[count:]))
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
        """The epoch and the number are gone, the entries are not; nobody can tell an empty stream from a wiped one."""
        self._set(self.state._replace(epoch=None, seq=0) if self._has_entries() else EMPTY)

    def _has_entries(self) -> bool:
        """Whether there is more than what a hand put beside the count."""
        return any(published is not None for _, published in self.state.held)

    def restore(self, back: int) -> None:
        """What Redis held `back` changes ago."""
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
        self._set(State((*state.held, (record, published)), epoch, state.seq + 1, items, published, earlier))
        return published

    def _set(self, state: State) -> None:
        self.state = state
        self.history.append(state)

    def _worded(self, item: Item) -> Item:
        self._words += 1
        return msgspec.structs.replace(item, headline=Text(f"line {self._words}", "en", "ltr"))

    def _next_id(self) -> bytes:
        self._ids += 1000
        last = _number(self.state.held[-1][0][0]) if self.state.held else 0
        if self._ids <= last:
            # As Redis does where its clock is behind its newest entry; never an id that a lost entry had.
            self._late += 1
            return b"%d-0" % (last + self._late)
        return b"%d-0" % self._ids


class View(Stream):
    """The model as one node's reader asks it; nothing here waits."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.asked_at: Published | None = None
        """The newest number when the position was last asked for."""
        self.unreadable: list[int] = []
        """The numbers of the entries that could not be read when all were read last."""
        self.meanwhile: Callable[[], object] | None = None
        """What happens once, between the answers about the position and about the entries."""

    async def doubt(self) -> str | None:
        self._answering()
        return None

    async def position(self) -> Position:
        state = self._answering()
        self.asked_at = state.tip
        answer = Position(state.epoch, state.seq, state.held[-1][0][0] if state.held else None)
        self._happen()
        return answer

    async def records(self) -> list[Record]:
        held = self._answering().held
        answer = [record for record, _ in held]
        self.unreadable = [int(fields[b"seq"]) for (_, fields), one in held if one is None or one.item is None]
        self._happen()
        return answer

    async def after(self, entry_id: bytes, limit: int) -> list[Record] | None:
        held = [record for record, _ in self._answering().held]
        newer = [record for record in held if _number(record[0]) > _number(entry_id)]
        self._happen()
        return newer if len(newer) < limit and any(record[0] == entry_id for record in held) else None

    async def exists(self, entry_id: bytes) -> bool:
        return any(record[0] == entry_id for record, _ in self._answering().held)

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
        newer = [record for record, _ in self._answering().held if _number(record[0]) > _number(after)]
        return newer[:count], []

    def _happen(self) -> None:
        happening, self.meanwhile = self.meanwhile, None
        if happening is not None:
            happening()

    def _answering(self) -> State:
        if self._model.away:
            raise StreamAwayError("the model is away")
        return self._model.state


def drive(turn: Any) -> None:  # Any: a coroutine of whatever type
    """Runs a coroutine that waits for nothing; it may let others run, of which there are none."""
    try:
        while True:
            assert turn.send(None) is None, "the model waited"
    except StopIteration:
        return


def _number(entry_id: bytes) -> int:
    return int(entry_id.split(b"-")[0])
