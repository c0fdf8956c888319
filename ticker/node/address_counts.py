"""AddressCounts: how many live connections each address has; one alone may not take all places of a node.

By default it may have half of them, far more than an office or a mobile carrier has readers here at once. The empty
address, that of a proxy which does not say whose connections it passes on, is never bounded: it stands for everybody.
"""


class AddressCounts:
    """The connections and waiting long polls of one node, by client address (`ticker.net.client_address`)."""

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._counts: dict[str, int] = {}

    def is_at_limit(self, address: str, capacity: int) -> bool:
        """Whether `address` has as much as it may have of `capacity` places."""
        most = (capacity + 1) // 2 if self._most is None else self._most
        return bool(address) and self._counts.get(address, 0) >= most

    def add(self, address: str) -> None:
        """One more."""
        self._counts[address] = self._counts.get(address, 0) + 1

    def remove(self, address: str) -> None:
        """One less."""
        count = self._counts[address] - 1
        if count:
            self._counts[address] = count
        else:
            del self._counts[address]
