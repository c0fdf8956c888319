"""Limits how often people may have something done that costs CPU time: so many a second each, and all together.

Two token buckets, in seconds of a monotonic clock: one for each name, one for all names. A name that is over its own
limit takes nothing from the common one, so one script cannot use it up.
"""

from collections import OrderedDict
from typing import Final

# More names than a newsroom has.
_NAMES_LIMIT: Final = 10_000
_SHORTEST_WAIT: Final = 1e-6


class Allowance:
    """At most `each` requests a second of one name, and `together` of all; four seconds' worth of them at once."""

    BURST_SECONDS: Final = 4.0

    def __init__(self, per_person: float, together: float) -> None:
        self._each = per_person
        self._together = together
        self._used: OrderedDict[str, float] = OrderedDict()
        """When the bucket of a name would be full again; a name that is missing has a full one."""
        self._all_used = 0.0

    def admit(self, name: str, now: float) -> float:
        """Counts a request of `name`; returns 0 if it is admitted, else the seconds to wait."""
        own_until = max(self._used.pop(name, now), now) + 1 / self._each
        all_until = max(self._all_used, now) + 1 / self._together
        wait = max(own_until, all_until) - now - self.BURST_SECONDS
        # Sums of fractions are not exact.
        if wait > _SHORTEST_WAIT:
            self._used[name] = own_until - 1 / self._each
        else:
            self._used[name], self._all_used = own_until, all_until
            wait = 0.0
        if len(self._used) > _NAMES_LIMIT:
            self._used.popitem(last=False)
        return wait
