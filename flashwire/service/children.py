"""Child processes that serve: forked from the parent, and started again when they end.

A fork starts quickly and shares the parent's memory, but it has the parent's code and settings. A fresh child is a new
interpreter: it reads code and settings again, and gets the rest through a pipe.
"""

import http.client
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from typing import Final

import msgspec

from ticker.shared.process.backoff import Backoff
from ticker.shared.process.listen import address_of
from ticker.shared.process.parent import Guard, die_with, guard
from ticker.shared.process.stopping import Permission
from ticker.workers.shared_state import READY, STARTING, SharedState, WorkerSlot

_ANSWER_SECONDS: Final = 1.0


class FreshSpec(msgspec.Struct, frozen=True):
    """How a new interpreter serves: Python code, which gets the number of a pipe as its argument, and its settings.

    The pipe contains `settings` as JSON, with the descriptors `sock`, `shared` and `permission` and the number `slot`.
    """

    code: str
    settings: dict[str, object]


class ServerSpec(msgspec.Struct, frozen=True):
    """A server to run: its name, its listening socket, and the function that serves until SIGTERM."""

    name: str
    sock: socket.socket
    serve: Callable[[WorkerSlot | None], None]
    shared: SharedState | None = None
    fresh: FreshSpec | None = None


class ChildProcess:
    """The process of one server. `close_inherited` runs in the child and closes what only the parent needs."""

    def __init__(
        self,
        spec: ServerSpec,
        close_inherited: Callable[[], None],
        *,
        fresh: bool = False,
        permission: Permission | None = None,
    ) -> None:
        self._permission = permission
        self.spec = spec
        self._close_inherited = close_inherited
        self._fresh = spec.fresh if fresh else None
        self._backoff = Backoff()
        self._guard: Guard | None = None
        self._started = 0.0
        self.pid = 0
        self.slot: WorkerSlot | None = None
        self.start_at = 0.0
        """When to start it, or start it again, by the monotonic clock."""
        self.end_count = 0
        """How often it ended without being asked to."""
        self.was_killed = False
        """Whether it was killed because its event loop was blocked."""

    def start(self, *, has_predecessor: bool = False) -> None:
        """Forks; does not return in the child. `has_predecessor`: another process still serves the same socket.

        Raises `OSError` if the system cannot create a process.
        """
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        self._started = time.monotonic()
        self.slot = self.spec.shared.acquire(has_predecessor=has_predecessor) if self.spec.shared else None
        try:
            self.pid = os.fork()
        except OSError:
            self._release_slot()
            raise
        if self.pid == 0:
            self._run_child(parent)
        self._guard = guard(self.pid)

    def reap(self) -> int | None:
        """The exit status (negative: the number of a signal) in the first call after the end; otherwise None."""
        if not self.pid:
            return None
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if not pid:
            return None
        self.pid = 0
        if self._guard is not None:
            self._guard.release()
            self._guard = None
        self._release_slot()
        return os.waitstatus_to_exitcode(status)

    def _release_slot(self) -> None:
        if self.slot is not None:
            self.slot.shared.release(self.slot)
            self.slot = None

    def schedule_restart(self) -> float:
        """Counts an end and sets `start_at`; returns the seconds until then."""
        now = time.monotonic()
        wait = self._backoff.next_delay(now - self._started)
        self.end_count += 1
        self.start_at = now + wait
        if self.spec.shared is not None:
            self.spec.shared.count("flashwire_worker_restarts", reason="hung" if self.was_killed else "ended")
        self.was_killed = False
        return wait

    @property
    def is_ready(self) -> bool:
        """Whether it accepts clients, by its shared slot or by its answer to a probe."""
        if self.slot is not None:
            return self.pid > 0 and self.slot.state == READY
        return self.pid > 0 and self.probe() is None

    def is_blocked(self, now: float, limit: float, start_limit: float) -> bool:
        """Whether its event loop has not run for `limit` seconds, or has not started within `start_limit`."""
        if not self.pid or self.slot is None:
            return False
        if self.slot.state == STARTING:
            return now - max(self.slot.last_seen, self._started) > start_limit
        return now - self.slot.last_seen > limit

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal, if the process runs."""
        if self.pid:
            os.kill(self.pid, number)

    def probe(self) -> str | None:
        """None if it answers that it is ready, otherwise the reason. Waits a second at most."""
        host, port = address_of(self.spec.sock)
        connection = http.client.HTTPConnection(host, port, timeout=_ANSWER_SECONDS)
        try:
            connection.request("GET", "/health/ready", headers={"Connection": "close"})
            answer = connection.getresponse()
            text = answer.read(500).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            return f"does not answer ({type(error).__name__})"
        finally:
            connection.close()
        return None if answer.status == 200 else f"answers {answer.status} {text}"

    def _run_child(self, parent: int) -> None:
        status = 1
        try:
            # Not in the terminal's process group: Ctrl+C goes to the parent alone, which stops its children in order.
            os.setpgid(0, 0)
            self._close_inherited()
            Guard.close_ends()
            die_with(parent)
            if self._fresh is not None:
                self._execute(self._fresh)
            self.spec.serve(self.slot)
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            # Not `sys.exit`, which would run the parent's `finally` blocks in this process.
            os._exit(status)

    def _execute(self, fresh: FreshSpec) -> None:
        """Replaces this process by a new interpreter. The kernel still ends it with its parent."""
        read_end, write_end = os.pipe()
        descriptors = {"sock": self.spec.sock.fileno()}
        if self.slot is not None:
            descriptors |= {"shared": self.slot.shared.descriptor, "slot": self.slot.number}
        if self._permission is not None:
            descriptors["permission"] = self._permission.descriptor
        # A few hundred bytes; a pipe buffers 64 KB.
        os.write(write_end, msgspec.json.encode(fresh.settings | descriptors))
        os.close(write_end)
        for descriptor in (read_end, *(number for name, number in descriptors.items() if name != "slot")):
            os.set_inheritable(descriptor, True)
        # -P: do not import modules from the current folder.
        os.execv(sys.executable, [sys.executable, "-P", "-c", fresh.code, str(read_end)])


def close_other_sockets(specs: list[ServerSpec], own: ServerSpec) -> None:
    """In a child, closes the sockets of the other servers, which would otherwise listen until this child ends."""
    for spec in specs:
        if spec is not own:
            spec.sock.close()


def describe_exit(status: int) -> str:
    """An exit status for a notice: the name of a signal, or the number."""
    return signal.Signals(-status).name if status < 0 else f"status {status}"
