"""One life of the embedded server: started, asked, read from, stopped; starting it again is the keeper's."""

import contextlib
import errno
import os
import re
import select
import signal
import socket
import subprocess
from pathlib import Path
from typing import Final

from flashwire.valkey.damage import damage_in
from flashwire.valkey.errors import EmbeddedError
from ticker.shared.process.parent import Guard, die_with, guard

LOG_FILE: Final = "valkey.log"
ANSWER_SECONDS: Final = 0.5
# Renewed while files are missing; a keeper that died leaves no pause that lasts.
_PAUSE_MILLISECONDS: Final = 10_000
_WARNING: Final = re.compile(r"^\d+:[A-Z] .*? # (.+)$")
# Advice that the server logs at every start in the same level as what ends it.
_ADVICE: Final = re.compile(
    r"^WARNING|^Warning|oO0OoO0|overcommit|^User requested|^Redis is now|^Valkey is now|loaded anyway"
)


def options(data: Path, place: Path) -> list[str]:
    """The server's arguments: no TCP port, on disk before it answers, nothing evicted, private files."""
    return [
        *("--port", "0", "--unixsocket", str(place), "--unixsocketperm", "700"),
        *("--dir", str(data), "--logfile", str(data / LOG_FILE), "--daemonize", "no", "--databases", "1"),
        # An acknowledged line survives a power cut: `everysec` may lose the last second of them.
        *("--appendonly", "yes", "--appendfsync", "always", "--no-appendfsync-on-rewrite", "no", "--save", ""),
        # A tail torn by a power cut was never acknowledged.
        *("--aof-load-truncated", "yes"),
        # Commands and not an RDB image: any version reads them, and the checker can mend them.
        *("--aof-use-rdb-preamble", "no"),
        # A full memory refuses a publish; it never drops a line that was acknowledged.
        *("--maxmemory-policy", "noeviction"),
    ]


