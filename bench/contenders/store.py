"""The embedded Valkey of a contender that goes through Redis: the same program, settings and core for each of them."""

import contextlib
import os
from pathlib import Path

from bench.contender import ContenderError
from flashwire.valkey.errors import EmbeddedError
from flashwire.valkey.keeper import Keeper


def start_store(stack: contextlib.AsyncExitStack, folder: Path, core: int) -> tuple[Keeper, int]:
    """A server on `core` that writes each entry to disk before it answers, until `stack` ends; and its process.

    Raises `ContenderError`.
    """
    try:
        keeper = Keeper(folder)
        stack.callback(keeper.stop)
        keeper.launch()
        keeper.wait_ready()
    except EmbeddedError as error:
        raise ContenderError(str(error)) from None
    assert keeper.pid is not None, "a server that is ready has a process"
    os.sched_setaffinity(keeper.pid, {core})
    return keeper, keeper.pid
