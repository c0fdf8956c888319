"""The desk client tells three outcomes apart: published, refused and unknown."""

import asyncio
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import pytest

from flashwire.cli.rehearsal import Post, Summary, replay
from flashwire.client import (
    AnswerUnreadableError,
    DeskClient,
    NotPublishedError,
    PublishError,
    UnknownOutcomeError,
    publish,
)
from tests.flashwire.cli.test_desk_commands import one_line, run
from tests.support.desk_process import Machine

pytestmark = pytest.mark.anyio

BODY = {"text": "Civil Defence: x", "edition": "en"}
DONE = (
    '{"item":{"uri":"urn:flashwire:a","version":1,"act":"publish","pubStatus":"usable","urgency":4,"headline":'
    '{"value":"x","language":"en","direction":"ltr"},"infoSources":[],"edition":"en","sections":[],"places":[],'
    '"link":null,"note":null,"firstCreated":"2026-01-01T00:00:00.000Z","versionCreated":"2026-01-01T00:00:00.000Z",'
    '"expires":null,"pinnedUntil":null,"translationOf":null},"cursor":"e.1.c"}'
)


Answer = tuple[int, str] | tuple[int, str, str]
"""Status, body, and optionally header lines."""


def problem(name: str) -> str:
    return f'{{"type":"urn:flashwire:problem:{name}","title":"x","status":1,"detail":"Said {name}."}}'


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flashwire.client.desk._PAUSE_SECONDS", 0.1)


