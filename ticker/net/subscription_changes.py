"""Changes of one client's subscription: a few at once, then one per second, and a limit above which it is closed."""

import asyncio
from collections.abc import Callable
from typing import Final

from ticker.core.joins import Subscription

# A person who tries filters changes them a few times in a row.
_AT_ONCE: Final = 5
_LIMIT: Final = 20
_SECONDS: Final = 1.0


class SubscriptionChanges:
    """The `subscribe` messages of one client; `next` is the newest that is not answered yet.

    Made when a client first sends a message, since most clients never do.
    """

    __slots__ = ("_allowance", "_last_answer", "_last_count", "_timer", "is_binary", "next", "parts", "text")

    def __init__(self, now: float) -> None:
        self._allowance = float(_LIMIT)
        self._last_count = now
        self._last_answer = now - _SECONDS
        self._timer: asyncio.TimerHandle | None = None
        self.is_binary = False
        """Whether the message that is arriving is a binary one."""
        self.parts = b""
        """The frames of that message so far."""
        self.text: str | None = None
        """The last complete text message of the current read."""
        self.next: Subscription | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether a timer will answer `next`."""
        return self._timer is not None

    def allow(self, now: float) -> bool:
        """Counts one message; returns False if the client has sent too many."""
        self._allowance = min(float(_LIMIT), self._allowance + (now - self._last_count) / _SECONDS) - 1
        self._last_count = now
        return self._allowance >= 0

    def wait(self, now: float) -> float:
        """Seconds until `next` may be answered; 0 or less means now."""
        return 0.0 if self._allowance >= _LIMIT - _AT_ONCE else self._last_answer + _SECONDS - now

    def take(self, now: float) -> Subscription | None:
        """Removes and returns `next`, which the caller answers now."""
        subscription, self.next = self.next, None
        if subscription is not None:
            self._last_answer = now
        return subscription

    def call_later(self, seconds: float, call: Callable[[], None]) -> None:
        """Calls `call` after `seconds`, unless this is closed before."""

        def on_timer() -> None:
            self._timer = None
            call()

        self._timer = asyncio.get_running_loop().call_later(seconds, on_timer)

    def close(self) -> None:
        """Cancels what waits: the client has left."""
        self.next = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
