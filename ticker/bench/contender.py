"""A contender: a server that is started, given items and stopped the same way as every other."""

from typing import Protocol

import msgspec


class ContenderError(Exception):
    """A contender cannot run here; the message is one line that says what to install or change."""


class Target(msgspec.Struct, frozen=True):
    """Where a running contender is subscribed to, and whose costs are its own."""

    host: str
    port: int
    path: str
    processes: tuple[int, ...]
    """All whose CPU a delivery costs, the server first; its memory alone is counted per connection."""


class Contender(Protocol):
    """Started once a round, on one core; `publish` returns when the item is accepted, not when it has arrived."""

    name: str
    title: str

    async def start(self, core: int) -> Target:
        """Starts the server on `core`; raises `ContenderError`."""

    async def publish(self, item: bytes) -> None:
        """Gives it one item: the JSON of `ticker.contract.item`."""

    async def stop(self) -> None:
        """Ends what `start` started, and leaves nothing behind; also after a `start` that failed."""
