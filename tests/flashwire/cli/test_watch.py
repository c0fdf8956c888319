"""`flashwire tail` and `flashwire doctor` against the whole service."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from publisher.records.database import open_database
from publisher.records.tokens import Tokens
from tests.support.commands import FLASHWIRE, Running

Start = Callable[..., Running]
Command = Callable[..., "subprocess.CompletedProcess[str]"]
Until = Callable[..., None]
FSI, PDI = "\u2068", "\u2069"


class Desk:
    """An editor-in-chief at the desk's interface."""

    def __init__(self, service: Running) -> None:
        connection = open_database(service.data)
        self.token = Tokens(connection).create("test", "chief", unlimited=True)
        connection.close()
        self._http = httpx2.Client(
            base_url=service.desk, headers={"Authorization": f"Bearer {self.token}"}, trust_env=False
        )

    def publish(self, text: str, **fields: object) -> str:
        answer = self._http.post("/v1/items", json={"text": text, "edition": "en", **fields})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["item"]["uri"])

    def act(self, uri: str, version: int, **body: object) -> None:
        answer = self._http.post(f"/v1/items/{uri}/acts", json=body, headers={"If-Match": f'"{version}"'})
        assert answer.status_code == 200, answer.text

    def close(self) -> None:
        self._http.close()


class Tail:
    """A `flashwire tail` that runs, and what it printed so far."""

    def __init__(self, folder: Path, environment: dict[str, str], arguments: list[str]) -> None:
        self._out, self._err = folder / "tail.out", folder / "tail.err"
        with self._out.open("w") as out, self._err.open("w") as err:
            self.process = subprocess.Popen(
                [*FLASHWIRE, "tail", *arguments], cwd=folder, env=environment, stdout=out, stderr=err
            )

    def lines(self) -> list[str]:
        return self._out.read_text().splitlines()

    def states(self) -> str:
        return self._err.read_text()


@pytest.fixture
def service(serving: Start) -> Running:
    return serving()


@pytest.fixture
def desk(service: Running) -> Iterator[Desk]:
    desk = Desk(service)
    yield desk
    desk.close()


@pytest.fixture
def tailing(folder: Path, environment: dict[str, str], until: Until) -> Iterator[Callable[..., Tail]]:
    started: list[Tail] = []

    def start(service: Running, *arguments: str) -> Tail:
        tail = Tail(folder, environment, ["--ticker", service.ticker, *arguments])
        started.append(tail)
        until(lambda: "[live]" in tail.states(), f"tail is live: {tail.states()}")
        return tail

    yield start
    for tail in started:
        tail.process.kill()
        tail.process.wait()


def test_tail_prints_current_and_new_items_with_their_sources(
    service: Running, desk: Desk, tailing: Callable[..., Tail], until: Until
) -> None:
    role = {"role": "official"}
    desk.publish("Harbour office: Ferry service resumes", **role)
    tail = tailing(service)
    until(lambda: len(tail.lines()) == 1, "the backlog")
    uri = desk.publish("Harbour office: Ferry aground", urgency=1, **role)
    until(lambda: len(tail.lines()) == 2, "the live item")
    assert "Harbour office: Ferry service resumes" in tail.lines()[0]
    assert "FLASH" in tail.lines()[1]
    note = {"value": "No ferry is aground.", "language": "en", "direction": "ltr"}
    desk.act(uri, 1, act="withdraw", note=note)
    until(lambda: len(tail.lines()) == 3, "the withdrawal")
    assert "WITHDRAWN" in tail.lines()[2] and "(No ferry is aground.)" in tail.lines()[2]
    assert FSI not in "".join(tail.lines()), "a pipe gets the text as it is"


@pytest.mark.deep
def test_tail_prints_only_items_that_match_its_filters(
    service: Running, desk: Desk, tailing: Callable[..., Tail], until: Until
) -> None:
    tail = tailing(service, "--edition", "en", "--urgency", "2", "--json")
    desk.publish("Harbour office: Routine", role="official")
    desk.publish("Harbour office: Bulletin", role="official", urgency=2)
    until(lambda: tail.lines(), "the bulletin")
    lines: list[dict[str, Any]] = [json.loads(line) for line in tail.lines()]
    assert [line["item"]["headline"]["value"] for line in lines] == ["Bulletin"]
    assert lines[0]["cursor"]


@pytest.mark.deep
def test_tail_reconnects_after_a_node_was_killed_and_prints_each_item_once(
    service: Running, desk: Desk, tailing: Callable[..., Tail], until: Until
) -> None:
    tail = tailing(service, "--json")
    desk.publish("Harbour office: Before", role="official")
    until(lambda: len(tail.lines()) == 1, "the first item")
    for child in service.family():
        if any(
            connection.laddr.port == int(service.ticker.rsplit(":", 1)[1]) for connection in child.net_connections()
        ):
            child.kill()
    desk.publish("Harbour office: Meanwhile", role="official")
    until(lambda: len(tail.lines()) == 2, f"the second item: {tail.states()}")
    assert [json.loads(line)["item"]["headline"]["value"] for line in tail.lines()] == ["Before", "Meanwhile"]
    assert "[offline]" in tail.states() and "[live]" in tail.states().rpartition("[offline]")[2]


@pytest.mark.deep
def test_ctrl_c_ends_tail_cleanly(service: Running, tailing: Callable[..., Tail]) -> None:
    tail = tailing(service)
    tail.process.send_signal(signal.SIGINT)
    assert tail.process.wait(10) == 0
    assert "Traceback" not in tail.states()


