"""Base classes of contenders: a private folder, a server process on one core, a publisher and a clean stop."""

import asyncio
import contextlib
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Final, TypeVar

from bench.contender import ContenderError, Target
from bench.contenders.feed import Feed, Pipe, Poster, Publisher
from bench.process import last_words, listener, start_server, stop_server

START_SECONDS: Final = 15.0
CONTROL: Final = "control"
_POLL_SECONDS: Final = 0.02
T = TypeVar("T")


def versions(*packages: str) -> str:
    """Returns the installed versions of Python packages in one line."""
    return ", ".join(f"{package} {metadata.version(package)}" for package in packages)


def free_port() -> int:
    """Returns a port of loopback that is free at this moment, for programs that cannot inherit a socket."""
    with listener() as sock:
        return int(sock.getsockname()[1])


class Base(ABC):
    """A contender whose subclasses start their server in `_launch`."""

    name: str
    title: str

    def __init__(self) -> None:
        self._stack = contextlib.AsyncExitStack()
        self._feed = Feed()

    def absent(self) -> str | None:
        return None

    @abstractmethod
    def version(self) -> str:
        """Returns the versions of the measured programs in one line."""

    async def start(self, core: int) -> Target:
        if (reason := self.absent()) is not None:
            raise ContenderError(reason)
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="fwb")))
        target, self._publisher = await self._launch(core)
        self._stack.callback(self._publisher.close)
        return target

    async def publish(self, items: Sequence[bytes]) -> None:
        await self._publisher.send(self._feed.messages(items))

    async def stop(self) -> None:
        await self._stack.aclose()

    @abstractmethod
    async def _launch(self, core: int) -> tuple[Target, Publisher]:
        """Starts the server; returns its target and a publisher."""

    def _stop_on_exit(self, process: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
        """Registers `process` to be stopped with this contender, and returns it."""
        self._stack.callback(stop_server, process)
        return process

    async def _retry_connect(self, process: subprocess.Popen[bytes], connect: Callable[[], Awaitable[T]]) -> T:
        """Retries `connect` until `process` listens; raises `ContenderError` if it ends, or after `START_SECONDS`."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + START_SECONDS
        while process.poll() is None and loop.time() < deadline:
            with contextlib.suppress(OSError):
                return await connect()
            await asyncio.sleep(_POLL_SECONDS)
        raise ContenderError(f"{self.title} did not start: {last_words(self._folder)}")

    async def _open_pipe(self, process: subprocess.Popen[bytes], name: str = CONTROL) -> Pipe:
        """Connects to the control socket that `process` creates in its folder when it is ready."""
        return await self._retry_connect(process, lambda: Pipe.open(self._folder / name))

    async def _open_poster(self, process: subprocess.Popen[bytes], port: int, path: str) -> Poster:
        """Connects to `process` over HTTP as soon as it responds."""
        return await self._retry_connect(process, lambda: Poster.open(port, path))


class ServedInPython(Base):
    """A server of `bench.contenders.served` in a separate process, which receives items on its control socket."""

    path: str = "/"

    async def _launch(self, core: int) -> tuple[Target, Publisher]:
        with listener() as sock:
            port = sock.getsockname()[1]
            process = self._stop_on_exit(start_server(self.name, sock, core, self._folder))
        return Target(ports=(port,), path=self.path, processes=(process.pid,)), await self._connect_publisher(
            process, port
        )

    async def _connect_publisher(self, process: subprocess.Popen[bytes], port: int) -> Publisher:
        return await self._open_pipe(process)
