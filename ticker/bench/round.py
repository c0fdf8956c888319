"""One round: one contender started, joined, published to and stopped; the same steps for each, in this order.

1. A first few subscribers join and items reach them, so that nothing is measured that happens only once.
2. The others join; what the server's memory grew by is theirs.
3. Items, each when the one before has reached everybody; the CPU they took is for their deliveries.
"""

import asyncio
import gc
import time
from collections.abc import Callable
from typing import Final

import msgspec

from ticker.bench.contender import Contender, ContenderError
from ticker.bench.process import cpu_seconds, memory_kib
from ticker.bench.subscribers import DIGITS, MARK, Subscriber, Tally, join, leave
from ticker.contract.item import InfoSource, Item, Text, encode_item, moment

WARM_SUBSCRIBERS: Final = 50
WARM_ITEMS: Final = 10
# An item that takes longer than this to reach everybody is lost, and the round with it.
ITEM_SECONDS: Final = 15.0
_SETTLE_SECONDS: Final = 0.5


class Plan(msgspec.Struct, frozen=True):
    """What every round of a run has alike; `server_core` and `client_core` may be one where there is only one."""

    subscribers: int
    items: int
    server_core: int
    client_core: int


class Round(msgspec.Struct, frozen=True):
    """What one round measured; every item reached every subscriber once and in order, or there is no round."""

    contender: str
    cpu_us: float
    """Server CPU per delivery, all processes of the contender, in microseconds."""
    memory_kib: float
    """Growth of the server's proportional set size per quiet connection."""
    last_ms: float
    """From publishing an item to its arrival at the last subscriber, median over the items."""
    deliveries: int
    item_bytes: int


async def measure(contender: Contender, plan: Plan, step: Callable[[str], None]) -> Round:
    """One round of `contender`; raises `ContenderError`, `MissedError` or `OSError`. `step` is told what begins."""
    step("starting")
    members: list[Subscriber] = []
    try:
        target = await contender.start(plan.server_core)
        tally = Tally()
        # Before anybody joins: a stream's first entry is where its clients' places begin.
        await contender.publish([numbered(0)])
        members += await join(target, tally, WARM_SUBSCRIBERS, 1)
        for number in range(1, WARM_ITEMS + 1):
            await _deliver(contender, tally, number, WARM_SUBSCRIBERS)

        step("joining")
        server = target.processes[0]
        before = memory_kib(server)
        members += await join(target, tally, plan.subscribers, WARM_ITEMS + 1)
        await asyncio.sleep(_SETTLE_SECONDS)
        memory = (memory_kib(server) - before) / plan.subscribers
        everybody = len(members)
        first = WARM_ITEMS + 2
        await _deliver(contender, tally, first - 1, everybody)

        step("delivering")
        # Our own collector walking thousands of subscribers would be in the figures of elapsed time.
        gc.collect()
        gc.disable()
        spent, lasted = cpu_seconds(target.processes), []
        for number in range(first, first + plan.items):
            lasted.append(await _deliver(contender, tally, number, everybody))
        spent = cpu_seconds(target.processes) - spent
        if tally.fault:
            raise ContenderError(tally.fault)
        deliveries = plan.items * everybody
        size = len(numbered(first))
        return Round(contender.name, spent * 1e6 / deliveries, memory, median(lasted), deliveries, size)
    finally:
        gc.enable()
        leave(members)
        step("stopping")
        await contender.stop()


async def _deliver(contender: Contender, tally: Tally, number: int, subscribers: int) -> float:
    done = tally.expect(subscribers)
    began = time.perf_counter()
    try:
        async with asyncio.timeout(ITEM_SECONDS):
            await contender.publish([numbered(number)])
            await done
    except TimeoutError:
        raise ContenderError(f"Item {number} did not reach everybody within {ITEM_SECONDS:.0f} s.") from None
    return (tally.last - began) * 1000


def numbered(number: int) -> bytes:
    """The JSON of a plain item with its number in the headline."""
    written = moment(time.time())
    mark = f"{MARK.decode()}{number:0{DIGITS}}"
    item = Item(
        uri=f"urn:flashwire:01BENCH{number:019}",
        version=1,
        act="publish",
        pub_status="usable",
        urgency=2,
        headline=Text(f"Hospital in the north reopens after three days without power, {mark}", "en", "ltr"),
        info_sources=(InfoSource(Text("Health ministry", "en", "ltr"), "official"),),
        edition="en",
        sections=("health",),
        places=(),
        link=None,
        note=None,
        first_created=written,
        version_created=written,
        expires=None,
        pinned_until=None,
        translation_of=None,
    )
    return encode_item(item)


def median(values: list[float]) -> float:
    """The middle of `values`, or the mean of the two in the middle."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
