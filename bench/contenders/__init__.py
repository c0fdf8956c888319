"""All contenders, ours first; a new one is a module here and a line below.

A contender's module is imported when it is made, so that a server process holds nothing of the others.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Final, cast

from bench.contender import Contender


def _made_by(module: str, kind: str) -> Callable[[], Contender]:
    def make() -> Contender:
        return cast(Contender, getattr(import_module(f"{__name__}.{module}"), kind)())

    return make


CONTENDERS: Final[dict[str, Callable[[], Contender]]] = {
    "flashwire": _made_by("flashwire", "Flashwire"),
    "limit": _made_by("limit", "Limit"),
    "bare": _made_by("bare", "Bare"),
    "nchan": _made_by("nchan", "Nchan"),
    "nats": _made_by("nats", "Nats"),
    "socketio": _made_by("socketio", "SocketIo"),
    "ws": _made_by("ws", "Ws"),
    "broadcast": _made_by("broadcast", "Broadcast"),
    "naive": _made_by("naive", "Naive"),
}
