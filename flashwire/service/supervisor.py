"""The whole service on one machine: embedded server, nodes and desk, from start to stop.

1. The caller binds the ports, and the embedded server locks its directory. Both can refuse the start.
2. The embedded server starts first, then the children, each forked from this process; then `announce` is called.
3. A child that ends is started again with backoff; a child that never starts ends the start. A port listens only while
   a process serves it: a child opens its port when it is ready, and this process closes it after the child ended.
4. A node whose event loop is blocked is killed and started again.
5. SIGHUP replaces the nodes by new processes, one after another (`rolling`).
6. SIGTERM and SIGINT stop the desk first (no new lines), then the nodes (connections are closed over time), then the
   embedded server.
7. Each step has a time limit, after which its processes are killed. A second request stops everything at once, but
   clients still get a `bye`. A child ends by a signal only with the parent's permission
   (`ticker.shared.process.stopping`).
8. If this process dies, the kernel ends its children.
"""

import gc
import signal
import time
from collections.abc import Callable
from typing import Final

from flashwire.service.children import ChildProcess, ServerSpec, close_other_sockets, describe_exit
from flashwire.service.rolling import Rolling
from flashwire.service.signals import Signals
from flashwire.valkey.embedded_server import EmbeddedServer
from flashwire.valkey.errors import EmbeddedError
from ticker.shared.process.listen import close_to_clients, is_open
from ticker.shared.process.output import lines_dropped
from ticker.shared.process.stopping import AT_ONCE, STAY, STOP, Permission, set_permission

# A publication in flight is answered within 2.5 s.
DESK_SECONDS: Final = 2.5
SERVER_SECONDS: Final = 0.8
# For everything but the drain: less than 15 s in all with the default of 10 s.
_BEYOND_DRAIN: Final = 4.7
_AT_ONCE_SECONDS: Final = 1.5
_FAILED_STARTS: Final = 3
_READY_SECONDS: Final = 30.0
_STEP_SECONDS: Final = 0.02
_IDLE_SECONDS: Final = 5.0
# An event loop that writes to 17,000 clients still runs several times a second.
HANG_SECONDS: Final = 10.0
# How often the nodes' event loops are checked, and how late that may be before this process was stalled itself.
_CHECK_SECONDS: Final = 1.0
_STALL_SECONDS: Final = 3.0


