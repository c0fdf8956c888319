"""Limits how much a token's holder may publish per minute: a sliding window in this process, without a clock.

It stops a stolen session from flooding the ticker. A repeat with the same Idempotency-Key is the same request and
counts once. Each desk process counts for itself, so that it can count while Redis is away.
"""

from collections import OrderedDict
from typing import Final

WINDOW_SECONDS: Final = 60.0
_SHORTEST_WAIT: Final = 0.001
# More names than a newsroom has; a flood of addresses must not fill the memory.
_NAMES_LIMIT: Final = 10_000


class Rate:
    """At most `limit` requests in any `WINDOW_SECONDS` for each holder."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._admitted: dict[str, OrderedDict[str, float]] = {}

    def admit(self, name: str, request: str, now: float) -> float:
        """Counts `request` for `name`; returns 0 if it is admitted, or was within the window, else the seconds to wait.

        `now` is in seconds of a monotonic clock: another clock, set back, would keep a full window full.
        """
        window = self._admitted.setdefault(name, OrderedDict())
        if len(self._admitted) > _NAMES_LIMIT:
            self._admitted.pop(next(other for other in self._admitted if other != name))
        while window and next(iter(window.values())) <= now - WINDOW_SECONDS:
            window.popitem(last=False)
        if request in window:
            return 0.0
        if len(window) >= self._limit:
            # A full window never rounds to a wait of 0, which would admit the request.
            return max(next(iter(window.values())) + WINDOW_SECONDS - now, _SHORTEST_WAIT)
        window[request] = now
        return 0.0

    def counts(self, name: str, request: str, now: float) -> bool:
        """Whether `request` is already counted for `name` in the window that ends at `now`."""
        admitted = self._admitted.get(name, OrderedDict()).get(request)
        return admitted is not None and admitted > now - WINDOW_SECONDS

    def is_full(self, name: str, now: float, further: int = 1) -> bool:
        """Whether one of so many further requests of `name` would not be admitted at `now`."""
        window = self._admitted.get(name, OrderedDict())
        return sum(admitted > now - WINDOW_SECONDS for admitted in window.values()) + further > self._limit

    def forget(self, name: str, request: str) -> None:
        """Removes a request that published nothing from the count."""
        self._admitted.get(name, OrderedDict()).pop(request, None)
