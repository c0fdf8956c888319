"""The subscriptions whose bytes the scenario `wire` counts, and those that ours is compared with."""

from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from bench.contender import Contender
from bench.contenders.centrifugo import Centrifugo, Kind
from bench.contenders.flashwire import Flashwire
from bench.contenders.socketio import SocketIo
from bench.scenario import OURS, Run

# zconf.h: (1 << (windowBits + 2)) + (1 << (memLevel + 9)), at 15 and 8.
KEPT_KB: Final = ((1 << 17) + (1 << 17)) // 1024
_OFFSET: Final = "Centrifugo's offset is a number alone, where our cursor names the stream, too, and proves the entry"
_ONE_WAY: Final = "a client of its one-way transport can send no further command, not even for a list"
_DELTA: Final = "a delta needs the item before it, and the client patches text and parses it"
_EACH: Final = "Centrifugo compresses for each subscriber"
_KEPT: Final = f"Socket.IO keeps {KEPT_KB} KB of zlib for each connection, and compresses for each subscriber"
# Centrifugo's subscriptions: a title, and what each gives up for fewer bytes.
CENTRIFUGO: Final[dict[Kind, tuple[str, tuple[str, ...]]]] = {
    "": ("", (_OFFSET,)),
    "list": (", a list of 10 on joining", (_OFFSET,)),
    "oneway": (", one way", (_OFFSET, _ONE_WAY)),
    "delta": (", one way, deltas", (_OFFSET, _ONE_WAY, _DELTA)),
}


class Subscription(msgspec.Struct, frozen=True):
    """One kind of subscription to a contender."""

    title: str
    contender: Callable[[], Contender]
    deflate: bool = False
    events: bool = False
    joins: bool = False
    """Only the bytes of joining are counted."""
    offsets: bool = False
    """Whether messages are identified by their offset, because a delta may not contain the mark of its item."""


class Rival(msgspec.Struct, frozen=True):
    """A subscription of a contender; ours must not need more bytes."""

    maker: str
    title: str
    own: str
    """The name of our subscription to compare with."""
    costs: tuple[str, ...] = ()
    """What the contender gives up for fewer bytes."""


def rivals() -> dict[str, Rival]:
    """Returns all comparisons, by the name of the contender's subscription."""
    by_name = {
        "socketio": Rival("Socket.IO", "Socket.IO", OURS),
        "socketio-anew": Rival("Socket.IO", "Socket.IO, deflate anew", "deflated"),
        "socketio-kept": Rival("Socket.IO", "Socket.IO, deflate as it comes", "deflated", (_KEPT,)),
    }
    for kind, (title, costs) in CENTRIFUGO.items():
        plain, deflated = ("list", "list-deflated") if kind == "list" else (OURS, "deflated")
        by_name[variant_name(kind)] = Rival("Centrifugo", f"Centrifugo{title}", plain, costs)
        by_name[variant_name(kind, deflate=True)] = Rival(
            "Centrifugo", f"Centrifugo, deflate{title}", deflated, (*costs, _EACH)
        )
    return by_name


def variant_name(kind: Kind, *, deflate: bool = False) -> str:
    return "-".join(filter(None, ("centrifugo", kind, "deflated" if deflate else "")))


def subscriptions(run: Run) -> dict[str, Subscription]:
    """Returns the subscriptions to measure, of the contenders that can run here."""
    result = {
        OURS: Subscription("Flashwire", run.contenders[OURS]),
        "deflated": Subscription("Flashwire, deflate", run.contenders[OURS], deflate=True),
        "events": Subscription("Flashwire, server-sent events", run.contenders[OURS], events=True),
        "events-gzip": Subscription(
            "Flashwire, server-sent events, gzip", run.contenders[OURS], deflate=True, events=True
        ),
        "list": Subscription("Flashwire, a list of 10 on joining", _listing, joins=True),
        "list-deflated": Subscription(
            "Flashwire, deflate, a list of 10 on joining", _listing, deflate=True, joins=True
        ),
    }
    for name in ("nchan", "nats", "socketio"):
        if name in run.contenders:
            result[name] = Subscription(run.contenders[name]().title.split(",")[0].split(":")[0], run.contenders[name])
    if "socketio" in run.contenders:
        result["socketio-anew"] = Subscription(
            "Socket.IO, deflate, each message anew", partial(SocketIo, "anew"), deflate=True
        )
        result["socketio-kept"] = Subscription(
            "Socket.IO, deflate as it comes", partial(SocketIo, "kept"), deflate=True
        )
    if Centrifugo().absent() is None:
        for kind, (title, _) in CENTRIFUGO.items():
            for deflate in (False, True):
                result[variant_name(kind, deflate=deflate)] = Subscription(
                    f"Centrifugo{', deflate' if deflate else ''}{title}",
                    partial(Centrifugo, kind),
                    deflate=deflate,
                    joins=kind == "list",
                    offsets=kind == "delta",
                )
    return result


def _listing() -> Contender:
    return Flashwire("/v1/live?backlog=10")
