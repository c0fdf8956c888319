"""A desk that may open few files, and more clients at once than it has places for: each of them has its answer."""

import signal
import socket
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from tests.support.desk_process import Machine
from tests.support.sample_items import line

CLIENTS = 250


@pytest.fixture
def machine() -> Iterator[Machine]:
    with tempfile.TemporaryDirectory(prefix="fw") as folder:
        started = Machine(Path(folder), files=80)
        yield started
        started.close()


@pytest.mark.parametrize("keep_alive", [False, True])
def test_every_request_of_a_burst_beyond_the_descriptors_is_answered(machine: Machine, keep_alive: bool) -> None:
    body = msgspec.json.encode(line())
    head = (
        f"POST /v1/items HTTP/1.1\r\nHost: desk.test\r\nAuthorization: Bearer {machine.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    )
    head += "" if keep_alive else "Connection: close\r\n"
    with ExitStack() as stack:
        # All of them are there before the desk sees the first.
        machine.desk.send_signal(signal.SIGSTOP)
        clients = []
        for number in range(CLIENTS):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", machine.http.base_url.port or 0), 30))
            client.sendall(f"{head}Idempotency-Key: burst-{number}\r\n\r\n".encode() + body)
            clients.append(client)
        machine.desk.send_signal(signal.SIGCONT)
        answers = Counter(_status(client) for client in clients)
    assert answers == {"201": CLIENTS}


def _status(client: socket.socket) -> str:
    try:
        return client.recv(4096).decode().split(" ", 2)[1]
    except (OSError, IndexError) as error:
        return type(error).__name__
