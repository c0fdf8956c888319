"""How long to wait before something that ended is started again; time is passed in."""

from typing import Final

FIRST: Final = 0.1
MOST: Final = 5.0
# One that lived this long had not been failing at its start.
FORGIVEN: Final = 10.0


class Backoff:
    """0.1 s after the first end, twice as long after each next one, 5 s at most; forgiven by a life of 10 s."""

    def __init__(self) -> None:
        self._next = FIRST

    def ended(self, lived: float) -> float:
        """Seconds to wait after a life of `lived` seconds."""
        wait = FIRST if lived >= FORGIVEN else self._next
        self._next = min(wait * 2, MOST)
        return wait
