"""The delay before a process that ended is started again; the caller measures the time."""

from typing import Final

FIRST_SECONDS: Final = 0.1
LONGEST_SECONDS: Final = 5.0
# A process that ran this long did not fail at its start.
RESET_SECONDS: Final = 10.0


class Backoff:
    """0.1 s after the first end, twice as long after each further one, at most 5 s; reset by a run of 10 s."""

    def __init__(self) -> None:
        self._next = FIRST_SECONDS

    def next_delay(self, lifetime: float) -> float:
        """Returns the seconds to wait after a run of `lifetime` seconds."""
        delay = FIRST_SECONDS if lifetime >= RESET_SECONDS else self._next
        self._next = min(delay * 2, LONGEST_SECONDS)
        return delay
