"""How often one client may change what it asks for: a few times at once, then once a second, and not without end."""

import asyncio
from collections.abc import Callable
from typing import Final

from ticker.core.joins import Subscription

# A person who tries filters out changes them a few times in a row.
_AT_ONCE: Final = 5
_LIMIT: Final = 20
_SECONDS: Final = 1.0


class SubscriptionChanges:
    """The `subscribe` messages of one client; `next` is the newest that is not answered yet.

    Made when a client first sends a message: most never do.
    """

    __slots__ = ("_allowance", "_answered", "_counted", "_timer", "is_binary", "next", "parts", "text")

    def __init__(self, now: float) -> None:
        self._allowance = float(_LIMIT)
        self._counted = now
        self._answered = now - _SECONDS
        self._timer: asyncio.TimerHandle | None = None
        self.is_binary = False
        self.parts = b""
        """What has come of a message in several frames."""
        self.text: str | None = None
        """The last text message of the read that is under way."""
        self.next: Subscription | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether a timer will answer the next one."""
        return self._timer is not None

    def allow(self, now: float) -> bool:
        """Counts one; False where the client sent too many."""
        self._allowance = min(float(_LIMIT), self._allowance + (now - self._counted) / _SECONDS) - 1
        self._counted = now
        return self._allowance >= 0

    def wait(self, now: float) -> float:
        """Seconds until the next one may be answered; 0 or less if now."""
        return 0.0 if self._allowance >= _LIMIT - _AT_ONCE else self._answered + _SECONDS - now

    def take(self, now: float) -> Subscription | None:
        """The next one, which is answered now."""
        asked, self.next = self.next, None
        if asked is not None:
            self._answered = now
        return asked

    def call_later(self, seconds: float, call: Callable[[], None]) -> None:
        """Calls after `seconds`, unless it is closed before."""

        def due() -> None:
            self._timer = None
            call()

        self._timer = asyncio.get_running_loop().call_later(seconds, due)

    def close(self) -> None:
        """Its client has gone."""
        self.next = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
