"""The audit of publishing: written before the version, never in its way when an item is taken back."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from publisher.api.parts import Parts
from publisher.core.audit import Record, chain_faults
from publisher.records.audit import AuditFilter, AuditLog
from publisher.records.audit_file import FILE
from publisher.records.audit_spool import FILE as SPOOL
from publisher.records.database import AuditFile, RunSql, open_database
from publisher.records.errors import DatabaseError
from publisher.settings import DeskSettings
from tests.support.desk_requests import act, entries, post, published
from tests.support.postgresql import Server
from tests.support.waiting import until, until_async

pytestmark = pytest.mark.anyio


async def records(parts: Parts) -> list[Record]:
    """Every record of publishing, the oldest first, after all outcomes are written."""
    await parts.audit.flush()
    newest, _ = await parts.audit.newest(AuditFilter(), 1000)
    return newest[::-1]


def short(records: list[Record]) -> list[tuple[str, str]]:
    return [(record.actor, record.action) for record in records]


@pytest.fixture
def postgresql_settings(settings: DeskSettings, postgresql: Server) -> Iterator[DeskSettings]:
    """The desk's settings, with a schema of PostgreSQL for this test."""
    with postgresql.new_url() as url:
        yield settings.model_copy(update={"database_url": url})
        postgresql.restore()


async def test_a_version_is_recorded_before_it_is_stored_and_its_outcome_after(
    chief: httpx2.AsyncClient, parts: Parts
) -> None:
    uri = await published(chief)
    assert (await act(chief, uri, "withdraw", note="Wrong")).status_code == 200
    audit_records = await records(parts)
    assert [record.action for record in audit_records] == ["publish", "publish-done", "withdraw", "withdraw-done"]
    assert {record.actor for record in audit_records} == {"chief 0"} and {
        record.object for record in audit_records
    } == {uri}
    assert audit_records[0].event == audit_records[1].event != audit_records[2].event == audit_records[3].event
    assert json.loads(audit_records[2].details) == {"edition": "en", "urgency": "4", "version": "2"}
    assert audit_records[0].content != audit_records[2].content != "" and audit_records[1].content == ""


async def test_refused_and_repeated_requests_have_their_outcome(chief: httpx2.AsyncClient, parts: Parts) -> None:
    for _ in range(2):
        assert (await post(chief, key="k")).status_code == 201
    assert (await post(chief, key="k", urgency=2)).status_code == 422
    actions = [record.action for record in await records(parts)]
    assert actions == ["publish", "publish-done", "publish", "publish-repeated", "publish", "publish-refused"]


