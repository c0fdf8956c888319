"""Counts the bytes of one item and one join on the wire, and the size of the page's script."""

import gzip
from collections.abc import Mapping
from random import Random
from typing import Final

import msgspec

from bench.contender import Contender, ContenderError, Target
from bench.contenders.centrifugo import Centrifugo
from bench.contenders.node import FOLDER, modules
from bench.items import numbered
from bench.load_reports import DIGITS, MARK
from bench.scenario import OURS, Row, Run, Scenario, Section
from bench.stats import median, table
from bench.weights import BUDGET, WIDGET, file_sizes, files_table
from bench.wire import Counted, Wire
from bench.wire_subscriptions import KEPT_KB, Subscription, rivals, subscriptions
from ticker.contract.item import Text, decode_item, encode_item

# Items published before the first client joins.
FILLED: Final = 10
_CENTRIFUGO: Final = """
Centrifugo carries the bare item, for its own envelope has what resuming takes: an offset with each item, and the epoch
on joining. It is set up for few bytes: a channel of one letter, short paths, deflate at its strongest, all commands of
a join in one message; the list is its history. `One way` is its transport that takes no command after the first: a
smaller envelope, and no list. `Deltas` are Fossil's, of each item to the one before; the items here differ in headline,
number and time alone, which favours them. Its deflate starts anew with each message, and as of 6.9
compresses it for each subscriber.
"""
CLIENTS: Final = {
    "socket.io-client": "dist/socket.io.min.js",
    "centrifuge": "dist/centrifuge.js",
    "pusher-js": "dist/web/pusher.min.js",
}
INSTALL: Final = f"npm install --prefix {FOLDER} {' '.join(CLIENTS)}"
# Headlines are built from these. Consecutive ones differ, which would otherwise favour a compression context.
WORDS: Final = """north reopens power parliament adopts budget votes debate fuel prices earthquake coast tsunami
    expected trains airport delays evening central bank rate percent climbers rescued face night metres coach resigns
    hours quarter-final water town boiled laboratory minister court ruling appeal harbour storm warning bridge
    closed strike ends teachers agreement fire forest villages evacuated police search missing vaccine trial
    results border crossing opens flood river record temperature president visit talks ceasefire observers
    election turnout count recount satellite launch""".split()


class Bytes(msgspec.Struct, frozen=True):
    """One subscriber of one contender."""

    sent: int
    """Bytes sent to join."""
    joined: int
    """Bytes received until it has joined."""
    items: list[int]
    """Bytes received for each item."""
    alone: list[int]
    """Size of the JSON of each item."""
    payloads: list[int]
    """Size of the message of each item, inflated."""


def item(number: int) -> bytes:
    """Returns the JSON of item `number`, with a headline of random words."""
    plain = decode_item(numbered(number))
    headline = f"{' '.join(Random(number).sample(WORDS, 9))} {_mark(number).decode()}"
    return encode_item(msgspec.structs.replace(plain, headline=Text(headline, "en", "ltr")))


def _mark(number: int) -> bytes:
    return b"%b%0*d" % (MARK, DIGITS, number)


def _sought(subscription: Subscription, number: int, position: int) -> bytes:
    """Returns a part of the message with item `number`, which is item `position` of its stream."""
    return b'"offset":%d' % position if subscription.offsets else _mark(number)


async def _filled(contender: Contender, subscription: Subscription, target: Target) -> None:
    """Publishes ten items and waits until they are delivered."""
    wire, _ = await Wire.join(target)
    try:
        await contender.publish([item(number) for number in range(FILLED)])
        await wire.next(_sought(subscription, FILLED - 1, FILLED))
    finally:
        await wire.close()


async def _counted(contender: Contender, subscription: Subscription, wire: Wire, joined: Counted, count: int) -> Bytes:
    received, alone, payloads = [], [], []
    for position, number in enumerate(range(100, 100 + count), FILLED + 1):
        body = item(number)
        await contender.publish([body])
        got = await wire.next(_sought(subscription, number, position))
        received.append(got.received)
        alone.append(len(body))
        payloads.append(len(got.text))
    return Bytes(joined.sent, joined.received, received, alone, payloads)


def clients() -> dict[str, int]:
    """Returns the sizes of other libraries' scripts after `gzip -9`, as far as they are installed."""
    files = {name: modules() / name / path for name, path in CLIENTS.items()}
    return {name: len(gzip.compress(path.read_bytes(), 9, mtime=0)) for name, path in files.items() if path.exists()}


async def measure(run: Run) -> Section:
    chosen = subscriptions(run)
    count = 4 if run.quick else 40

    async def one_round(name: str) -> Bytes | None:
        subscription = chosen[name]
        contender = subscription.contender()
        try:
            target = await contender.start(run.server_core)
            await _filled(contender, subscription, target)
            wire, joined = await Wire.join(target, deflate=subscription.deflate, events=subscription.events)
            try:
                return await _counted(contender, subscription, wire, joined, 0 if subscription.joins else count)
            finally:
                await wire.close()
        except ContenderError as error:
            if subscription.title.startswith("Flashwire"):
                raise
            run.notes.append(f"{subscription.title} was left out: {error}")
            return None
        finally:
            await contender.stop()

    bytes_of = await run.in_turn(chosen, one_round, repeats=1)
    weights = {"Flashwire": file_sizes()[WIDGET], **clients()}
    run.notes.append(
        f"Centrifugo is left out: {reason}"
        if (reason := Centrifugo().absent())
        else f"Measured here alone: {Centrifugo().version()}"
    )
    if lacking := [name for name in CLIENTS if name not in weights]:
        run.notes.append(f"{', '.join(lacking)} left out: not installed; install with: {INSTALL}")
    first = {name: results[0] for name, results in bytes_of.items() if results[0]}
    return Section(_text(chosen, first, weights), {"wire": first, "scripts": weights}, _rows(first, weights))


