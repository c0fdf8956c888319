"""Writes in a thread of their own: in order, bounded in time, and with a connection that their thread closes."""

import asyncio
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from publisher.core.audit import Event
from publisher.records import writer_thread
from publisher.records.audit import AuditLog
from publisher.records.audit_spool import Spool
from publisher.records.audit_writer import AuditWriter
from publisher.records.database import Database
from publisher.records.errors import DatabaseAwayError
from publisher.records.writer_thread import WriterThread
from tests.support.waiting import until_async

pytestmark = pytest.mark.anyio


async def test_calls_run_one_after_the_other_in_another_thread_and_return_their_result(database: Database) -> None:
    writer, order = WriterThread(database, "writer"), []

    def note(number: int, _: Database) -> tuple[int, bool]:
        order.append(number)
        return number, threading.current_thread() is threading.main_thread()

    answers = await asyncio.gather(*(writer.call(partial(note, number)) for number in range(20)))
    assert answers == [(number, False) for number in range(20)] and order == list(range(20))
    await writer.aclose()


async def test_a_fault_goes_to_its_caller_and_the_next_call_works(database: Database) -> None:
    writer = WriterThread(database, "writer")
    with pytest.raises(ZeroDivisionError):
        await writer.call(lambda _: 1 / 0)
    assert await writer.call(lambda own: own.desk_id()) == database.desk_id()
    await writer.aclose()


async def test_a_call_that_takes_too_long_is_away_and_still_happens(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_thread, "ANSWER_SECONDS", 0.05)
    writer, release, happened = WriterThread(database, "writer"), threading.Event(), threading.Event()

    def slow(_: Database) -> None:
        release.wait(10)
        happened.set()

    with pytest.raises(DatabaseAwayError):
        await writer.call(slow)
    release.set()
    assert await asyncio.to_thread(happened.wait, 10)
    await writer.aclose()


async def test_an_answer_counts_that_came_while_the_event_loop_stood_still(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = WriterThread(database, "writer")
    await writer.call(lambda _: None)
    monkeypatch.setattr(writer_thread, "ANSWER_SECONDS", 0.05)
    answered = threading.Event()
    call = asyncio.create_task(writer.call(lambda _: answered.set()))
    await asyncio.sleep(0)
    assert answered.wait(10)
    threading.Event().wait(0.2)
    await call
    await writer.aclose()


async def test_the_thread_ends_after_the_calls_before_and_closes_its_connection(database: Database) -> None:
    writer = WriterThread(database, "writer")
    own = await writer.call(lambda own: own)
    last = asyncio.create_task(writer.call(lambda _: "last"))
    await asyncio.sleep(0)
    await writer.aclose()
    assert await last == "last"
    thread = writer._thread
    assert thread is not None
    await asyncio.to_thread(thread.join, 10)
    assert not thread.is_alive() and (own is database) == (not database.is_local)


async def test_a_desk_that_ends_spools_the_outcomes_whose_writing_fails_meanwhile(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ending = threading.Event(), threading.Event()

    def fail(_log: AuditLog, _events: Sequence[Event], **_options: bool) -> int:
        begun.set()
        ending.wait(1)
        raise DatabaseAwayError("away")

    monkeypatch.setattr(AuditLog, "append", fail)
    writer = AuditWriter(database, tmp_path)
    writer.outcome("event", "Rana", "publish-done")
    await until_async(begun.is_set, "the timer has begun to write")
    asyncio.get_running_loop().call_later(0.05, ending.set)
    await writer.aclose()
    assert writer.spooled == len(Spool(tmp_path)) == 1
