"""A node in a fresh interpreter: the successor in a rolling restart, which reads code, settings and files anew.

What belongs to its parent stays as it was: the address, the number of workers, the data directory, and the embedded
server.
"""

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from ticker.embedded.children import Again
    from ticker.settings import TickerSettings

CODE: Final = "import sys; from ticker.commands.worker import main; main(int(sys.argv[1]))"
_KEPT: Final = ("ticker_host", "ticker_port", "workers", "data")


class _Told(msgspec.Struct):
    flags: dict[str, Any]
    kept: dict[str, Any]
    sock: int
    board: int
    seat: int


def again(settings: "TickerSettings", flags: dict[str, Any]) -> "Again":
    """How to start a fresh node with the parent's `flags`; what the parent keeps to itself is taken from `settings`."""
    from ticker.embedded.children import Again

    kept = {name: getattr(settings, name) for name in _KEPT}
    # The embedded server, and the desk beside it, are found by the parent: no variable names them.
    if (settings.redis_url or "").startswith("unix:"):
        kept["redis_url"] = settings.redis_url
    if settings.desk_url:
        kept["desk_url"] = settings.desk_url
    plain = {name: str(value) if isinstance(value, Path) else value for name, value in flags.items()}
    kept["data"] = str(settings.data)
    return Again(CODE, {"flags": plain, "kept": kept})


def main(pipe: int) -> None:
    """Serves what the pipe tells of until SIGTERM."""
    from ticker.commands.configure import load
    from ticker.commands.node import looped
    from ticker.edge.board import Board
    from ticker.edge.server import serve
    from ticker.settings import TickerSettings

    with open(pipe, "rb") as file:
        told = msgspec.json.decode(file.read(), type=_Told)
    os.umask(0o077)
    settings = load(TickerSettings, **told.flags)
    settings = settings.model_copy(update=told.kept | {"data": Path(told.kept["data"])})
    seat = Board(told.board).seats[told.seat]
    looped(serve(settings, socket.socket(fileno=told.sock), seat))
