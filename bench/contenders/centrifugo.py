"""Centrifugo with its JSON over WebSocket, configured for the fewest bytes; used by `wire` alone.

One node, everything in memory, anyone may connect without a token. One channel with a name of one letter, short
paths, its strongest deflate for clients that offer it. An item is published unchanged by the HTTP API, without our
cursor: a message has the channel's offset, and the join says the epoch, which together are a place to come back to.
The last ten items are kept. Deflate has no context from one message to the next, and as of 6.9 each subscriber's
message is compressed for it alone.
"""

import mmap
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from bench.contender import Target
from bench.contenders.base import Base, free_port
from bench.contenders.feed import Publisher
from bench.contenders.node import FOLDER
from bench.contenders.program import find_program, printed_version, start_program

Kind = Literal["", "list", "oneway", "delta"]

PROGRAM: Final = "centrifugo"
MISSING: Final = (
    "it is not installed; install it with: "
    "GOBIN=$PWD/build/bench go install github.com/centrifugal/centrifugo/v6@latest"
)
_CONNECT: Final = '{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"n"}}'
_HISTORY: Final = '\n{"id":3,"history":{"channel":"n","limit":10,"reverse":true}}'
# The address, the messages to send there, and what the last reply contains.
_JOINS: Final[dict[Kind, tuple[str, str, bytes]]] = {
    "": ("/live", _CONNECT, b'"subscribe":{'),
    "list": ("/live", _CONNECT + _HISTORY, b'"history":{'),
    "oneway": ("/push", '{"subs":{"n":{}}}', b'"subs":{'),
    "delta": ("/push", '{"subs":{"n":{"delta":"fossil"}}}', b'"subs":{'),
}


def find_centrifugo() -> Path | None:
    """In `build/bench`, here or in the checkout, or where the system has its programs; None: it is not installed."""
    candidates = [base / FOLDER / PROGRAM for base in (Path.cwd(), Path(__file__).parents[2])]
    return next((path for path in candidates if path.is_file()), None) or find_program(PROGRAM)


def _built_from(program: Path) -> str:
    """The version of the module that Go noted in `program`; empty if there is none."""
    with program.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as image:
        match = re.search(rb"mod\tgithub\.com/centrifugal/centrifugo/v\d+\tv([\w.-]+)", image)
        return match[1].decode() if match else ""


def _configuration(port: int) -> dict[str, object]:
    compressed = {"compression": True, "compression_level": 9}
    return {
        "http_server": {"address": "127.0.0.1", "port": port},
        "log": {"level": "error"},
        "usage_stats": {"disabled": True},
        "engine": {"type": "memory"},
        "client": {"allow_anonymous_connect_without_token": True, "allowed_origins": ["*"]},
        "channel": {
            "without_namespace": {
                "history_size": 10,
                "history_ttl": "1h",
                # A client would ask for it in its request.
                "force_recovery": True,
                "allow_subscribe_for_client": True,
                "allow_subscribe_for_anonymous": True,
                "allow_history_for_client": True,
                "allow_history_for_anonymous": True,
                # Clients that do not ask for deltas get none.
                "allowed_delta_types": ["fossil"],
                "delta_publish": True,
            }
        },
        "http_api": {"insecure": True, "error_mode": "transport"},
        "websocket": {"handler_prefix": "/live", **compressed},
        "uni_websocket": {"enabled": True, "handler_prefix": "/push", **compressed},
    }


class Centrifugo(Base):
    """One Centrifugo, whose audience joins in one of four ways.

    As its client library does; `list`, asking for the last ten items besides; `oneway`, on the transport that takes
    no command after the first and has a smaller envelope; `delta`, the same, each item as what changed in the one
    before. All commands go in one message.
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
        # `go install` sets no version that it could print.
        return f"centrifugo {(_built_from(program) or printed_version(program, 'version')) if program else ''}"

    async def publish(self, items: Sequence[bytes]) -> None:
        await self._publisher.send([b'{"channel":"n","data":%b}' % item for item in items])

    async def _launch(self, core: int) -> tuple[Target, Publisher]:
        program = find_centrifugo()
        assert program, "asked of `absent`"
        port = free_port()
        configuration = self._folder / "centrifugo.json"
        configuration.write_bytes(msgspec.json.encode(_configuration(port)))
        command = (program.absolute(), "-c", configuration)
        process = self._stop_on_exit(start_program(command, core, self._folder, GOMAXPROCS="1"))
        publisher = await self._open_poster(process, port, "/api/publish")
        path, hello, joined = self._join
        return Target(
            ports=(port,), path=path, processes=(process.pid,), hello=(hello.encode(),), joined=joined
        ), publisher
