"""The limit for many readers: C loops on all cores, with the load clients of the scenario that asks, in its run.

Where a target is missed, it shows how much of the time the machine itself takes.
"""

from typing import Final

import msgspec

from bench.contenders.limit import Limits
from bench.scenario import Run
from bench.session import audience
from bench.stats import Figure, figure

_ITEMS: Final = 15


class LimitResult(msgspec.Struct, frozen=True):
    """What C loops took that neither filter, order, compress nor store."""

    joined_seconds: float
    last_ms: Figure
    """From publishing to the last of all readers, for each item."""
    server_us: Figure
    """Server CPU per delivery."""
    client_us: Figure


async def measure_limit(
    run: Run, readers: int, *, servers: int, processes: int, nap_ms: float, inflight: int = 400, items: int = _ITEMS
) -> LimitResult:
    """Joins `readers` to as many C loops as the scenario has workers, and delivers items to them."""
    run.step(f"the limit with {readers:,} readers")
    async with audience(run, Limits(servers), processes=processes, pinned=False, nap_ms=nap_ms) as session:
        joined = await session.join(readers, inflight=inflight, seconds=180.0)
        await session.deliver()
        delivered = [await session.deliver() for _ in range(3 if run.quick else items)]
    return LimitResult(
        joined_seconds=(joined.last - joined.began) / 1e9,
        last_ms=figure([one.last_ms for one in delivered]),
        server_us=figure([one.cpu_us for one in delivered]),
        client_us=figure([one.client_us for one in delivered]),
    )