@asynccontextmanager
async def answering(*answers: Answer | None, patience: float = 2.5) -> AsyncIterator[tuple[DeskClient, list[bytes]]]:
    """A desk that sends these answers, and the last one repeatedly. None reads the request and closes."""
    remaining, keys = list(answers), list[bytes]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        keys.append(next(line for line in head.split(b"\r\n") if line.lower().startswith(b"idempotency-key")))
        answer = remaining.pop(0) if len(remaining) > 1 else remaining[0]
        if answer:
            status, body, *lines = answer
            head_lines = "\r\n".join((f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", *lines))
            writer.write(f"{head_lines}\r\n\r\n{body}".encode())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with DeskClient(f"http://127.0.0.1:{port}", "fw_x", patience=patience) as client:
        yield client, keys
    server.close()


@asynccontextmanager
async def raw_desk(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """The address of a desk that answers with `serve`, after which it closes the connection."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Also when the loop ends and cancels this task.
        with closing(writer):
            await serve(reader, writer)

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


UNREADABLE: list[Answer | None] = [
    None,
    (201, DONE, "Content-Encoding: gzip"),
    (202, "<h1>Accepted</h1>"),
    (206, DONE[:90]),
    (499, ""),
    (520, "<h1>Web server returned an unknown error</h1>"),
    (201, "<h1>Welcome</h1>"),
    (200, "{}"),
    (408, ""),
    (500, problem("internal")),
    (502, "<h1>Bad gateway</h1>"),
    (503, problem("stream-away")),
    (503, ""),
    (504, ""),
]


@pytest.mark.parametrize("answer", UNREADABLE)
async def test_a_request_with_an_unknown_outcome_is_repeated_with_the_same_key(answer: Answer | None) -> None:
    async with answering(answer, (201, DONE)) as (client, keys):
        published = await client.publish(BODY, "k")
    assert published.attempts == 2 and len(keys) == 2 and len(set(keys)) == 1


@pytest.mark.parametrize("answer", UNREADABLE)
async def test_a_request_without_a_readable_answer_has_an_unknown_outcome(answer: Answer | None) -> None:
    async with answering(answer, patience=0.3) as (client, _):
        with pytest.raises(UnknownOutcomeError):
            await client.publish(BODY, "k")


@pytest.mark.deep
@pytest.mark.parametrize("later", [(401, problem("unauthorized")), (403, problem("role-act")), (429, problem("rate"))])
async def test_a_refusal_that_does_not_concern_the_first_request_leaves_it_unknown(later: tuple[int, str]) -> None:
    async with answering((503, problem("stream-away")), later) as (client, _):
        with pytest.raises(UnknownOutcomeError):
            await client.publish(BODY, "k")


@pytest.mark.deep
@pytest.mark.parametrize(
    ("answer", "requests"),
    [
        ((422, problem("invalid")), 1),
        ((401, problem("token-refused")), 1),
        ((404, "<h1>Not found</h1>"), 1),
        ((429, problem("rate")), 2),
        ((503, problem("desk-file")), 2),
        ((503, problem("database-away")), 2),
        ((408, problem("too-slow")), 2),
        ((413, "<h1>Request entity too large</h1>"), 1),
        ((302, ""), 1),
    ],
)
async def test_a_refusal_of_the_first_request_is_a_refusal(answer: tuple[int, str], requests: int) -> None:
    async with answering(answer) as (client, keys):
        with pytest.raises(NotPublishedError):
            await client.publish(BODY, "k")
    assert len(keys) >= requests


async def test_a_refusal_after_the_desk_looked_for_the_first_request_is_a_refusal() -> None:
    async with answering((503, problem("stream-away")), (422, problem("invalid"))) as (client, _):
        with pytest.raises(NotPublishedError):
            await client.publish(BODY, "k")


@pytest.mark.deep
@pytest.mark.parametrize(
    ("answer", "is_open"),
    [
        ((401, problem("token-refused")), True),
        ((503, problem("desk-file")), True),
        ((503, problem("database-away")), True),
        ((503, problem("audit-away")), True),
        ((404, "<h1>Not found</h1>"), True),
        ((422, problem("invalid")), False),
        ((422, problem("key-reused")), False),
    ],
)
async def test_a_request_of_an_earlier_call_is_refused_only_by_an_answer_about_it(
    answer: Answer, is_open: bool
) -> None:
    async with answering(answer) as (client, _):
        with pytest.raises(PublishError) as raised:
            await client.publish(BODY, "k", sent_before=True)
    assert isinstance(raised.value, UnknownOutcomeError) is is_open


def test_a_repeated_call_that_cannot_reach_the_desk_has_an_unknown_outcome(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flashwire.cli.post._PATIENCE_SECONDS", 0.2)
    line = ("post", "Civil Defence: x")
    outcome = run(*line, "--key", "post-earlier", "--token", "fw_revoked", machine=machine)
    assert outcome.exit_code == 3 and "--key post-earlier" in outcome.stderr and "within 24 hours" in outcome.stderr
    assert run(*line, "--token", "fw_revoked", machine=machine).exit_code == 1
    assert run(*line, "--key", "post-earlier", "--dry-run", "--token", "fw_revoked", machine=machine).exit_code == 1


@pytest.mark.parametrize("first", [None, (409, problem("answer-unreadable"))])
async def test_a_request_that_was_done_and_cannot_be_read_is_neither_refused_nor_unknown(first: Answer | None) -> None:
    unreadable = (409, problem("answer-unreadable"))
    async with answering(first, unreadable) as (client, _):
        with pytest.raises(AnswerUnreadableError, match="Said answer-unreadable"):
            await client.publish(BODY, "k")
    async with answering(first, unreadable) as (client, _):
        summary = Summary()
        await replay([Post("en", b"{}", "k", 1)], client, summary)
    assert (summary.acknowledged, summary.refused, summary.unknown, summary.first_error) == (1, 0, 0, None)


async def test_a_success_that_a_proxy_changed_is_a_success() -> None:
    async with answering((203, DONE)) as (client, _):
        assert (await client.publish(BODY, "k")).attempts == 1


@pytest.mark.parametrize("address", ["desk.example:8001", "ftp://desk.example", "http://[::1", "desk"])
async def test_a_wrong_address_is_an_error_at_once(address: str) -> None:
    with pytest.raises(NotPublishedError, match="not the address of a desk"):
        DeskClient(address, "fw_x", patience=5)


@pytest.mark.parametrize("damaged", ["a\n", "a\r\nX: y", "é"])
async def test_a_token_or_key_that_no_header_can_carry_is_refused_at_once(damaged: str) -> None:
    with pytest.raises(NotPublishedError, match="token"):
        await publish("http://127.0.0.1:1", damaged, BODY)
    with pytest.raises(NotPublishedError, match="key"):
        await publish("http://127.0.0.1:1", "fw_x", BODY, key=damaged)


@pytest.mark.parametrize(("status", "error"), [(400, NotPublishedError), (201, UnknownOutcomeError)])
async def test_an_answer_that_is_not_utf_8_is_judged_by_its_status(status: int, error: type[PublishError]) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b'HTTP/1.1 %d x\r\nContent-Length: 14\r\n\r\n{"detail":"\xff"}' % status)

    async with raw_desk(serve) as url:
        with pytest.raises(error):
            await publish(url, "fw_x", BODY, patience=0)


async def test_an_answer_that_never_ends_has_an_unknown_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flashwire.client.desk._ANSWER_SECONDS", 0.3)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 201 x\r\nContent-Length: 1000\r\n\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)

    async with raw_desk(serve) as url, asyncio.timeout(10):
        with pytest.raises(UnknownOutcomeError):
            await publish(url, "fw_x", BODY, patience=0)


async def test_an_answer_longer_than_a_desks_is_not_read_to_its_end() -> None:
    written = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 201 x\r\nContent-Length: 1000000000\r\n\r\n")
        with suppress(ConnectionError):
            while written < 500_000_000:
                writer.write(b" " * 1_000_000)
                written += 1_000_000
                await writer.drain()

    async with raw_desk(serve) as url, asyncio.timeout(15):
        with pytest.raises(UnknownOutcomeError):
            await publish(url, "fw_x", BODY, patience=0)
    assert written < 100_000_000


async def test_without_a_connection_nothing_was_sent() -> None:
    with socket.socket() as bound_socket:
        # Bound and not listening: as long as it is open no other program gets the port.
        bound_socket.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{bound_socket.getsockname()[1]}"
        async with DeskClient(address, "fw_x", patience=0.5) as client:
            with pytest.raises(NotPublishedError):
                await client.publish(BODY, "k")


@pytest.mark.deep
def test_post_to_a_frozen_server_prints_how_to_ask_again(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flashwire.cli.post._PATIENCE_SECONDS", 0.5)
    machine.valkey.send_signal(signal.SIGSTOP)
    try:
        outcome = run("post", "Civil Defence: it's x", "--urgency", "3", machine=machine)
    finally:
        machine.valkey.send_signal(signal.SIGCONT)
    assert outcome.exit_code == 3 and one_line(outcome.stderr) and not outcome.stdout
    assert "not known yet" in outcome.stderr and machine.token not in outcome.stderr
    assert "Idempotency-Key" not in outcome.stderr, "a person who types a line does not know the word"
    command = outcome.stderr[outcome.stderr.index("flashwire post") :]
    again = run(*shlex.split(command)[1:], machine=machine)
    assert again.exit_code == 0, again.stderr
    assert [item["headline"]["value"] for item in machine.http.get("/v1/items").json()["items"]] == ["it's x"]


@pytest.mark.deep
@pytest.mark.parametrize("broken", ["closed pipe", "full disk"])
@pytest.mark.parametrize("arguments", [("post", "Civil Defence: x"), ("replay", "items.jsonl")])
def test_a_publication_ends_with_0_even_if_the_output_is_lost(
    machine: Machine, arguments: tuple[str, ...], broken: str
) -> None:
    (machine.folder / "items.jsonl").write_text('{"text": "Civil Defence: x", "edition": "en"}')
    if broken == "full disk":
        out = os.open("/dev/full", os.O_WRONLY)
    else:
        read, out = os.pipe()
        os.close(read)
    address = str(machine.http.base_url).rstrip("/")
    process = subprocess.run(
        [sys.executable, "-c", "from flashwire.cli.main import main; main()", *arguments],
        cwd=machine.folder,
        env=os.environ | {"FLASHWIRE_TOKEN": machine.token, "FLASHWIRE_DESK_URL": address},
        stdout=out, stderr=subprocess.PIPE, timeout=60, check=False, text=True,
    )  # fmt: skip
    os.close(out)
    assert process.returncode == 0, process.stderr
    assert "Standard output did not take" in process.stderr and "Traceback" not in process.stderr
    assert len(machine.http.get("/v1/items").json()["items"]) == 1


@pytest.mark.deep
def test_replay_counts_unknown_outcomes_apart_from_refusals(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("flashwire.cli.replay._PATIENCE_SECONDS", 0.5)
    file = tmp_path / "rehearsal.jsonl"
    file.write_text('{"text": "Civil Defence: x", "edition": "en"}', "utf-8")
    machine.valkey.send_signal(signal.SIGSTOP)
    try:
        outcome = run("replay", str(file), machine=machine)
    finally:
        machine.valkey.send_signal(signal.SIGCONT)
    assert outcome.exit_code == 3, outcome.output
    assert "0 acknowledged, 0 refused, 1 not known yet" in outcome.stdout
    again = run("replay", str(file), machine=machine)
    assert again.exit_code == 0 and "1 acknowledged, 0 refused in" in again.stdout
    assert len(machine.http.get("/v1/items").json()["items"]) == 1


@pytest.mark.deep
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("arguments", [("post", "Civil Defence: x"), ("replay", "items.jsonl")])
def test_a_command_that_is_stopped_with_an_unknown_outcome_reports_it(
    tmp_path: Path, arguments: tuple[str, ...], number: signal.Signals
) -> None:
    (tmp_path / "items.jsonl").write_text('{"text": "Civil Defence: x", "edition": "en"}')
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(30)
        stopped = subprocess.Popen(
            [sys.executable, "-c", "from flashwire.cli.main import main; main()", *arguments],
            cwd=tmp_path,
            env=os.environ
            | {"FLASHWIRE_TOKEN": "fw_x", "FLASHWIRE_DESK_URL": f"http://127.0.0.1:{silent.getsockname()[1]}"},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        connection, _ = silent.accept()
        with connection:
            assert connection.recv(1)
            stopped.send_signal(number)
            _, errors = stopped.communicate(timeout=30)
    assert stopped.returncode == 3, errors
    assert "not known yet" in errors and "Traceback" not in errors
    assert arguments[0] == "replay" or "--key" in errors


async def test_an_act_names_the_version_that_it_changes(machine: Machine) -> None:
    url = str(machine.http.base_url)
    first = await publish(url, machine.token, BODY)
    async with DeskClient(url, machine.token) as desk:
        correction = {"act": "correction", "note": "It is y.", "headline": "y"}
        corrected = await desk.act(first.item.uri, 1, correction)
        assert corrected.item.version == 2 and corrected.item.headline.value == "y"
        with pytest.raises(NotPublishedError, match="version 2"):
            await desk.act(first.item.uri, 1, correction)


async def test_an_act_that_finds_a_newer_version_after_a_lost_answer_was_not_done() -> None:
    async with answering(None, (412, problem("stale"))) as (client, keys):
        with pytest.raises(NotPublishedError):
            await client.act("urn:flashwire:a", 1, {"act": "withdraw", "note": "x"})
    assert len(set(keys)) == 1


async def test_an_unknown_outcome_keeps_the_key_to_ask_again_with() -> None:
    async with answering(None, patience=0.3) as (client, keys):
        with pytest.raises(UnknownOutcomeError) as unknown:
            await client.publish(BODY)
    assert {key.split(b": ")[1] for key in keys} == {unknown.value.key.encode()}


async def test_each_publication_without_a_key_has_a_key_of_its_own() -> None:
    async with answering((201, DONE)) as (client, keys):
        await client.publish(BODY)
        await client.publish(BODY)
    assert len(set(keys)) == 2