@pytest.mark.deep
def test_a_name_that_is_not_configured_ends_tail_with_the_tickers_sentence(
    service: Running, flashwire: Command
) -> None:
    answer = flashwire("tail", "--ticker", service.ticker, "--edition", "klingon")
    assert answer.returncode == 1 and "edition" in answer.stderr and "Traceback" not in answer.stderr


def test_on_a_terminal_each_name_and_headline_has_its_own_isolate() -> None:
    import io

    from rich.console import Console

    from flashwire.cli.printer import Printer
    from flashwire.client import ItemEvent
    from ticker.contract.item import InfoSource, Item, Text, encode_item

    item = Item(
        uri="urn:flashwire:1", version=2, act="correction", pub_status="usable", urgency=1,
        headline=Text("إعادة فتح الجسر\x1b[31m", "ar", "rtl"),
        info_sources=(InfoSource(Text("الدفاع المدني", "ar", "rtl"), "official"),),
        edition="ar", sections=(), places=(), link=None, note=Text("كان العدد خطأ", "ar", "rtl"),
        first_created="2026-05-01T09:30:00Z", version_created="2026-05-01T09:31:00Z",
        expires=None, pinned_until=None, translation_of=None,
    )  # fmt: skip
    out = io.StringIO()
    terminal = Console(file=out, force_terminal=True, color_system=None, soft_wrap=True, highlight=False, markup=False)
    Printer(terminal, terminal, as_json=False).print(ItemEvent(item, "", (encode_item(item),)))
    line = out.getvalue()
    assert f"{FSI}الدفاع المدني{PDI}: {FSI}إعادة فتح الجسر" in line and "CORRECTION" in line
    assert f"({FSI}كان العدد خطأ{PDI})" in line
    assert "\x1b[31m" not in line, "what comes from outside does not speak to the terminal"


@pytest.mark.deep
def test_doctor_checks_the_whole_path_with_the_milliseconds_of_each_step(
    service: Running, desk: Desk, flashwire: Command
) -> None:
    desk.publish("Harbour office: Something to verify", role="official")
    where = ("--ticker", service.ticker, "--desk", service.desk)
    answer = flashwire("doctor", "--json", *where, FLASHWIRE_TOKEN=desk.token)
    report = json.loads(answer.stdout)
    assert answer.returncode == 0 and report["ok"], answer.stdout
    steps = {step["step"]: step for step in report["steps"]}
    assert {"data", "key", "stream", "durable", "clock", "signature", "ticker", "desk", "canary"} <= steps.keys()
    assert 0 < steps["canary"]["milliseconds"] < 5000
    printed = flashwire("doctor", *where, FLASHWIRE_TOKEN=desk.token)
    assert printed.returncode == 0 and "All checks passed." in printed.stdout and "failed" not in printed.stdout
    assert desk.token not in printed.stdout + printed.stderr


@pytest.mark.deep
def test_doctor_names_failed_checks_and_what_to_do(service: Running, desk: Desk, flashwire: Command) -> None:
    where = ("--json", "--ticker", service.ticker, "--desk", service.desk)

    def broken(*arguments: str, **variables: str) -> dict[str, dict[str, str]]:
        answer = flashwire("doctor", *where, *arguments, **variables)
        assert answer.returncode == 1 and "Traceback" not in answer.stderr, answer.stderr
        return {step["step"]: step for step in json.loads(answer.stdout)["steps"] if not step["ok"]}

    assert "flashwire token create" in broken()["canary"]["fix"]
    assert "token" in broken(FLASHWIRE_TOKEN="wrong")["post"]["found"]
    os.chmod(service.data / "signing.key", 0o644)
    assert "chmod 600" in broken(FLASHWIRE_TOKEN=desk.token)["key"]["found"]
    os.chmod(service.data / "signing.key", 0o600)
    desk.publish("Harbour office: Sealed with our key", role="official")
    other = broken(FLASHWIRE_TOKEN=desk.token, FLASHWIRE_SIGNING_KEYS="k9:" + "QUFB" * 12)
    assert other.keys() == {"signature", "readable"} and "same signing keys" in other["signature"]["fix"]
    away = broken("--ticker", "http://127.0.0.1:9", FLASHWIRE_TOKEN=desk.token)
    assert away.keys() == {"ticker", "canary"}


def test_doctor_fails_for_a_server_that_may_lose_confirmed_lines(
    flashwire: Command, folder: Path, redis_url: str
) -> None:
    import redis

    with redis.Redis.from_url(redis_url, legacy_responses=False) as client:
        client.config_set("appendfsync", "everysec")
        try:
            answer = flashwire("doctor", "--json", REDIS_URL=redis_url)
        finally:
            client.config_set("appendfsync", "always")
    steps = {step["step"]: step for step in json.loads(answer.stdout)["steps"]}
    assert answer.returncode == 1
    assert not steps["durable"]["ok"] and "everysec" in steps["durable"]["found"]


def test_doctor_fails_when_nothing_runs(flashwire: Command) -> None:
    answer = flashwire("doctor", "--ticker", "http://127.0.0.1:9", "--desk", "http://127.0.0.1:9")
    assert answer.returncode == 1 and "Traceback" not in answer.stderr
    assert "flashwire run" in answer.stdout
