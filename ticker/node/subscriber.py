"""What the node needs of a live connection."""

from typing import Protocol

from ticker.contract.closes import CloseCode
from ticker.contract.cursor import Cursor
from ticker.node.heartbeats import HeartbeatListener
from ticker.node.recovery import Recovering


class Subscriber(Recovering, HeartbeatListener, Protocol):
    """A live connection, WebSocket or SSE."""

    transport_name: str
    address: str
    """The address under which it is counted (`ticker.net.client_address`)."""
    last_heard: float
    """When the client last sent something, by the steady clock; infinity where it cannot send."""

    @property
    def is_open(self) -> bool:
        """Whether it is one of the node's members."""

    @property
    def position(self) -> Cursor:
        """The newest entry that was written to it."""

    def lagging_for(self, now: float) -> float:
        """Seconds since its buffer was full, until it has caught up; 0 while it is not lagging."""

    def close_with(self, code: CloseCode, reason: str | None = None, reconnect: float | None = None) -> None:
        """Closes the connection with `code` and `reason`, or the standing reason of the code, and leaves the node.

        With `reconnect`, a `bye` message before it tells the client after how many seconds to reconnect.
        """
