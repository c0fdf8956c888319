"""Bytes on the wire: what one item and one join cost a reader's line, and what the page's script weighs."""

import gzip
from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from typing import Final

import msgspec

from ticker.bench.contender import Contender, ContenderError, Target
from ticker.bench.contenders.flashwire import Flashwire
from ticker.bench.contenders.node import FOLDER, modules
from ticker.bench.contenders.socketio import SocketIo
from ticker.bench.figures import median, table
from ticker.bench.items import numbered
from ticker.bench.load import DIGITS, MARK
from ticker.bench.scenario import OURS, Row, Run, Scenario, Section
from ticker.bench.wire import Counted, Wire
from ticker.contract.item import Text, decode_item, encode_item
from ticker.edge.assets import ENTRY, load

BUDGET: Final = 8_192
# zconf.h: (1 << (windowBits + 2)) + (1 << (memLevel + 9)), at 15 and 8.
KEPT_KB: Final = ((1 << 17) + (1 << 17)) // 1024
CLIENTS: Final = {
    "socket.io-client": "dist/socket.io.min.js",
    "centrifuge": "dist/centrifuge.js",
    "pusher-js": "dist/web/pusher.min.js",
}
INSTALL: Final = f"npm install --prefix {FOLDER} {' '.join(CLIENTS)}"
# Headlines are drawn from these: alike as news is, yet none like the one before, which would favour who keeps it.
WORDS: Final = """north reopens power parliament adopts budget votes debate fuel prices earthquake coast tsunami
    expected trains airport delays evening central bank rate percent climbers rescued face night metres coach resigns
    hours quarter-final water town boiled laboratory minister court ruling appeal harbour storm warning bridge
    closed strike ends teachers agreement fire forest villages evacuated police search missing vaccine trial
    results border crossing opens flood river record temperature president visit talks ceasefire observers
    election turnout count recount satellite launch""".split()


class Way(msgspec.Struct, frozen=True):
    """One way to subscribe to a contender."""

    title: str
    contender: Callable[[], Contender]
    deflate: bool = False
    events: bool = False
    joins: bool = False
    """Only its joining is of interest."""


class Bytes(msgspec.Struct, frozen=True):
    """One subscriber of one contender."""

    sent: int
    """To join, all requests and messages."""
    joined: int
    """Received until it has joined."""
    items: list[int]
    """Received for each item."""
    alone: list[int]
    """Each item's own JSON."""
    said: list[int]
    """The messages that carried them, inflated."""


def ways(run: Run) -> dict[str, Way]:
    """All that is asked, the contenders that can run here only."""
    found = {
        OURS: Way("Flashwire", run.contenders[OURS]),
        "deflated": Way("Flashwire, deflate", run.contenders[OURS], deflate=True),
        "events": Way("Flashwire, server-sent events", run.contenders[OURS], events=True),
        "list": Way("Flashwire, a list of 10 on joining", _listing, joins=True),
        "list-deflated": Way("Flashwire, deflate, a list of 10 on joining", _listing, deflate=True, joins=True),
    }
    for name in ("nchan", "nats", "socketio"):
        if name in run.contenders:
            found[name] = Way(run.contenders[name]().title.split(",")[0].split(":")[0], run.contenders[name])
    if "socketio" in run.contenders:
        found["socketio-anew"] = Way("Socket.IO, deflate, each message anew", partial(SocketIo, "anew"), deflate=True)
        found["socketio-kept"] = Way("Socket.IO, deflate as it comes", partial(SocketIo, "kept"), deflate=True)
    return found


def _listing() -> Contender:
    return Flashwire("/v1/live?backlog=10")


def item(number: int) -> bytes:
    """The JSON of item `number`, with its mark, in words unlike those before."""
    plain = decode_item(numbered(number))
    headline = f"{' '.join(Random(number).sample(WORDS, 9))} {_mark(number).decode()}"
    return encode_item(msgspec.structs.replace(plain, headline=Text(headline, "en", "ltr")))


def _mark(number: int) -> bytes:
    return b"%b%0*d" % (MARK, DIGITS, number)


async def _filled(contender: Contender, target: Target) -> None:
    """Ten items, which are no longer on their way to anybody."""
    wire, _ = await Wire.join(target)
    try:
        await contender.publish([item(number) for number in range(10)])
        await wire.next(_mark(9))
    finally:
        await wire.close()


async def _counted(contender: Contender, wire: Wire, joined: Counted, count: int) -> Bytes:
    received, alone, said = [], [], []
    for number in range(100, 100 + count):
        each = item(number)
        await contender.publish([each])
        got = await wire.next(_mark(number))
        received.append(got.received)
        alone.append(len(each))
        said.append(len(got.text))
    return Bytes(joined.sent, joined.received, received, alone, said)


def clients() -> dict[str, int]:
    """What the incumbents' bundles weigh, packed by `gzip -9`, of those that are installed."""
    files = {name: modules() / name / path for name, path in CLIENTS.items()}
    return {name: len(gzip.compress(path.read_bytes(), 9, mtime=0)) for name, path in files.items() if path.exists()}


