"""A contender: a server that is started, given items and stopped the same way as every other."""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class ContenderError(Exception):
    """A contender cannot run here; the message is one line that says what to install or change."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where a running contender is subscribed to, in which dialect, and whose costs are its own.

    The load client sends the upgrade request, then each of `hello` as a separate text message, and has joined when
    a message contains `joined`. From then on each message is searched for the marks of items.
    """

    ports: tuple[int, ...]
    """Connections take them in turn."""
    path: str
    processes: tuple[int, ...]
    """All whose CPU a delivery costs, the servers first."""
    servers: int = 1
    """So many of the first `processes` hold the connections; their memory alone is counted per connection."""
    host: str = "127.0.0.1"
    headers: tuple[tuple[str, str], ...] = ()
    """More headers of the upgrade request, `Sec-WebSocket-Protocol` among them."""
    hello: tuple[bytes, ...] = ()
    """Payloads as they stand: the load client frames and masks them. At most 2,000 bytes in all."""
    joined: bytes = b""
    """What the message that says "subscribed" contains; empty: the 101 is enough."""
    answers: tuple[tuple[bytes, bytes], ...] = ()
    """A message that is the first of a pair is answered with the second; pings in text (NATS, Engine.IO)."""
    stream: bool = False
    """The messages are a stream of bytes, cut anywhere (NATS): an item may begin in one and end in the next, and what
    `answers` and `joined` name may stand anywhere in them."""

    @property
    def port(self) -> int:
        """The first port."""
        return self.ports[0]


class Contender(Protocol):
    """Started once a round, on one core; `publish` returns when the items are accepted, not when they have arrived."""

    name: str
    title: str

    def absent(self) -> str | None:
        """What it needs and this machine lacks, with the command that installs it, as one line; `None`: it can run.

        Takes no longer than a few milliseconds: it is asked before anything is measured.
        """

    def version(self) -> str:
        """The versions of its programs, in one line: `nginx 1.22.1, nchan 1.3.6`; only if `absent` returns None."""

    async def start(self, core: int) -> Target:
        """Starts the server on `core`; raises `ContenderError`."""

    async def publish(self, items: Sequence[bytes]) -> None:
        """Gives it items, each the JSON of `ticker.contract.item`, in this order and as fast as it takes them."""

    async def stop(self) -> None:
        """Ends what `start` started, and leaves nothing behind; also after a `start` that failed."""
