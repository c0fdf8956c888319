"""Centrifugo with JSON over WebSocket, configured for the fewest bytes.

One node with its memory or its Redis engine, without tokens; one channel with a name of one letter, short paths, and
the strongest deflate. Items are published unchanged over its HTTP API, without our cursor, because the channel's offset
and epoch serve for resuming. The history has ten items, or a hundred where clients resume. Deflate starts with an empty
context for each message, and as of 6.9 each message is compressed for each subscriber.
"""

import mmap
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

import msgspec

from bench.contender import Target
from bench.contenders.base import Base, free_port
from bench.contenders.feed import Poster, Publisher
from bench.contenders.node import FOLDER
from bench.contenders.program import find_program, printed_version, start_program
from bench.contenders.service import Service
from bench.contenders.store import command_counts, start_store
from ticker.stream.redis_stream import connect

Kind = Literal["", "list", "oneway", "delta"]

PROGRAM: Final = "centrifugo"
VERSION: Final = "6.9.1"
MISSING: Final = (
    "it is not installed; install it with: "
    f"GOBIN=$PWD/build/bench go install github.com/centrifugal/centrifugo/v6@v{VERSION}"
)
_CONNECT: Final = '{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"n"}}'
# What its client library sends after a lost connection, with the epoch and the offset of the client.
_RECOVER: Final = (
    b'{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"n","recover":true,"epoch":"\x02","offset":\x03}}'
)
_HISTORY: Final = '\n{"id":3,"history":{"channel":"n","limit":10,"reverse":true}}'
# The path, the messages to send, and a part of the last reply.
_JOINS: Final[dict[Kind, tuple[str, str, bytes]]] = {
    "": ("/live", _CONNECT, b'"subscribe":{'),
    "list": ("/live", _CONNECT + _HISTORY, b'"history":{'),
    "oneway": ("/push", '{"subs":{"n":{}}}', b'"subs":{'),
    "delta": ("/push", '{"subs":{"n":{"delta":"fossil"}}}', b'"subs":{'),
}
# A client that leaves a ping unanswered is disconnected.
_PINGS: Final = ((b"{}", b"{}"),)


def find_centrifugo() -> Path | None:
    """Returns the program in `build/bench` (here or in the checkout) or on PATH, or `None`."""
    candidates = [base / FOLDER / PROGRAM for base in (Path.cwd(), Path(__file__).parents[2])]
    return next((path for path in candidates if path.is_file()), None) or find_program(PROGRAM)


def _built_from(program: Path) -> str:
    """Returns the module version that Go stored in `program`, or an empty string."""
    with program.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as image:
        match = re.search(rb"mod\tgithub\.com/centrifugal/centrifugo/v\d+\tv([\w.-]+)", image)
        return match[1].decode() if match else ""


def _configuration(port: int, engine: dict[str, object], history: int) -> dict[str, object]:
    compressed = {"compression": True, "compression_level": 9}
    return {
        "http_server": {"address": "127.0.0.1", "port": port},
        "log": {"level": "error"},
        "usage_stats": {"disabled": True},
        "engine": engine,
        "client": {"allow_anonymous_connect_without_token": True, "allowed_origins": ["*"]},
        "channel": {
            "without_namespace": {
                "history_size": history,
                "history_ttl": "1h",
                # Otherwise a client requests recovery in its subscribe command, which takes bytes.
                "force_recovery": True,
                "allow_subscribe_for_client": True,
                "allow_subscribe_for_anonymous": True,
                "allow_history_for_client": True,
                "allow_history_for_anonymous": True,
                # Only clients that request deltas receive them.
                "allowed_delta_types": ["fossil"],
                "delta_publish": True,
            }
        },
        "http_api": {"insecure": True, "error_mode": "transport"},
        "websocket": {"handler_prefix": "/live", **compressed},
        "uni_websocket": {"enabled": True, "handler_prefix": "/push", **compressed},
    }


