"""A log that cannot be written does not stop the news; dropped lines are counted."""

import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from websockets.sync.client import connect

from tests.support.commands import FLASHWIRE

Command = Callable[..., "subprocess.CompletedProcess[str]"]
Until = Callable[..., None]


@contextmanager
def broken(kind: str) -> Iterator[int]:
    """A descriptor for a log that nothing can be written to."""
    ends: list[int] = []
    if kind == "disk full":
        ends = [os.open("/dev/full", os.O_WRONLY)]
    elif kind == "socket full":
        sockets = socket.socketpair()
        ends = [sock.detach() for sock in sockets]
    else:
        ends = [*reversed(os.pipe())]
    if (kind.endswith("full") and kind != "disk full") or kind == "reader stalls":
        os.set_blocking(ends[0], False)
        try:
            while True:
                os.write(ends[0], bytes(512))
        except BlockingIOError:
            os.set_blocking(ends[0], True)
    if kind == "reader gone":
        os.close(ends.pop())
    yield ends[0]
    for end in ends:
        os.close(end)


@pytest.mark.deep
@pytest.mark.parametrize(
    "kind",
    [
        "reader stalls",
        "disk full",
        pytest.param("reader gone", marks=pytest.mark.slow),
        pytest.param("socket full", marks=pytest.mark.slow),
    ],
)
def test_news_is_published_without_a_log(
    kind: str, folder: Path, environment: dict[str, str], flashwire: Command, until: Until
) -> None:
    ticker, desk = _free_ports(2)
    with broken(kind) as log:
        service = subprocess.Popen(
            [*FLASHWIRE, "run", "--ticker-port", str(ticker), "--desk-port", str(desk), "--drain-seconds", "0.5"],
            cwd=folder,
            env=environment | {"FLASHWIRE_LOG_LEVEL": "debug"},
            stdout=log,
            stderr=log,
        )
        try:
            until(lambda: _ready(ticker) and _ready(desk), "both sides are ready")
            token = flashwire("token", "create", "t", "--unlimited").stdout.strip()
            with connect(f"ws://127.0.0.1:{ticker}/v1/live") as reader:
                assert _publish(desk, token, "first") == 201
                # A killed server is back so quickly that neither side would notice.
                store = _child(service.pid, "valkey-server")
                store.suspend()
                until(lambda: not (_ready(desk) or _ready(ticker)), "both know that their store is away")
                store.kill()
                until(lambda: _ready(ticker) and _ready(desk), "both are back")
                assert _publish(desk, token, "second") == 201
                assert [_next_item(reader) for _ in range(2)] == ["first", "second"]
            _child(service.pid, "python").kill()
            until(lambda: len(psutil.Process(service.pid).children()) == 3 and _ready(ticker) and _ready(desk), "again")
            assert _publish(desk, token, "third") == 201
            until(lambda: all(_dropped(port) for port in (ticker, desk)), "what was dropped is counted")
            service.send_signal(signal.SIGTERM)
            assert service.wait(15) == 0
        finally:
            service.kill()
            service.wait()


def test_news_is_published_if_the_log_gets_no_descriptor_at_the_start(
    folder: Path, environment: dict[str, str], until: Until
) -> None:
    ticker, desk = _free_ports(2)
    command_line = " ".join([*FLASHWIRE[:2], f"'{FLASHWIRE[2]}'", "run"])
    service = subprocess.Popen(
        ["sh", "-c", f"exec {command_line} --ticker-port {ticker} --desk-port {desk} --drain-seconds 0 <&- >&- 2>&-"],
        cwd=folder,
        env=environment,
    )
    try:
        until(lambda: _ready(ticker) and _ready(desk), "both sides are ready")
        service.send_signal(signal.SIGTERM)
        assert service.wait(15) == 0
    finally:
        service.kill()
        service.wait()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


def _get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def _ready(port: int) -> bool:
    return _get(port, "/health/ready")[0] == 200


def _dropped(port: int) -> float:
    message_item = re.search(r"^flashwire_log_lines_dropped_total (\S+)", _get(port, "/metrics")[1], re.MULTILINE)
    return float(message_item[1]) if message_item else 0


def _publish(desk: int, token: str, text: str) -> int:
    request = urllib.request.Request(
        f"http://127.0.0.1:{desk}/v1/items",
        json.dumps({"text": f"Health ministry: {text}", "edition": "en"}).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": text},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def _next_item(reader: object) -> str:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        message = json.loads(reader.recv(timeout=15))  # type: ignore[attr-defined]  # a connection of websockets
        if message["type"] == "item":
            return str(message["item"]["headline"]["value"])
    raise AssertionError("no item came")


def _child(parent: int, name: str) -> psutil.Process:
    """A child of the service that runs the program `name`, the node where there are several."""
    return [child for child in psutil.Process(parent).children() if child.name().startswith(name)][-1]
