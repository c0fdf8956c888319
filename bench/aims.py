"""The targets and what each is compared with: the rows of docs/performance/README.md, in their order."""

from typing import Final

import msgspec


class Aim(msgspec.Struct, frozen=True):
    """One line of "Targets and results"; what is ours, and whether it is enough, comes from a scenario's `Row`."""

    figure: str
    aim: str


AIMS: Final[dict[str, Aim]] = {
    "last": Aim("publish → last of 10,000 subscribers, one core, Redis in the path", "≤ nchan, and ≤ 1.3 × the limit"),
    "cpu": Aim("server CPU per delivery", "≤ 1.25 × the limit"),
    "burst": Aim("burst of 20 items to 2,000 subscribers", "≥ 1,000,000 deliveries/s a core"),
    "join": Aim("join with a snapshot of 10 items: server CPU", "≤ 60 µs; 0 Redis commands, counted"),
    "memory": Aim("memory per quiet connection (PSS, server)", "≤ 3 KB plain, ≤ 4 KB with deflate negotiated"),
    "hold": Aim(
        "100,000 connections on one machine of 2 cores, several workers",
        "held 10 minutes, publish → last ≤ 2 s, heartbeats included, memory flat",
    ),
    "storm": Aim(
        "reconnect storm: all 20,000 return within 1 s of a node's death",
        "all resumed, none lost or doubled, ≤ 3 s, 0 Redis reads",
    ),
    "filters": Aim("filters: 10,000 subscribers in 200 different filters", "≤ 1.15 × the cost of one filter"),
    "slow": Aim(
        "one subscriber that never reads, 1,000 that do",
        "the others' p99 unchanged within noise; memory bounded in bytes",
    ),
    "wire": Aim(
        "bytes on the wire per item and per join",
        "fewer than Socket.IO and Centrifugo's JSON, with deflate on and off",
    ),
    "ack": Aim(
        "publish acknowledged (fsync included), p99",
        "≤ 10 ms at 100/s; ≥ 2,000/s sustained with concurrent editors",
    ),
    "painted": Aim("desk → painted in a real browser, p50 / p99, quiet machine", "≤ 50 / 250 ms"),
    "widget": Aim("the widget, gzipped, no dependency", "≤ 8 KB all in"),
    "ready": Aim("start to ready, embedded Valkey included", "≤ 1.5 s"),
}
