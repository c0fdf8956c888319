"""Adds up the metrics of several processes. Counters and histograms outlive a process; its gauges do not.

A snapshot is the metrics of one process since it started. It is encoded as MessagePack in shared memory.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

Key = tuple[str, tuple[tuple[str, str], ...]]
"""A sample's name and its labels, sorted."""

ADDED: Final = ("counter", "histogram")
"""Kinds of metric that outlive the process that counted them."""


class Family(msgspec.Struct, array_like=True):
    """One metric: its kind as Prometheus names it, and its samples."""

    kind: str
    samples: list[tuple[str, tuple[tuple[str, str], ...], float]]


Snapshot = dict[str, Family]
"""Families by the name of the metric."""

_decoder = msgspec.msgpack.Decoder(Snapshot)


def encode(snapshot: Snapshot) -> bytes:
    """Returns `snapshot` as bytes."""
    return msgspec.msgpack.encode(snapshot)


def decode(data: bytes) -> Snapshot:
    """Returns the snapshot that `encode` was called with; empty for no bytes. Raises `msgspec.DecodeError`."""
    return _decoder.decode(data) if data else {}


def total(snapshots: Iterable[Snapshot], largest: frozenset[str] = frozenset()) -> Snapshot:
    """Adds up samples with the same name and labels; of the gauges in `largest` it takes the highest value."""
    families: dict[str, tuple[str, dict[Key, float]]] = {}
    for snapshot in snapshots:
        for name, family in snapshot.items():
            _, values = families.setdefault(name, (family.kind, {}))
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
        for name, (kind, values) in families.items()
    }


def lasting(snapshot: Snapshot) -> Snapshot:
    """Returns the metrics that outlive the process: without its gauges."""
    return {name: family for name, family in snapshot.items() if family.kind in ADDED}