def _text(chosen: Mapping[str, Subscription], results: Mapping[str, Bytes], weights: Mapping[str, int]) -> str:
    per_item = [
        (chosen[name].title, f"{median(result.items):,.0f}", f"{median(result.items) - median(result.alone):+,.0f}")
        for name, result in results.items()
        if result.items
    ]
    joins = [
        (chosen[name].title, f"{result.sent:,}", f"{result.joined:,}", f"{result.sent + result.joined:,}")
        for name, result in results.items()
    ]
    scripts = [(name, f"{size:,}") for name, size in weights.items()]
    size = median(results[OURS].alone)
    centrifugo = _CENTRIFUGO if any(name.startswith("centrifugo") for name in results) else ""
    # The client ends each message with a line feed.
    cursor = median(results[OURS].payloads) - 1 - size
    return f"""{table(("way", "received per item, bytes", "beside the item's own JSON"), per_item)}

{table(("way", "sent to join", "received to join", "together"), joins)}

{table(("script of a page, gzip -9", "bytes"), scripts)}

{files_table(file_sizes())}
TCP payload as one subscriber gets it, heads of HTTP and of frames included, counted by a client that speaks each
dialect; no figure depends on how busy the machine is, so there is one turn. {len(results[OURS].items)} items of about
{size:,.0f} bytes of JSON, one at a time, medians.

What everybody{" but Centrifugo" if centrifugo else ""} carries is our live message, the item and the cursor by which
a reader who comes back resumes ({cursor:,.0f} bytes); an envelope of their own comes on top. Who does without resuming
could send the bare item, {cursor:,.0f} bytes less. The joins bring no item, except where a list is named; nchan, NATS
and Socket.IO, as they are set up here, have no list to bring.
{centrifugo}
Our deflate refers to the last 4 KiB that the subscriber decompressed. All subscribers with the same last messages get
the same bytes, so that one compression serves them and none has a state of its own. The first items after a join
refer to less and take more. Socket.IO's, when it is switched on, refers to more, and costs one compression for each
subscriber and {KEPT_KB} KB in zlib for each connection (its own formula, at its usual window and level).

Our script is the whole widget with its interface; the others' are the connection alone.
"""


def _rows(results: Mapping[str, Bytes], weights: Mapping[str, int]) -> tuple[Row, ...]:
    def item_of(name: str) -> float:
        return median(results[name].items) if name in results and results[name].items else 0

    def join_of(name: str) -> int:
        return results[name].sent + results[name].joined if name in results else 0

    ours = (
        f"{item_of(OURS):,.0f} B an item, {join_of(OURS):,} B a join; "
        f"deflate {item_of('deflated'):,.0f} B and {join_of('deflated'):,} B"
        + (f"; a list of 10 {join_of('list'):,} B, deflate {join_of('list-deflated'):,} B" if "list" in results else "")
    )
    compared = {name: rival for name, rival in rivals().items() if name in results}
    beside = [
        f"{rival.title} "
        + (f"{item_of(name):,.0f} and {join_of(name):,} B" if item_of(name) else f"{join_of(name):,} B")
        for name, rival in compared.items()
    ]
    notes: list[str] = []
    costs: dict[str, None] = {}
    for name, rival in compared.items():
        for what, of in (("an item", item_of), ("a join", join_of)):
            theirs, own = of(name), of(rival.own)
            if theirs and theirs <= own:
                notes.append(f"{rival.title} has {'fewer' if theirs < own else 'as few'} for {what}")
                costs |= dict.fromkeys(rival.costs if theirs < own else ())
    lacking = _lacking(results)
    reached = False if notes else None if lacking else True
    why = "; ".join([*notes, *costs, *lacking])
    widget = weights["Flashwire"]
    others = ", ".join(f"{name} {size:,} B" for name, size in weights.items() if name != "Flashwire")
    return (
        Row("wire", ours, "; ".join(beside), reached, why),
        Row("widget", f"{widget:,} B", f"{others} (without an interface)" if others else "", widget <= BUDGET),
    )


def _lacking(results: Mapping[str, Bytes]) -> list[str]:
    """Returns a sentence for each contender that was not measured, or not with all subscriptions."""
    makers: dict[str, list[str]] = {}
    absent = set(rivals()) - set(results)
    for name, rival in rivals().items():
        makers.setdefault(rival.maker, []).append(name)
    return [
        f"{maker} was not measured" if absent.issuperset(names) else f"{maker} was not measured with all subscriptions"
        for maker, names in makers.items()
        if absent.intersection(names)
    ]


SCENARIO: Final = Scenario(
    "wire", "Bytes on the wire, and the weight of the script", measure, seconds=120, quick_seconds=35, repeats=1
)