class Supervisor:
    """Runs desk and nodes, and the embedded server `server`; None: a server elsewhere."""

    def __init__(
        self,
        server: EmbeddedServer | None,
        make_specs: Callable[[], tuple[list[ServerSpec], list[ServerSpec]]],
        *,
        drain: float,
        announce: Callable[[], None],
        notice: Callable[[str], None],
        hang_seconds: float = HANG_SECONDS,
        ready_seconds: float = _READY_SECONDS,
    ) -> None:
        self._server = server
        self._make_specs = make_specs
        self._drain = drain
        self._announce = announce
        self._notice = notice
        self._signals = Signals()
        self._permission = Permission.create()
        self._hang_seconds = hang_seconds
        self._ready_seconds = ready_seconds
        self._specs: list[ServerSpec] = []
        self._desk: list[ChildProcess] = []
        self._nodes: list[ChildProcess] = []
        self._rolling = Rolling(
            self._nodes,
            self._successor,
            notice,
            ready_seconds=ready_seconds,
            end_seconds=drain + _BEYOND_DRAIN,
        )
        self._restarts = 0
        self._ready = False
        self._stepped_at = 0.0
        self._lines_dropped = 0
        self._check_nodes_from = 0.0

    def run(self) -> int:
        """Serves until a request to stop; returns 0 if everything then ended in time, 1 or 130 otherwise.

        Raises `EmbeddedError` if the start failed.
        """
        with self._signals:
            set_permission(self._permission)
            try:
                if self._server:
                    self._server.launch()
                # Imports what the children need, while the server starts.
                desk_specs, node_specs = self._make_specs()
                if not self._step_until(lambda: self._server is None or self._server.is_ready):
                    return self._stop()
                self._specs = desk_specs + node_specs
                # Frozen objects are not visited by a child's collector, which would otherwise copy every shared page.
                gc.collect()
                gc.freeze()
                self._desk.extend(self._child(spec) for spec in desk_specs)
                self._nodes.extend(self._child(spec) for spec in node_specs)
                if self._step_until(self._all_ready, limit=self._ready_seconds):
                    self._ready = True
                    for shared in {id(spec.shared): spec.shared for spec in self._specs if spec.shared}.values():
                        shared.mark_started()
                    self._announce()
                    self._step_until(lambda: False)
            except BaseException:
                self._kill_all()
                raise
            return self._stop()

    @property
    def _children(self) -> list[ChildProcess]:
        return self._desk + self._nodes

    def _child(self, spec: ServerSpec, *, fresh: bool = False) -> ChildProcess:
        def close_inherited() -> None:
            self._signals.reset()
            close_other_sockets(self._specs, spec)
            if self._server:
                self._server.close_locks()

        return ChildProcess(spec, close_inherited, fresh=fresh, permission=self._permission)

    def _successor(self, child: ChildProcess) -> ChildProcess:
        return self._child(child.spec, fresh=True)

    def _step_until(self, is_done: Callable[[], bool], limit: float | None = None) -> bool:
        """Steps until `is_done`; returns False if a request to stop came first."""
        started = time.monotonic()
        while not self._signals.stop_requests:
            wait = self._step()
            if is_done():
                return True
            if limit and not self._ready and time.monotonic() - started > limit:
                raise EmbeddedError(f"Not ready after {limit:.0f} s: {self._unready()}.")
            self._signals.wait(wait if self._ready else min(wait, _STEP_SECONDS))
        return False

    def _step(self) -> float:
        """Does what is due; returns the seconds until the next step."""
        wait = self._server.step() if self._server else _IDLE_SECONDS
        for child in self._children:
            status = child.reap()
            if status is not None:
                wait_seconds = child.schedule_restart()
                if not self._ready and child.end_count == _FAILED_STARTS:
                    raise EmbeddedError(f"The {child.spec.name} cannot start; its lines above say why.")
                self._notice(
                    f"The {child.spec.name} ended ({describe_exit(status)}); starting it again in {wait_seconds:.1f} s."
                )
            if not child.pid:
                if time.monotonic() >= child.start_at:
                    self._start(child)
                else:
                    wait = min(wait, child.start_at - time.monotonic())
        if self._ready:
            wait = min(wait, self._kill_blocked(), self._step_rolling())
            self._count_dropped_lines()
        for child in self._children:
            if not child.pid and not self._rolling.is_replacing(child) and is_open(child.spec.sock):
                close_to_clients(child.spec.sock)
        return wait

    def _start(self, child: ChildProcess) -> None:
        try:
            child.start()
        except OSError as error:
            # A machine that cannot create a process now must not lose those that run.
            wait_seconds = child.schedule_restart()
            self._notice(
                f"The {child.spec.name} cannot be started ({error.strerror}); trying again in {wait_seconds:.1f} s."
            )

    def _count_dropped_lines(self) -> None:
        # This process serves no metrics: lines that it could not write are counted in the nodes' shared state.
        previous, self._lines_dropped = self._lines_dropped, lines_dropped()
        shared = next((child.spec.shared for child in self._nodes if child.spec.shared), None)
        if shared is not None and self._lines_dropped > previous:
            shared.count("flashwire_log_lines_dropped", self._lines_dropped - previous)

    def _kill_blocked(self) -> float:
        """Kills nodes whose event loop is blocked; returns the seconds until the next check."""
        now = time.monotonic()
        if now - self._stepped_at > _STALL_SECONDS:
            # This process was stalled, and perhaps the whole machine: give the nodes time to run again.
            self._check_nodes_from = now + self._hang_seconds
        self._stepped_at = now
        for child in self._nodes:
            may_check = now >= self._check_nodes_from and not child.was_killed
            if may_check and child.is_blocked(now, self._hang_seconds, self._ready_seconds):
                self._notice(f"The {child.spec.name} has been blocked for {self._hang_seconds:g} s; it is killed.")
                child.was_killed = True
                child.signal(signal.SIGKILL)
        return _CHECK_SECONDS if any(child.slot is not None for child in self._nodes) else _IDLE_SECONDS

    def _step_rolling(self) -> float:
        """Continues a rolling restart, or starts one that was requested; returns the seconds until the next step."""
        if self._signals.restart_requests > self._restarts and not self._rolling.is_active:
            self._restarts = self._signals.restart_requests
            self._rolling.start()
        if not self._rolling.is_active:
            return _IDLE_SECONDS
        self._rolling.step()
        return _STEP_SECONDS

    def _all_ready(self) -> bool:
        return all(child.is_ready for child in self._children)

    def _unready(self) -> str:
        answers = [(child.spec.name, child.probe()) for child in self._children]
        return "; ".join(f"the {name} {answer}" for name, answer in answers if answer) or "the embedded server"

    def _stop(self) -> int:
        if self._server:
            self._server.announce_stop()
        for spec in self._specs:
            spec.sock.close()
        self._rolling.cancel()
        limit = time.monotonic() + self._drain + _BEYOND_DRAIN
        clean = self._terminate(self._desk, DESK_SECONDS)
        clean = (
            self._terminate(self._nodes + self._rolling.extra_children, limit - SERVER_SECONDS - time.monotonic())
            and clean
        )
        if self._server:
            clean = self._server.stop(SERVER_SECONDS) and clean
        if self._signals.was_interrupted and self._signals.stop_requests > 1:
            return 130
        return 0 if clean else 1

    def _terminate(self, children: list[ChildProcess], seconds: float) -> bool:
        """Asks `children` to end; kills them after `seconds`, or soon after a second request.

        Returns whether all ended without being killed.
        """
        deadline = time.monotonic() + seconds
        permission = STAY
        while self._are_running(children) and time.monotonic() < deadline:
            new_permission = STOP if self._signals.stop_requests < 2 else AT_ONCE
            if permission != new_permission:
                permission = new_permission
                if permission == AT_ONCE:
                    # Long enough to send every client a `bye`.
                    deadline = min(deadline, time.monotonic() + _AT_ONCE_SECONDS)
                self._permission.set(permission)
                for child in children:
                    child.signal(signal.SIGTERM)
            self._signals.wait(min(deadline - time.monotonic(), 0.1))
        late = [child for child in children if child.pid]
        for child in late:
            self._notice(f"The {child.spec.name} is killed: it did not end in time.")
            child.signal(signal.SIGKILL)
        while self._are_running(late):
            self._signals.wait(_STEP_SECONDS)
        return not late

    def _are_running(self, children: list[ChildProcess]) -> bool:
        """Reaps `children`; returns whether any still runs."""
        for child in children:
            child.reap()
        return any(child.pid for child in children)

    def _kill_all(self) -> None:
        children = self._children + self._rolling.extra_children
        for child in children:
            child.signal(signal.SIGKILL)
        while self._are_running(children):
            self._signals.wait(_STEP_SECONDS)
        if self._server:
            self._server.stop()
