"""The interface of a contender: a server that the benchmark starts, publishes to and stops."""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class ContenderError(Exception):
    """A contender cannot run here; the message is one line that says what to install or change."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """How to subscribe to a running contender, and which processes belong to it.

    The load client sends the upgrade request, then each of `hello` as a separate text message. It has joined when a
    message contains `joined`. After that it searches each message for the marks of items.
    """

    ports: tuple[int, ...]
    """Connections use them in turn."""
    path: str
    processes: tuple[int, ...]
    """All processes whose CPU counts towards a delivery, the servers first."""
    servers: int = 1
    """How many of `processes`, from the first, hold connections; memory per connection counts only these."""
    host: str = "127.0.0.1"
    headers: tuple[tuple[str, str], ...] = ()
    """Additional headers of the upgrade request, such as `Sec-WebSocket-Protocol`."""
    hello: tuple[bytes, ...] = ()
    """Payloads without frames: the load client frames and masks them. At most 2,000 bytes in total."""
    recover: bytes = b""
    """The payload that a client sends instead of `hello` when it resumes by a message and not by its request: \\x02 is
    replaced with its epoch, \\x03 with the offset of its newest item (Centrifugo). At most 1,900 bytes."""
    joined: bytes = b""
    """A part of the message that confirms the subscription. If empty, the 101 confirms it."""
    answers: tuple[tuple[bytes, bytes], ...] = ()
    """Pairs of request and reply: the load client answers text pings with them (NATS, Engine.IO, Centrifugo). A ping
    is a message, or one of its lines."""
    stream: bool = False
    """Whether messages are pieces of a byte stream (NATS). An item may then span two messages, and `answers` and
    `joined` may occur anywhere in them."""

    sse: bool = False
    """Whether subscribers read one endless reply of server-sent events, in chunks, instead of WebSocket messages."""

    @property
    def port(self) -> int:
        """The first port."""
        return self.ports[0]


class Contender(Protocol):
    """A server to measure; each round starts a new one on one core."""

    name: str
    title: str

    def absent(self) -> str | None:
        """Returns one line that names what is not installed and how to install it, or `None` if the contender can run.

        Must return within a few milliseconds.
        """

    def version(self) -> str:
        """Returns the versions of its programs in one line: `nginx 1.22.1, nchan 1.3.6`. Requires that it can run."""

    async def start(self, core: int) -> Target:
        """Starts the server on `core`; raises `ContenderError` if it does not start."""

    async def publish(self, items: Sequence[bytes]) -> None:
        """Publishes `items` (JSON of `ticker.contract.item`) in order; returns when the server has accepted them."""

    async def stop(self) -> None:
        """Stops all processes and removes all files of `start`, also after a `start` that failed."""