async def measure(run: Run) -> Section:
    asked = ways(run)
    count = 4 if run.quick else 40

    async def one(name: str) -> Bytes | None:
        way = asked[name]
        contender = way.contender()
        try:
            target = await contender.start(run.server_core)
            await _filled(contender, target)
            wire, joined = await Wire.join(target, deflate=way.deflate, events=way.events)
            try:
                return await _counted(contender, wire, joined, 0 if way.joins else count)
            finally:
                await wire.close()
        except ContenderError as error:
            if way.title.startswith("Flashwire"):
                raise
            run.notes.append(f"{way.title} was left out: {error}")
            return None
        finally:
            await contender.stop()

    found = await run.in_turn(asked, one, repeats=1)
    weights = {"Flashwire": len(load("widget")[ENTRY].packed), **clients()}
    run.notes.append("Centrifugo is not measured: there is no contender for it")
    if lacking := [name for name in CLIENTS if name not in weights]:
        run.notes.append(f"{', '.join(lacking)} left out: not installed; install with: {INSTALL}")
    first = {name: results[0] for name, results in found.items() if results[0]}
    return Section(_text(asked, first, weights), {"wire": first, "scripts": weights}, _rows(first, weights))


def _text(asked: Mapping[str, Way], found: Mapping[str, Bytes], weights: Mapping[str, int]) -> str:
    per_item = [
        (asked[name].title, f"{median(one.items):,.0f}", f"{median(one.items) - median(one.alone):+,.0f}")
        for name, one in found.items()
        if one.items
    ]
    joins = [
        (asked[name].title, f"{one.sent:,}", f"{one.joined:,}", f"{one.sent + one.joined:,}")
        for name, one in found.items()
    ]
    scripts = [(name, f"{size:,}") for name, size in weights.items()]
    size = median(found[OURS].alone)
    # The client ends each message with a line feed.
    cursor = median(found[OURS].said) - 1 - size
    return f"""{table(("way", "received per item, bytes", "beside the item's own JSON"), per_item)}

{table(("way", "sent to join", "received to join", "together"), joins)}

{table(("script of a page, gzip -9", "bytes"), scripts)}

TCP payload as one subscriber gets it, heads of HTTP and of frames included, counted by a client that speaks each
dialect; no figure depends on how busy the machine is, so there is one turn. {len(found[OURS].items)} items of about
{size:,.0f} bytes of JSON, one at a time, medians.

What everybody carries is our live message, the item and the cursor by which a reader who comes back resumes
({cursor:,.0f} bytes); an envelope of their own comes on top. Who does without resuming could send the bare item,
{cursor:,.0f} bytes less. The joins bring no item, except where a list is named; the others have no list to bring.

Our deflate starts anew with each message, so that one compression serves all subscribers and none has a state of its
own. Socket.IO's, when it is switched on, keeps what it said before for each connection. That makes an item small, and
costs one compression for each subscriber and {KEPT_KB} KB in zlib for each connection (its own formula, at its usual
window and level).

Our script is the whole widget with its interface; the others' are the connection alone.
"""


def _rows(found: Mapping[str, Bytes], weights: Mapping[str, int]) -> tuple[Row, ...]:
    def item_of(name: str) -> float:
        return median(found[name].items) if name in found else 0

    def join_of(name: str) -> int:
        return found[name].sent + found[name].joined if name in found else 0

    ours = (
        f"{item_of(OURS):,.0f} B an item, {join_of(OURS):,} B a join; "
        f"deflate {item_of('deflated'):,.0f} B and {join_of('deflated'):,} B"
    )
    named = (
        ("socketio", "Socket.IO"),
        ("socketio-anew", "its deflate anew"),
        ("socketio-kept", "its deflate as it comes"),
    )
    beside = [f"{way} {item_of(name):,.0f} and {join_of(name):,} B" for name, way in named if name in found]
    pairs = [(OURS, "socketio"), ("deflated", "socketio-anew"), ("deflated", "socketio-kept")]
    more = [
        f"{dict(named)[theirs]} has fewer for {what}"
        for own, theirs in pairs
        if theirs in found
        for what, of in (("an item", item_of), ("a join", join_of))
        if of(theirs) < of(own)
    ]
    # Never reached by this alone: half of the yardstick is not measured.
    reached = False if more else None
    if more:
        more.append(
            f"what it keeps for that is {KEPT_KB} KB of zlib a connection, and a compression for each subscriber"
        )
    why = "; ".join([*more, "Centrifugo was not measured"])
    widget = weights["Flashwire"]
    others = ", ".join(f"{name} {size:,} B" for name, size in weights.items() if name != "Flashwire")
    return (
        Row("wire", ours, ", ".join(beside), reached, why),
        Row("widget", f"{widget:,} B", f"{others} (without an interface)" if others else "", widget <= BUDGET),
    )


SCENARIO: Final = Scenario(
    "wire", "Bytes on the wire, and the weight of the script", measure, seconds=120, quick_seconds=15, repeats=1
)
