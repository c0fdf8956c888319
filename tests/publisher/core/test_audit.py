"""The audit's chain: a record that is changed, removed or moved, and an end that is cut off, are found and named."""

import hashlib
import json

import msgspec
import pytest

from publisher.core.audit import GENESIS, Event, Fault, FaultKind, Head, Record, chain_faults, chained, make_event


def event(number: int) -> Event:
    return make_event(
        1_800_000_000_000 + number, f"{number:016x}", "Rana", "publish", f"urn:{number}", {"v": "1"}, b"x"
    )


@pytest.fixture
def records() -> list[Record]:
    return chained([event(number) for number in range(1, 7)], Head())


def head_of(records: list[Record]) -> Head:
    return Head(records[-1].number, records[-1].hash)


def faults(records: list[Record], head: Head, kept: Head | None = None) -> list[tuple[int, FaultKind]]:
    return [(fault.number, fault.kind) for fault in chain_faults(records, head, kept)]


def changed(record: Record, **fields: object) -> Record:
    return msgspec.structs.replace(record, **fields)


def rechained(records: list[Record]) -> list[Record]:
    """A whole new chain of the same events, as a person with access to the database could compute it."""
    return chained([Event(*msgspec.structs.astuple(record)[:7]) for record in records], Head())


def test_a_chain_that_was_appended_to_in_pieces_has_no_fault(records: list[Record]) -> None:
    more = chained([event(7), event(8)], head_of(records))
    assert [record.number for record in records + more] == list(range(1, 9))
    assert faults(records + more, head_of(more)) == [] == faults([], Head())


def test_the_hash_can_be_computed_without_this_program(records: list[Record]) -> None:
    first = records[0]
    fields = [1, first.time, first.event, "Rana", "publish", "urn:1", '{"v":"1"}', first.content, GENESIS]
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == first.hash
    assert first.content == hashlib.sha256(b"x").hexdigest()


@pytest.mark.parametrize(
    "fields",
    [{"time": 1}, {"event": "e"}, {"actor": "Omar"}, {"action": "hold"}, {"object": "u"}, {"details": "{}"},
     {"content": ""}, {"hash": "f" * 64}],
    ids=lambda fields: next(iter(fields)),
)  # fmt: skip
def test_a_changed_field_is_found_at_its_record(records: list[Record], fields: dict[str, object]) -> None:
    head = head_of(records)
    records[2] = changed(records[2], **fields)
    assert (3, "changed") in faults(records, head)


def test_a_record_that_was_changed_with_its_own_hash_is_found_at_the_next_one(records: list[Record]) -> None:
    head = head_of(records)
    [records[2]] = chained([msgspec.structs.replace(event(3), actor="Omar")], Head(2, records[1].hash))
    assert faults(records, head) == [(4, "moved")]


@pytest.mark.parametrize("position", [0, 2, 4])
def test_a_removed_record_is_found(records: list[Record], position: int) -> None:
    head = head_of(records)
    del records[position]
    assert faults(records, head) == [(position + 1, "removed")]


def test_a_removed_record_is_found_where_the_later_ones_were_renumbered(records: list[Record]) -> None:
    head = head_of(records)
    del records[2]
    renumbered = [changed(record, number=number) for number, record in enumerate(records, 1)]
    assert {(3, "moved"), (3, "changed"), (6, "cut off")} <= set(faults(renumbered, head))


def test_records_that_changed_places_are_found(records: list[Record]) -> None:
    head = head_of(records)
    records[1], records[3] = changed(records[3], number=2), changed(records[1], number=4)
    assert {number for number, _ in faults(records, head)} >= {2, 4}


def test_an_inserted_record_is_found(records: list[Record]) -> None:
    head = head_of(records)
    later = [changed(record, number=record.number + 1) for record in records[3:]]
    [foreign] = chained([event(99)], Head(3, records[2].hash))
    assert (5, "moved") in faults([*records[:3], foreign, *later], head)


@pytest.mark.parametrize("left", [0, 3, 5])
def test_a_cut_off_end_is_found_by_the_head(records: list[Record], left: int) -> None:
    assert faults(records[:left], head_of(records)) == [(left + 1, "cut off")]


def test_a_cut_off_end_with_a_new_head_is_found_by_a_head_that_was_kept(records: list[Record]) -> None:
    kept = head_of(records)
    assert faults(records[:4], head_of(records[:4]), kept) == [(5, "cut off")]
    assert faults(records, kept, Head(4, records[3].hash)) == []


def test_a_whole_new_chain_is_found_by_a_head_that_was_kept(records: list[Record]) -> None:
    kept = head_of(records)
    forged = rechained([changed(records[0], actor="Omar"), *records[1:]])
    assert faults(forged, head_of(forged)) == []
    assert faults(forged, head_of(forged), kept) == [(6, "another chain")]


def test_records_after_the_head_are_a_fault(records: list[Record]) -> None:
    assert faults(records, head_of(records[:5])) == [(6, "another chain")]


def test_texts_are_shortened_and_have_no_control_characters() -> None:
    made = make_event(1, "e", "Rana\x00\n", "publish", "o" * 900, {"why": "\ud800\u2028x"})
    assert made.actor == "Rana  " and len(made.object) == 500 and json.loads(made.details) == {"why": "  x"}
    assert chained([made], Head())[0].hash


@pytest.mark.parametrize("action", ["", "Publish", "a", "with space", "x" * 41, "-x"])
def test_the_name_of_an_action_is_lower_case_letters_and_hyphens(action: str) -> None:
    with pytest.raises(ValueError, match="not the name of an action"):
        make_event(1, "e", "a", action, "", {})


def test_a_fault_says_where_it_is() -> None:
    assert msgspec.structs.asdict(Fault(3, "removed")) == {"number": 3, "kind": "removed"}
