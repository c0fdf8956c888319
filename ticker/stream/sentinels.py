"""Asks all Sentinels at once which server is the primary."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import redis.asyncio
from redis.asyncio.sentinel import MasterNotFoundError, Sentinel
from redis.exceptions import ResponseError

# A Sentinel that does not answer must not delay the answer of the others.
_WAIT_SECONDS: Final = 0.4


class Sentinels(Sentinel):
    """Uses the answer with the latest failover.

    redis-py asks one Sentinel after another and uses the first answer, whose Sentinel may have been cut off together
    with the old primary.
    """

    async def discover_master(self, service_name: str) -> tuple[str, int]:
        """Returns the address of the primary; raises `MasterNotFoundError`."""
        states = await self._states(service_name)
        latest = max((int(state["config-epoch"]) for _, state in states), default=0)
        for _, state in states:
            if int(state["config-epoch"]) == latest and self.check_master_state(state, service_name):
                return str(state["ip"]), int(state["port"])
        reason = "they say that it is down" if states else "none of them answers for it"
        raise MasterNotFoundError(f"No primary of {service_name!r} from the Sentinels: {reason}")

    async def has_quorum(self, service_name: str) -> bool | None:
        """Whether some Sentinel would learn of a failover; None if none answers."""

        async def check(sentinel: redis.asyncio.Redis) -> bool:
            try:
                await cast(Any, sentinel).execute_command("SENTINEL CKQUORUM", service_name)  # Any: without types
            except ResponseError as error:
                return "NOQUORUM" not in str(error)
            return True

        answers = [answer for answer in await self._ask(check) if answer is not None]
        return any(answers) if answers else None

    async def _states(self, service_name: str) -> list[tuple[int, dict[str, Any]]]:  # Any: as redis-py parses it
        async def services(sentinel: redis.asyncio.Redis) -> Any:  # Any: as above
            return await sentinel.sentinel_masters()

        answers = await self._ask(services)
        return [
            (number, answer[service_name]) for number, answer in enumerate(answers) if answer and service_name in answer
        ]

    async def _ask(self, call: Callable[[redis.asyncio.Redis], Any]) -> Sequence[Any]:  # Any: what `call` returns
        """Returns the answer of each Sentinel, or None; it stops waiting for others when one has answered."""
        tasks = [asyncio.ensure_future(call(sentinel)) for sentinel in self.sentinels]
        try:
            await asyncio.wait(tasks, timeout=_WAIT_SECONDS)
            waiting = [task for task in tasks if not task.done()]
            while waiting and all(_result(task) is None for task in tasks):
                _, pending = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                waiting = list(pending)
            return [_result(task) for task in tasks]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _result(task: "asyncio.Future[Any]") -> Any:  # Any: what the task returns
    return task.result() if task.done() and not task.cancelled() and task.exception() is None else None
