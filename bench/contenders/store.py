"""Starts the embedded Valkey of contenders that use Redis, with the same settings and core for each."""

import contextlib
import os
from pathlib import Path

from bench.contender import ContenderError
from flashwire.valkey.embedded_server import EmbeddedServer
from flashwire.valkey.errors import EmbeddedError
from ticker.stream.connect import Client


def start_store(stack: contextlib.AsyncExitStack, folder: Path, core: int) -> tuple[EmbeddedServer, int]:
    """Starts a server on `core` that writes each entry to disk before it replies; `stack` stops it.

    Returns the server and its process ID. Raises `ContenderError`.
    """
    try:
        server = EmbeddedServer(folder)
        stack.callback(server.stop)
        server.launch()
        server.wait_ready()
    except EmbeddedError as error:
        raise ContenderError(str(error)) from None
    assert server.pid is not None, "a server that is ready has a process"
    os.sched_setaffinity(server.pid, {core})
    return server, server.pid


async def command_counts(client: Client) -> dict[str, int]:
    """Returns how often each command of a server was called since it started."""
    stats = await client.info("commandstats")
    return {name.removeprefix("cmdstat_"): int(counts["calls"]) for name, counts in stats.items()}
