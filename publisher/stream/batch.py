"""Gathers what is asked at the same time into one call; it knows nothing of what is asked.

1. What is asked while a call is on its way leaves together with the next one, in the order in which it was asked.
2. Nobody waits for company: with no call on its way, a single question leaves at once. And nobody waits long for a
   slow call: after `patience` the next one leaves beside it, and may be answered first.
3. Who gives up is not asked for any more, unless it is on its way already; then the answer is dropped.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Batch(Generic[Question, Answer]):
    """Asks `ask` for at most `most` questions a call; the next waits for the one before, `patience` seconds at most.

    `ask` answers each question in its place, with an exception for those that failed alone; what it raises is
    everybody's.
    """

    def __init__(
        self,
        ask: Callable[[Sequence[Question]], Awaitable[Sequence[Answer | Exception]]],
        *,
        most: int,
        patience: float,
    ) -> None:
        self._ask = ask
        self._most = most
        self._patience = patience
        self._waiting: deque[tuple[Question, asyncio.Future[Answer]]] = deque()
        # Who takes what waits next; None where nobody is waited for.
        self._calling: asyncio.Task[None] | None = None
        # A loop holds its tasks weakly.
        self._under_way: set[asyncio.Task[None]] = set()

    async def submit(self, question: Question) -> Answer:
        """The answer to one question; raises what `ask` has for it."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._calling is None:
            self._begin()
        return await answer

    def _begin(self) -> None:
        self._calling = calling = asyncio.create_task(self._call())
        self._under_way.add(calling)
        calling.add_done_callback(self._under_way.discard)

    def _overdue(self) -> None:
        self._calling = None
        if self._waiting:
            self._begin()

    async def _call(self) -> None:
        this = asyncio.current_task()
        loop = asyncio.get_running_loop()
        try:
            while self._waiting and self._calling is this:
                taken = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
                # Cancelled is who gave up meanwhile.
                if asking := [(question, answer) for question, answer in taken if not answer.done()]:
                    overdue = loop.call_later(self._patience, self._overdue)
                    try:
                        await self._settle(asking)
                    finally:
                        overdue.cancel()
        finally:
            if self._calling is this:
                self._calling = None

    async def _settle(self, asking: list[tuple[Question, "asyncio.Future[Answer]"]]) -> None:
        try:
            answers = await self._ask([question for question, _ in asking])
        except asyncio.CancelledError:
            for _, answer in asking:
                answer.cancel()
            raise
        except Exception as error:
            answers = [error] * len(asking)
        for (_, answer), found in zip(asking, answers, strict=True):
            if answer.done():
                continue
            if isinstance(found, Exception):
                answer.set_exception(found)
            else:
                answer.set_result(found)
