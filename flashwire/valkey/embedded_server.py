"""Runs the embedded server of one data directory, restarts it, and writes its state into a file.

The owner calls `step` and sleeps for the seconds that it returns. Rules:

1. The lock comes first: without it nothing in the directory is touched.
2. A server that ends is started again with backoff; its files stay as they are.
3. Files that cannot be loaded end the first start with an error. Later a start is tried once a minute, because somebody
   may have repaired them.
4. If files of a running server were removed, it writes them again from its memory and accepts no write until then. If
   the whole directory was removed, the server is killed, because no disk would have what it confirms. It is not started
   in another directory of the same name, which another service may use.
5. A server that does not answer is `away` and is not killed: it may wait for its disk, and the desk repeats what the
   server has not confirmed.
"""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from flashwire.valkey.binary import find_server
from flashwire.valkey.damage import missing_manifest, prevent_loading, remedy
from flashwire.valkey.data_dir import make_socket_path, redis_url, remove_socket
from flashwire.valkey.errors import DamagedError, EmbeddedError
from flashwire.valkey.files import Files
from flashwire.valkey.lock import take_lock
from flashwire.valkey.server_process import LOG_FILE, ServerProcess
from ticker.contract.item import moment
from ticker.shared.process.backoff import Backoff
from ticker.shared.process.server_state import STATE_FILE, Phase, ServerState, read_state

PING_SECONDS: Final = 1.0
STOP_SECONDS: Final = 1.5
_STARTING_SECONDS: Final = 0.02
_DAMAGED_SECONDS: Final = 60.0
_FILES_SECONDS: Final = 0.2
_FIRST_ANSWER_SECONDS: Final = 30.0
_MISSED_PINGS: Final = 2


