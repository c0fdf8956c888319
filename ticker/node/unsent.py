"""Bytes of long answers that clients have not taken yet, and the limit for all of them together."""

from typing import Final

# Above it a long replay is answered with a snapshot and `complete: false`, and a long list with ten items.
LIMIT_BYTES: Final = 64 << 20


class UnsentBytes:
    """The bytes that one node keeps for its clients; an object that several of them share counts once."""

    def __init__(self) -> None:
        self._clients: dict[int, int] = {}
        """How many clients share an object, by its `id`."""
        self.bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether no further long answer should begin."""
        return self.bytes > LIMIT_BYTES

    def add(self, shared: object, size: int) -> None:
        """Counts one client more for `shared`, which has `size` bytes."""
        clients = self._clients.get(id(shared), 0)
        self._clients[id(shared)] = clients + 1
        self.bytes += 0 if clients else size

    def remove(self, shared: object, size: int) -> None:
        """Counts one client less; `shared` and `size` are those of `add`."""
        clients = self._clients.pop(id(shared)) - 1
        if clients:
            self._clients[id(shared)] = clients
        else:
            self.bytes -= size
