"""How many reports of painted items a node takes: of one address, and of all."""

from typing import Final

WINDOW_SECONDS: Final = 10.0
ADDRESS_LIMIT: Final = 30
NODE_LIMIT: Final = 2000


class PaintBudget:
    """The reports of the last seconds; times are those of a monotonic clock."""

    def __init__(self) -> None:
        self._until = 0.0
        self._total = 0
        self._counts: dict[str, int] = {}

    def takes(self, address: str, now: float) -> bool:
        """Whether a report from `address` is taken, which counts it; an empty address is that of a proxy."""
        if now >= self._until:
            self._until, self._total = now + WINDOW_SECONDS, 0
            self._counts.clear()
        count = self._counts.get(address, 0)
        if self._total >= NODE_LIMIT or (address and count >= ADDRESS_LIMIT):
            return False
        self._total += 1
        self._counts[address] = count + 1
        return True
