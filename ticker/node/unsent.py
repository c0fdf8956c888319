"""Bytes of long answers that clients have not taken yet, by whatever way, and the bound on all of them together."""

from typing import Final

# Beyond it a long replay is answered with a snapshot and `complete: false`, and a long list with ten items.
LIMIT_BYTES: Final = 64 << 20


class UnsentBytes:
    """What a node holds for its clients; the same thing for several of them counts once."""

    def __init__(self) -> None:
        self._holders: dict[int, int] = {}
        self.bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether nothing long should be begun."""
        return self.bytes > LIMIT_BYTES

    def add(self, thing: object, size: int) -> None:
        """Counts `thing`, which has `size` bytes, for one client more."""
        holders = self._holders.get(id(thing), 0)
        self._holders[id(thing)] = holders + 1
        self.bytes += 0 if holders else size

    def remove(self, thing: object, size: int) -> None:
        """The other end of `hold`, with the same size."""
        holders = self._holders.pop(id(thing)) - 1
        if holders:
            self._holders[id(thing)] = holders
        else:
            self.bytes -= size
