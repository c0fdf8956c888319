"""Sends requests that are waiting at the same time in one call; it does not know what a request is.

1. Requests that arrive while a call is running are sent together in the next call, in their order.
2. A request never waits for others to join it: when no call is running it is sent at once. It does not wait long for a
   slow call either: after `patience` seconds the next call starts, and may be answered first.
3. A cancelled request is not sent any more; if its call is already running, the reply is dropped.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Request = TypeVar("Request")
Reply = TypeVar("Reply")


class Batch(Generic[Request, Reply]):
    """Calls `send` with at most `limit` requests at a time.

    `send` returns one reply per request, in order; the reply to a request that failed alone is an exception. An
    exception that `send` raises goes to every request of the call.
    """

    def __init__(
        self,
        send: Callable[[Sequence[Request]], Awaitable[Sequence[Reply | Exception]]],
        *,
        limit: int,
        patience: float,
    ) -> None:
        self._send = send
        self._limit = limit
        self._patience = patience
        self._waiting: deque[tuple[Request, asyncio.Future[Reply]]] = deque()
        # The task that will send the next call, or None while no call is waited for.
        self._sender: asyncio.Task[None] | None = None
        # The event loop holds its tasks weakly.
        self._running: set[asyncio.Task[None]] = set()

    async def submit(self, request: Request) -> Reply:
        """The reply to `request`; raises what `send` returned or raised for it."""
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, reply))
        if self._sender is None:
            self._start_sender()
        return await reply

    def _start_sender(self) -> None:
        self._sender = sender = asyncio.create_task(self._send_waiting())
        self._running.add(sender)
        sender.add_done_callback(self._running.discard)

    def _stop_waiting(self) -> None:
        """Starts another sender: the running call has taken `patience` seconds."""
        self._sender = None
        if self._waiting:
            self._start_sender()

    async def _send_waiting(self) -> None:
        this = asyncio.current_task()
        loop = asyncio.get_running_loop()
        try:
            while self._waiting and self._sender is this:
                batch = [self._waiting.popleft() for _ in range(min(self._limit, len(self._waiting)))]
                # A reply that is done belongs to a cancelled request.
                if pending := [(request, reply) for request, reply in batch if not reply.done()]:
                    timer = loop.call_later(self._patience, self._stop_waiting)
                    try:
                        await self._call(pending)
                    finally:
                        timer.cancel()
        finally:
            if self._sender is this:
                self._sender = None

    async def _call(self, pending: list[tuple[Request, "asyncio.Future[Reply]"]]) -> None:
        try:
            results = await self._send([request for request, _ in pending])
        except asyncio.CancelledError:
            for _, reply in pending:
                reply.cancel()
            raise
        except Exception as error:
            results = [error] * len(pending)
        for (_, reply), result in zip(pending, results, strict=True):
            if reply.done():
                continue
            if isinstance(result, Exception):
                reply.set_exception(result)
            else:
                reply.set_result(result)
