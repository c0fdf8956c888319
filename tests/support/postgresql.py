"""A PostgreSQL server of the tests' own: Debian's, on a unix socket and a free port, without fsync.

One server serves a whole session; each test has its own schema.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from tests.support.waiting import free_port
from ticker.shared.process.parent import die_with

_DEBIAN = Path("/usr/lib/postgresql")
# A kernel without free memory starts it late.
_START_SECONDS = 60.0


def program(name: str) -> str:
    """The path of a PostgreSQL program; without it the test fails, and says what to install."""
    path = shutil.which(name)
    if path is None:
        # Debian keeps each release's servers in a separate folder.
        folders = sorted(_DEBIAN.glob("*/bin"), key=lambda folder: float(folder.parent.name), reverse=True)
        path = shutil.which(name, path=os.pathsep.join(map(str, folders)))
    if path is None:
        pytest.fail(f"{name} is missing; install PostgreSQL (Debian: apt-get install postgresql), or run `make test`.")
    return path


class Server:
    """One server, with its files below `folder`; `start` it before use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._user = _user()
        for part in ("data", "socket"):
            (folder / part).mkdir()
            if self._user:
                shutil.chown(folder / part, self._user)
        if self._user:
            # The server's user must come through to its own folders.
            folder.chmod(0o711)
        initdb = [program("initdb"), "--pgdata", str(folder / "data"), "--auth", "trust", "--username", "flashwire"]
        initdb += ["--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"]
        created = subprocess.run(initdb, capture_output=True, text=True, timeout=120, user=self._user, cwd="/")
        assert created.returncode == 0, created.stderr

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder / "socket",
        }
        settings |= {"fsync": "off", "max_connections": 200, "autovacuum": "off", "shared_buffers": "16MB"}
        command = [program("postgres"), "-D", str(self.folder / "data")]
        command += [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, user=self._user, cwd="/", start_new_session=True,
                # After the change of user, which would undo it. A killed test run leaves no server.
                preexec_fn=partial(die_with, os.getpid()),
            )  # fmt: skip
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self.execute("SELECT 1")
                return
            except psycopg.OperationalError:
                assert time.monotonic() < deadline and self._process.poll() is None, self.log()
                time.sleep(0.02)

    def execute(self, statement: str) -> None:
        """Runs one statement as the owner of everything."""
        with closing(psycopg.connect(self.url(), autocommit=True, connect_timeout=10)) as connection:
            connection.execute(statement.encode())

    def url(self, schema: str = "public", **options: str) -> str:
        """The server's address, for tables in `schema`."""
        options = {"sslmode": "disable", "options": f"-csearch_path={schema}", **options}
        query = "&".join(f"{name}={quote(value)}" for name, value in options.items())
        return f"postgresql://flashwire@127.0.0.1:{self.port}/postgres?{query}"

    @contextmanager
    def new_url(self) -> Iterator[str]:
        """The address of a new and empty schema, which is gone after the block."""
        schema = f"t{os.urandom(6).hex()}"
        self.execute(f"CREATE SCHEMA {schema}")
        try:
            yield self.url(schema)
        finally:
            self.execute(f"DROP SCHEMA {schema} CASCADE")

    def restore(self) -> None:
        """Starts the server, or lets it go on, where a test has stopped or frozen it."""
        if self._process is None:
            self.start()
        else:
            self.thaw()

    def stop(self, sig: signal.Signals = signal.SIGINT) -> None:
        """Ends the server: SIGINT in order, SIGQUIT at once and without a word to its clients."""
        if self._process is not None:
            self.thaw()
            self._process.send_signal(sig)
            self._process.wait(30)
            self._process = None

    def freeze(self) -> None:
        """Stops every process of the server, as a machine that hangs would."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets a frozen server go on."""
        self._signal(signal.SIGCONT)

    def log(self) -> str:
        """What the server wrote."""
        return (self.folder / "log").read_text("utf-8", "replace")

    def _signal(self, sig: signal.Signals) -> None:
        assert self._process is not None
        # Each backend leads its own process group (setsid in PostgreSQL), so the group does not reach them.
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self._process.pid)], capture_output=True, text=True, check=False
        ).stdout.split()
        for process in (self._process.pid, *map(int, children)):
            try:
                os.kill(process, sig)
            except ProcessLookupError:
                continue


def _user() -> str | None:
    """The user that the server runs as; PostgreSQL refuses to run as root."""
    if os.geteuid():
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    pytest.fail("PostgreSQL runs under no user that this machine has; add one: useradd --system postgres")


@contextmanager
def new_server() -> Iterator[Server]:
    """A server that runs within the block."""
    # Not pytest's own temporary folder: a socket's path may have 107 bytes at most.
    with tempfile.TemporaryDirectory(prefix="fw") as folder:
        server = Server(Path(folder))
        try:
            server.start()
        except AssertionError:
            if "Address already in use" not in server.log():
                raise
            # Another program has taken the port since it was chosen.
            server.port = free_port()
            server.start()
        try:
            yield server
        finally:
            server.stop(signal.SIGQUIT)
