"""The sweep: one task per node that sends heartbeats and closes connections that are silent, lagging or overdue."""

import asyncio
from typing import Final

import structlog

from ticker.contract.closes import CloseCode
from ticker.node.heartbeats import SHARE
from ticker.node.node import Node
from ticker.shared.process.cancellation import stop_if_cancelled

TICK_SECONDS: Final = 0.5
# If this process was stalled, pongs may be waiting unread; clients are not judged silent for the time below.
STALL_SECONDS: Final = 1.0
STALLED_GRACE_SECONDS: Final = 3.0

log = structlog.get_logger()


async def sweep(node: Node) -> None:
    """Runs until it is cancelled."""
    tick = min(TICK_SECONDS, node.settings.heartbeat_seconds * SHARE / 4)
    last_tick = node.steady()
    judge_from = last_tick
    while True:
        stop_if_cancelled()
        await asyncio.sleep(tick)
        now = node.steady()
        stalled, last_tick = now - last_tick - tick, now
        if stalled > STALL_SECONDS:
            judge_from = now + STALLED_GRACE_SECONDS
        try:
            if stalled > STALL_SECONDS:
                log.warning("event loop blocked", seconds=round(stalled, 2), formerly="loop stood still")
            node.heartbeats.begin_due(now + tick)
            if now >= judge_from:
                for member in node.silent_clients.find(now):
                    member.close_with(CloseCode.NO_PONG)
            _close_overdue(node, now)
        except Exception:
            # Without this task no dead client would be closed any more.
            log.exception("sweep failed")


def _close_overdue(node: Node, now: float) -> None:
    for member in [member for member in node.lagging if member.lagging_for(now) > node.settings.slow_seconds]:
        node.metrics.slow.inc()
        member.close_with(CloseCode.SLOW)
    for member in [member for member, until in node.closing.items() if now > until]:
        node.closing.pop(member, None)
        member.abort()
    node.http_connections.close_unread(now - node.settings.slow_seconds)
    for connection in [connection for connection, until in node.pending.items() if now > until]:
        connection.expire()
