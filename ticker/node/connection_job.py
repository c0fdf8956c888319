"""A connection's job in the work queue: its join, a change of its subscription, or what its client sent too much of."""

from collections.abc import Callable
from typing import Final, Protocol

from ticker.node.work_queue import WorkQueue

# A client that waited longer has probably left; it is refused and may reconnect.
LATE_SECONDS: Final = 10.0


class _Client(Protocol):
    def run_job(self, job: "ConnectionJob") -> bool:
        """As `ticker.node.work_queue.Job.run`."""

    def refuse_job(self) -> None:
        """As `ticker.node.work_queue.Job.refuse`."""


class _Node(Protocol):
    work_queue: WorkQueue
    steady: Callable[[], float]
    entering: int


class ConnectionJob:
    """A connection's place in the work queue; `head` is what its reply begins with where it has not joined yet."""

    __slots__ = ("_client", "_node", "_since", "address", "early", "enters", "head", "wants_status")

    def __init__(self, client: _Client, node: _Node, address: str, *, enters: bool, head: bytes = b"") -> None:
        self._client = client
        self._node = node
        self._since = node.steady()
        self.enters = enters
        """Whether it waits to join."""
        node.entering += enters
        self.address = address
        self.head = head
        self.wants_status = False
        """Whether a refusal must have its own status: a proxy then tries another node."""
        self.early = b""
        """What the client said meanwhile."""

    def is_late(self) -> bool:
        """Whether it waited for too long."""
        return self._node.steady() - self._since > LATE_SECONDS

    def joined(self) -> None:
        """It does not wait to join any more."""
        self._node.entering -= self.enters
        self.enters = False

    def leave(self) -> None:
        """Its connection has gone, or needs it no more."""
        self.joined()
        self._node.work_queue.discard(self)

    def run(self) -> bool:
        return self._client.run_job(self)

    def refuse(self) -> None:
        self._client.refuse_job()
