"""Keeps an embedded server alive for one data directory and writes down how it is; it never sleeps.

Its owner calls `turn` often and sleeps as long as it says. Rules:

1. The lock comes first: without it nothing in the directory is touched.
2. A server that ends is started again with backoff, for ever; its files stay as they are.
3. Files that cannot be loaded end a first start with one error. Later they are tried again once a minute, for
   somebody may have mended them, and said once.
4. Files that were removed under a running server are written again from its memory, with no write taken meanwhile.
   Where the whole directory is gone, the server is ended: what it would acknowledge is on no disk. It is not started
   in another directory of the same name, and nothing is written there: another service may use it.
5. A server that does not answer is `away` and is left alone: it may be waiting for its disk, and what it has
   not acknowledged is the desk's to repeat.
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
from flashwire.valkey.damage import keep_from_loading, missing_list, remedy
from flashwire.valkey.data_dir import clear_place, make_place, redis_url
from flashwire.valkey.errors import DamagedError, EmbeddedError
from flashwire.valkey.files import Files
from flashwire.valkey.lock import take_lock
from flashwire.valkey.server import LOG_FILE, Valkey
from ticker.contract.item import moment
from ticker.shared.process.backoff import Backoff
from ticker.shared.process.server_state import STATE_FILE, Phase, ServerState, read_state

PING_SECONDS: Final = 1.0
STOP_SECONDS: Final = 1.5
_STARTING_SECONDS: Final = 0.02
_DAMAGED_SECONDS: Final = 60.0
_RESCUE_SECONDS: Final = 0.2
_FIRST_ANSWER_SECONDS: Final = 30.0
_MISSES: Final = 2


class Keeper:
    """The embedded server of `data`. Use as a context manager, or `launch`, `turn` …, `stop`."""

    def __init__(
        self, data: Path, program: Path | None = None, *, notice: Callable[[str], None] = lambda _: None
    ) -> None:
        self.data = data.resolve()
        self._program = find_server(program)
        self._notice = notice
        self._locks: tuple[int, ...] = ()
        self._server: Valkey | None = None
        self._started = 0.0
        self._due = 0.0
        self._backoff = Backoff()
        self._restarts = 0
        self._answered = False  # in any life
        self._up = False  # in this one
        self._missed = 0
        self._rescuing = False
        self._phase: Phase | None = None
        self._reason = ""

    @property
    def url(self) -> str:
        """The server's address, for settings; good after `launch` and through every restart."""
        return redis_url(self.data)

    @property
    def ready(self) -> bool:
        """Whether it answered when last asked."""
        return self._phase == "ready"

    @property
    def pid(self) -> int | None:
        """The server's process, or None between two lives."""
        return self._server.pid if self._server else None

    def launch(self) -> None:
        """Takes the directory and starts the server, without waiting for its answer; raises `EmbeddedError`."""
        self._locks = take_lock(self.data, ending=self._predecessor_ends)
        try:
            self._files = Files(self.data)
            self._place = make_place(self.data)
        except OSError as error:
            self.let_go()
            raise EmbeddedError(f"The data directory {self.data} cannot be used: {error}") from None
        self._write("starting", "The embedded server is starting.")
        self._start()

    def turn(self) -> float:
        """Does what is due; returns the seconds after which to call again.

        Raises `EmbeddedError` only before the first answer: then nothing has been promised to anybody.
        """
        now = time.monotonic()
        if self._server is not None and (reason := self._server.ended()) is not None:
            self._buried(self._server, reason, now)
        if now >= self._due:
            if self._server is None:
                self._start()
            else:
                self._ask(self._server, now)
        return max(0.0, self._due - time.monotonic())

    def wait_ready(self) -> None:
        """Turns until the server answers; for callers with nothing else to do. Raises `EmbeddedError`."""
        while True:
            wait = self.turn()
            if self.ready:
                return
            time.sleep(wait)

    def leaving(self) -> None:
        """Writes down that the end is near, so that a successor waits for the lock."""
        if self._locks:
            self._write("stopping", "The service is stopping.")

    def stop(self, seconds: float = STOP_SECONDS) -> bool:
        """Ends the server, by force after `seconds`, and lets the directory go; whether it ended by itself."""
        if not self._locks:
            return True
        clean = self._server is None or self._server.stop(seconds)
        self._server = None
        if not self._files.folder_is_gone:
            with contextlib.suppress(OSError):
                # A directory that became read-only keeps a socket that nobody answers at; the next start removes it.
                clear_place(self.data)
        self._write("stopped", "The service is stopped.")
        self.let_go()
        return clean

    def let_go(self) -> None:
        """Closes the locks; a forked child calls it so that the directory is free when keeper and server are gone."""
        for descriptor in self._locks:
            os.close(descriptor)
        self._locks = ()
        if self._server is not None:
            self._server.let_go()

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
        self._up = self._rescuing = False
        self._files.forget()
        self._started = time.monotonic()
        self._due = self._started + _STARTING_SECONDS
        if self._files.folder_is_gone:
            self._say_folder_is_gone()
            return
        if damage := missing_list(self.data):
            self._say_damaged(damage)
            return
        try:
            self._server = Valkey(self._program, self.data, self._place, self._locks)
        except EmbeddedError as error:
            if not self._answered:
                raise
            self._away(str(error), self._backoff.ended(0))

    def _ask(self, server: Valkey, now: float) -> None:
        reason = server.asked()
        if self._up and self._rescue(server, now, answers=reason is None):
            return
        if reason is None:
            if self._phase in ("away", "damaged"):
                self._notice("The embedded server is back.")
            self._answered = self._up = True
            self._missed = 0
            self._write("ready", "")
        elif self._up:
            # Once may be a server that is just ending, of which the next turn knows more.
            self._missed += 1
            if self._missed == _MISSES and self._phase == "ready":
                self._notice(reason)
                self._write("away", reason)
        elif not self._answered and now - self._started > _FIRST_ANSWER_SECONDS and "LOADING" not in reason:
            raise EmbeddedError(f"{reason} See {self.data / LOG_FILE}.")
        self._due = now + (PING_SECONDS if self._up and not 0 < self._missed < _MISSES else _STARTING_SECONDS)

    def _rescue(self, server: Valkey, now: float, *, answers: bool) -> bool:
        """Looks after the server's files; whether its answer is to be taken for nothing now."""
        self._due = now + _RESCUE_SECONDS
        if self._files.folder_is_gone:
            server.kill()
            self._server = None
            self._say_folder_is_gone()
            return True
        if not answers or not self._files.are_lost(server.written):
            if answers and self._rescuing:
                self._rescuing = False
                server.take_writes()
            if answers and server.is_out_of_reach:
                # Those who are connected would go on; nobody else, and no desk that starts again, finds it.
                self._say_away("The store's socket was removed while it ran; the store is started again.")
                server.stop(STOP_SECONDS)
                self._server = None
                return True
            return False
        if not self._rescuing or self._phase == "away":
            self._say_away("The store's files were removed while it ran; it is writing them again.")
        self._rescuing = True
        self._files.forget()
        server.write_files_again()
        return True

    def _say_folder_is_gone(self) -> None:
        # A store in another directory would have another lock, and nothing of what was acknowledged.
        self._due = time.monotonic() + PING_SECONDS
        self._say_away(
            f"The data directory {self.data} was removed or replaced while the store ran: publishing has stopped. "
            "Put the directory back, or restore a backup there and start the service again."
        )

    def _say_away(self, reason: str) -> None:
        if (self._phase, self._reason) != ("away", reason):
            self._notice(reason)
        self._write("away", reason)

    def _buried(self, server: Valkey, reason: str, now: float) -> None:
        self._server = None
        damage = server.damage()
        if damage:
            keep_from_loading(self.data, damage)
            self._say_damaged(damage)
        elif not self._answered:
            raise EmbeddedError(f"{reason} See {self.data / LOG_FILE}.")
        else:
            self._away(reason, self._backoff.ended(now - self._started))

    def _say_damaged(self, damage: str) -> None:
        reason = f"The store in {self.data} is damaged ({damage}). {remedy(self._program, self.data, damage)}"
        if not self._answered:
            raise DamagedError(reason)
        if self._phase != "damaged":
            self._notice(reason)
        self._write("damaged", reason)
        self._due = time.monotonic() + _DAMAGED_SECONDS
        self._restarts += 1

    def _away(self, reason: str, wait: float) -> None:
        if (self._phase, self._reason) != ("away", reason):
            self._notice(f"{reason} Starting it again.")
        self._due = time.monotonic() + wait
        self._restarts += 1
        self._write("away", reason)

    def _write(self, phase: Phase, reason: str) -> None:
        if (phase, reason) == (self._phase, self._reason):
            return
        self._phase, self._reason = phase, reason
        if self._files.folder_is_gone:
            # Another service may use the directory that is there now.
            return
        state = ServerState(phase, reason, moment(time.time()), self._restarts)
        aside = self.data / f"{STATE_FILE}.new"
        try:
            aside.touch(mode=0o600)
            aside.write_bytes(msgspec.json.encode(state))
            aside.replace(self.data / STATE_FILE)
        except OSError as error:
            # A full disk: the server's own end says more than this file could.
            self._notice(f"{self.data / STATE_FILE} cannot be written ({os.strerror(error.errno or 0)}).")

    def _predecessor_ends(self) -> bool:
        state = read_state(self.data)
        return state is not None and state.state == "stopping"
