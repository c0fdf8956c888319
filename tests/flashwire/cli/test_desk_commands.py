"""The commands of the desk, run against a real desk."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flashwire.cli.main import app
from publisher.records.database import open_database
from publisher.records.tokens import Actor, Tokens
from publisher.records.welcome import welcome_link
from publisher.settings import DeskSettings
from tests.support.desk_process import Machine
from tests.support.sample_items import line

_ROOT = Path(__file__).parents[3]
_HEADLINES = Path(__file__).parents[4] / "shared" / "data" / "headlines" / "headlines.jsonl"


def run(*arguments: str, machine: Machine | None = None, **environment: str) -> Result:
    """Runs `flashwire` with these arguments, for the desk of `machine`."""
    if machine:
        address = str(machine.http.base_url).rstrip("/")
        environment = {"FLASHWIRE_TOKEN": machine.token, "FLASHWIRE_DESK_URL": address, **environment}
    return CliRunner().invoke(app, list(arguments), env={"FLASHWIRE_TOKEN": None, **environment})


def one_line(text: str) -> bool:
    return len(text.strip().splitlines()) == 1


@pytest.mark.parametrize("command", [("desk",), ("post",), ("replay",), ("token",), ("token", "create")])
def test_every_command_explains_itself(command: tuple[str, ...]) -> None:
    outcome = run(*command, "--help")
    assert outcome.exit_code == 0 and "Usage" in outcome.stdout


def test_a_token_is_printed_alone_and_works(tmp_path: Path) -> None:
    outcome = run("token", "create", "night desk", "--role", "chief", "--unlimited", "--data", str(tmp_path))
    token = outcome.stdout.strip()
    assert outcome.exit_code == 0 and outcome.stdout == f"{token}\n" and not outcome.stderr
    assert Tokens(open_database(tmp_path)).holder(token) == Actor("night desk", "chief", True)
    listed = run("token", "list", "--data", str(tmp_path)).stdout
    assert "night desk" in listed and "unlimited" in listed and token not in listed
    assert run("token", "revoke", "night desk", "--data", str(tmp_path)).exit_code == 0
    assert Tokens(open_database(tmp_path)).holder(token) is None
    assert "revoked" in run("token", "list", "--data", str(tmp_path)).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("token", "create", "a", "--role", "king"),
        ("token", "create", ""),
        ("token", "revoke", "nobody"),
        ("post", "Civil Defence: x"),
        ("replay", "nothing.jsonl"),
    ],
)
def test_a_wrong_argument_is_one_clear_line(arguments: tuple[str, ...], tmp_path: Path) -> None:
    outcome = run(*arguments, FLASHWIRE_DATA=str(tmp_path))
    assert outcome.exit_code == 1 and not outcome.stdout and one_line(outcome.stderr)


def test_a_bad_setting_is_one_clear_line(tmp_path: Path) -> None:
    outcome = run("desk", FLASHWIRE_DESK_PORT="99999", FLASHWIRE_DATA=str(tmp_path))
    assert outcome.exit_code == 2 and one_line(outcome.stderr) and "FLASHWIRE_DESK_PORT" in outcome.stderr


def test_a_desk_without_a_server_says_what_to_set(tmp_path: Path) -> None:
    outcome = run("desk", FLASHWIRE_DATA=str(tmp_path))
    assert outcome.exit_code == 2 and not outcome.stdout
    assert one_line(outcome.stderr) and "REDIS_URL" in outcome.stderr


@pytest.mark.deep
@pytest.mark.parametrize("command", ["desk", "run", "ticker"])
@pytest.mark.parametrize(
    "address", ["nonsense", "http://127.0.0.1:1", "redis://u:s3cret@h:s3cret", "redis+sentinel://u:s3cret@h:s3cret/x"]
)
def test_a_wrong_address_stops_every_server_with_one_clear_line(command: str, address: str, tmp_path: Path) -> None:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("FLASHWIRE_")}
    outcome = subprocess.run(
        [Path(sys.executable).with_name("flashwire"), command, "--data", str(tmp_path / "data")],
        env={**variables, "REDIS_URL": address, "PYTHONPATH": str(_ROOT)},
        cwd=tmp_path, capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert outcome.returncode == 2 and not outcome.stdout
    assert one_line(outcome.stderr) and outcome.stderr.startswith("REDIS_URL: Not an address of Redis; write redis://")
    assert "s3cret" not in outcome.stderr
    # Refused before anything is made: no keys, no tokens.
    assert not (tmp_path / "data").exists()


def test_replicas_of_a_cluster_are_refused_at_the_start(tmp_path: Path) -> None:
    environment = {
        "REDIS_URL": "redis+cluster://127.0.0.1:1",
        "FLASHWIRE_REPLICAS": "1",
        "FLASHWIRE_DATA": str(tmp_path),
    }
    outcome = run("desk", machine=None, **environment)
    assert outcome.exit_code == 2 and one_line(outcome.stderr) and "FLASHWIRE_REPLICAS" in outcome.stderr


def test_the_first_editors_link_is_made_only_while_there_is_no_token(tmp_path: Path) -> None:
    settings = DeskSettings.model_validate({"data": tmp_path})
    link = welcome_link(settings.data, "http://127.0.0.1:8001")
    assert link and link.startswith("http://localhost:8001/#welcome=")
    Tokens(open_database(tmp_path)).create("a", "chief")
    assert welcome_link(settings.data, "http://127.0.0.1:8001") is None


def test_post_prints_what_readers_will_see(machine: Machine) -> None:
    outcome = run("post", "Civil Defence: إغلاق الجسر", "--edition", "ar", "--urgency", "2", machine=machine)
    assert outcome.exit_code == 0 and "urn:flashwire:" in outcome.stdout and "version 1" in outcome.stdout
    assert "الدفاع المدني (official): إغلاق الجسر" in outcome.stdout
    [item] = machine.http.get("/v1/items").json()["items"]
    assert (item["edition"], item["urgency"]) == ("ar", 2)


@pytest.mark.deep
def test_post_has_a_dry_run_and_reports_what_is_wrong(machine: Machine) -> None:
    outcome = run("post", "Civil Defence: x", "--dry-run", machine=machine)
    assert outcome.exit_code == 0 and "not published" in outcome.stdout
    unknown = run("post", "A neighbour: x", machine=machine)
    assert unknown.exit_code == 1 and one_line(unknown.stderr) and "eyewitness" in unknown.stderr
    assert run("post", "A neighbour: x", "--role", "eyewitness", machine=machine).exit_code == 0
    refused = run("post", "Civil Defence: x", machine=machine, FLASHWIRE_TOKEN="fw_wrong")
    assert refused.exit_code == 1 and one_line(refused.stderr) and "fw_wrong" not in refused.stderr
    assert len(machine.http.get("/v1/items").json()["items"]) == 1


@pytest.mark.deep
def test_post_waits_for_a_stream_that_comes_back_and_publishes_once(machine: Machine) -> None:
    machine.valkey.send_signal(signal.SIGSTOP)
    timer = threading.Timer(3.5, machine.valkey.send_signal, [signal.SIGCONT])
    timer.start()
    outcome = run("post", "Civil Defence: x", machine=machine)
    timer.join()
    assert outcome.exit_code == 0, outcome.stderr
    assert len(machine.http.get("/v1/items").json()["items"]) == 1


def test_post_gives_up_if_no_desk_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flashwire.cli.post._PATIENCE_SECONDS", 0.5)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{other.getsockname()[1]}"
    outcome = run("post", "Civil Defence: x", "--desk", address, FLASHWIRE_TOKEN="fw_x")
    assert outcome.exit_code == 1 and one_line(outcome.stderr) and "cannot be reached" in outcome.stderr


@pytest.mark.deep
def test_replay_accepts_both_forms_in_order_and_repeats_nothing(machine: Machine, tmp_path: Path) -> None:
    file = tmp_path / "rehearsal.jsonl"
    lines = [json.dumps(line(text=f"Civil Defence: {number}")) for number in range(30)]
    lines += ['{"document": "rt.com.91337", "en": "One", "ar": "واحد", "es": "Uno"}', ""]
    file.write_text("\n".join(lines), "utf-8")
    for _ in range(2):
        outcome = run("replay", str(file), "--parallel", "3", machine=machine)
        assert outcome.exit_code == 0 and "33 acknowledged, 0 refused" in outcome.stdout, outcome.output
    items = machine.http.get("/v1/items?limit=200").json()["items"]
    english = [item["headline"]["value"] for item in reversed(items) if item["edition"] == "en"]
    assert english == [*map(str, range(30)), "One"]
    [spanish] = [item for item in items if item["edition"] == "es"]
    assert (spanish["infoSources"][0]["name"]["value"], spanish["infoSources"][0]["role"]) == ("rt.com", "platform")
    assert run("replay", str(file), "--fresh", machine=machine).exit_code == 0
    assert len(machine.http.get("/v1/items?limit=200").json()["items"]) == 66


def test_replay_keeps_its_pace_and_counts_what_is_refused(machine: Machine, tmp_path: Path) -> None:
    file = tmp_path / "rehearsal.jsonl"
    lines = [json.dumps(line(text=f"Civil Defence: {number}")) for number in range(10)]
    file.write_text("\n".join([*lines, '{"text": "no source", "edition": "en"}']), "utf-8")
    started = time.monotonic()
    outcome = run("replay", str(file), "--rate", "20", machine=machine)
    assert time.monotonic() - started >= 0.5
    assert "10 acknowledged, 1 refused" in outcome.stdout
    assert outcome.exit_code == 1 and "Line 11: text:" in outcome.stderr


def test_a_wrong_file_is_refused_before_anything_is_published(machine: Machine, tmp_path: Path) -> None:
    file = tmp_path / "rehearsal.jsonl"
    for content in ('{"text": "Civil Defence: x", "edition": "en"}\n{', "[]", "", '{"document": 3}', '{"edition": 3}'):
        file.write_text(content, "utf-8")
        outcome = run("replay", str(file), machine=machine)
        assert outcome.exit_code == 1 and one_line(outcome.stderr), content
    assert machine.http.get("/v1/items").json()["items"] == []


@pytest.mark.skipif(not _HEADLINES.exists(), reason="the real headlines are not on this machine")
def test_the_real_headlines_run_in_three_editions(machine: Machine) -> None:
    outcome = run("replay", str(_HEADLINES), machine=machine)
    assert outcome.exit_code == 0 and "369 acknowledged, 0 refused" in outcome.stdout, outcome.output
    items = machine.http.get("/v1/items?limit=200&edition=ar").json()["items"]
    assert len(items) == 123
    assert {item["headline"]["direction"] for item in items} == {"rtl"}
    assert {source["role"] for item in items for source in item["infoSources"]} == {"platform"}
    print(outcome.stdout)


def test_a_command_loads_neither_server_nor_stream_without_need() -> None:
    # They took half of the time of `flashwire post`.
    program = "import sys, flashwire.cli.main, flashwire.client.desk; print(*sys.modules)"
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert "httpx2" in outcome.stdout.split()
    assert not {"uvicorn", "starlette", "redis", "structlog"} & set(outcome.stdout.split())
