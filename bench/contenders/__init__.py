"""All contenders, ours first. To add one, add a module here and a line below.

The module of a contender is imported on first use, so that a server process does not import the others.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Final, cast

from bench.contender import Contender


def _lazy(module: str, class_name: str) -> Callable[[], Contender]:
    def make() -> Contender:
        return cast(Contender, getattr(import_module(f"{__name__}.{module}"), class_name)())

    return make


CONTENDERS: Final[dict[str, Callable[[], Contender]]] = {
    "flashwire": _lazy("flashwire", "Flashwire"),
    "limit": _lazy("limit", "Limit"),
    "bare": _lazy("bare", "Bare"),
    "nchan": _lazy("nchan", "Nchan"),
    "centrifugo": _lazy("centrifugo", "Centrifugo"),
    "centrifugo-redis": _lazy("centrifugo", "CentrifugoRedis"),
    "nats": _lazy("nats", "Nats"),
    "socketio": _lazy("socketio", "SocketIo"),
    "ws": _lazy("ws", "Ws"),
    "broadcast": _lazy("broadcast", "Broadcast"),
    "naive": _lazy("naive", "Naive"),
}