class Centrifugo(Base):
    """One Centrifugo node with one of four subscriptions.

    The default joins like its client library. `list` also requests the last ten items. `oneway` uses the transport that
    accepts only one command and has a smaller envelope. `delta` is `oneway` with each item as a delta to the previous
    one. All commands are sent in one message.
    """

    name = "centrifugo"
    title = "Centrifugo: JSON over WebSocket, in memory"

    def __init__(self, kind: Kind = "") -> None:
        super().__init__()
        self._join = _JOINS[kind]

    def absent(self) -> str | None:
        return None if find_centrifugo() else MISSING

    def version(self) -> str:
        program = find_centrifugo()
        # A program built by `go install` does not print its version.
        return f"centrifugo {(_built_from(program) or printed_version(program, 'version')) if program else ''}"

    async def publish(self, items: Sequence[bytes]) -> None:
        await self._publisher.send([b'{"channel":"n","data":%b}' % item for item in items])

    def _engine(self, core: int) -> tuple[dict[str, object], tuple[int, ...]]:
        """Starts what the engine needs on `core`; returns its configuration, and the processes that were started."""
        return {"type": "memory"}, ()

    async def _launch(self, core: int) -> tuple[Target, Publisher]:
        engine, started = self._engine(core)
        process, port, publisher = await self._start_node(engine, core, GOMAXPROCS="1")
        path, hello, joined = self._join
        return Target(
            ports=(port,),
            path=path,
            processes=(process.pid, *started),
            hello=(hello.encode(),),
            joined=joined,
            answers=_PINGS,
        ), publisher

    async def _start_node(
        self, engine: dict[str, object], core: int | None, history: int = 10, **environment: str
    ) -> tuple[subprocess.Popen[bytes], int, Poster]:
        """Starts a node on `core` (`None`: that of the benchmark); returns it, its port and a publisher."""
        program = find_centrifugo()
        assert program, "start() has called absent()"
        port = free_port()
        configuration = self._folder / f"centrifugo-{port}.json"
        configuration.write_bytes(msgspec.json.encode(_configuration(port, engine, history)))
        command = (program.absolute(), "-c", configuration)
        process = self._stop_on_exit(start_program(command, core, self._folder, (), **environment))
        return process, port, await self._open_poster(process, port, "/api/publish")


class CentrifugoRedis(Centrifugo):
    """Centrifugo with its Redis engine and the same Valkey as ours, which syncs each entry to disk."""

    name = "centrifugo-redis"
    title = "Centrifugo: JSON over WebSocket, Redis engine, Valkey with fsync in the path"

    def _engine(self, core: int) -> tuple[dict[str, object], tuple[int, ...]]:
        keeper, store = start_store(self._stack, self._folder, core)
        self._url = keeper.url
        address = f"unix://{unquote(urlsplit(keeper.url).path)}"
        return {"type": "redis", "redis": {"address": [address]}}, (store,)


class CentrifugoPair(CentrifugoRedis):
    """Two nodes on one Valkey, on any core, whose clients recover on the second one when the first dies.

    The memory engine cannot do that: the history is lost with the process.
    """

    title = "Centrifugo: JSON over WebSocket, two nodes, Redis engine"

    def __init__(self) -> None:
        super().__init__()
        self.services: list[Service] = []

    async def commands(self) -> dict[str, int]:
        """Returns how often each command of the store was called since it started."""
        return await command_counts(self._client)

    async def _launch(self, core: int) -> tuple[Target, Publisher]:
        engine, (store,) = self._engine(core)
        self._client = connect(self._url, timeout=5)
        self._stack.push_async_callback(self._client.aclose)
        os.sched_setaffinity(store, os.sched_getaffinity(0))
        for _ in range(2):
            process, port, publisher = await self._start_node(engine, None, history=100)
            self.services.append(Service(port, process.pid, (process.pid,)))
            self._stack.callback(publisher.close)
        first, second = self.services
        path, hello, joined = self._join
        return Target(
            ports=(first.port,),
            path=path,
            processes=(*second.nodes, store),
            hello=(hello.encode(),),
            recover=_RECOVER,
            joined=joined,
            answers=_PINGS,
        ), publisher
