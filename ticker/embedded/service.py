"""The whole service on one machine: an embedded server, the nodes and the desk, from start to stop.

1. Ports are bound by the caller; the directory's lock comes with the server. Either can refuse the start.
2. The server first, then the children, each forked from this one process; then whoever asked is told.
3. A child that ends is started again with backoff. One that cannot start at all ends the start.
4. At SIGTERM, SIGINT or SIGHUP: the desk (no new lines), the nodes (clients are sent away, spread), the server.
5. Each step has its limit, after which it is ended by force; a second request ends everything at once.
6. Whatever happens to this process, the kernel ends its children with it.
"""

import signal
import time
from collections.abc import Callable
from typing import Final

from ticker.embedded.children import Child, Part, close_others
from ticker.embedded.errors import EmbeddedError
from ticker.embedded.keeper import Keeper
from ticker.embedded.signals import Signals

# A publication in flight is answered within 2.5 s.
DESK_SECONDS: Final = 2.5
SERVER_SECONDS: Final = 0.8
# Beyond the drain, for everything: below 15 s in all with the default of 10 s.
_BEYOND_DRAIN: Final = 4.7
_FAILED_STARTS: Final = 3
_READY_SECONDS: Final = 30.0
_LOOK: Final = 0.02
_IDLE: Final = 5.0


class Service:
    """Runs `desk` and `nodes` over an embedded server (None: a server elsewhere)."""

    def __init__(
        self,
        keeper: Keeper | None,
        make_parts: Callable[[], tuple[list[Part], list[Part]]],
        *,
        drain: float,
        announce: Callable[[], None],
        notice: Callable[[str], None],
    ) -> None:
        self._keeper = keeper
        self._make_parts = make_parts
        self._drain = drain
        self._announce = announce
        self._notice = notice
        self._signals = Signals()
        self._children: list[Child] = []
        self._ready = False

    def run(self) -> int:
        """Serves until told to stop; 0 if all ended by itself then. Raises `EmbeddedError` for a failed start."""
        with self._signals:
            desk: list[Child] = []
            nodes: list[Child] = []
            try:
                if self._keeper:
                    self._keeper.launch()
                # Imports what the children need, while the server starts.
                desk_parts, node_parts = self._make_parts()
                if not self._until(lambda: self._keeper is None or self._keeper.ready):
                    return self._stop(desk, nodes)
                parts = desk_parts + node_parts
                desk, nodes = ([self._child(part, parts) for part in some] for some in (desk_parts, node_parts))
                self._children = desk + nodes
                if self._until(self._all_ready, limit=_READY_SECONDS):
                    self._ready = True
                    self._announce()
                    self._until(lambda: False)
            except BaseException:
                self._kill()
                raise
            return self._stop(desk, nodes)

    def _child(self, part: Part, parts: list[Part]) -> Child:
        def let_go() -> None:
            self._signals.reset()
            close_others(parts, part)
            if self._keeper:
                self._keeper.let_go()

        return Child(part, let_go)

    def _until(self, done: Callable[[], bool], limit: float | None = None) -> bool:
        """Turns until `done`; False if a request to stop came first."""
        begun = time.monotonic()
        while not self._signals.requests:
            wait = self._turn()
            if done():
                return True
            if limit and not self._ready and time.monotonic() - begun > limit:
                raise EmbeddedError(f"Not ready after {limit:.0f} s: {self._unready()}.")
            self._signals.wait(wait if self._ready else min(wait, _LOOK))
        return False

    def _turn(self) -> float:
        wait = self._keeper.turn() if self._keeper else _IDLE
        for child in self._children:
            status = child.reap()
            if status is not None:
                again = child.bury()
                if not self._ready and child.ends == _FAILED_STARTS:
                    raise EmbeddedError(f"The {child.part.name} cannot start; its lines above say why.")
                self._notice(f"The {child.part.name} ended ({_ending(status)}); starting it again in {again:.1f} s.")
            if not child.pid:
                if time.monotonic() >= child.due:
                    child.start()
                else:
                    wait = min(wait, child.due - time.monotonic())
        return wait

    def _all_ready(self) -> bool:
        # Several nodes may share an address, between which the kernel chooses: ask often enough to meet them all.
        addresses = {child.part.sock.getsockname() for child in self._children}
        times = 1 if len(self._children) == len(addresses) else 6
        return all(child.pid and child.asked() is None for child in self._children for _ in range(times))

    def _unready(self) -> str:
        answers = [(child.part.name, child.asked()) for child in self._children]
        return "; ".join(f"the {name} answers {answer}" for name, answer in answers if answer) or "the embedded server"

    def _stop(self, desk: list[Child], nodes: list[Child]) -> int:
        if self._keeper:
            self._keeper.leaving()
        for child in self._children:
            child.part.sock.close()
        limit = time.monotonic() + self._drain + _BEYOND_DRAIN
        clean = self._end(desk, DESK_SECONDS)
        clean = self._end(nodes, limit - SERVER_SECONDS - time.monotonic()) and clean
        if self._keeper:
            clean = self._keeper.stop(SERVER_SECONDS) and clean
        if self._signals.interrupted and self._signals.requests > 1:
            return 130
        return 0 if clean else 1

    def _end(self, children: list[Child], seconds: float) -> bool:
        """Asks them to end, and ends by force what has not after `seconds` or at a second request."""
        for child in children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while self._any(children) and self._signals.requests < 2 and time.monotonic() < deadline:
            self._signals.wait(min(deadline - time.monotonic(), 0.1))
        late = [child for child in children if child.pid]
        for child in late:
            self._notice(f"The {child.part.name} is ended by force.")
            child.signal(signal.SIGKILL)
        while self._any(late):
            self._signals.wait(_LOOK)
        return not late

    def _any(self, children: list[Child]) -> bool:
        """Whether one of them still runs."""
        for child in children:
            child.reap()
        return any(child.pid for child in children)

    def _kill(self) -> None:
        for child in self._children:
            child.signal(signal.SIGKILL)
        while self._any(self._children):
            self._signals.wait(_LOOK)
        if self._keeper:
            self._keeper.stop()


def _ending(status: int) -> str:
    return signal.Signals(-status).name if status < 0 else f"status {status}"
