"""The whole service on one machine: an embedded server, the nodes and the desk, from start to stop.

1. Ports are bound by the caller; the directory's lock comes with the server. Either can refuse the start.
2. The server first, then the children, each forked from this one process; then whoever asked is told.
3. A child that ends is started again with backoff. One that cannot start at all ends the start. A port listens only
   while a process serves it: each child opens its own when it could answer, and this process closes it behind one
   that ended.
4. A node whose loop does not turn any more is ended by force, and so started again.
5. At SIGHUP the nodes are replaced, one after another, by fresh processes (`rolling`).
6. At SIGTERM or SIGINT: the desk (no new lines), the nodes (clients are sent away, spread), the server.
7. Each step has its limit, after which it is ended by force; a second request ends everything at once, each reader
   told to come back. Until the parent says so, no child takes a signal that ends it (`ticker.shared.process.stopping`).
8. Whatever happens to this process, the kernel ends its children with it.
"""

import gc
import signal
import time
from collections.abc import Callable
from typing import Final

from flashwire.service.children import Child, Part, close_others, ending
from flashwire.service.rolling import Rolling
from flashwire.service.signals import Signals
from flashwire.valkey.errors import EmbeddedError
from flashwire.valkey.keeper import Keeper
from ticker.shared.process.listen import close_to_clients, is_open
from ticker.shared.process.output import lines_dropped
from ticker.shared.process.stopping import AT_ONCE, STAY, STOP, Permission, hold

