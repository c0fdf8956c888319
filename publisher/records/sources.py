"""The registry of sources in the desk's database."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, func, insert, select, update

from publisher.core.refusals import ConflictError
from publisher.core.sources import RegisteredSource, checked_source, file_change
from publisher.records.database import Database
from publisher.records.schema import DESK
from publisher.records.tables.sources import SOURCES
from ticker.contract.item import moment
from ticker.contract.site import Source

_REVISION: Final = select(func.coalesce(func.sum(SOURCES.c.version), 0))


class NoSourceError(Exception):
    """The registry has no source of that id."""


class SourceRecords:
    """The sources in the desk's database; `clock` gives seconds since 1970. Every method raises `DatabaseError`."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def revision(self) -> int:
        """The sum of all versions: it grows with every change."""
        with self._database.connect() as connection:
            return int(connection.execute(_REVISION).scalar_one())

    def all(self) -> list[RegisteredSource]:
        """Every source, retired ones included, by id."""
        with self._database.connect() as connection:
            return list(_registered(connection).values())

    def create(self, source_id: str, wanted: Source, by: str) -> tuple[RegisteredSource, bool]:
        """Adds a source; returns it, and whether it is new: the same request again finds the one that it made.

        Raises `RefusalsError`, and `ConflictError` for an id that is taken.
        """
        with self._database.begin() as connection:
            _lock(connection)
            present, source = _created(_registered(connection), source_id, wanted)
            if present is not None:
                return present, False
            row = {**_columns(source), "id": source_id, "retired": False, "version": 1}
            connection.execute(insert(SOURCES).values(row | {"changed": self._clock(), "changed_by": by}))
            return _registered(connection)[source_id], True

    def present(self, source_id: str, wanted: Source) -> RegisteredSource | None:
        """What `create` would find instead of adding a source; stores nothing and raises as it does."""
        with self._database.connect() as connection:
            return _created(_registered(connection), source_id, wanted)[0]

    def change(
        self, source_id: str, seen: int, by: str, changed: Callable[[Source], Source], retired: bool | None = None
    ) -> RegisteredSource:
        """Replaces a source by what `changed` makes of it, and retires it or brings it back.

        Raises `NoSourceError`, `ConflictError` for another version than `seen`, and `RefusalsError`.
        """
        with self._database.begin() as connection:
            _lock(connection)
            present, source, is_retired = _changed(_registered(connection), source_id, seen, changed, retired)
            if (source, is_retired) == (present.source(), present.retired):
                return present
            values = {**_columns(source), "retired": is_retired, "version": seen + 1}
            values |= {"changed": self._clock(), "changed_by": by}
            connection.execute(update(SOURCES).where(SOURCES.c.id == source_id).values(values))
            return _registered(connection)[source_id]

    def unchanged(
        self, source_id: str, seen: int, changed: Callable[[Source], Source], retired: bool | None = None
    ) -> RegisteredSource | None:
        """The source if `change` would leave it as it is; stores nothing and raises as it does."""
        with self._database.connect() as connection:
            present, source, is_retired = _changed(_registered(connection), source_id, seen, changed, retired)
        return present if (source, is_retired) == (present.source(), present.retired) else None

    def import_file(self, sources: Mapping[str, Source]) -> None:
        """Takes the sources of the site file into the registry (rule 3 of `publisher.core.sources`)."""
        with self._database.connect() as connection:
            if not self._file_changes(connection, sources):
                return
        with self._database.begin() as connection:
            _lock(connection)
            registered = _registered(connection)
            for source_id, change in self._file_changes(connection, sources).items():
                source = sources.get(source_id)
                values: dict[str, object] = {"imported": None if source is None else _encoded(source)}
                if source is not None and change != "note":
                    values |= _columns(source)
                if change != "note":
                    values |= {"retired": change == "retire", "changed": self._clock()}
                if change == "add":
                    connection.execute(insert(SOURCES).values(values | {"id": source_id, "version": 1}))
                else:
                    version = registered[source_id].version + (change != "note")
                    row = update(SOURCES).where(SOURCES.c.id == source_id)
                    connection.execute(row.values(values | {"version": version}))

    def _file_changes(self, connection: Connection, sources: Mapping[str, Source]) -> dict[str, str]:
        registered = _registered(connection)
        rows = connection.execute(select(SOURCES.c.id, SOURCES.c.imported)).all()
        imported = {row.id: msgspec.json.decode(row.imported, type=Source) for row in rows if row.imported}
        changes = {
            source_id: file_change(sources.get(source_id), imported.get(source_id), registered.get(source_id))
            for source_id in {**sources, **registered}
        }
        return {source_id: change for source_id, change in changes.items() if change is not None}


def _lock(connection: Connection) -> None:
    """Waits for other writers: two names are compared with all others, which one row's lock does not cover."""
    connection.execute(select(DESK.c.id).with_for_update())


def _registered(connection: Connection) -> dict[str, RegisteredSource]:
    rows = connection.execute(select(SOURCES).order_by(SOURCES.c.id))
    return {row.id: _from_row(row) for row in rows}


def _created(
    registered: Mapping[str, RegisteredSource], source_id: str, wanted: Source
) -> tuple[RegisteredSource | None, Source]:
    """The source that an equal request made, or None, and `wanted` with clean names."""
    present = registered.get(source_id)
    source = checked_source(source_id, wanted, _sources(registered))
    if present is not None and (present.source() != source or present.retired):
        raise ConflictError("source-exists", "id", name=source_id)
    return present, source


def _changed(
    registered: Mapping[str, RegisteredSource], source_id: str, seen: int, changed: Callable[[Source], Source],
    retired: bool | None,
) -> tuple[RegisteredSource, Source, bool]:  # fmt: skip
    """A source as it is, what `changed` makes of it, and whether it is then retired."""
    present = registered.get(source_id)
    if present is None:
        raise NoSourceError
    source = checked_source(source_id, changed(present.source()), _sources(registered))
    is_retired = present.retired if retired is None else retired
    # A repeat of the request that made this version, or a change of nothing, is not stale.
    is_same = (source, is_retired) == (present.source(), present.retired) and seen == present.version - 1
    if present.version != seen and not is_same:
        raise ConflictError("stale-source", "", current=present.version)
    return present, source, is_retired


def _from_row(row: Row[Any]) -> RegisteredSource:  # Any: the columns of SOURCES
    return RegisteredSource(
        id=row.id,
        role=row.role,
        names=msgspec.json.decode(row.names, type=dict[str, str]),
        aliases=msgspec.json.decode(row.aliases, type=tuple[str, ...]),
        retired=bool(row.retired),
        version=row.version,
        changed=moment(row.changed),
        changed_by=row.changed_by,
    )


def _sources(registered: Mapping[str, RegisteredSource]) -> dict[str, Source]:
    return {source_id: entry.source() for source_id, entry in registered.items()}


def _columns(source: Source) -> dict[str, object]:
    names, aliases = (msgspec.json.encode(value).decode() for value in (source.names, source.aliases))
    return {"role": source.role, "names": names, "aliases": aliases}


def _encoded(source: Source) -> str:
    return msgspec.json.encode(source).decode()
