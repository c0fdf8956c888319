"""One run of the embedded server: starts it, sends it commands, reads its log and stops it."""

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
# Renewed while files are missing, so that the pause ends if this process dies.
_PAUSE_MILLISECONDS: Final = 10_000
_WARNING: Final = re.compile(r"^\d+:[A-Z] .*? # (.+)$")
# Advice that the server logs at every start, in the level of its fatal errors.
_ADVICE: Final = re.compile(
    r"^WARNING|^Warning|oO0OoO0|overcommit|^User requested|^Redis is now|^Valkey is now|loaded anyway"
)


def options(data: Path, socket_path: Path) -> list[str]:
    """The server's arguments: no TCP port, every write on disk before its answer, no eviction, private files."""
    return [
        *("--port", "0", "--unixsocket", str(socket_path), "--unixsocketperm", "700"),
        *("--dir", str(data), "--logfile", str(data / LOG_FILE), "--daemonize", "no", "--databases", "1"),
        # A confirmed line survives a power cut; `everysec` could lose the last second.
        *("--appendonly", "yes", "--appendfsync", "always", "--no-appendfsync-on-rewrite", "no", "--save", ""),
        # An incomplete last command was never confirmed.
        *("--aof-load-truncated", "yes"),
        # Commands instead of an RDB preamble: every version reads them, and the checker can repair them.
        *("--aof-use-rdb-preamble", "no"),
        # Full memory refuses a publication; a confirmed line is never dropped.
        *("--maxmemory-policy", "noeviction"),
    ]


class ServerProcess:
    """A server process, which ends with this process. It inherits `locks`, the descriptors of the directory's locks."""

    def __init__(self, program: Path, data: Path, socket_path: Path, locks: tuple[int, ...]) -> None:
        self._log = data / LOG_FILE
        self._socket_path = socket_path
        self._connection: socket.socket | None = None
        """An open connection, which still works if the socket's path was removed."""
        self._socket_status: os.stat_result | None = None
        parent = os.getpid()
        try:
            self._log_start = self._log.stat().st_size if self._log.exists() else 0
            # An old socket would look like one that answers.
            socket_path.unlink(missing_ok=True)
            with open(self._log, "ab", opener=_open_private) as log:
                self._process = subprocess.Popen(
                    [program, *options(data, socket_path)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=locks,
                    umask=0o077,
                    # Ctrl+C goes to the parent alone, which stops everything in order.
                    start_new_session=True,
                    preexec_fn=lambda: _prepare(parent),
                )
        except (OSError, subprocess.SubprocessError) as error:
            raise EmbeddedError(f"{program} cannot be started: {error}") from None
        self._guard: Guard | None = guard(self._process.pid)

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_reason(self) -> str | None:
        """Why it ended, as a sentence; None while it runs."""
        status = self._process.poll()
        if status is None:
            return None
        self._release()
        if status < 0:
            return f"The embedded server was ended by {signal.Signals(-status).name}."
        warnings = self._warnings()
        return f"The embedded server ended with status {status}{': ' + warnings[-1] if warnings else ''}"

    def damage(self) -> str | None:
        """What the log of a server that ended says about files that it cannot load, or None."""
        return damage_in(self._warnings())

    def ping(self) -> str | None:
        """None if it answers and accepts writes, otherwise the reason. Waits at most `ANSWER_SECONDS`."""
        # PING answers with an error while the server loads, and while it cannot write to the disk.
        answer = self._command(b"PING\r\n")
        if isinstance(answer, TimeoutError):
            return "The embedded server does not answer."
        if isinstance(answer, OSError):
            return f"The embedded server cannot be reached ({os.strerror(answer.errno or 0)})."
        if answer != "+PONG":
            return f"The embedded server says: {answer.lstrip('-')}"
        if self._connection is None:
            with contextlib.suppress(OSError):
                self._connection, self._socket_status = self._connect(), self._socket_path.stat()
        return None

    @property
    def is_out_of_reach(self) -> bool:
        """Whether its socket was removed or replaced after its first answer, so that no client can connect."""
        try:
            return self._socket_status is not None and not os.path.samestat(
                self._socket_status, self._socket_path.stat()
            )
        except OSError:
            return True

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(ANSWER_SECONDS)
        try:
            connection.connect(os.fsencode(self._socket_path))
        except OSError:
            connection.close()
            raise
        return connection

    def _command(self, command: bytes) -> str | OSError:
        """The answer to an inline command (of an array its first line), or the error."""
        try:
            if self._connection is not None and self.is_out_of_reach:
                return _answer(self._connection, command)
            with self._connect() as connection:
                return _answer(connection, command)
        except OSError as error:
            return error

    def reported_size(self) -> int | None:
        """The size of its append-only files as it reports it, in bytes; None if it does not."""
        match = re.search(r"^aof_current_size:(\d+)", str(self._command(b"INFO persistence\r\n")), re.MULTILINE)
        return int(match[1]) if match else None

    def close_connection(self) -> None:
        """Closes the connection that only the parent needs; a forked child calls it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def rewrite_files(self) -> None:
        """Pauses all writes until `resume_writes`, and writes the memory into new files."""
        self._command(b"CLIENT PAUSE %d WRITE\r\n" % _PAUSE_MILLISECONDS)
        self._command(b"BGREWRITEAOF\r\n")

    def resume_writes(self) -> None:
        """Ends the pause of `rewrite_files`."""
        self._command(b"CLIENT UNPAUSE\r\n")

    def stop(self, seconds: float) -> bool:
        """Stops it, and kills it after `seconds`; returns whether it stopped in time."""
        clean = self._process.poll() is None
        if clean:
            # By a command, because its SIGTERM is blocked: see `_prepare`.
            self._command(b"SHUTDOWN NOSAVE\r\n")
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                clean = False
                self.kill()
        self._release()
        return clean

    def kill(self) -> None:
        """Kills it."""
        self._process.kill()
        self._process.wait()
        self._release()

    def _release(self) -> None:
        self.close_connection()
        if self._guard is not None:
            self._guard.release()
            self._guard = None

    def _warnings(self) -> list[str]:
        try:
            with self._log.open("rb") as log:
                log.seek(self._log_start)
                # A crash report has tens of kilobytes.
                text = log.read(1 << 20).decode("utf-8", "replace")
        except OSError:
            return []
        messages = [match[1] for line in text.splitlines() if (match := _WARNING.match(line))]
        return [line[:300] for line in messages if not _ADVICE.search(line)]


def _answer(connection: socket.socket, command: bytes) -> str:
    # Discard a late answer to an earlier command.
    while select.select([connection], [], [], 0)[0] and connection.recv(512):
        pass
    connection.sendall(command)
    answer = connection.recv(512)
    if not answer:
        raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
    first, _, rest = answer.partition(b"\r\n")
    if not first.startswith(b"$"):
        return first.decode("utf-8", "replace")
    while len(rest) < int(first[1:]) and (chunk := connection.recv(4096)):
        rest += chunk
    return rest.decode("utf-8", "replace")


def _prepare(parent: int) -> None:
    """In the new process: it ends with its parent, and blocks SIGTERM and SIGINT.

    A service manager that signals every process of the service would otherwise stop the store first, and lose lines
    that the desk was about to confirm. The server installs a handler for SIGTERM, but does not unblock it.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
    die_with(parent)


def _open_private(path: str, flags: int) -> int:
    # O_NONBLOCK: a pipe in socket_path of the log must not block the start.
    return os.open(path, flags | os.O_NONBLOCK, 0o600)