# A publication in flight is answered within 2.5 s.
DESK_SECONDS: Final = 2.5
SERVER_SECONDS: Final = 0.8
# Beyond the drain, for everything: below 15 s in all with the default of 10 s.
_BEYOND_DRAIN: Final = 4.7
_AT_ONCE_SECONDS: Final = 1.5
_FAILED_STARTS: Final = 3
_READY_SECONDS: Final = 30.0
_LOOK: Final = 0.02
_IDLE: Final = 5.0
# A loop that writes to 17,000 clients turns several times a second; one that does not turn for this long serves nobody.
HANG_SECONDS: Final = 10.0
# How often the nodes' loops are looked at, and how late this process may come before it blames itself.
_PULSE_LOOK: Final = 1.0
_OWN_STALL: Final = 3.0


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
        hang_seconds: float = HANG_SECONDS,
        ready_seconds: float = _READY_SECONDS,
    ) -> None:
        self._keeper = keeper
        self._make_parts = make_parts
        self._drain = drain
        self._announce = announce
        self._notice = notice
        self._signals = Signals()
        self._permission = Permission.make()
        self._hang_seconds = hang_seconds
        self._ready_seconds = ready_seconds
        self._parts: list[Part] = []
        self._desk: list[Child] = []
        self._nodes: list[Child] = []
        self._rolling = Rolling(
            self._nodes,
            self._successor,
            notice,
            ready_seconds=ready_seconds,
            leave_seconds=drain + _BEYOND_DRAIN,
        )
        self._rolled = 0
        self._ready = False
        self._turned = 0.0
        self._lines_dropped = 0
        self._judge_from = 0.0

    def run(self) -> int:
        """Serves until told to stop; 0 if all ended by itself then. Raises `EmbeddedError` for a failed start."""
        with self._signals:
            hold(self._permission)
            try:
                if self._keeper:
                    self._keeper.launch()
                # Imports what the children need, while the server starts.
                desk_parts, node_parts = self._make_parts()
                if not self._until(lambda: self._keeper is None or self._keeper.ready):
                    return self._stop()
                self._parts = desk_parts + node_parts
                # What is set aside here no child's collector walks, which would write to every page they share.
                gc.collect()
                gc.freeze()
                self._desk.extend(self._child(part) for part in desk_parts)
                self._nodes.extend(self._child(part) for part in node_parts)
                if self._until(self._all_ready, limit=self._ready_seconds):
                    self._ready = True
                    for shared in {id(part.shared): part.shared for part in self._parts if part.shared}.values():
                        shared.mark_started()
                    self._announce()
                    self._until(lambda: False)
            except BaseException:
                self._kill()
                raise
            return self._stop()

    @property
    def _children(self) -> list[Child]:
        return self._desk + self._nodes

    def _child(self, part: Part, *, fresh: bool = False) -> Child:
        def let_go() -> None:
            self._signals.reset()
            close_others(self._parts, part)
            if self._keeper:
                self._keeper.let_go()

        return Child(part, let_go, fresh=fresh, permission=self._permission)

    def _successor(self, child: Child) -> Child:
        return self._child(child.part, fresh=True)

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
                self._notice(f"The {child.part.name} ended ({ending(status)}); starting it again in {again:.1f} s.")
            if not child.pid:
                if time.monotonic() >= child.due:
                    self._start(child)
                else:
                    wait = min(wait, child.due - time.monotonic())
        if self._ready:
            wait = min(wait, self._watch(), self._roll())
            self._count_dropped_lines()
        for child in self._children:
            if not child.pid and not self._rolling.begins(child) and is_open(child.part.sock):
                close_to_clients(child.part.sock)
        return wait

    def _start(self, child: Child) -> None:
        try:
            child.start()
        except OSError as error:
            # A machine without room for a process now must not end those that run.
            again = child.bury()
            self._notice(f"The {child.part.name} cannot be started ({error.strerror}); trying again in {again:.1f} s.")

    def _count_dropped_lines(self) -> None:
        # This process has no metrics of its own: what it could not write is in the nodes' shared state.
        before, self._lines_dropped = self._lines_dropped, lines_dropped()
        shared = next((child.part.shared for child in self._nodes if child.part.shared), None)
        if shared is not None and self._lines_dropped > before:
            shared.count("flashwire_log_lines_dropped", self._lines_dropped - before)

    def _watch(self) -> float:
        """Ends nodes that stand still; returns the seconds until the next look."""
        now = time.monotonic()
        if now - self._turned > _OWN_STALL:
            # This process itself was stopped, and perhaps all with it.
            self._judge_from = now + self._hang_seconds
        self._turned = now
        for child in self._nodes:
            judged = now >= self._judge_from and not child.hung
            if judged and child.stands_still(now, self._hang_seconds, self._ready_seconds):
                self._notice(f"The {child.part.name} stands still for {self._hang_seconds:g} s; it is ended by force.")
                child.hung = True
                child.signal(signal.SIGKILL)
        return _PULSE_LOOK if any(child.slot is not None for child in self._nodes) else _IDLE

    def _roll(self) -> float:
        """Goes on with a rolling restart, if one was asked for; returns the seconds until the next look."""
        if self._signals.rolls > self._rolled and not self._rolling.active:
            self._rolled = self._signals.rolls
            self._rolling.begin()
        if not self._rolling.active:
            return _IDLE
        self._rolling.turn()
        return _LOOK

    def _all_ready(self) -> bool:
        return all(child.ready for child in self._children)

    def _unready(self) -> str:
        answers = [(child.part.name, child.asked()) for child in self._children]
        return "; ".join(f"the {name} {answer}" for name, answer in answers if answer) or "the embedded server"

    def _stop(self) -> int:
        if self._keeper:
            self._keeper.leaving()
        for part in self._parts:
            part.sock.close()
        self._rolling.abandon()
        limit = time.monotonic() + self._drain + _BEYOND_DRAIN
        clean = self._end(self._desk, DESK_SECONDS)
        clean = self._end(self._nodes + self._rolling.beside, limit - SERVER_SECONDS - time.monotonic()) and clean
        if self._keeper:
            clean = self._keeper.stop(SERVER_SECONDS) and clean
        if self._signals.interrupted and self._signals.requests > 1:
            return 130
        return 0 if clean else 1

    def _end(self, children: list[Child], seconds: float) -> bool:
        """Asks them to end, and ends by force what has not after `seconds`, or soon after a second request."""
        deadline = time.monotonic() + seconds
        given = STAY
        while self._any(children) and time.monotonic() < deadline:
            wanted = STOP if self._signals.requests < 2 else AT_ONCE
            if given != wanted:
                given = wanted
                if wanted == AT_ONCE:
                    # Long enough to tell every reader to come back.
                    deadline = min(deadline, time.monotonic() + _AT_ONCE_SECONDS)
                self._permission.give(wanted)
                for child in children:
                    child.signal(signal.SIGTERM)
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
        children = self._children + self._rolling.beside
        for child in children:
            child.signal(signal.SIGKILL)
        while self._any(children):
            self._signals.wait(_LOOK)
        if self._keeper:
            self._keeper.stop()