class EmbeddedServer:
    """The embedded server of `data`. Use it as a context manager, or call `launch`, `step` repeatedly, and `stop`."""

    def __init__(
        self, data: Path, program: Path | None = None, *, notice: Callable[[str], None] = lambda _: None
    ) -> None:
        self.data = data.resolve()
        self._program = find_server(program)
        self._notice = notice
        self._locks: tuple[int, ...] = ()
        self._server: ServerProcess | None = None
        self._started = 0.0
        self._next_step_at = 0.0
        self._backoff = Backoff()
        self._restarts = 0
        self._has_answered = False  # in any run
        self._is_up = False  # in this run
        self._missed_pings = 0
        self._is_rewriting = False
        self._phase: Phase | None = None
        self._reason = ""

    @property
    def url(self) -> str:
        """The address of the server, which stays the same from `launch` through every restart."""
        return redis_url(self.data)

    @property
    def is_ready(self) -> bool:
        """Whether it answered the last ping."""
        return self._phase == "ready"

    @property
    def pid(self) -> int | None:
        """The process of the server, or None while it does not run."""
        return self._server.pid if self._server else None

    def launch(self) -> None:
        """Locks the directory and starts the server, without waiting for its answer; raises `EmbeddedError`."""
        self._locks = take_lock(self.data, is_ending=self._is_predecessor_ending)
        try:
            self._files = Files(self.data)
            self._socket_path = make_socket_path(self.data)
        except OSError as error:
            self.close_locks()
            raise EmbeddedError(f"The data directory {self.data} cannot be used: {error}") from None
        self._write_state("starting", "The embedded server is starting.")
        self._start()

    def step(self) -> float:
        """Checks, starts or restarts the server if it is time; returns the seconds until the next call.

        Raises `EmbeddedError` only before the first answer.
        """
        now = time.monotonic()
        if self._server is not None and (reason := self._server.exit_reason()) is not None:
            self._handle_exit(self._server, reason, now)
        if now >= self._next_step_at:
            if self._server is None:
                self._start()
            else:
                self._check(self._server, now)
        return max(0.0, self._next_step_at - time.monotonic())

    def wait_ready(self) -> None:
        """Steps until the server answers; raises `EmbeddedError`."""
        while True:
            wait = self.step()
            if self.is_ready:
                return
            time.sleep(wait)

    def announce_stop(self) -> None:
        """Writes the state `stopping`, so that a service that starts waits for the lock."""
        if self._locks:
            self._write_state("stopping", "The service is stopping.")

    def stop(self, seconds: float = STOP_SECONDS) -> bool:
        """Stops the server, kills it after `seconds`, and unlocks the directory; returns whether it stopped in time."""
        if not self._locks:
            return True
        clean = self._server is None or self._server.stop(seconds)
        self._server = None
        if not self._files.folder_is_gone:
            with contextlib.suppress(OSError):
                # In a directory that became read-only the socket stays; the next start removes it.
                remove_socket(self.data)
        self._write_state("stopped", "The service is stopped.")
        self.close_locks()
        return clean

    def close_locks(self) -> None:
        """Closes the locks and the connection; a forked child calls it, so that it does not hold the locks."""
        for descriptor in self._locks:
            os.close(descriptor)
        self._locks = ()
        if self._server is not None:
            self._server.close_connection()

    def __enter__(self) -> Self:
        try:
            self.launch()
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> None:
        self._is_up = self._is_rewriting = False
        self._files.forget()
        self._started = time.monotonic()
        self._next_step_at = self._started + _STARTING_SECONDS
        if self._files.folder_is_gone:
            self._report_folder_gone()
            return
        if damage := missing_manifest(self.data):
            self._report_damage(damage)
            return
        try:
            self._server = ServerProcess(self._program, self.data, self._socket_path, self._locks)
        except EmbeddedError as error:
            if not self._has_answered:
                raise
            self._schedule_start(str(error), self._backoff.next_delay(0))

    def _check(self, server: ServerProcess, now: float) -> None:
        reason = server.ping()
        if self._is_up and self._check_files(server, now, answers=reason is None):
            return
        if reason is None:
            if self._phase in ("away", "damaged"):
                self._notice("The embedded server is back.")
            self._has_answered = self._is_up = True
            self._missed_pings = 0
            self._write_state("ready", "")
        elif self._is_up:
            # A single missed ping may be a server that is just ending; the next step knows more.
            self._missed_pings += 1
            if self._missed_pings == _MISSED_PINGS and self._phase == "ready":
                self._notice(reason)
                self._write_state("away", reason)
        elif not self._has_answered and now - self._started > _FIRST_ANSWER_SECONDS and "LOADING" not in reason:
            raise EmbeddedError(f"{reason} See {self.data / LOG_FILE}.")
        self._next_step_at = now + (
            PING_SECONDS if self._is_up and not 0 < self._missed_pings < _MISSED_PINGS else _STARTING_SECONDS
        )

    def _check_files(self, server: ServerProcess, now: float, *, answers: bool) -> bool:
        """Checks the server's files and has them written again; returns whether its ping must not count now."""
        self._next_step_at = now + _FILES_SECONDS
        if self._files.folder_is_gone:
            server.kill()
            self._server = None
            self._report_folder_gone()
            return True
        if not answers or not self._files.are_lost(server.reported_size):
            if answers and self._is_rewriting:
                self._is_rewriting = False
                server.resume_writes()
            if answers and server.is_out_of_reach:
                # Open connections would continue, but a desk that restarts could not connect.
                self._report_away("The store's socket was removed while it ran; the store is started again.")
                server.stop(STOP_SECONDS)
                self._server = None
                return True
            return False
        if not self._is_rewriting or self._phase == "away":
            self._report_away("The store's files were removed while it ran; it is writing them again.")
        self._is_rewriting = True
        self._files.forget()
        server.rewrite_files()
        return True

    def _report_folder_gone(self) -> None:
        # A store in another directory would have another lock, and none of the confirmed lines.
        self._next_step_at = time.monotonic() + PING_SECONDS
        self._report_away(
            f"The data directory {self.data} was removed or replaced while the store ran: publishing has stopped. "
            "Put the directory back, or restore a backup there and start the service again."
        )

    def _report_away(self, reason: str) -> None:
        if (self._phase, self._reason) != ("away", reason):
            self._notice(reason)
        self._write_state("away", reason)

    def _handle_exit(self, server: ServerProcess, reason: str, now: float) -> None:
        self._server = None
        damage = server.damage()
        if damage:
            prevent_loading(self.data, damage)
            self._report_damage(damage)
        elif not self._has_answered:
            raise EmbeddedError(f"{reason} See {self.data / LOG_FILE}.")
        else:
            self._schedule_start(reason, self._backoff.next_delay(now - self._started))

    def _report_damage(self, damage: str) -> None:
        reason = f"The store in {self.data} is damaged ({damage}). {remedy(self._program, self.data, damage)}"
        if not self._has_answered:
            raise DamagedError(reason)
        if self._phase != "damaged":
            self._notice(reason)
        self._write_state("damaged", reason)
        self._next_step_at = time.monotonic() + _DAMAGED_SECONDS
        self._restarts += 1

    def _schedule_start(self, reason: str, wait: float) -> None:
        if (self._phase, self._reason) != ("away", reason):
            self._notice(f"{reason} Starting it again.")
        self._next_step_at = time.monotonic() + wait
        self._restarts += 1
        self._write_state("away", reason)

    def _write_state(self, phase: Phase, reason: str) -> None:
        if (phase, reason) == (self._phase, self._reason):
            return
        self._phase, self._reason = phase, reason
        if self._files.folder_is_gone:
            # Another service may use the new directory.
            return
        state = ServerState(phase, reason, moment(time.time()), self._restarts)
        temporary = self.data / f"{STATE_FILE}.new"
        try:
            temporary.touch(mode=0o600)
            temporary.write_bytes(msgspec.json.encode(state))
            temporary.replace(self.data / STATE_FILE)
        except OSError as error:
            # On a full disk the server reports more than this file could.
            self._notice(f"{self.data / STATE_FILE} cannot be written ({os.strerror(error.errno or 0)}).")

    def _is_predecessor_ending(self) -> bool:
        state = read_state(self.data)
        return state is not None and state.state == "stopping"
