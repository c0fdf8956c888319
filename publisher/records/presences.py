"""Presence: which user edits which item, for all desks of one database.

A desk with a SQLite file keeps it in memory; desks that share a server keep it there.
"""

from collections.abc import Callable

from sqlalchemy import delete, select

from publisher.core.presence import LIFETIME_SECONDS, Presence, current, reported
from publisher.records.database import Database
from publisher.records.tables.wire import PRESENCE

_COLUMNS = (PRESENCE.c.page, PRESENCE.c.name, PRESENCE.c.uri, PRESENCE.c.act, PRESENCE.c.since, PRESENCE.c.seen)


class Presences:
    """The entries of all open pages; `clock` gives seconds since 1970. Every method raises `DatabaseError`."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._memory: dict[str, Presence] = {}

    async def report(self, page: str, name: str, uri: str, act: str) -> list[Presence]:
        """Notes what a page has open, and returns all current entries."""
        now = self._clock()
        entry = Presence(page, name, uri, act, now, now)
        if self._database.is_local:
            self._memory[page] = reported(self._memory.get(page), entry)
            self._memory = {presence.page: presence for presence in current(self._memory.values(), now)}
            return list(self._memory.values())
        return await self._database.call(self._report, entry)

    async def all(self) -> list[Presence]:
        """All current entries."""
        if self._database.is_local:
            return current(self._memory.values(), self._clock())
        return await self._database.call(self._read)

    async def leave(self, page: str, name: str) -> None:
        """Removes the entry of a page that its person closes."""
        if self._database.is_local:
            if (entry := self._memory.get(page)) and entry.name == name:
                del self._memory[page]
            return
        await self._database.call(self._leave, page, name)

    def _report(self, entry: Presence) -> list[Presence]:
        with self._database.begin() as connection:
            connection.execute(delete(PRESENCE).where(PRESENCE.c.seen < entry.seen - LIFETIME_SECONDS))
            row = connection.execute(select(*_COLUMNS).where(PRESENCE.c.page == entry.page)).one_or_none()
            entry = reported(Presence(*row) if row else None, entry)
            values = {column.name: getattr(entry, column.name) for column in _COLUMNS}
            statement = self._database.insert(PRESENCE).values(values)
            connection.execute(statement.on_conflict_do_update(index_elements=[PRESENCE.c.page], set_=values))
        return self._read()

    def _read(self) -> list[Presence]:
        now = self._clock()
        query = select(*_COLUMNS).where(PRESENCE.c.seen >= now - LIFETIME_SECONDS)
        with self._database.connect() as connection:
            return current([Presence(*row) for row in connection.execute(query)], now)

    def _leave(self, page: str, name: str) -> None:
        with self._database.begin() as connection:
            connection.execute(delete(PRESENCE).where(PRESENCE.c.page == page, PRESENCE.c.name == name))
