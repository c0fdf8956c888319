"""The contenders: each that is installed gives everybody every item, the same bytes in order, and leaves nothing."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect

from bench.contender import Contender, ContenderError, Target
from bench.contenders import CONTENDERS, base, centrifugo, nchan, node, program
from bench.contenders.base import Base
from bench.contenders.feed import Feed, Publisher
from bench.items import numbered

pytestmark = pytest.mark.anyio
CORE = max(os.sched_getaffinity(0))
ALWAYS = ("flashwire", "limit", "bare", "broadcast", "naive")
SECONDS = 30.0


def installed(name: str) -> Contender:
    contender = CONTENDERS[name]()
    if (reason := contender.absent()) is not None:
        assert name not in ALWAYS, reason
        pytest.skip(reason)
    return contender


def alive(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


def leftovers(folder: Path) -> list[Path]:
    """What is still there."""
    return list(folder.iterdir())


async def join(target: Target, stack: AsyncExitStack) -> ClientConnection:
    """A subscriber by another library than ours, which insists on a true Sec-WebSocket-Accept."""
    url = f"ws://{target.host}:{target.port}{target.path}"
    connection = await stack.enter_async_context(connect(url, compression=None, close_timeout=0.1))
    for hello in target.hello:
        await connection.send(hello.decode())
    async with asyncio.timeout(SECONDS):
        while target.joined and target.joined not in await next_message(connection):
            pass
    return connection


async def next_message(connection: ClientConnection) -> bytes:
    message = await connection.recv()
    return message if isinstance(message, bytes) else message.encode()


async def get(connection: ClientConnection, target: Target, count: int) -> list[bytes]:
    """The messages from item 1 to item `count`, as one stream where they are one, without pings.

    Item 0 was accepted before the first join, and may still be under way.
    """
    parts: list[bytes] = []
    mark = f"bench-item-{count:08}".encode()
    async with asyncio.timeout(SECONDS):
        while mark not in (whole := b"".join(parts)) or not whole.rstrip().endswith((b"}", b"]")):
            parts.append(await next_message(connection))
    if target.stream:
        return [whole]
    return [part for part in parts if b"bench-item-" in part and b"bench-item-00000000" not in part]


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary folders are made; a path short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="fwt") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


@pytest.mark.parametrize("name", CONTENDERS)
async def test_five_subscribers_get_three_items_in_order_as_the_same_bytes(name: str, folders: Path) -> None:
    contender = installed(name)
    processes: tuple[int, ...] = ()
    try:
        target = await contender.start(CORE)
        processes = target.processes
        await contender.publish([numbered(0)])
        async with AsyncExitStack() as stack:
            members = [await join(target, stack) for _ in range(5)]
            items = [numbered(number) for number in (1, 2, 3)]
            await contender.publish(items[:1])
            await contender.publish(items[1:])
            feed = Feed()
            due = feed.messages([numbered(0), *items])[1:]
            for got in [await get(member, target, 3) for member in members]:
                check(name, got, due, items)
    finally:
        await contender.stop()
    assert processes and not any(map(alive, processes)) and not leftovers(folders)


def check(name: str, got: list[bytes], due: list[bytes], items: list[bytes]) -> None:
    if name == "nats":
        assert got == [b"".join(b"MSG bench 1 %d\r\n%b\r\n" % (len(body), body) for body in due)]
    elif name == "socketio":
        sent = [msgspec.json.decode(body.removeprefix(b"42")) for body in got]
        # Encoded again, by JavaScript: the same values.
        assert sent == [["item", msgspec.json.decode(body)] for body in due]
    elif name.startswith("centrifugo"):
        # Its own envelope; a message may have several lines.
        lines = [msgspec.json.decode(line) for body in got for line in body.splitlines()]
        assert [line["push"]["pub"]["data"] for line in lines if "push" in line] == list(
            map(msgspec.json.decode, items)
        )
    elif name == "flashwire":
        # Its own cursor, over a body that is signed.
        assert len(got) == 3 and all(item in body for body, item in zip(got, items, strict=True))
    else:
        assert got == due


@pytest.mark.parametrize("name", [name for name in CONTENDERS if name != "flashwire"])
async def test_all_contenders_have_the_same_interface(name: str) -> None:
    contender = installed(name)
    assert contender.name == name and contender.title
    assert any(letter.isdigit() for letter in contender.version()), contender.version()


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("limit", "apt-get install gcc"),
        ("nchan", "apt-get install nginx libnginx-mod-nchan"),
        ("nats", "apt-get install nats-server"),
        ("centrifugo-redis", "go install github.com/centrifugal/centrifugo/v6@v6.9.1"),
        ("ws", "apt-get install nodejs npm"),
        ("socketio", "apt-get install nodejs npm"),
    ],
)
async def test_a_missing_program_is_reported_with_its_install_command(
    name: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(program, "_SBIN", ())
    monkeypatch.setattr(centrifugo, "FOLDER", Path("build/nothing-here"))
    contender = CONTENDERS[name]()
    assert command in (contender.absent() or "")
    with pytest.raises(ContenderError, match=command):
        await contender.start(CORE)
    await contender.stop()


def test_missing_packages_are_reported_with_their_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "FOLDER", Path("build/nothing-here"))
    monkeypatch.setattr(node, "find_program", lambda name: Path(sys.executable))
    assert (node.lacking("ws", "redis") or "").startswith(
        "ws, redis not installed; install with: npm install --prefix "
    )


def test_nginx_without_its_module_counts_as_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nchan, "_USUAL", (str(tmp_path),))
    assert nchan.find_module(Path("/bin/true")) is None
    (tmp_path / nchan.MODULE).touch()
    assert nchan.find_module(Path("/bin/true")) == tmp_path / nchan.MODULE


class Broken(Base):
    """A contender whose program ends at once."""

    name = "broken"
    title = "The broken one"

    def version(self) -> str:
        return "none"

    async def _launch(self, core: int) -> tuple[Target, Publisher]:
        self.process = self._stop_on_exit(
            program.start_program(["sh", "-c", "echo no such luck >&2"], core, self._folder)
        )
        raise AssertionError(await self._open_pipe(self.process))


async def test_a_program_that_exits_is_reported_with_its_last_output(folders: Path) -> None:
    broken = Broken()
    with pytest.raises(ContenderError, match=r"The broken one did not start: no such luck"):
        await broken.start(CORE)
    await broken.stop()
    assert broken.process.returncode == 0 and not leftovers(folders)


async def test_a_program_that_never_listens_is_stopped(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "START_SECONDS", 0.3)

    class Silent(Broken):
        async def _launch(self, core: int) -> tuple[Target, Publisher]:
            self.process = self._stop_on_exit(program.start_program(["sleep", "60"], core, self._folder))
            raise AssertionError(await self._open_poster(self.process, base.free_port(), "/"))

    silent = Silent()
    with pytest.raises(ContenderError, match="it wrote nothing"):
        await silent.start(CORE)
    await silent.stop()
    assert silent.process.returncode not in (None, 0) and not leftovers(folders)


def test_a_program_is_pinned_and_ends_with_a_benchmark_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, sys, time\n"
        "from bench.contenders.program import start_program\n"
        f"process = start_program(['sleep', '60'], {CORE}, pathlib.Path({str(tmp_path)!r}))\n"
        "name = pathlib.Path(f'/proc/{process.pid}/comm')\n"
        "while name.read_text() != 'sleep\\n': time.sleep(0.01)\n"
        "print(process.pid, *os.sched_getaffinity(process.pid), flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as benchmark:
        assert benchmark.stdout is not None
        number, *cores = map(int, benchmark.stdout.readline().split())
        assert cores == [CORE] and alive(number)
        benchmark.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + SECONDS
    while alive(number) and Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < deadline, "it lives on"
        time.sleep(0.01)


async def test_a_nats_refusal_is_reported(folders: Path) -> None:
    contender = installed("nats")
    try:
        await contender.start(CORE)
        with pytest.raises(ContenderError, match=r"NATS refused an item: -ERR 'Maximum Payload"):
            await contender.publish([b"x" * 2_000_000])
    finally:
        await contender.stop()
