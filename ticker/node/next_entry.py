"""The next entry of the stream, which long polls wait for."""

import asyncio


class NextEntry:
    """Wakes every waiter at the next entry, whatever its filter."""

    def __init__(self) -> None:
        self._future: asyncio.Future[None] | None = None

    async def wait(self, limit: float) -> bool:
        """Returns True at the next entry, or after `limit` seconds."""
        if self._future is None or self._future.done():
            self._future = asyncio.get_running_loop().create_future()
        await asyncio.wait([self._future], timeout=limit)
        return True

    def wake(self) -> None:
        """Wakes every waiter; each looks into the backlog again."""
        if self._future is not None and not self._future.done():
            self._future.set_result(None)
