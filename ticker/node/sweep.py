"""The sweep: one task a node that beats the heart, and shows out the silent, the slow and those who never left."""

import asyncio
from typing import Final

import structlog

from ticker.contract.closes import CloseCode
from ticker.node.heartbeats import SHARE
from ticker.node.node import Node
from ticker.shared.process.cancellation import stop_if_cancelled

# A client answers each ping; two missed ones and some grace (33 s at the default of 15) mean that it is gone.
SILENT_BEATS: Final = 2.25
TICK_SECONDS: Final = 0.5
# When this node itself stood still, answers wait unread in its sockets: nobody is silent for that.
STALL_SECONDS: Final = 1.0
STALLED_GRACE_SECONDS: Final = 3.0

log = structlog.get_logger()


async def sweep(node: Node) -> None:
    """Runs until it is cancelled."""
    tick = min(TICK_SECONDS, node.settings.heartbeat_seconds * SHARE / 4)
    last = node.steady()
    judge_from = last
    while True:
        stop_if_cancelled()
        await asyncio.sleep(tick)
        now = node.steady()
        stalled, last = now - last - tick, now
        if stalled > STALL_SECONDS:
            judge_from = now + STALLED_GRACE_SECONDS
        try:
            if stalled > STALL_SECONDS:
                log.warning("loop stood still", seconds=round(stalled, 2))
            node.heartbeats.begin_due(now + tick)
            _close_overdue(node, now, silent=now >= judge_from)
        except Exception:
            # Without this task no one would notice a dead client again.
            log.exception("sweep failed")


def _close_overdue(node: Node, now: float, *, silent: bool) -> None:
    if silent:
        limit = node.settings.heartbeat_seconds * SILENT_BEATS
        for member in node.hub.members():
            silence = now - member.last_heard
            # One who does not read cannot hear a ping; that is judged below.
            if (
                silence > limit
                and silence > member.subscription.heartbeat * SILENT_BEATS
                and member not in node.lagging
            ):
                member.close_with(CloseCode.NO_PONG)
    for member in [member for member in node.lagging if member.lagging_for(now) > node.settings.slow_seconds]:
        node.metrics.slow.inc()
        member.close_with(CloseCode.SLOW)
    for member in [member for member, until in node.closing.items() if now > until]:
        node.closing.pop(member, None)
        member.abort()
    node.http_connections.close_unread(now - node.settings.slow_seconds)
    for knocker in [knocker for knocker, until in node.pending.items() if now > until]:
        knocker.expire()
