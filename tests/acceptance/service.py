"""The whole service as a user runs it: `flashwire run` in a private folder, and a desk client with every right."""

import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psutil

from publisher.core.roles import Role
from publisher.records.database import open_database
from publisher.records.tokens import Tokens
from tests.support.commands import FLASHWIRE, Running

_READY = re.compile("Ctrl")


def environment(**variables: str) -> dict[str, str]:
    """The environment without anything that would set the service up, and `variables`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FLASHWIRE_")}
    clean.pop("REDIS_URL", None)
    return clean | variables


def start(folder: Path, *arguments: str, **variables: str) -> Running:
    """Starts `flashwire run` on free ports and returns when it says that it is live."""
    with (folder / "errors").open("a") as errors:
        process = subprocess.Popen(
            [*FLASHWIRE, "run", "--ticker-port", "0", "--desk-port", "0", *arguments],
            cwd=folder,
            env=environment(**variables),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if _READY.search(line):
            return Running(process, folder, lines)
    raise AssertionError(f"flashwire run ended with {process.wait()}: {(folder / 'errors').read_text()}")


def stop(service: Running) -> int:
    """Ends it at once and whole, whatever became of it; its exit status."""
    process = service.process
    for number in (signal.SIGINT, signal.SIGTERM):
        if process.poll() is None:
            process.send_signal(number)
    try:
        return process.wait(20)
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def running(folder: Path, *arguments: str, **variables: str) -> Iterator[Running]:
    """`start`, and `stop` at the end."""
    service = start(folder, *arguments, **variables)
    try:
        yield service
    finally:
        stop(service)


def make_token(folder: Path, name: str, *, role: Role = "chief", unlimited: bool = True) -> str:
    """A token in the desk's file, as the command makes it."""
    with closing(open_database(folder / "data")) as database:
        return Tokens(database).create(name, role, unlimited=unlimited)


def server(service: Running) -> psutil.Process:
    """The embedded server: the one child of the parent that is not this program again."""
    [server_process] = [process for process in service.family() if "server" in process.name()]
    return server_process


def listener(service: Running, address: str) -> psutil.Process:
    """The child that serves `address`."""
    port = int(address.rpartition(":")[2])
    for process in service.family():
        if any(c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in process.net_connections("tcp")):
            return process
    raise AssertionError(f"no child listens on {port}")


def readiness(address: str) -> tuple[bool, str]:
    """Whether a side is ready, and what it says."""
    try:
        with urllib.request.urlopen(f"{address}/health/ready", timeout=5) as answer:
            return True, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return False, error.read().decode()
    except OSError as error:
        return False, type(error).__name__


class Editor:
    """Speaks to the desk with one token over real sockets."""

    def __init__(self, url: str, token: str | None, *, at_once: int = 10, timeout: float = 10) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        limits = httpx2.Limits(max_connections=at_once, max_keepalive_connections=at_once)
        self.http = httpx2.AsyncClient(base_url=url, headers=headers, timeout=timeout, limits=limits, trust_env=False)

    async def __aenter__(self) -> "Editor":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def post(self, body: dict[str, Any], key: str | None = None) -> httpx2.Response:
        """One attempt to publish."""
        headers = {"Idempotency-Key": key} if key else {}
        return await self.http.post("/v1/items", json=body, headers=headers)

    async def publish(self, text: str, **fields: Any) -> dict[str, Any]:
        """Publishes a line; its item."""
        answer = await self.post({"text": text, "edition": "en", **fields})
        assert answer.status_code == 201, answer.text
        return _item(answer)

    async def act(self, uri: str, version: int, act: str, **fields: Any) -> dict[str, Any]:
        """Does one act; the item after it."""
        answer = await self.http.post(
            f"/v1/items/{uri}/acts", json={"act": act, **fields}, headers={"If-Match": f'"{version}"'}
        )
        assert answer.status_code == 200, answer.text
        return _item(answer)


def _item(answer: httpx2.Response) -> dict[str, Any]:
    item: dict[str, Any] = json.loads(answer.content)["item"]
    return item
