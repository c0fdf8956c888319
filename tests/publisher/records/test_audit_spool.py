"""The spool of the audit: on the disk when `put` returns, of a bounded size, and chained once."""

import errno
import os
from pathlib import Path

import pytest

from publisher.core.audit import Event
from publisher.records import audit_spool
from publisher.records.audit import new_event
from publisher.records.audit_spool import FILE, Spool, SpoolFullError


def event(number: int = 0) -> Event:
    return new_event("Rana", "hold", f"urn:{number}", {"why": "عربي"})


def drained(spool: Spool) -> list[tuple[list[Event], int]]:
    return list(spool.batches())


def test_records_come_back_in_their_order_and_only_their_owner_can_read_the_file(tmp_path: Path) -> None:
    spool, events = Spool(tmp_path), [event(number) for number in range(3)]
    for one in events:
        spool.put(one)
    assert len(spool) == 3 == len(Spool(tmp_path)) and (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert drained(spool) == [(events, 0)]
    assert spool.is_empty and len(spool) == 0 and not list(tmp_path.iterdir())


def test_what_comes_during_an_append_is_the_next_batch(tmp_path: Path) -> None:
    spool, first, second = Spool(tmp_path), event(1), event(2)
    spool.put(first)
    batches = spool.batches()
    assert next(batches) == ([first], 0)
    spool.put(second)
    assert len(spool) == 2
    assert list(batches) == [([second], 0)]


def test_a_batch_whose_append_failed_comes_again_before_later_ones(tmp_path: Path) -> None:
    spool, first, second = Spool(tmp_path), event(1), event(2)
    spool.put(first)
    batches = spool.batches()
    next(batches)
    batches.close()
    spool.put(second)
    assert drained(Spool(tmp_path)) == [([first], 0), ([second], 0)]


def test_a_line_that_a_crash_cut_off_is_counted_and_the_next_record_is_whole(tmp_path: Path) -> None:
    spool, first, second = Spool(tmp_path), event(1), event(2)
    spool.put(first)
    with (tmp_path / FILE).open("ab") as file:
        file.write(b'{"time":1,"ev')
    spool.put(second)
    assert drained(spool) == [([first, second], 1)]


def test_a_full_spool_takes_nothing_more_and_keeps_what_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool, first = Spool(tmp_path), event(1)
    spool.put(first)
    monkeypatch.setattr(audit_spool, "LIMIT_BYTES", (tmp_path / FILE).stat().st_size + 10)
    with pytest.raises(SpoolFullError):
        spool.put(event(2))
    assert drained(spool) == [([first], 0)]


def test_a_full_disk_leaves_only_whole_records(tmp_path: Path) -> None:
    spool, first = Spool(tmp_path), event(1)
    spool.put(first)
    if not Path("/dev/full").exists():
        pytest.fail("this test needs Linux's /dev/full")
    # Every write to this file fails with ENOSPC, as on a full disk.
    full = Spool(tmp_path / "full")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / FILE).symlink_to("/dev/full")
    with pytest.raises(OSError) as raised:
        full.put(event(2))
    assert raised.value.errno == errno.ENOSPC
    assert drained(spool) == [([first], 0)]


def test_a_record_that_the_disk_took_in_part_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool, first, write = Spool(tmp_path), event(1), os.write
    spool.put(first)
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:20]))
    with pytest.raises(OSError, match="a part"):
        spool.put(event(2))
    monkeypatch.undo()
    spool.put(third := event(3))
    assert drained(spool) == [([first, third], 0)]