class Valkey:
    """A server process that ends with this one. `locks` are the directory's, which it holds too."""

    def __init__(self, program: Path, data: Path, place: Path, locks: tuple[int, ...]) -> None:
        self._log = data / LOG_FILE
        self._place = place
        self._kept: socket.socket | None = None
        """A connection that stands also when the socket's name was removed."""
        self._found_at: os.stat_result | None = None
        parent = os.getpid()
        try:
            self._log_start = self._log.stat().st_size if self._log.exists() else 0
            # A leftover socket would be taken for one that answers.
            place.unlink(missing_ok=True)
            with open(self._log, "ab", opener=_private) as log:
                self._process = subprocess.Popen(
                    [program, *options(data, place)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=locks,
                    umask=0o077,
                    # A terminal's Ctrl+C is for the parent alone, which ends things in their order.
                    start_new_session=True,
                    preexec_fn=lambda: _under(parent),
                )
        except (OSError, subprocess.SubprocessError) as error:
            raise EmbeddedError(f"{program} cannot be started: {error}") from None
        self._guard: Guard | None = guard(self._process.pid)

    @property
    def pid(self) -> int:
        return self._process.pid

    def ended(self) -> str | None:
        """Why it ended, in a sentence; None while it runs."""
        status = self._process.poll()
        if status is None:
            return None
        self._release()
        if status < 0:
            return f"The embedded server was ended by {signal.Signals(-status).name}."
        said = self._warnings()
        return f"The embedded server ended with status {status}{': ' + said[-1] if said else ''}"

    def damage(self) -> str | None:
        """What its log says of files that cannot be loaded, or None; for a server that ended."""
        return damage_in(self._warnings())

    def asked(self) -> str | None:
        """None if it answers and takes writes; otherwise why not. Waits at most `ANSWER_SECONDS`."""
        # PING answers an error while loading, and while the disk refuses writes.
        answer = self._say(b"PING\r\n")
        if isinstance(answer, TimeoutError):
            return "The embedded server does not answer."
        if isinstance(answer, OSError):
            return f"The embedded server cannot be reached ({os.strerror(answer.errno or 0)})."
        if answer != "+PONG":
            return f"The embedded server says: {answer.lstrip('-')}"
        if self._kept is None:
            with contextlib.suppress(OSError):
                self._kept, self._found_at = self._connected(), self._place.stat()
        return None

    @property
    def is_out_of_reach(self) -> bool:
        """Whether its socket was removed or replaced since it first answered: nobody can connect to it any more."""
        try:
            return self._found_at is not None and not os.path.samestat(self._found_at, self._place.stat())
        except OSError:
            return True

    def _connected(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(ANSWER_SECONDS)
        try:
            connection.connect(os.fsencode(self._place))
        except OSError:
            connection.close()
            raise
        return connection

    def _say(self, command: bytes) -> str | OSError:
        """The answer to an inline command, its first line where it has several parts, or why there is none."""
        try:
            if self._kept is not None and self.is_out_of_reach:
                return _answer(self._kept, command)
            with self._connected() as connection:
                return _answer(connection, command)
        except OSError as error:
            return error

    def written(self) -> int | None:
        """How long its append-only files are as far as it knows; None where it does not say."""
        found = re.search(r"^aof_current_size:(\d+)", str(self._say(b"INFO persistence\r\n")), re.MULTILINE)
        return int(found[1]) if found else None

    def let_go(self) -> None:
        """Closes what only the keeper's own process has use for."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def write_files_again(self) -> None:
        """Holds every write until `take_writes`, and writes what is in memory into new files."""
        self._say(b"CLIENT PAUSE %d WRITE\r\n" % _PAUSE_MILLISECONDS)
        self._say(b"BGREWRITEAOF\r\n")

    def take_writes(self) -> None:
        """Ends what `write_files_again` began."""
        self._say(b"CLIENT UNPAUSE\r\n")

    def stop(self, seconds: float) -> bool:
        """Ends it, by force after `seconds`; whether it ended by itself."""
        clean = self._process.poll() is None
        if clean:
            # By a command: its own SIGTERM is blocked, see `_under`.
            self._say(b"SHUTDOWN NOSAVE\r\n")
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                clean = False
                self.kill()
        self._release()
        return clean

    def kill(self) -> None:
        """Ends it at once."""
        self._process.kill()
        self._process.wait()
        self._release()

    def _release(self) -> None:
        self.let_go()
        if self._guard is not None:
            self._guard.release()
            self._guard = None

    def _warnings(self) -> list[str]:
        try:
            with self._log.open("rb") as log:
                log.seek(self._log_start)
                # A crash report runs to tens of kilobytes; what ended a start stands within the last few.
                text = log.read(1 << 20).decode("utf-8", "replace")
        except OSError:
            return []
        found = [match[1] for line in text.splitlines() if (match := _WARNING.match(line))]
        return [line[:300] for line in found if not _ADVICE.search(line)]


def _answer(connection: socket.socket, command: bytes) -> str:
    # An answer that came too late for whoever asked is none to this command.
    while select.select([connection], [], [], 0)[0] and connection.recv(512):
        pass
    connection.sendall(command)
    answer = connection.recv(512)
    if not answer:
        raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
    first, _, rest = answer.partition(b"\r\n")
    if not first.startswith(b"$"):
        return first.decode("utf-8", "replace")
    while len(rest) < int(first[1:]) and (more := connection.recv(4096)):
        rest += more
    return rest.decode("utf-8", "replace")


def _under(parent: int) -> None:
    """In the new process: it ends with its parent, and by its parent's command alone.

    A service manager that signals every process of the service would otherwise end the store first, and with it what
    the desk was about to acknowledge. The server sets up SIGTERM by itself; it does not unblock it.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
    die_with(parent)


def _private(path: str, flags: int) -> int:
    # A pipe that no one reads would otherwise keep the start waiting.
    return os.open(path, flags | os.O_NONBLOCK, 0o600)
