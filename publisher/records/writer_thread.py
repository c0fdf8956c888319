"""A thread with a separate connection, for writes that wait for the disk while the event loop goes on.

A thread pool takes twice the CPU for each call: it has a lock and a second future for each.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, TypeVar

from publisher.records.database import ANSWER_SECONDS, Database
from publisher.records.errors import DatabaseAwayError

Value = TypeVar("Value")
Done = Callable[[Any, Exception | None], None]  # Any: what the function returned
"""Gets the result of a function, or its error."""

_AWAY: Final = f"The desk's database cannot be used: no answer within {ANSWER_SECONDS:g} s"


class _Call:
    """One call of a function, whose `done` is called once, in the event loop."""

    __slots__ = ("answer", "done", "function", "loop", "timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, function: Callable[[Database], Any], done: Done) -> None:
        self.loop = loop
        self.function = function
        self.done: Done | None = done
        self.answer: tuple[Any, Exception | None] | None = None  # Any: what `function` returned
        self.timer = loop.call_later(ANSWER_SECONDS, self.settle)

    def settle(self) -> None:
        """Passes on the answer, or that it did not come in time; nothing the second time."""
        self.timer.cancel()
        done, self.done = self.done, None
        if done is not None:
            # After a stall of the event loop the timer comes first, and the answer may be there.
            done(*(self.answer or (None, DatabaseAwayError(_AWAY))))


class WriterThread:
    """Calls functions with the thread's own connection to `database`, one after the other."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._thread: Thread | None = None

    def submit(self, function: Callable[[Database], Any], done: Done) -> None:  # Any: as `done` takes it
        """Calls `function`, and then `done` in the event loop: after `ANSWER_SECONDS` with `DatabaseAwayError`.

        A write that took too long may still follow.
        """
        if self._thread is None:
            self._thread = Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        self._calls.put(_Call(asyncio.get_running_loop(), function, done))

    async def call(self, function: Callable[[Database], Value]) -> Value:
        """What `function` returns; raises as `submit`."""
        answer: asyncio.Future[Value] = asyncio.get_running_loop().create_future()

        def done(result: Value, error: Exception | None) -> None:
            if answer.done():
                return
            if error is None:
                answer.set_result(result)
            else:
                answer.set_exception(error)

        self.submit(function, done)
        return await answer

    async def aclose(self) -> None:
        """Ends the thread after the calls that were made before, and waits for its end for `ANSWER_SECONDS`."""
        if self._thread is not None:
            self._calls.put(None)
            # The end of the process would kill a write that still waits.
            await asyncio.to_thread(self._thread.join, ANSWER_SECONDS)

    def _run(self) -> None:
        own: Database | None = None
        while (call := self._calls.get()) is not None:
            try:
                own = own or self._database.for_thread()
                call.answer = call.function(own), None
            except Exception as error:
                call.answer = None, error
            # The loop may have ended.
            with suppress(RuntimeError):
                call.loop.call_soon_threadsafe(call.settle)
            # Its error has a traceback, and that one this frame.
            del call
        # SQLite wants a connection closed by the thread that opened it.
        if own is not None and own is not self._database:
            own.close()
