"""Live connections and waiting long polls of each client address, so that one address cannot take a whole node.

By default an address may have half of a node's capacity, far more than the readers of one office or mobile carrier. The
empty address is not limited: it is that of a proxy which does not name its clients, and stands for all of them.
"""


class AddressCounts:
    """The counts of one node, by `ticker.net.client_address`; `limit` is the most of one address, or None for half."""

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._counts: dict[str, int] = {}

    def is_at_limit(self, address: str, capacity: int) -> bool:
        """Whether `address` may have no further connection on a node with this capacity."""
        limit = (capacity + 1) // 2 if self._limit is None else self._limit
        return bool(address) and self._counts.get(address, 0) >= limit

    def count(self, address: str) -> int:
        """The connections of `address` that are open."""
        return self._counts.get(address, 0)

    def add(self, address: str) -> None:
        """Counts one connection more."""
        self._counts[address] = self._counts.get(address, 0) + 1

    def remove(self, address: str) -> None:
        """Counts one connection less."""
        count = self._counts[address] - 1
        if count:
            self._counts[address] = count
        else:
            del self._counts[address]
