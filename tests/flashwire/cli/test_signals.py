"""Signals that reach every process of a service at once, and requests to stop that are repeated."""

import json
import os
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack

import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.support.commands import Running

Start = Callable[..., Running]
Command = Callable[..., "subprocess.CompletedProcess[str]"]
Until = Callable[..., None]


def farewells(connections: list[ClientConnection]) -> list[str]:
    """The last message of each connection, when all of them are closed."""
    last = [""] * len(connections)

    def read(number: int) -> None:
        try:
            while True:
                last[number] = json.loads(connections[number].recv(timeout=20))["type"]
        except (ConnectionClosed, TimeoutError):
            return

    threads = [threading.Thread(target=read, args=(number,)) for number in range(len(connections))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return last


def readers(service: Running, stack: ExitStack, count: int = 5) -> list[ClientConnection]:
    address = f"{service.ticker.replace('http', 'ws')}/v1/live"
    return [stack.enter_context(connect(address, proxy=None)) for _ in range(count)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_every_process_at_once_ends_all_in_order(
    serving: Start, flashwire: Command, number: signal.Signals
) -> None:
    """As a service manager does without `KillMode=mixed`, or `pkill`."""
    service = serving("--drain-seconds", "1", "--workers", "2")
    token = flashwire("token", "create", "t", "--unlimited").stdout.strip()
    with ExitStack() as stack:
        connections = readers(service, stack)
        answers: list[int] = []
        publishing = threading.Thread(target=_publish_until_refused, args=(service, token, answers))
        publishing.start()
        while len(answers) < 3:
            time.sleep(0.01)
        family = service.family()
        for process in (*family, psutil.Process(service.process.pid)):
            process.send_signal(number)
        last = farewells(connections)
        publishing.join(20)
    assert service.process.wait(20) == 0
    assert last == ["bye"] * 5
    assert set(answers) == {201}, "each was answered, or never taken"
    assert not [process for process in family if process.is_running()]
    assert "Traceback" not in service.errors() and "by force" not in service.errors()


@pytest.mark.deep
def test_a_sigterm_that_is_repeated_at_once_shortens_nothing(serving: Start) -> None:
    service = serving("--drain-seconds", "2")
    with ExitStack() as stack:
        connections = readers(service, stack)
        began = time.monotonic()
        for _ in range(3):
            service.process.terminate()
            time.sleep(0.1)
        assert farewells(connections) == ["bye"] * 5
        assert service.process.wait(20) == 0
    assert time.monotonic() - began > 1.5


@pytest.mark.deep
def test_a_second_request_later_tells_every_reader_to_come_back(serving: Start, until: Until) -> None:
    service = serving("--drain-seconds", "60")
    with ExitStack() as stack:
        connections = readers(service, stack)
        service.process.terminate()
        until(lambda: "draining" in service.errors(), "the node drains")
        time.sleep(1.1)
        began = time.monotonic()
        service.process.terminate()
        assert farewells(connections) == ["bye"] * 5
        service.process.wait(10)
    assert time.monotonic() - began < 5


@pytest.mark.deep
def test_a_child_that_alone_gets_sigterm_goes_on(serving: Start) -> None:
    service = serving()
    family = service.family()
    for process in family:
        os.kill(process.pid, signal.SIGTERM)
    time.sleep(0.5)
    assert {process.pid for process in service.family()} == {process.pid for process in family}
    service.process.terminate()
    assert service.process.wait(20) == 0


def _publish_until_refused(service: Running, token: str, answers: list[int]) -> None:
    for number in range(10_000):
        request = urllib.request.Request(
            f"{service.desk}/v1/items",
            json.dumps({"text": f"Health ministry: line {number}", "edition": "en"}).encode(),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": str(number)},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                answers.append(answer.status)
        except urllib.error.HTTPError as error:
            answers.append(error.code)
        except OSError:
            return
