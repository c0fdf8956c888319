"""A connection's job in the work queue: a join, a change of subscription, or input that was put off."""

from collections.abc import Callable
from typing import Final, Protocol

from ticker.node.work_queue import WorkQueue

# A client that waited longer has probably left; it is refused and may reconnect.
LATE_SECONDS: Final = 10.0


class _Client(Protocol):
    def run_job(self, job: "ConnectionJob") -> bool:
        """Does what `ticker.node.work_queue.Job.run` does."""

    def refuse_job(self) -> None:
        """Does what `ticker.node.work_queue.Job.refuse` does."""


class _Node(Protocol):
    work_queue: WorkQueue
    steady: Callable[[], float]
    entering: int


class ConnectionJob:
    """The job of one connection; `head` is the head of its reply where it has not joined yet."""

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
        """Whether a refusal must have the status 503, on which a proxy tries another node."""
        self.early = b""
        """What the client sent while this job waits."""

    def is_late(self) -> bool:
        """Whether it has waited for more than `LATE_SECONDS`."""
        return self._node.steady() - self._since > LATE_SECONDS

    def mark_joined(self) -> None:
        """Ends the waiting to join: the connection joins now, or never."""
        self._node.entering -= self.enters
        self.enters = False

    def cancel(self) -> None:
        """Removes it from the queue: its connection has closed, or does not need it any more."""
        self.mark_joined()
        self._node.work_queue.discard(self)

    def run(self) -> bool:
        return self._client.run_job(self)

    def refuse(self) -> None:
        self._client.refuse_job()