async def test_nothing_is_published_that_cannot_be_recorded(
    chief: httpx2.AsyncClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = await published(chief)
    await parts.audit.flush()
    entries_before = await entries(parts)
    with closing(sqlite3.connect(parts.settings.data / FILE, isolation_level=None)) as file:
        # The tokens can still be looked up; only the audit takes no record.
        file.execute("ALTER TABLE audit RENAME TO elsewhere")
        for answer in (await post(chief), await act(chief, uri, "update", urgency=3)):
            assert answer.status_code == 503 and answer.headers["retry-after"] == "2"
            assert answer.json()["type"].endswith("audit-away")
        assert await entries(parts) == entries_before
        assert (await act(chief, uri, "withdraw", note="Wrong")).status_code == 200
        assert parts.audit.spooled > 0
        file.execute("ALTER TABLE elsewhere RENAME TO audit")
    await parts.audit.chain_spool()
    assert short(await records(parts))[-2:] == [("chief 0", "withdraw"), ("chief 0", "withdraw-done")]
    assert parts.audit.spooled == 0 and (await post(chief)).status_code == 201


async def test_the_refusal_is_a_sentence_in_three_languages(
    chief: httpx2.AsyncClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> str:
        raise DatabaseError("full")

    monkeypatch.setattr(type(parts.audit), "record", refuse)
    sentences = []
    for language in ("en", "ar", "es"):
        chief.headers["Accept-Language"] = language
        sentences.append((await post(chief)).json()["detail"])
    assert len(set(sentences)) == 3 and "holding and withdrawing still work" in sentences[0]


async def test_holds_are_spooled_while_postgresql_is_away_and_chained_when_it_is_back(
    postgresql_settings: DeskSettings, postgresql: Server
) -> None:
    parts, chief = await _desk(postgresql_settings)
    uris = [await published(chief) for _ in range(2)]
    # Else the spool has the outcomes of these, too.
    assert len(await records(parts)) == 4
    postgresql.stop()
    started = asyncio.get_running_loop().time()
    assert (await act(chief, uris[0], "hold")).status_code == 200
    assert asyncio.get_running_loop().time() - started < 4
    assert (await act(chief, uris[1], "withdraw", note="Wrong")).status_code == 200
    assert (await post(chief)).status_code == 503

    def is_spooled() -> bool:
        return len((parts.settings.data / SPOOL).read_bytes().splitlines()) == parts.audit.spooled == 4

    # A flush may have begun by its timer, and another one does not wait for it.
    await until_async(is_spooled, "the outcomes are spooled")
    postgresql.start()
    await parts.audit.chain_spool()
    audit_records = await records(parts)
    assert sorted(record.action for record in audit_records[-4:]) == ["hold", "hold-done", "withdraw", "withdraw-done"]
    assert parts.audit.spooled == 0 and not (parts.settings.data / SPOOL).exists()
    log = AuditLog(parts.database)
    assert list(chain_faults(log.all(), log.head())) == []
    await _close(parts, chief)


async def test_a_withdrawal_goes_through_where_neither_database_nor_disk_takes_its_record(
    chief: httpx2.AsyncClient, parts: Parts
) -> None:
    uri = await published(chief)
    await parts.audit.flush()
    (parts.settings.data / SPOOL).symlink_to("/dev/full")
    with closing(sqlite3.connect(parts.settings.data / FILE, isolation_level=None)) as file:
        file.execute("ALTER TABLE audit RENAME TO elsewhere")
        assert (await act(chief, uri, "withdraw", note="Wrong")).status_code == 200
        await parts.audit.flush()
        file.execute("ALTER TABLE elsewhere RENAME TO audit")
    (parts.settings.data / SPOOL).unlink()
    await parts.audit.chain_spool()
    assert [record.action for record in await records(parts)][-2:] == ["withdraw", "withdraw-done"]


def test_a_desk_killed_between_record_and_publication_leaves_an_intention_without_outcome(
    settings: DeskSettings, tmp_path: Path
) -> None:
    # A process of its own program: a fork would copy locks that other threads of this one hold.
    script = (
        "import asyncio, sys; from tests.publisher.api.test_audit import publish_and_die;"
        " asyncio.run(publish_and_die(sys.argv[1]))"
    )
    command = [sys.executable, "-c", script, settings.model_dump_json()]
    died = subprocess.run(command, cwd=Path(__file__).parents[3], timeout=60, check=False, capture_output=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    with closing(open_database(tmp_path)) as database:
        log = AuditLog(database)
        assert [record.action for record in log.all()] == ["publish"]
        assert list(chain_faults(log.all(), log.head())) == []


async def publish_and_die(settings: str) -> None:
    """Kills this process when the desk with `settings` (JSON) stores its first version."""
    parts, chief = await _desk(DeskSettings.model_validate_json(settings))

    async def die(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    parts.store.publish = die  # type: ignore[method-assign, assignment]  # the process ends here
    await post(chief)


async def test_many_publications_share_transactions_and_statements(
    chief: httpx2.AsyncClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    transactions: list[list[str]] = []
    begin_raw = AuditFile.begin_raw

    @contextmanager
    def counted(audit: AuditFile) -> Iterator[RunSql]:
        with begin_raw(audit) as run:
            transactions.append([])
            # The other publications come while the first one's record is written.
            until(lambda: len(transactions) > 1 or len(parts.audit._waiting) == 63, "63 records wait")

            def run_counted(sql: str, parameters: Any = ()) -> Any:  # Any: as the driver has them
                transactions[-1].append(sql.split()[0])
                return run(sql, parameters)

            yield run_counted

    monkeypatch.setattr(AuditFile, "begin_raw", counted)
    monkeypatch.setattr("publisher.records.writer_thread.ANSWER_SECONDS", 60.0)
    monkeypatch.setattr("publisher.records.audit_writer._OUTCOME_SECONDS", 60.0)
    answers = await asyncio.gather(*(post(chief) for _ in range(64)))
    assert [answer.status_code for answer in answers] == [201] * 64
    assert len(await records(parts)) == 128
    # Each transaction syncs the disk, and each statement takes the interpreter's lock again: 128 of them one by one.
    assert len(transactions) == 3
    assert [sql for statements in transactions for sql in statements].count("INSERT") == 1 + 2 + 2


async def _desk(settings: DeskSettings) -> tuple[Parts, httpx2.AsyncClient]:
    from publisher.api.app import create_app
    from publisher.api.parts import open_parts

    parts = open_parts(settings)
    token = parts.tokens.create("chief 0", "chief")
    transport = httpx2.ASGITransport(create_app(parts))
    headers = {"Authorization": f"Bearer {token}"}
    return parts, httpx2.AsyncClient(transport=transport, base_url="http://desk.test", headers=headers)


async def _close(parts: Parts, client: httpx2.AsyncClient) -> None:
    await client.aclose()
    await parts.store.aclose()
    await parts.audit.aclose()
    await parts.bylines.aclose()
    parts.database.close()


async def test_a_source_that_is_added_or_changed_is_recorded(chief: httpx2.AsyncClient, parts: Parts) -> None:
    source = {"role": "official", "names": {"en": "Harbour office"}}
    assert (await chief.post("/v1/sources", json={**source, "dryRun": True})).status_code == 200
    source_made = (await chief.post("/v1/sources", json=source)).json()["source"]
    changed = await chief.patch(f"/v1/sources/{source_made['id']}", json={"retired": True}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200
    recorded = [(record.action, record.object) for record in await records(parts)]
    assert recorded == [
        ("source-create", f"source:{source_made['id']}"),
        ("source-change", f"source:{source_made['id']}"),
    ]
