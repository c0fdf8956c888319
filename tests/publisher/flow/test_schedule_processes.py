"""Scheduled lines with real desks, a real Valkey and real clocks: killed, frozen and restarted at the worst moment."""

import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.cut_network import CutNetwork
from tests.support.desk_process import Machine
from tests.support.sample_items import line
from tests.support.waiting import until
from ticker.contract.item import instant, moment

LINES = 12
LATE_SECONDS = 20


@pytest.fixture
def machine(database_url: str | None) -> Iterator[Machine]:
    """A Valkey and a desk; a short folder, because the name of a Unix socket has a limit."""
    with tempfile.TemporaryDirectory(prefix="fw") as folder:
        late = {"FLASHWIRE_SCHEDULE_LATE_SECONDS": str(LATE_SECONDS)}
        opened = Machine(Path(folder), database_url=database_url, environment=late)
        try:
            yield opened
        finally:
            opened.close()


def schedule(machine: Machine, seconds: float, count: int = LINES) -> float:
    """Schedules `count` lines for one moment, which is returned."""
    due = time.time() + seconds
    for number in range(count):
        body = line(text=f"Civil Defence: Line {number}", publishAt=moment(due))
        assert machine.http.post("/v1/items", json=body).status_code == 202
    return due


def schedule_families(machine: Machine, due: float, count: int) -> None:
    """Schedules `count` lines in three editions each."""
    for number in range(count):
        siblings = [{"edition": edition, "text": f"Civil Defence: Line {number}"} for edition in ("ar", "es")]
        body = line(text=f"Civil Defence: Line {number}", siblings=siblings, publishAt=moment(due))
        assert machine.http.post("/v1/items", json=body).status_code == 202


def items(machine: Machine) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = machine.http.get("/v1/items", params={"limit": 200}).json()["items"]
    return found


def expect_each_once(machine: Machine, count: int = LINES, editions: int = 1) -> None:
    """Each line is published, and none twice, however long one waits."""
    until(lambda: len(items(machine)) >= count * editions, "every line is published", seconds=20)
    until(lambda: not scheduled(machine), "nothing waits", seconds=20)
    headlines = Counter(item["headline"]["value"] for item in items(machine))
    assert headlines == {f"Line {number}": editions for number in range(count)}


def scheduled(machine: Machine) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = machine.http.get("/v1/schedule").json()["schedule"]
    return lines


@pytest.mark.alone
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.deep
def test_two_desks_publish_each_line_once_within_a_second(machine: Machine) -> None:
    _, second = machine.start_desk()
    second.close()
    due = time.time() + 3
    schedule_families(machine, due, LINES)
    expect_each_once(machine, editions=3)
    late = [instant(item["firstCreated"]) - due for item in items(machine)]
    assert 0 <= min(late) and max(late) < 1, late


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_desk_is_killed_at_the_moment_and_the_other_goes_on(machine: Machine) -> None:
    first, http = machine.desk, machine.http
    machine.desk, machine.http = machine.start_desk()
    due = schedule(machine, 3)
    time.sleep(max(0.0, due + 0.12 - time.time()))
    first.send_signal(signal.SIGKILL)
    http.close()
    expect_each_once(machine)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_lines_that_became_due_while_the_desk_was_dead_go_out_when_it_is_back(machine: Machine) -> None:
    due = schedule(machine, 2)
    machine.desk.send_signal(signal.SIGKILL)
    machine.desk.wait(10)
    machine.http.close()
    time.sleep(max(0.0, due - time.time()))
    machine.desk, machine.http = machine.start_desk()
    expect_each_once(machine)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_frozen_stream_delays_lines_and_doubles_none(machine: Machine) -> None:
    due = schedule(machine, 1.5, count=3)
    machine.valkey.send_signal(signal.SIGSTOP)
    time.sleep(max(0.0, due + 3 - time.time()))
    until(
        lambda: {(waiting["problem"] or {}).get("code") for waiting in scheduled(machine)} == {"stream-away"},
        "the desk says why",
        seconds=15,
    )
    machine.valkey.send_signal(signal.SIGCONT)
    expect_each_once(machine, count=3)


@pytest.mark.deep
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_desk_that_stood_still_over_the_time_publishes_what_is_not_too_late(machine: Machine) -> None:
    """As after a suspended machine: a person decides about old news, and what is a little late goes out at once."""
    machine.desk.send_signal(signal.SIGTERM)
    machine.desk.wait(10)
    machine.environment["FLASHWIRE_SCHEDULE_LATE_SECONDS"] = "3"
    machine.http.close()
    machine.desk, machine.http = machine.start_desk()
    now = time.time()
    for text, seconds in (("Old", 1.5), ("Fresh", 5.0)):
        body = line(text=f"Civil Defence: {text}", publishAt=moment(now + seconds))
        assert machine.http.post("/v1/items", json=body).status_code == 202
    machine.desk.send_signal(signal.SIGSTOP)
    time.sleep(max(0.0, now + 6.0 - time.time()))
    machine.desk.send_signal(signal.SIGCONT)
    woken = time.time()
    until(lambda: len(items(machine)) == 1, "the line that is not too late is published", seconds=5)
    [fresh] = items(machine)
    assert fresh["headline"]["value"] == "Fresh" and instant(fresh["firstCreated"]) - woken < 1
    [old] = scheduled(machine)
    assert (old["item"]["headline"]["value"], old["state"], old["problem"]["code"]) == ("Old", "stopped", "late")


@pytest.fixture
def network() -> Iterator[Callable[[Machine], CutNetwork]]:
    """Puts a network before the stream of the desks that are started from then on."""
    with ExitStack() as stack:

        def start(machine: Machine) -> CutNetwork:
            opened = stack.enter_context(CutNetwork(machine.socket).running())
            machine.environment["REDIS_URL"] = f"redis://127.0.0.1:{opened.port}"
            return opened

        yield start


@pytest.mark.deep
@pytest.mark.parametrize("database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True)
def test_a_desk_killed_between_its_claim_and_the_store_is_followed_by_another(
    machine: Machine, database_url: str | None, network: Callable[[Machine], CutNetwork]
) -> None:
    """It has claimed the lines and sent them into a network that is cut, three editions each."""
    first = machine.desk
    if database_url is None:
        first.send_signal(signal.SIGTERM)
        first.wait(10)
    cut = network(machine)
    killed, http = machine.start_desk()
    if database_url is not None:
        # The other desk only follows.
        first.send_signal(signal.SIGSTOP)
    machine.http, healthy = http, machine.http
    due = time.time() + 1.5
    schedule_families(machine, due, 3)
    cut.cut()
    time.sleep(max(0.0, due + 0.7 - time.time()))
    killed.send_signal(signal.SIGKILL)
    killed.wait(10)
    http.close()
    if database_url is None:
        cut.heal()
        healthy.close()
        machine.desk, machine.http = machine.start_desk()
    else:
        first.send_signal(signal.SIGCONT)
        machine.http = healthy
    expect_each_once(machine, count=3, editions=3)
