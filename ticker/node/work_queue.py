"""The work queue: answers that take time, a few milliseconds of them in each iteration of the loop.

A join with an old cursor takes up to 10 ms, a plain one 0.05. Without a queue, 200 of them would delay live news for
seconds.

1. Work runs at once while the iteration has budget left and no job waits; its time is charged to the budget. A plain
   join of a returning client takes microseconds, so that a storm of them never gets here.
2. Other jobs wait. Client addresses take turns, so that an address with a thousand joins does not delay another.
3. A step takes `STEP_SECONDS` or one job. Then the queue rests for as long as the step took, and for the time of work
   that ran at once since the step before: half of the time is left for news.
4. While the reader of the stream is busy, no step begins, for at most `PAUSE_SECONDS`: a check of the stream takes
   about thirty iterations of the loop, and news waits for it.
5. At most `LIMIT` jobs wait. Above it the newest job of the address with the most jobs is refused.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

import structlog

STEP_SECONDS: Final = 0.004
# Cheaper work is not charged.
_FREE_SECONDS: Final = 0.000_02
LIMIT: Final = 2_000
# The longest rest: a storm of joins that are answered at once must not stop the queue.
_REST_SECONDS: Final = 0.04
# Shorter than readiness and clients would notice; a reader that waits for a slow server must not stop the queue.
PAUSE_SECONDS: Final = 0.25

T = TypeVar("T")

log = structlog.get_logger()


class BusyError(Exception):
    """Too many jobs wait already."""


class Job(Protocol):
    """Work for one client that waits in the queue."""

    address: str
    """The address of the client."""

    def run(self) -> bool:
        """Does a few milliseconds of the work; returns whether it is finished."""

    def refuse(self) -> None:
        """Answers the client that the node is busy."""


class WorkQueue:
    """The queue of one node; its length is the number of jobs.

    `soon` calls in the next iteration of the loop, `later` after a number of seconds.
    """

    def __init__(
        self,
        steady: Callable[[], float],
        soon: Callable[[Callable[[], None]], None] | None = None,
        later: Callable[[float, Callable[[], None]], None] | None = None,
    ) -> None:
        self._steady = steady
        self._soon = soon or (lambda call: asyncio.get_running_loop().call_soon(call))
        self._later = later or (lambda seconds, call: asyncio.get_running_loop().call_later(seconds, call))
        self._jobs: OrderedDict[str, dict[Job, None]] = OrderedDict()
        self._own_work: deque[Callable[[], bool]] = deque()
        self._spent = 0.0
        self._extra_rest = 0.0
        """Seconds of work that ran at once since the last step; the next rest is longer by them."""
        self._is_running = False
        self._paused_since: float | None = None
        self._is_delayed = False
        """Whether a step waits for the end of a pause."""
        self._count = 0
        self._deferred = 0
        self.on_progress: Callable[[], None] = lambda: None
        """Called before each step."""

    def __len__(self) -> int:
        return self._count

    def take_deferred(self) -> int:
        """Returns how many jobs were queued since the last call."""
        deferred, self._deferred = self._deferred, 0
        return deferred

    # The reader of the stream goes first

    def pause(self, is_reader_busy: bool) -> None:
        """Begins no step while the reader is busy, for at most `PAUSE_SECONDS`; then begins the one that is due."""
        if not is_reader_busy:
            self._paused_since = None
            self._end_delay()
        elif self._paused_since is None:
            self._paused_since = self._steady()

    def is_paused(self) -> bool:
        """Whether the reader is busy, for less than `PAUSE_SECONDS` so far."""
        return self._paused_since is not None and self._steady() - self._paused_since < PAUSE_SECONDS

    def _end_delay(self) -> None:
        if self._is_delayed:
            self._is_delayed = False
            self._soon(self._run_step)

    # The budget of one iteration

    @property
    def exhausted(self) -> bool:
        """Whether this iteration of the loop has used its budget."""
        return self._spent >= STEP_SECONDS

    @property
    def is_free(self) -> bool:
        """Whether work may run at once: there is budget left, and no job waits."""
        return self._spent < STEP_SECONDS and not self._is_running

    def charge(self, since: float) -> None:
        """Charges work that ran at once, from `since` until now."""
        seconds = self._steady() - since
        if seconds > _FREE_SECONDS:
            if not self._spent:
                self._soon(self._forget_spent)
            self._spent += seconds
            self._extra_rest += seconds if self._is_running else 0.0

    def _forget_spent(self) -> None:
        self._spent = 0.0

    # The queue

    def submit(self, job: Job, *, bounded: bool = True) -> None:
        """Puts `job` into the queue. Above `LIMIT` it, or a job of an address with more jobs, is refused at once.

        With `bounded` False it refuses no job: the caller limits the number of such jobs.
        """
        jobs = self._jobs.get(job.address)
        if jobs is None:
            jobs = self._jobs[job.address] = {}
        jobs[job] = None
        self._count += 1
        self._deferred += 1
        if bounded and self._count > LIMIT:
            largest = max(self._jobs.values(), key=len)
            newest, _ = largest.popitem()
            self._count -= 1
            newest.refuse()
        self._begin()

    def discard(self, job: Job) -> None:
        """Removes `job` from the queue, if it is still there."""
        jobs = self._jobs.get(job.address)
        if jobs is not None and job in jobs:
            del jobs[job]
            self._count -= 1

    def submit_own(self, run: Callable[[], bool]) -> None:
        """Puts work of the node itself before the jobs of clients; `run` is as in `Job`."""
        self._own_work.append(run)
        self._begin()

    async def do(self, address: str, call: Callable[[], T], *, bounded: bool = True) -> T:
        """Returns what `call` returns, now or when the queue comes to it; raises `BusyError` if it is refused."""
        if self.is_free:
            start = self._steady()
            try:
                return call()
            finally:
                self.charge(start)
        job = _Call(address, call)
        self.submit(job, bounded=bounded)
        try:
            return await job.result
        finally:
            self.discard(job)

    def _begin(self) -> None:
        if not self._is_running:
            self._is_running = True
            self._soon(self._step)

    def _step(self) -> None:
        if self._paused_since is not None:
            rest = self._paused_since + PAUSE_SECONDS - self._steady()
            if rest > 0:
                self._is_delayed = True
                self._later(rest, self._end_delay)
                return
        self._run_step()

    def _run_step(self) -> None:
        self.on_progress()
        start = self._steady()
        until = start + STEP_SECONDS
        # One step of the node's own work, then at least one job of a client, so that neither stops the other.
        if self._own_work and self._own_work[0]():
            self._own_work.popleft()
        while self._jobs:
            address, jobs = next(iter(self._jobs.items()))
            if jobs:
                job = next(iter(jobs))
                # It stays first until it is finished: a job that has begun holds memory.
                if self._is_finished(job):
                    self.discard(job)
            if jobs:
                self._jobs.move_to_end(address)
            else:
                del self._jobs[address]
            if self._steady() >= until:
                break
        if self._jobs or self._own_work:
            took = self._steady() - start
            rest, self._extra_rest = max(took, min(took + self._extra_rest, _REST_SECONDS)), 0.0
            self._later(rest, self._step)
        else:
            self._is_running, self._extra_rest = False, 0.0

    def _is_finished(self, job: Job) -> bool:
        try:
            return job.run()
        except Exception:
            # The queue goes on for all other clients.
            log.exception("unhandled exception in queued work")
            job.refuse()
            return True


class _Call(Generic[T]):
    """A call whose result a request awaits."""

    def __init__(self, address: str, call: Callable[[], T]) -> None:
        self.address = address
        self._call = call
        self.result: asyncio.Future[T] = asyncio.get_running_loop().create_future()

    def run(self) -> bool:
        if not self.result.done():
            try:
                self.result.set_result(self._call())
            except Exception as error:
                self.result.set_exception(error)
        return True

    def refuse(self) -> None:
        if not self.result.done():
            self.result.set_exception(BusyError())
