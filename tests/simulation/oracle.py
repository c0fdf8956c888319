"""What one client may see: each entry once and in order, or word of a gap; never a withdrawn line as news.

The oracle compares every message with the true descent of the entries. It knows no node, no round and no compression.
"""

import msgspec

from tests.simulation.decoding import Message
from tests.simulation.store import Store
from tests.support.resume_stream import Published
from ticker.contract.item import Item, decode_item, encode_item
from ticker.contract.redaction import redacted_json
from ticker.core.filter import Filter

# Items that one snapshot lists at most.
LIST_LIMIT = 100


class Violation(AssertionError):
    """A client saw what it must not see."""


class View:
    """What one client has seen, over all its connections."""

    def __init__(self, store: Store, filter: Filter, length: int) -> None:
        self.filter = filter
        self.cursor: str | None = None
        self.reached: Published | None = None
        """The entry of the cursor; None before the first entry of all."""
        self.known: dict[str, Item] = {}
        """Items as a widget keeps them: the highest version of each."""
        self.has_first = False
        """Whether this connection has had its first message."""
        self.is_stale = False
        self.messages = 0
        self._store = store
        self._length = length
        self._requested: str | None = None
        self._owed: dict[str, Published] = {}
        """Entries that were passed over, by item: a newer version must come, or word of a gap, before the end."""
        self._changes: dict[int, tuple[Filter, str | None, Published | None]] = {}
        """Changes that are not answered yet, by the heartbeat that tells their answers apart."""

    @property
    def is_changing(self) -> bool:
        """Whether a change of the filter is not answered yet; the cursor then belongs to the filter before it."""
        return bool(self._changes)

    def begin(self) -> None:
        """A new connection, whose first message comes next."""
        if self._changes:
            # The cursor belongs to another filter.
            self.filter, self.cursor, self.reached = next(reversed(self._changes.values()))
            self._changes.clear()
        self.has_first = False
        self._requested = self.cursor

    def request(self, filter: Filter, heartbeat: int, *, resumes: bool) -> None:
        """Notes a change of the filter, which the node answers with a first message, or leaves out for a later one."""
        self._changes[heartbeat] = (filter, self.cursor, self.reached) if resumes else (filter, None, None)

    def _answer(self, heartbeat: float) -> None:
        """Takes over the change that the first message with this heartbeat answers."""
        for number in list(self._changes):
            if heartbeat in self._changes:
                filter, cursor, reached = self._changes.pop(number)
                if number == heartbeat:
                    self.filter, self._requested, self.has_first = filter, cursor, False
                    self.reached = reached

    def take(self, message: Message, position: Published | None) -> None:
        """Takes a message whose cursor stands at `position`; raises `Violation`."""
        self.messages += 1
        if message.type == "bye":
            if message.cursor:
                self._follow(position, [], is_replay=False)
                self.cursor, self.reached = message.cursor, position
            return
        if message.type in ("snapshot", "replay"):
            self._answer(message.heartbeat)
        if message.type == "snapshot":
            self._take_snapshot(message, position)
        else:
            if not self.has_first:
                _expect(message.type == "replay", f"the first message was {message.type}")
                _expect(self._requested is not None, "a replay without a cursor")
            items = [message.item] if message.type == "item" else message.items
            self._follow(position, [bytes(item) for item in items], is_replay=message.type == "replay")
            if message.type != "item":
                passed_over = [f"{_name(_item(entry))} at {entry.cursor.seq}" for entry in self._owed.values()]
                _expect(not passed_over, f"an entry was left out: {passed_over}")
        if message.type != "item":
            self.is_stale = message.stale
        self.has_first = True
        self.cursor, self.reached = message.cursor, position

    def visible(self) -> dict[str, Item]:
        """The items that a reader sees."""
        return {uri: item for uri, item in self.known.items() if item.pub_status == "usable"}

    def _take_snapshot(self, message: Message, position: Published | None) -> None:
        self._owed.clear()
        # Without a cursor nothing can be missing; after a gap every snapshot must say so.
        is_fresh = not self.has_first and self._requested is None
        if not is_fresh:
            _expect(not message.complete, "a snapshot after a gap is called complete")
        if self._store.is_calm and is_fresh:
            _expect(message.complete, "a new reader is told of a gap that is none")
        items = [decode_item(bytes(item)) for item in message.items]
        fold = self._store.fold(position)
        for item, sent in zip(items, message.items, strict=True):
            entry = fold.get(item.uri)
            _expect(entry is not None, f"a line that was never published there: {_name(item)}")
            newest = _item(entry)
            if item.version > newest.version and self._is_published_after(position, item):
                # A node that asks a ledger about an item in doubt may learn of an entry that it has not read yet.
                newest = item
            _expect(newest == item, f"an old version as news: {_name(item)} instead of {_name(newest)}")
            _expect(bytes(sent) == encode_item(newest), f"other bytes than were published: {_name(item)}")
            _expect(item.pub_status == "usable", f"a list with a line that was taken off: {_name(item)}")
            _expect(self.filter.matches(item), f"a line of another filter: {_name(item)}")
        _expect(len({item.uri for item in items}) == len(items), "a line twice in one list")
        if self._store.is_calm:
            self._check_complete({item.uri for item in items}, position)
        taken_off = {uri: item for uri, item in self.known.items() if item.pub_status == "canceled"}
        self.known = {item.uri: item for item in items} | taken_off

    def _is_published_after(self, position: Published | None, item: Item) -> bool:
        entries = [entry for entry in self._store.entries[item.uri] if entry.item == item]
        return any(entry.path_from(position) is not None for entry in entries)

    def _check_complete(self, listed: set[str], position: Published | None) -> None:
        recent = set(self._store.lineage(position)[-self._length :])
        for uri, entry in self._store.fold(position).items():
            item = _item(entry)
            if entry in recent and entry not in self._store.forgotten and item.pub_status == "usable":
                _expect(uri in listed or not self.filter.matches(item), f"a line is missing in a list: {_name(item)}")

    def _follow(self, position: Published | None, sent: list[bytes], *, is_replay: bool) -> None:
        self._settle_place(position)
        path = position.path_from(self.reached) if position is not None else [] if self.reached is None else None
        _expect(path is not None, "entries that do not descend from the cursor, without word of a gap")
        assert path is not None
        if self.reached is None and position is not None:
            # A client without any entry: no server knows the lost entries of another epoch.
            path = [entry for entry in path if entry.cursor.epoch == position.cursor.epoch]
        _expect(all(entry.item is not None for entry in path), "an unreadable entry was passed over without word")
        remaining = [(msgspec.json.decode(item, type=_Name), item) for item in sent]
        for entry in path:
            item = _item(entry)
            if remaining and (remaining[0][0].uri, remaining[0][0].version) == (item.uri, item.version):
                _, data = remaining.pop(0)
                # A later version in the same burst names the facets of earlier ones, but not which had them.
                is_near = any(map(self.filter.matches, self._store.versions[item.uri]))
                _expect(is_near, f"an entry of another filter: {_name(item)}")
                self._check_bytes(item, data, is_replay=is_replay)
                old = self.known.get(item.uri)
                if old is None or (item.version > old.version and old.pub_status != "canceled"):
                    self.known[item.uri] = item
                self._owed.pop(item.uri, None)
            elif (item.uri not in self.known or self.known[item.uri].version < item.version) and self._must_match(
                entry
            ):
                self._owed[item.uri] = entry
        _expect(not remaining, f"an entry twice, late or from elsewhere: {[name for name, _ in remaining]}")

    def _settle_place(self, position: Published | None) -> None:
        """Takes a number without an entry for the same place after it was lost and given again.

        If the new entry cannot be read either, or is gone, Redis is as it was and no node can tell the two apart.
        """
        place = self.reached
        if place is None or position is None or self.cursor in self._store.model.by_cursor:
            return
        lineage = self._store.lineage(position)
        if place not in lineage:
            for entry in lineage:
                is_same = entry.cursor.seq == place.cursor.seq and entry.cursor.epoch == place.cursor.epoch
                if is_same and (entry.item is None or entry in self._store.forgotten):
                    self.reached = entry

    def _must_match(self, entry: Published) -> bool:
        """Whether any version of its item up to `entry` matches the filter."""
        uri = _item(entry).uri
        at: Published | None = entry
        while at is not None:
            if at.item is not None and at.item.uri == uri and self.filter.matches(at.item):
                return True
            at = at.parent
        return False

    @staticmethod
    def _check_bytes(item: Item, data: bytes, *, is_replay: bool) -> None:
        whole, public = encode_item(item), redacted_json(item)
        if item.pub_status == "usable":
            _expect(data == whole, f"other bytes than were published: {_name(item)}")
        elif is_replay:
            _expect(data == public, f"the words of a line that was taken off: {_name(item)}")
        else:
            # One that lagged gets what was taken off without its words.
            _expect(data in (whole, public), f"other bytes than were published: {_name(item)}")


class _Name(msgspec.Struct):
    uri: str
    version: int


def _item(entry: Published | None) -> Item:
    assert entry is not None and entry.item is not None
    return entry.item


def _name(item: Item) -> str:
    return f"{item.uri[-3:]} v{item.version} ({item.act})"


def _expect(condition: bool, reason: str) -> None:
    if not condition:
        raise Violation(reason)
