"""While the desk's PostgreSQL is away, editors that this desk has verified can still withdraw or hold items."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest
from structlog.testing import capture_logs

from publisher.api.parts import Parts
from publisher.records.database import ANSWER_SECONDS, open_database
from publisher.records.tokens import Tokens
from publisher.settings import DeskSettings
from tests.publisher.conftest import ClientFor
from tests.support.desk_requests import act, entries, post, published
from tests.support.postgresql import Server
from tests.support.waiting import until_async

pytestmark = pytest.mark.anyio
PAGE = {"Origin": "http://desk.test", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def server(postgresql: Server) -> Iterator[Server]:
    """The session's server, which runs again after each test."""
    yield postgresql
    postgresql.restore()


@pytest.fixture
def settings(settings: DeskSettings, server: Server) -> Iterator[DeskSettings]:
    """The desk's settings, with a schema of PostgreSQL for this test."""
    with server.new_url() as url:
        yield settings.model_copy(update={"database_url": url})
        server.restore()


def revoke_elsewhere(parts: Parts, name: str) -> None:
    """Revokes a token as the command line of another machine does."""
    database = open_database(Path("/nowhere"), parts.settings.database_url)
    assert Tokens(database).revoke(name)
    database.close()


async def test_withdrawals_and_holds_work_without_the_database_and_other_acts_are_refused(
    chief: httpx2.AsyncClient, parts: Parts, server: Server
) -> None:
    uris = [await published(chief) for _ in range(3)]
    assert (await act(chief, uris[2], "hold")).status_code == 200
    server.stop()
    entries_before = await entries(parts)
    with capture_logs() as logs:
        assert (await act(chief, uris[0], "hold", dryRun=True)).status_code == 200
        assert (await act(chief, uris[0], "hold", edNote="why")).status_code == 200
        assert (await act(chief, uris[1], "withdraw", note="Wrong")).status_code == 200
    accepted_lines = [line for line in logs if line["event"] == "act accepted without the database"]
    assert [(line["act"], line["uri"], line["by"]) for line in accepted_lines] == [
        ("hold", uris[0], "chief 0"), ("withdraw", uris[1], "chief 0"),
    ]  # fmt: skip
    assert all(line["log_level"] == "warning" and line["version"] == 2 for line in accepted_lines)

    refused = [
        await post(chief, key="k"),
        await act(chief, uris[2], "release", seen=2),
        await act(chief, uris[2], "update", seen=2, urgency=1),
        await act(chief, uris[2], "correction", seen=2, urgency=1),
        await chief.post("/v1/canary"),
    ]
    for answer in refused:
        assert answer.status_code == 503 and answer.headers["retry-after"].isdigit(), answer.text
        assert answer.json()["type"].endswith("database-away")
    assert await entries(parts) == entries_before + 2

    server.start()
    assert (await post(chief, key="k")).status_code == 201
    assert (await act(chief, uris[2], "release", seen=2)).status_code == 200


async def test_the_refusal_is_a_sentence_in_three_languages(chief: httpx2.AsyncClient, server: Server) -> None:
    server.stop()
    sentences = {
        (await chief.post("/v1/items", json={}, headers={"Accept-Language": language})).json()["detail"]
        for language in ("en", "ar", "es")
    }
    assert len(sentences) == 3 and any("holding and withdrawing" in sentence for sentence in sentences)


async def test_a_holder_that_this_desk_has_not_verified_is_refused(
    client_for: ClientFor, chief: httpx2.AsyncClient, server: Server
) -> None:
    uri = await published(chief)
    unseen, wrong = client_for("chief"), client_for(None, Authorization="Bearer fw_wrong")
    server.stop()
    for client in (unseen, wrong):
        assert (await act(client, uri, "hold")).status_code == 503
        assert (await client.get("/v1/items")).status_code == 503
    assert (await act(client_for(None), uri, "hold")).status_code == 401
    assert (await act(chief, uri, "hold")).status_code == 200


