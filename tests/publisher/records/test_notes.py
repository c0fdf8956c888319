"""The desk's notes on versions, on SQLite and on PostgreSQL."""

from publisher.records.database import Database
from publisher.records.notes import EdNote, Notes


def test_a_note_is_stored_once(database: Database) -> None:
    notes = Notes(database)
    notes.keep("u", 2, "b", "second")
    notes.keep("u", 1, "a", "first")
    notes.keep("u", 1, "a", "repeated")
    notes.keep("v", 1, "c", "لا تنشر بعد")
    assert notes.of_items(["u", "v", "w"]) == {
        "u": [EdNote(1, "a", "first"), EdNote(2, "b", "second")],
        "v": [EdNote(1, "c", "لا تنشر بعد")],
    }
    assert notes.of_items([]) == {}
