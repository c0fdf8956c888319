"""Samples of several processes added up: counters and histograms for ever, gauges of those that live.

A snapshot is what one process has counted since it began; it is bytes while it travels.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

Key = tuple[str, tuple[tuple[str, str], ...]]
"""A sample's name and its labels, sorted."""

ADDED: Final = ("counter", "histogram")
"""Kinds that outlive the process that counted them."""


class Family(msgspec.Struct, array_like=True):
    """One metric: its kind as Prometheus names it, and its samples."""

    kind: str
    samples: list[tuple[str, tuple[tuple[str, str], ...], float]]


Snapshot = dict[str, Family]
"""Families by the metric's name."""

_decoder = msgspec.msgpack.Decoder(Snapshot)


def encode(snapshot: Snapshot) -> bytes:
    """A snapshot as bytes."""
    return msgspec.msgpack.encode(snapshot)


def decode(data: bytes) -> Snapshot:
    """The snapshot that `encode` made; nothing for nothing. Raises `msgspec.DecodeError`."""
    return _decoder.decode(data) if data else {}


def total(snapshots: Iterable[Snapshot], largest: frozenset[str] = frozenset()) -> Snapshot:
    """All of them as one: samples are added, but for gauges in `largest`, of which the largest value stands."""
    found: dict[str, tuple[str, dict[Key, float]]] = {}
    for snapshot in snapshots:
        for name, family in snapshot.items():
            _, values = found.setdefault(name, (family.kind, {}))
            for sample, labels, value in family.samples:
                key = (sample, labels)
                if key not in values:
                    values[key] = value
                elif name in largest:
                    values[key] = max(values[key], value)
                else:
                    values[key] += value
    return {
        name: Family(kind, [(sample, labels, value) for (sample, labels), value in values.items()])
        for name, (kind, values) in found.items()
    }


def lasting(snapshot: Snapshot) -> Snapshot:
    """What stays of a process that has ended."""
    return {name: family for name, family in snapshot.items() if family.kind in ADDED}