@pytest.mark.parametrize("is_noticed_by", ["a request", "the watch"])
async def test_a_holder_that_was_revoked_before_is_refused(
    chief: httpx2.AsyncClient, parts: Parts, server: Server, is_noticed_by: str
) -> None:
    uri = await published(chief)
    revoke_elsewhere(parts, "chief 0")
    if is_noticed_by == "a request":
        assert (await chief.get("/v1/session")).status_code == 401
    else:
        watching = asyncio.create_task(parts.watch.watch_database())
        await until_async(lambda: not parts.holders._memory, "the watch forgets the holder")
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    server.stop()
    assert (await act(chief, uri, "withdraw")).status_code == 503


async def test_roles_hold_as_they_were_verified(client_for: ClientFor, server: Server) -> None:
    editor = client_for("editor")
    uri = await published(editor)
    server.stop()
    refused = await act(editor, uri, "withdraw")
    assert refused.status_code == 403 and refused.json()["type"].endswith("role-act")


async def test_a_session_reads_and_takes_back_and_only_from_the_desks_own_page(
    client_for: ClientFor, parts: Parts, server: Server
) -> None:
    client = client_for(None)
    token = parts.tokens.create("Amal", "chief")
    assert (await client.post("/v1/session", json={"token": token}, headers=PAGE)).status_code == 200
    created = await client.post("/v1/items", json={"text": "Civil Defence: A", "edition": "en"}, headers=PAGE)
    uri = created.json()["item"]["uri"]
    server.stop()
    session = (await client.get("/v1/session")).json()
    assert (session["name"], session["role"], session["way"]) == ("Amal", "chief", "token")
    assert [item["uri"] for item in (await client.get("/v1/items")).json()["items"]] == [uri]
    path, body, seen = f"/v1/items/{uri}/acts", {"act": "withdraw", "note": "Wrong"}, {"If-Match": '"1"'}
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert (await client.post(path, json=body, headers=seen | foreign)).status_code == 403
    assert (await client.post(path, json=body, headers=seen | PAGE)).status_code == 200
    # Signing in and out must be written.
    assert (await client.post("/v1/session", json={"token": token}, headers=PAGE)).status_code == 503
    assert (await client.delete("/v1/session", headers=PAGE)).status_code == 503


async def test_ready_says_that_the_database_is_away_and_that_it_is_back(
    client_for: ClientFor, parts: Parts, server: Server
) -> None:
    client = client_for(None)
    tasks = [asyncio.create_task(run()) for run in (parts.watch.run, parts.watch.watch_database)]

    async def until_ready(is_ready: bool) -> httpx2.Response:
        started_at = time.monotonic()
        while True:
            answer = await client.get("/health/ready")
            if (answer.status_code == 200) is is_ready:
                return answer
            assert time.monotonic() - started_at < 5, answer.text
            await asyncio.sleep(0.02)

    await until_ready(True)
    with capture_logs() as logs:
        server.stop()
        # A caller from elsewhere learns what is away, and not where it is.
        assert (await until_ready(False)).json()["reasons"] == ["The desk's database cannot be used"]
        assert "flashwire_desk_ready 0.0" in (await client.get("/metrics")).text
        server.start()
        await until_ready(True)
    assert [line["event"] for line in logs if line["event"].startswith("database")] == [
        "database lost", "database reached",
    ]  # fmt: skip
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_frozen_database_delays_no_editor_beyond_the_limit(chief: httpx2.AsyncClient, server: Server) -> None:
    uri = await published(chief)
    server.freeze()

    async def hold() -> httpx2.Response:
        return await act(chief, uri, "hold", edNote="n")

    async def read() -> httpx2.Response:
        return await chief.get("/v1/items")

    async def publish() -> httpx2.Response:
        return await post(chief)

    for attempt, status in ((hold, 200), (read, 200), (publish, 503)):
        started_at = time.monotonic()
        assert (await attempt()).status_code == status
        # The stream's share of an answer is milliseconds here.
        assert time.monotonic() - started_at < ANSWER_SECONDS + 0.7
    server.thaw()
    assert (await post(chief)).status_code == 201
