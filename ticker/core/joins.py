"""The first message of a join: snapshot or replay, made once for all who ask for the same within a second."""

from typing import Final

import msgspec

from ticker.contract import message
from ticker.contract.cursor import Cursor, read_cursor
from ticker.contract.item import moment
from ticker.core.backlog import Backlog
from ticker.core.filter import Filter
from ticker.core.frame import Encoded

# The `time` in a ready-made first message may be this old; clients correct their clocks by it.
FRESH_SECONDS: Final = 1.0
# A storm brings as many cursors as nodes had items; more than these are made anew.
READY_LIMIT: Final = 256
# Of bodies; each may be held in five formats.
READY_LIMIT_BYTES: Final = 8 << 20

# A replay of so many takes 0.1 ms.
SHORT_ENTRIES: Final = 200

DEFAULT_BACKLOG: Final = 10
BACKLOG_LIMIT: Final = 100


class Subscription(msgspec.Struct, frozen=True):
    """What one join asks for. `cursor` is None for a fresh join, and as given, readable or not, for a resume."""

    wanted: Filter = Filter()
    cursor: str | None = None
    backlog: int = DEFAULT_BACKLOG
    heartbeat: int = 0
    """The client's own seconds between heartbeats; 0 for the node's."""


# The kind of message, whom it is for, and from where or how many: all that its bytes depend on.
_Key = tuple[str, Filter, int | str, int]


class Joins:
    """Answers joins from the backlog alone."""

    def __init__(self, backlog: Backlog, heartbeat: float) -> None:
        self._backlog = backlog
        self._heartbeat = heartbeat
        self._ready: dict[_Key, tuple[Encoded, float, float]] = {}
        self._ready_bytes = 0
        self._ready_for: tuple[int, bool] | None = None
        self.incomplete = False
        """Whether the stream holds entries that this node cannot read: then no list says that it is complete."""

    def first(self, asked: Subscription, now: float, *, stale: bool) -> Encoded:
        """What opens a connection: a replay after a good cursor, otherwise a snapshot that says if something may
        be missing.
        """
        if asked.cursor is None:
            return self.snapshot(asked, now, complete=True, stale=stale)
        # By its letters first: in a storm thousands bring the same cursor, and to read one takes 3 µs.
        ready = self._find(("replay", asked.wanted, asked.cursor, asked.heartbeat), now, stale)
        if ready is not None:
            return ready
        cursor = read_cursor(asked.cursor)
        if cursor is None or not self._backlog.holds(cursor):
            return self.snapshot(asked, now, complete=False, stale=stale)
        return self.replay(asked.wanted, cursor, now, stale=stale, heartbeat=asked.heartbeat)

    def ready(self, asked: Subscription, now: float, *, stale: bool) -> Encoded | None:
        """What `first` would return, if that is at hand and costs nothing to say."""
        if asked.cursor is None:
            return self._find(("snapshot", asked.wanted, asked.backlog, asked.heartbeat), now, stale)
        return self._find(("replay", asked.wanted, asked.cursor, asked.heartbeat), now, stale)

    def is_short(self, asked: Subscription) -> bool:
        """Whether `asked` is a resume from a place so near that its replay takes no time to speak of."""
        cursor = None if asked.cursor is None else read_cursor(asked.cursor)
        return cursor is not None and 0 <= self._backlog.newest.seq - cursor.seq <= SHORT_ENTRIES

    def snapshot(
        self, asked: Subscription, now: float, *, complete: bool, stale: bool, most: int = BACKLOG_LIMIT
    ) -> Encoded:
        """The current items of a filter, as many as asked for and at most `most`."""
        wanted, count, heartbeat = asked.wanted, asked.backlog, asked.heartbeat
        if count > most:
            count = most
        complete = complete and not self.incomplete and not self._backlog.hidden
        kind = "snapshot" if complete else "lost"
        key = (kind, wanted, count, heartbeat)
        ready = self._find(key, now, stale)
        if ready is None:
            entries, until = self._backlog.current(wanted, count, now)
            made = message.snapshot(
                self._backlog.newest,
                [entry.item_json for entry in entries],
                complete=complete,
                heartbeat=self._seconds(heartbeat),
                time=moment(now),
                stale=stale,
            )
            ready = self._keep(key, Encoded(made, moment(now)), now, min(until, now + FRESH_SECONDS))
        return ready

    def replay(self, wanted: Filter, cursor: Cursor, now: float, *, stale: bool, heartbeat: int = 0) -> Encoded:
        """Every item of a filter that changed after `cursor`, which is good."""
        key = ("replay", wanted, str(cursor), heartbeat)
        ready = self._find(key, now, stale)
        if ready is None:
            made = message.replay(
                self._backlog.newest,
                self._backlog.replay_json(wanted, cursor),
                heartbeat=self._seconds(heartbeat),
                time=moment(now),
                stale=stale,
            )
            ready = self._keep(key, Encoded(made, moment(now)), now, now + FRESH_SECONDS)
        return ready

    def _seconds(self, own: int) -> float:
        return float(own) if own else self._heartbeat

    def _find(self, key: _Key, now: float, stale: bool) -> Encoded | None:
        if self._ready_for != (self._backlog.revision, stale):
            self._ready.clear()
            self._ready_bytes = 0
            self._ready_for = (self._backlog.revision, stale)
        encoded, since, until = self._ready.get(key, (None, 0.0, 0.0))
        # A clock that was set back must not keep an old answer alive.
        return encoded if since <= now < until else None

    def _keep(self, key: _Key, encoded: Encoded, since: float, until: float) -> Encoded:
        self._ready_bytes += encoded.message.memory
        if len(self._ready) >= READY_LIMIT or self._ready_bytes > READY_LIMIT_BYTES:
            self._ready.clear()
            self._ready_bytes = encoded.message.memory
        self._ready[key] = (encoded, since, until)
        return encoded
