"""`follow` for programs without an event loop: a plain iterator, whose connection lives in a thread.

The thread answers the pings of the node while the program handles an event, however long that takes.
"""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError
from types import TracebackType
from typing import Any, Self, TypeVar

from flashwire.client.events import Event
from flashwire.client.subscription import Subscription
from flashwire.client.subscription import follow as follow_asynchronously

T = TypeVar("T")


# Any: the keywords of the asynchronous `follow`, which checks them.
def follow(url: str, **options: Any) -> "BlockingSubscription":
    """Follows the ticker at `url`, as `flashwire.client.follow` does, with the same keywords, events and errors.

    with follow("http://host:8000", edition="en", cursors=FileCursorStore("cursor")) as events:
        for event in events:
            for item in event.items:
                ...
    """
    return BlockingSubscription(follow_asynchronously(url, **options))


class BlockingSubscription:
    """The events of one subscription; made by `follow`. Iterate over it once, inside its `with` block.

    The cursor of an event is saved when the program asks for the next one, and at the end of a block that ends without
    an exception, but for an event that `close` interrupted. The cursor store is used in the thread.
    """

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription
        self._task: asyncio.Task[Any] | None = None
        self._is_closed = False
        self._is_interrupted = False

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="flashwire-follow", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_closed = True
        try:
            self._run(self._end(has_handled_all=kind is None and not self._is_interrupted))
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event:
        try:
            return self._run(self._step())
        except (CancelledError, StopAsyncIteration):
            self._is_interrupted = True
            raise StopIteration from None

    def close(self) -> None:
        """Ends the iteration; any other thread and any signal handler may call it inside the `with` block."""
        self._is_closed = True
        self._loop.call_soon_threadsafe(self._cancel)

    def _run(self, work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _step(self) -> Event:
        if self._is_closed:
            raise StopAsyncIteration
        self._task = asyncio.current_task()
        return await anext(self._subscription)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _end(self, *, has_handled_all: bool) -> None:
        # After an exception in the program's thread, such as KeyboardInterrupt, the step may still wait.
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])
        if has_handled_all:
            await self._subscription.__aexit__(None, None, None)
        else:
            await self._subscription.aclose()
