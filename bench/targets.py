"""The performance targets: the rows of docs/performance/README.md, in their order."""

from typing import Final

import msgspec


class PerformanceTarget(msgspec.Struct, frozen=True):
    """One line of "Targets and results". The measured figure and the verdict come from a scenario's `Row`."""

    figure: str
    """What is measured."""
    bound: str
    """The value to reach."""


TARGETS: Final[dict[str, PerformanceTarget]] = {
    "last": PerformanceTarget(
        "publish → last of 10,000 subscribers, one core, Redis in the path", "≤ nchan, and ≤ 1.3 × the limit"
    ),
    "cpu": PerformanceTarget("server CPU per delivery", "≤ 1.25 × the limit"),
    "cpu-all": PerformanceTarget(
        "server CPU per delivery with compression, 200 filters and receipts on", "≤ 1.15 × the limit, which has none"
    ),
    "burst": PerformanceTarget("burst of 20 items to 2,000 subscribers", "≥ 1,000,000 deliveries/s a core"),
    "join": PerformanceTarget("join with a snapshot of 10 items: server CPU", "≤ 60 µs; 0 Redis commands, counted"),
    "memory": PerformanceTarget(
        "memory per quiet connection (PSS, server)", "≤ 3 KB plain, ≤ 4 KB with deflate negotiated"
    ),
    "per-gb": PerformanceTarget("readers per GB, the kernel's memory included", "≥ 230,000"),
    "hold": PerformanceTarget(
        "100,000 connections on one machine of 2 cores, several workers",
        "held 10 minutes, publish → last ≤ 2 s, heartbeats included, memory flat",
    ),
    "last-all": PerformanceTarget("publish → last of 100,000 on that machine", "≤ 600 ms, median"),
    "crowd": PerformanceTarget(
        "300,000 readers on that machine, every item counted on every reader", "held 10 minutes, publish → last ≤ 3 s"
    ),
    "million": PerformanceTarget(
        "1,000,000 readers on that machine, every item counted on every reader", "publish → last ≤ 15 s"
    ),
    "storm": PerformanceTarget(
        "reconnect storm: all 20,000 return within 1 s of a node's death",
        "all resumed, none lost or doubled, ≤ 3 s, 0 Redis reads",
    ),
    "storm100k": PerformanceTarget("the same with 100,000", "all resumed, none lost or doubled, ≤ 6 s, 0 Redis reads"),
    "filters": PerformanceTarget(
        "filters: 10,000 subscribers in 200 different filters", "≤ 1.15 × the cost of one filter"
    ),
    "slow": PerformanceTarget(
        "one subscriber that never reads, 1,000 that do",
        "the others' p99 unchanged within noise; memory bounded in bytes",
    ),
    "wire": PerformanceTarget(
        "bytes on the wire per item and per join",
        "fewer than Socket.IO and Centrifugo's JSON, with deflate on and off",
    ),
    "ack": PerformanceTarget(
        "publish acknowledged (fsync included), p99",
        "≤ 10 ms at 100/s; ≥ 2,000/s sustained with concurrent editors",
    ),
    "painted": PerformanceTarget("desk → painted in a real browser, p50 / p99, quiet machine", "≤ 50 / 250 ms"),
    "desk": PerformanceTarget(
        "desk, by the keyboard: the line just published is withdrawn", "≤ 4 keys besides the reason"
    ),
    "widget": PerformanceTarget("the widget, gzipped, no dependency", "≤ 8 KB all in"),
    "ready": PerformanceTarget("start to ready, embedded Valkey included", "≤ 1.5 s"),
}
