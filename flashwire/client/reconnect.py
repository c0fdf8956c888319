"""The reconnect rule, without clock and I/O; tests/reconnect_examples.json has the same rule as examples.

1. Wait `random() * min(LONGEST_WAIT, FIRST_WAIT * 2 ** tries)`, with a new random number each time (full jitter).
   `tries` counts the waits drawn before.
2. `tries` returns to 0 when a message arrives `MIN_UPTIME` after the first message of its connection: a server that
   hangs up after its snapshot is met ever more rarely.
3. After `bye` wait exactly as long as the node says, counted from the `bye`: the node spreads its clients itself.
4. After `Retry-After` wait that long and up to `SPREAD` more, but no less than rule 1 says.
5. Close codes from 4500 to 4999, and statuses below 500 with a problem body except 408, 425 and 429, mean: never again.
   Without a problem body a proxy or a portal may have answered.

Times are in seconds.
"""

import random
from collections.abc import Callable
from typing import Final

from ticker.contract.closes import is_final

FIRST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 60.0
MIN_UPTIME: Final = 30.0
SPREAD: Final = 1.0
# A wait that a server names counts up to this.
LONGEST_SERVER_WAIT: Final = 300.0
_TEMPORARY_STATUSES: Final = frozenset({408, 425, 429})
_MOST_DOUBLINGS: Final = 10


class Reconnect:
    """The state of one subscription between its connections; `now` is any monotonic time."""

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self._chance = chance
        self._tries = 0
        self._first_message_at: float | None = None
        self._not_before = 0.0

    def open(self) -> None:
        """Call when a connection is about to be opened."""
        self._first_message_at = None

    def message(self, now: float) -> None:
        """Call for every message but `bye`."""
        if self._first_message_at is None:
            self._first_message_at = now
        elif now - self._first_message_at >= MIN_UPTIME:
            self._tries = 0

    def bye(self, now: float, seconds: float) -> None:
        """Call for a `bye` with its `reconnect`."""
        self._not_before = now + min(max(0.0, seconds), LONGEST_SERVER_WAIT)

    def closed(self, now: float, code: int) -> float | None:
        """The wait after a connection that ended with `code` (1006 if it broke); None: do not reconnect."""
        if is_final(code):
            return None
        rest = self._not_before - now
        return rest if rest > 0 else self._draw()

    def refused(self, status: int, *, has_problem: bool, retry_after: float) -> float | None:
        """The wait after an HTTP status instead of a connection; None: do not reconnect. 0 is no `Retry-After`."""
        if has_problem and status < 500 and status not in _TEMPORARY_STATUSES:
            return None
        wait = self._draw()
        if retry_after <= 0:
            return wait
        return max(wait, min(retry_after, LONGEST_SERVER_WAIT) + self._chance() * SPREAD)

    def _draw(self) -> float:
        bound = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(self._tries, _MOST_DOUBLINGS))
        self._tries += 1
        return self._chance() * bound
