"""A child that serves: forked with what its parent has imported, started again when it ends; it knows no protocol.

A fork is ready in a moment and shares its parent's memory. It has its parent's code and settings, too: a child that
is to have new ones is `fresh`, which is an interpreter of its own that is told what it needs through a pipe.
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


class Again(msgspec.Struct, frozen=True):
    """How a fresh interpreter serves a part: Python code that is called with the number of a pipe, and what to tell it.

    The pipe holds `spec` as JSON, with the descriptors `sock`, `shared` and `permission` and the number `slot` added.
    """

    code: str
    spec: dict[str, object]


class Part(msgspec.Struct, frozen=True):
    """One server to run: its name, its socket, and the function that serves until SIGTERM, given its slot."""

    name: str
    sock: socket.socket
    serve: Callable[[WorkerSlot | None], None]
    shared: SharedState | None = None
    again: Again | None = None


class Child:
    """The process of one part."""

    def __init__(
        self,
        part: Part,
        let_go: Callable[[], None],
        *,
        fresh: bool = False,
        permission: Permission | None = None,
    ) -> None:
        self._permission = permission
        self.part = part
        self.let_go = let_go
        self._fresh = fresh and part.again is not None
        self._backoff = Backoff()
        self._guard: Guard | None = None
        self._started = 0.0
        self.pid = 0
        self.slot: WorkerSlot | None = None
        self.due = 0.0
        """When to start it (again), by the monotonic clock."""
        self.ends = 0
        """How often it ended by itself."""
        self.hung = False
        """Whether it was ended because its loop stood still."""

    def start(self, *, has_predecessor: bool = False) -> None:
        """Forks; in the child this never returns. `has_predecessor` if another process still serves the part's socket.

        Raises `OSError` where the system has no room for a process.
        """
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        self._started = time.monotonic()
        self.slot = self.part.shared.acquire(has_predecessor=has_predecessor) if self.part.shared else None
        try:
            self.pid = os.fork()
        except OSError:
            self._release_slot()
            raise
        if self.pid == 0:
            self._become(parent)
        self._guard = guard(self.pid)

    def reap(self) -> int | None:
        """Its exit status, once, when it has ended (negative: the signal's number); else None."""
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

    def bury(self) -> float:
        """Counts an end and sets when to start again; returns the seconds until then."""
        now = time.monotonic()
        wait = self._backoff.ended(now - self._started)
        self.ends += 1
        self.due = now + wait
        if self.part.shared is not None:
            self.part.shared.count("flashwire_worker_restarts", reason="hung" if self.hung else "ended")
        self.hung = False
        return wait

    @property
    def ready(self) -> bool:
        """Whether it has said, or answers, that it takes clients."""
        if self.slot is not None:
            return self.pid > 0 and self.slot.state == READY
        return self.pid > 0 and self.asked() is None

    def stands_still(self, now: float, limit: float, start_limit: float) -> bool:
        """Whether its loop has not turned for `limit` seconds, or not begun to within `start_limit`."""
        if not self.pid or self.slot is None:
            return False
        if self.slot.state == STARTING:
            return now - max(self.slot.last_seen, self._started) > start_limit
        return now - self.slot.last_seen > limit

    def signal(self, number: signal.Signals) -> None:
        """Sends it a signal if it runs."""
        if self.pid:
            os.kill(self.pid, number)

    def asked(self) -> str | None:
        """None if it answers that it is ready; otherwise why not. Waits a second at most."""
        host, port = address_of(self.part.sock)
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

    def _become(self, parent: int) -> None:
        status = 1
        try:
            # Out of the terminal's group: Ctrl+C is for the parent, which ends things in their order.
            os.setpgid(0, 0)
            self.let_go()
            Guard.close_ends()
            die_with(parent)
            if self._fresh and self.part.again is not None:
                self._execute(self.part.again)
            self.part.serve(self.slot)
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            # Not `sys.exit`: what the parent has on its stack is not this process's to unwind.
            os._exit(status)

    def _execute(self, again: Again) -> None:
        """Becomes a fresh interpreter; the kernel's promise to end it with its parent stays."""
        told, tell = os.pipe()
        descriptors = {"sock": self.part.sock.fileno()}
        if self.slot is not None:
            descriptors |= {"shared": self.slot.shared.descriptor, "slot": self.slot.number}
        if self._permission is not None:
            descriptors["permission"] = self._permission.descriptor
        # A few hundred bytes: a pipe holds 64 KB before anybody reads.
        os.write(tell, msgspec.json.encode(again.spec | descriptors))
        os.close(tell)
        for descriptor in (told, *(number for name, number in descriptors.items() if name != "slot")):
            os.set_inheritable(descriptor, True)
        # -P: not what lies in the folder that this happens to be started in.
        os.execv(sys.executable, [sys.executable, "-P", "-c", again.code, str(told)])


def close_others(parts: list[Part], own: Part) -> None:
    """In a child: closes the sockets of the other parts, which would otherwise listen as long as it lives."""
    for part in parts:
        if part is not own:
            part.sock.close()


def ending(status: int) -> str:
    """An exit status in words."""
    return signal.Signals(-status).name if status < 0 else f"status {status}"
