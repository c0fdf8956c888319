"""The work queue: answers that cost the node time, a few milliseconds in each iteration of the loop.

A join with an old cursor costs up to 10 ms where a plain one costs 0.05. Done as they come, 200 of them would keep live
news from everybody for seconds.

1. WorkQueue is done at once while the iteration's budget lasts and nothing waits; what it costs is charged to that. An
   honest storm of returning clients costs microseconds each and never gets here.
2. The rest waits, client addresses in turn, so that one address with a thousand joins does not delay another's.
3. A step takes `STEP_SECONDS` or one piece of work, then rests as long as it took, and as what was done at once since
   the step before: half of the time is news' own.
4. While the reader of the stream has something to do, no step begins, for `HOLD_SECONDS` at most: a check of the stream
   takes some thirty iterations of the loop, and news waits for it.
5. At most `LIMIT` pieces wait. Beyond that the newest of the address with the most is refused.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

import structlog

STEP_SECONDS: Final = 0.004
# What is cheaper needs no account.
_FREE_SECONDS: Final = 0.000_02
LIMIT: Final = 2_000
# A storm of honest joins that are answered at once must not stop what waits.
_REST_SECONDS: Final = 0.04
# Less than what readiness and clients would notice; a reader that waits for a slow server must not stop the queue.
HOLD_SECONDS: Final = 0.25

T = TypeVar("T")

log = structlog.get_logger()


class BusyError(Exception):
    """Too much waits already."""


class Job(Protocol):
    """A piece of work that waits for its turn."""

    address: str
    """Whom it is for."""

    def run(self) -> bool:
        """Does some milliseconds of it; whether it is finished."""

    def refuse(self) -> None:
        """Tells its client that the node is busy."""


class WorkQueue:
    """The queue of one node. `soon` calls in the next iteration of the loop, `later` after some seconds."""

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
        self._own: deque[Callable[[], bool]] = deque()
        self._spent = 0.0
        self._owed = 0.0
        """Seconds of work that was done at once since the last step; the next rest is longer by them."""
        self._stepping = False
        self._held_since: float | None = None
        self._delayed = False
        """Whether a step waits for the end of a hold."""
        self._count = 0
        self._deferred = 0
        self.on_progress: Callable[[], None] = lambda: None
        """Called before each step."""

    def __len__(self) -> int:
        return self._count

    def take_deferred(self) -> int:
        """How many pieces of work had to wait since the last call."""
        taken, self._deferred = self._deferred, 0
        return taken

    # What goes before the queue

    def hold(self, wanted: bool) -> None:
        """No step begins while it is wanted, or for `HOLD_SECONDS`; afterwards one does, if one is due."""
        if not wanted:
            self._held_since = None
            self._end_delay()
        elif self._held_since is None:
            self._held_since = self._steady()

    def is_held(self) -> bool:
        """Whether the reader has something to do, for less than `HOLD_SECONDS` so far."""
        return self._held_since is not None and self._steady() - self._held_since < HOLD_SECONDS

    def _end_delay(self) -> None:
        if self._delayed:
            self._delayed = False
            self._soon(self._work_on)

    # The budget of one iteration

    @property
    def exhausted(self) -> bool:
        """Whether this iteration of the loop has done as much as it may."""
        return self._spent >= STEP_SECONDS

    @property
    def is_free(self) -> bool:
        """Whether something may be done at once, before nothing that waits."""
        return self._spent < STEP_SECONDS and not self._stepping

    def charge(self, since: float) -> None:
        """Accounts for work that was done at once, from `since` until now."""
        seconds = self._steady() - since
        if seconds > _FREE_SECONDS:
            if not self._spent:
                self._soon(self._forget_spent)
            self._spent += seconds
            self._owed += seconds if self._stepping else 0.0

    def _forget_spent(self) -> None:
        self._spent = 0.0

    # The queue

    def submit(self, job: Job, *, bounded: bool = True) -> None:
        """Puts `job` into the queue; it, or one of an address that has more waiting, may be refused at once.

        Not `bounded` are those whose number has another bound.
        """
        jobs = self._jobs.get(job.address)
        if jobs is None:
            jobs = self._jobs[job.address] = {}
        jobs[job] = None
        self._count += 1
        self._deferred += 1
        if bounded and self._count > LIMIT:
            most = max(self._jobs.values(), key=len)
            newest, _ = most.popitem()
            self._count -= 1
            newest.refuse()
        self._begin()

    def discard(self, job: Job) -> None:
        """Takes `job` out of the queue, if it is still there."""
        jobs = self._jobs.get(job.address)
        if jobs is not None and job in jobs:
            del jobs[job]
            self._count -= 1

    def submit_own(self, run: Callable[[], bool]) -> None:
        """Puts work of the node itself before what clients want; `run` as in `Job`."""
        self._own.append(run)
        self._begin()

    async def do(self, address: str, call: Callable[[], T], *, bounded: bool = True) -> T:
        """What `call` returns, now or in its turn; raises `BusyError` where too much waits."""
        if self.is_free:
            begun = self._steady()
            try:
                return call()
            finally:
                self.charge(begun)
        job = _Call(address, call)
        self.submit(job, bounded=bounded)
        try:
            return await job.result
        finally:
            self.discard(job)

    def _begin(self) -> None:
        if not self._stepping:
            self._stepping = True
            self._soon(self._step)

    def _step(self) -> None:
        if self._held_since is not None:
            left = self._held_since + HOLD_SECONDS - self._steady()
            if left > 0:
                self._delayed = True
                self._later(left, self._end_delay)
                return
        self._work_on()

    def _work_on(self) -> None:
        self.on_progress()
        begun = self._steady()
        until = begun + STEP_SECONDS
        # One piece of the node's own, then at least one of a client's, so that neither stops the other.
        if self._own and self._own[0]():
            self._own.popleft()
        while self._jobs:
            address, jobs = next(iter(self._jobs.items()))
            if jobs:
                job = next(iter(jobs))
                # It stays first until it is finished: what was begun holds memory.
                if self._is_finished(job):
                    self.discard(job)
            if jobs:
                self._jobs.move_to_end(address)
            else:
                del self._jobs[address]
            if self._steady() >= until:
                break
        if self._jobs or self._own:
            took = self._steady() - begun
            rest, self._owed = max(took, min(took + self._owed, _REST_SECONDS)), 0.0
            self._later(rest, self._step)
        else:
            self._stepping, self._owed = False, 0.0

    def _is_finished(self, job: Job) -> bool:
        try:
            return job.run()
        except Exception:
            # The queue must go on for all the others.
            log.exception("unhandled exception in queued work")
            job.refuse()
            return True


class _Call(Generic[T]):
    """A call that a request waits for."""

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
