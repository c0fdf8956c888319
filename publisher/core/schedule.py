"""When a line is due, and how late it is: the wall clock decides, and a jump of it does not make a line late.

The steady clock tells a jump from a pause: it goes on while the process is stopped or the machine suspended.
"""

from collections.abc import Mapping
from typing import Final

from publisher.core import fields
from publisher.core.refusals import Refusals
from publisher.core.request import ItemRequest
from ticker.contract.item import instant
from ticker.contract.sentences import RefusedError

# A look at the clock that is older says nothing about the moment at which a line became due.
_RECENT_SECONDS: Final = 2.0
TIMES: Final = ("publishAt", "embargoedUntil")
"""The fields of a request that say when it is published."""


def due_of(request: ItemRequest, now: float, refusals: Refusals) -> float | None:
    """The later of `publishAt` and `embargoedUntil`; None where it is to be published at once."""
    times = []
    for field, value in (("publishAt", request.publish_at), ("embargoedUntil", request.embargoed_until)):
        if value is not None:
            with refusals.at(field):
                times.append(instant(fields.future_of(value, now)))
    return max(times, default=None)


def without_passed_time(request: Mapping[str, object], before: Mapping[str, object], now: float) -> dict[str, object]:
    """The request that changes the waiting request `before`, without a time that has passed and was not changed.

    Only while the line still waits for its other time: a change of the words must not need another time then.
    """
    past = [name for name in TIMES if _is_past(request.get(name), now)]
    waits = any(request.get(name) is not None and name not in past for name in TIMES)
    dropped = [name for name in past if waits and request.get(name) == before.get(name)]
    return {name: value for name, value in request.items() if name not in dropped}


def _is_past(time: object, now: float) -> bool:
    if not isinstance(time, str):
        return False
    try:
        fields.future_of(time, now)
    except RefusedError as refusal:
        return refusal.code == "time-past"
    return False


class Lateness:
    """How late each line is, in seconds of a steady clock from the moment at which it became due.

    If this process looked at the clock shortly before and the line was not due yet, it became due now, however far the
    wall clock jumped. Otherwise the desk was not running at its time, and only the wall clock knows.
    """

    def __init__(self) -> None:
        self._last_look: tuple[float, float] | None = None
        self._due_since: dict[str, float] = {}

    def look(self, now: float, steady: float, due: dict[str, float]) -> dict[str, float]:
        """The seconds since each line of `due` (its time by id) became due; lines that are not due yet are left out."""
        late: dict[str, float] = {}
        for line, time in due.items():
            if time > now:
                continue
            if line not in self._due_since:
                self._due_since[line] = steady - (0.0 if self._was_early(time, steady) else now - time)
            late[line] = steady - self._due_since[line]
        self._due_since = {line: since for line, since in self._due_since.items() if line in late}
        self._last_look = now, steady
        return late

    def _was_early(self, time: float, steady: float) -> bool:
        if self._last_look is None:
            return False
        wall, looked = self._last_look
        return time > wall and steady - looked <= _RECENT_SECONDS
