"""A live connection, as the node sees it."""

from typing import Protocol

from ticker.contract.closes import CloseCode
from ticker.node.heartbeats import HeartbeatListener
from ticker.node.recovery import Recovering


class Subscriber(Recovering, HeartbeatListener, Protocol):
    """A live connection, as the node sees it."""

    transport_name: str
    address: str
    """Whose it is, by `ticker.net.client_address`."""
    last_heard: float
    """When the client last said something, by the steady clock; infinity where it cannot speak."""

    def lagging_for(self, now: float) -> float:
        """Seconds since its buffer was full and not caught up again; 0 when it keeps up."""

    def close_with(self, code: CloseCode, reason: str | None = None, reconnect: float | None = None) -> None:
        """Says bye where `reconnect` is given, closes, and leaves."""
