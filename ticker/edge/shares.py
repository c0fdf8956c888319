"""Shares: how many live connections each address has; one alone may not take all places of a node.

By default it may have half of them, far more than an office or a mobile carrier has readers here at once. A proxy of
ours is never bounded: where it does not say whose connections it passes on, it stands for everybody.
"""

from ticker.edge.address import is_proxy


class Shares:
    """The connections and waiting long polls of one node, by client address."""

    def __init__(self, proxies: str, most: int | None) -> None:
        self._proxies = proxies
        self._most = most
        self._counts: dict[str, int] = {}

    def is_full(self, address: str, room: int) -> bool:
        """Whether `address` has as much as it may have of `room` places."""
        most = (room + 1) // 2 if self._most is None else self._most
        return self._counts.get(address, 0) >= most and not is_proxy(address, self._proxies)

    def came(self, address: str) -> None:
        """One more."""
        self._counts[address] = self._counts.get(address, 0) + 1

    def left(self, address: str) -> None:
        """One less."""
        count = self._counts[address] - 1
        if count:
            self._counts[address] = count
        else:
            del self._counts[address]
