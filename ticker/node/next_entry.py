"""What long polls wait for: the next entry."""

import asyncio


class NextEntry:
    """Entries, of whatever filter, as they come."""

    def __init__(self) -> None:
        self._next: asyncio.Future[None] | None = None

    async def wait(self, limit: float) -> bool:
        """Returns True at the next entry, or after `limit` seconds."""
        if self._next is None or self._next.done():
            self._next = asyncio.get_running_loop().create_future()
        await asyncio.wait([self._next], timeout=limit)
        return True

    def wake(self) -> None:
        """Lets everyone who waits look again."""
        if self._next is not None and not self._next.done():
            self._next.set_result(None)
