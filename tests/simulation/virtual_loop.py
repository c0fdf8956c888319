"""An event loop of asyncio whose clock jumps to the next timer: it never waits, and has no file descriptor."""

import asyncio
from collections.abc import Callable
from typing import Any

START = 1000.0


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs callbacks in the order of their times; `now` is its clock, which simulated work may advance."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.readers: dict[int, Callable[[], object]] = {}
        """Callbacks of `add_reader`, by simulated descriptor."""
        # BaseEventLoop calls `select` of this attribute before each iteration.
        self._selector = self

    def time(self) -> float:
        return self.now

    def select(self, timeout: float | None) -> list[Any]:  # Any: selector events; there are none
        if timeout is None:
            raise RuntimeError("the simulation waits for something that never happens")
        self.now += timeout
        return []

    # Any: as in asyncio. typeshed's signature has type variables that these readers do not need.
    def add_reader(self, fd: Any, callback: Callable[..., Any], *args: Any) -> None:  # type: ignore[override]
        self.readers[fd] = callback

    def remove_reader(self, fd: Any) -> bool:  # Any: asyncio's signature
        return self.readers.pop(fd, None) is not None

    def _process_events(self, event_list: list[Any]) -> None:  # Any: asyncio's signature
        pass

    def _write_to_self(self) -> None:
        pass
