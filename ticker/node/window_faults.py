"""Notices clients that break off over messages that refer to earlier ones, and lets them have each message alone.

A client that cannot decompress such a message ends the connection at one of the next items, comes back, and would go on
like that for ever. An address is served without references for an hour if its client says by the code of its close that
it cannot read a message, or breaks off without a close and resumes at once, twice in an hour. Each worker counts for
itself; a wrong suspicion costs bytes.
"""

from collections.abc import Callable
from typing import Final

_SOON_SECONDS: Final = 5.0
_HOUR: Final = 3600.0
# Behind an address with more connections are many people, of whom some always come and go.
MOST_CONNECTIONS: Final = 4
_MOST_ADDRESSES: Final = 4096


class WindowFaults:
    """Counts such returns by address; `steady` measures durations."""

    def __init__(self, steady: Callable[[], float]) -> None:
        self._steady = steady
        self._ended: dict[str, float] = {}
        """When the last connection of an address broke off."""
        self._returned: dict[str, float] = {}
        """When an address resumed at once after that."""
        self._until: dict[str, float] = {}

    def note_end(self, address: str, connections: int, *, says_so: bool = False) -> None:
        """Notes that a connection with references broke off; the address had `connections` that were open.

        With `says_so` the client named the reason. The empty address stands for all clients of a proxy that does not
        name them.
        """
        if not address or connections > MOST_CONNECTIONS:
            return
        if says_so:
            _put(self._until, address, self._steady() + _HOUR)
        else:
            _put(self._ended, address, self._steady())

    def is_suspect(self, address: str, *, resumes: bool) -> bool:
        """Whether a client that joins from `address` should get each message alone; `resumes`: with a cursor."""
        now = self._steady()
        if self._until.get(address, 0.0) > now:
            return True
        if resumes and now - self._ended.pop(address, -_HOUR) < _SOON_SECONDS:
            if now - self._returned.get(address, -_HOUR) < _HOUR:
                _put(self._until, address, now + _HOUR)
                return True
            _put(self._returned, address, now)
        return False


def _put(times: dict[str, float], address: str, time: float) -> None:
    """Sets the newest time; the oldest addresses are forgotten."""
    times.pop(address, None)
    times[address] = time
    while len(times) > _MOST_ADDRESSES:
        del times[next(iter(times))]
