"""A child that serves: forked with what its parent has imported, started again when it ends; it knows no protocol."""

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

from ticker.embedded.backoff import Backoff
from ticker.embedded.listen import address_of
from ticker.embedded.process import Guard, die_with, guard

_ANSWER_SECONDS: Final = 1.0


class Part(msgspec.Struct, frozen=True):
    """One server to run: its name, its socket, and the function that serves until SIGTERM."""

    name: str
    sock: socket.socket
    serve: Callable[[], None]


class Child:
    """The process of one part."""

    def __init__(self, part: Part, let_go: Callable[[], None]) -> None:
        self.part = part
        self._let_go = let_go
        self._backoff = Backoff()
        self._guard: Guard | None = None
        self._started = 0.0
        self.pid = 0
        self.due = 0.0
        """When to start it (again), by the monotonic clock."""
        self.ends = 0
        """How often it ended by itself."""

    def start(self) -> None:
        """Forks; in the child this never returns."""
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        self._started = time.monotonic()
        self.pid = os.fork()
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
        return os.waitstatus_to_exitcode(status)

    def bury(self) -> float:
        """Counts an end and sets when to start again; returns the seconds until then."""
        now = time.monotonic()
        wait = self._backoff.ended(now - self._started)
        self.ends += 1
        self.due = now + wait
        return wait

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
            return f"{type(error).__name__}"
        finally:
            connection.close()
        return None if answer.status == 200 else f"{answer.status} {text}"

    def _become(self, parent: int) -> None:
        status = 1
        try:
            # Out of the terminal's group: Ctrl+C is for the parent, which ends things in their order.
            os.setpgid(0, 0)
            self._let_go()
            Guard.close_ends()
            die_with(parent)
            self.part.serve()
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


def close_others(parts: list[Part], own: Part) -> None:
    """In a child: closes the sockets of the other parts, which would otherwise listen as long as it lives."""
    for part in parts:
        if part is not own:
            part.sock.close()
