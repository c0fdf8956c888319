"""The registry of sources in the database, on SQLite and on PostgreSQL."""

import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import insert, select

from publisher.core.refusals import ConflictError, RefusalsError
from publisher.records.database import Database, open_database
from publisher.records.schema import DESK
from publisher.records.sources import NoSourceError, SourceRecords
from publisher.records.tables.sources import SOURCES
from ticker.contract.item import Role
from ticker.contract.site import Source

WHO = Source("organisation", {"en": "WHO", "ar": "منظمة الصحة العالمية"}, ("World Health Organization",))
UNICEF = Source("organisation", {"en": "UNICEF"})


@pytest.fixture
def records(database: Database) -> SourceRecords:
    return SourceRecords(database, lambda: 1_800_000_000.0)


def names(records: SourceRecords) -> dict[str, str]:
    """The English names of the sources that are not retired."""
    return {entry.id: entry.names["en"] for entry in records.all() if not entry.retired}


def renamed(name: str, role: Role = "organisation") -> Callable[[Source], Source]:
    return lambda source: msgspec.structs.replace(source, names={"en": name}, role=role)


def test_a_source_is_stored_with_who_added_it_and_when(records: SourceRecords) -> None:
    revision = records.revision()
    entry, is_new = records.create("who", WHO, "Maha")
    assert is_new and entry.source() == WHO
    assert (entry.version, entry.changed_by, entry.changed) == (1, "Maha", "2027-01-15T08:00:00.000Z")
    assert records.all() == [entry] and records.revision() > revision


def test_a_repeated_request_finds_the_source_that_the_first_one_made(records: SourceRecords) -> None:
    first, _ = records.create("who", WHO, "Maha")
    assert records.create("who", WHO, "Maha") == (first, False)
    with pytest.raises(ConflictError):
        records.create("who", UNICEF, "Maha")


def test_a_name_that_another_source_has_is_refused_even_after_it_was_retired(records: SourceRecords) -> None:
    records.create("who", WHO, "Maha")
    records.change("who", 1, "Maha", lambda source: source, True)
    with pytest.raises(RefusalsError):
        records.create("other", Source("official", {"en": "who"}), "Omar")
    assert names(records) == {}


def test_a_change_names_the_version_that_was_seen_and_every_change_raises_the_revision(records: SourceRecords) -> None:
    records.create("who", WHO, "Maha")
    revisions = [records.revision()]
    changed = records.change("who", 1, "Omar", renamed("W.H.O."))
    revisions.append(records.revision())
    assert (changed.version, changed.changed_by, changed.names) == (2, "Omar", {"en": "W.H.O."})
    # The repeat of a request whose answer was lost.
    assert records.change("who", 1, "Omar", renamed("W.H.O.")) == changed
    with pytest.raises(ConflictError):
        records.change("who", 1, "Zoe", renamed("World Health"))
    with pytest.raises(NoSourceError):
        records.change("nobody", 1, "Zoe", renamed("World Health"))
    retired = records.change("who", 2, "Zoe", lambda source: source, True)
    revisions.append(records.revision())
    assert retired.retired and names(records) == {}
    assert not records.change("who", 3, "Zoe", lambda source: source, False).retired
    assert revisions == sorted(set(revisions))


def test_the_site_file_is_imported_once_and_its_changes_leave_edits_alone(records: SourceRecords) -> None:
    records.import_file({"who": WHO, "unicef": UNICEF})
    first = records.revision()
    records.import_file({"who": WHO, "unicef": UNICEF})
    assert names(records) == {"who": "WHO", "unicef": "UNICEF"} and records.revision() == first
    records.change("unicef", 1, "Maha", renamed("Unicef, the children's fund"))
    other = Source("organisation", {"en": "UN children's fund"})
    records.import_file({"who": Source("official", {"en": "World Health"}), "unicef": other})
    assert names(records) == {"who": "World Health", "unicef": "Unicef, the children's fund"}
    records.import_file({})
    # The file retires what only it has written.
    assert names(records) == {"unicef": "Unicef, the children's fund"}
    records.import_file({"who": WHO})
    assert names(records)["who"] == "WHO"


def test_a_desk_that_adds_a_name_waits_for_another_one_that_is_adding_it(
    database: Database, tmp_path: Path, database_url: str | None
) -> None:
    results: list[str] = []

    def add() -> None:
        # A SQLite connection belongs to its thread.
        with closing(open_database(tmp_path, database_url)) as other:
            try:
                SourceRecords(other).create("harbour", Source("official", {"en": "Port authority"}), "Omar")
                results.append("added")
            except RefusalsError as error:
                results.extend(refusal.code for refusal in error.refusals)

    thread = threading.Thread(target=add)
    row = {"id": "port", "role": "official", "names": '{"en":"Port authority"}', "aliases": "[]", "retired": False}
    with database.begin() as connection:
        connection.execute(select(DESK.c.id).with_for_update())
        connection.execute(insert(SOURCES).values(row | {"version": 1, "changed": 1.0, "changed_by": "Maha"}))
        thread.start()
        thread.join(0.4)
        assert results == [] and thread.is_alive()
    thread.join(30)
    assert results == ["source-taken"]
    assert [entry.id for entry in SourceRecords(database).all()] == ["port"]
