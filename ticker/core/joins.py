"""The first message of a subscription: a snapshot or a replay, made once for all equal requests within a second."""

from typing import Final

import msgspec

from ticker.contract import message
from ticker.contract.cursor import Cursor, read_cursor
from ticker.contract.item import moment
from ticker.core.backlog import Backlog
from ticker.core.filter import Filter
from ticker.core.frame import Encoded

# The age to which a first message is reused. Clients correct their clocks by its `time`.
FRESH_SECONDS: Final = 1.0
# In a reconnect storm there are as many cursors as nodes had items; the cache is cleared above this number.
CACHE_LIMIT: Final = 256
# Of message bodies; each may be cached in five formats.
CACHE_LIMIT_BYTES: Final = 8 << 20

# A replay of this many entries takes 0.1 ms.
SHORT_ENTRIES: Final = 200

DEFAULT_BACKLOG: Final = 10
BACKLOG_LIMIT: Final = 100


class Subscription(msgspec.Struct, frozen=True):
    """The parameters of one join. `cursor` is None for a fresh join, else the text that the client sent."""

    filter: Filter = Filter()
    cursor: str | None = None
    backlog: int = DEFAULT_BACKLOG
    heartbeat: int = 0
    """Seconds between heartbeats that the client asks for; 0 for the node's own."""


# The kind of message, its filter, the cursor or count, and the heartbeat: all that the bytes depend on.
_Key = tuple[str, Filter, int | str, int]


class Joins:
    """Makes first messages from the backlog alone, and caches them."""

    def __init__(self, backlog: Backlog, heartbeat: float, paint: float = 0) -> None:
        self._backlog = backlog
        self._heartbeat = heartbeat
        self._paint = paint
        self._cache: dict[_Key, tuple[Encoded, float, float]] = {}
        self._cache_bytes = 0
        self._cached_state: tuple[int, bool] | None = None
        self.is_incomplete = False
        """Whether the stream has entries that this node cannot read; no snapshot is then called complete."""

    def first_message(self, subscription: Subscription, now: float, *, stale: bool) -> Encoded:
        """Returns a replay after a valid cursor; otherwise a snapshot that says whether entries may be missing."""
        if subscription.cursor is None:
            return self.snapshot(subscription, now, complete=True, stale=stale)
        # By the cursor's text first: in a storm thousands of clients send the same one, and parsing it takes 3 µs.
        cached = self._find(("replay", subscription.filter, subscription.cursor, subscription.heartbeat), now, stale)
        if cached is not None:
            return cached
        cursor = read_cursor(subscription.cursor)
        if cursor is None or not self._backlog.can_replay(subscription.filter, cursor):
            return self.snapshot(subscription, now, complete=False, stale=stale)
        return self.replay(subscription.filter, cursor, now, stale=stale, heartbeat=subscription.heartbeat)

    def cached(self, subscription: Subscription, now: float, *, stale: bool) -> Encoded | None:
        """Returns the first message if it is in the cache, which costs almost nothing; otherwise None."""
        filter, heartbeat = subscription.filter, subscription.heartbeat
        if subscription.cursor is None:
            return self._find(("snapshot", filter, subscription.backlog, heartbeat), now, stale)
        return self._find(("replay", filter, subscription.cursor, heartbeat), now, stale)

    def is_short(self, subscription: Subscription) -> bool:
        """Whether it resumes so close to the newest entry that its replay takes almost no time."""
        cursor = None if subscription.cursor is None else read_cursor(subscription.cursor)
        return cursor is not None and 0 <= self._backlog.newest.seq - cursor.seq <= SHORT_ENTRIES

    def snapshot(
        self, subscription: Subscription, now: float, *, complete: bool, stale: bool, limit: int = BACKLOG_LIMIT
    ) -> Encoded:
        """Returns the current items of a filter, as many as the client asks for and at most `limit`."""
        filter, count, heartbeat = subscription.filter, subscription.backlog, subscription.heartbeat
        if count > limit:
            count = limit
        complete = complete and not self.is_incomplete and not self._backlog.hidden
        kind = "snapshot" if complete else "lost"
        key = (kind, filter, count, heartbeat)
        encoded = self._find(key, now, stale)
        if encoded is None:
            entries, until = self._backlog.current(filter, count, now)
            snapshot = message.snapshot(
                self._backlog.newest,
                [entry.item_json for entry in entries],
                complete=complete,
                heartbeat=self._seconds(heartbeat),
                time=moment(now),
                stale=stale,
                paint=self._paint,
            )
            encoded = self._store(key, Encoded(snapshot, moment(now)), now, min(until, now + FRESH_SECONDS))
        return encoded

    def replay(self, filter: Filter, cursor: Cursor, now: float, *, stale: bool, heartbeat: int = 0) -> Encoded:
        """Returns every item of a filter that changed after `cursor`, for which `can_replay` must be true."""
        key = ("replay", filter, str(cursor), heartbeat)
        encoded = self._find(key, now, stale)
        if encoded is None:
            replay = message.replay(
                self._backlog.newest,
                self._backlog.replay_json(filter, cursor),
                heartbeat=self._seconds(heartbeat),
                time=moment(now),
                stale=stale,
                paint=self._paint,
            )
            encoded = self._store(key, Encoded(replay, moment(now)), now, now + FRESH_SECONDS)
        return encoded

    def _seconds(self, heartbeat: int) -> float:
        return float(heartbeat) if heartbeat else self._heartbeat

    def _find(self, key: _Key, now: float, stale: bool) -> Encoded | None:
        if self._cached_state != (self._backlog.revision, stale):
            self._cache.clear()
            self._cache_bytes = 0
            self._cached_state = (self._backlog.revision, stale)
        encoded, since, until = self._cache.get(key, (None, 0.0, 0.0))
        # `since`: a clock that was set back must not keep an old message in use.
        return encoded if since <= now < until else None

    def _store(self, key: _Key, encoded: Encoded, since: float, until: float) -> Encoded:
        self._cache_bytes += encoded.message.memory
        if len(self._cache) >= CACHE_LIMIT or self._cache_bytes > CACHE_LIMIT_BYTES:
            self._cache.clear()
            self._cache_bytes = encoded.message.memory
        self._cache[key] = (encoded, since, until)
        return encoded
