"""What the stream says, read from Redis without any of the service's own reading code, and what follows from it.

The model is plain lists: slow, short, and written from docs/protocol.md alone.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import redis

Item = dict[str, Any]  # Any: a public item as JSON
Parameters = Sequence[tuple[str, str]]


class Entry(NamedTuple):
    """One entry: its number, when Redis took it (seconds since 1970), and its item."""

    seq: int
    added: float
    item: Item

    @property
    def mark(self) -> tuple[str, int]:
        return self.item["uri"], self.item["version"]


class Mark(NamedTuple):
    """All of a store that a refused request may not change."""

    entries: int
    seq: int
    keys: int


def store(data: Path) -> redis.Redis:
    """A client of the embedded server of `data`."""
    return redis.Redis(unix_socket_path=str((data / "valkey.sock").resolve()), legacy_responses=False)


def read_stream(data: Path, brand: str = "news") -> list[Entry]:
    """Every entry, oldest first; numbered without holes, of one epoch."""
    with store(data) as client:
        records = cast(list[tuple[bytes, dict[bytes, bytes]]], client.xrange(f"flashwire:{{{brand}}}:items"))
    assert len({fields[b"epoch"] for _, fields in records}) <= 1
    entries = [
        Entry(int(f[b"seq"]), int(entry_id.split(b"-")[0]) / 1000, json.loads(f[b"body"].split(b".", 3)[3]))
        for entry_id, f in records
    ]
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    return entries


def read_mark(data: Path, brand: str = "news") -> Mark:
    """What the store holds, in three numbers."""
    with store(data) as client:
        seq = cast(bytes | None, client.hget(f"flashwire:{{{brand}}}:meta", "seq"))
        entries = cast(int, client.xlen(f"flashwire:{{{brand}}}:items"))
        # Nodes report when they like, so the key of their receipts may come at any time.
        keys = [key for key in client.scan_iter() if not key.endswith(b":receipts")]
        return Mark(entries, int(seq or 0), len(keys))


_MATCHES: Final[dict[str, Callable[[Item, set[str]], bool]]] = {
    "edition": lambda item, values: item["edition"] in values,
    "section": lambda item, values: bool(values & set(item["sections"])),
    "place": lambda item, values: bool(values & set(item["places"])),
    "role": lambda item, values: any(source["role"] in values for source in item["infoSources"]),
    "source": lambda item, values: any(source.get("uri") in values for source in item["infoSources"]),
    "language": lambda item, values: item["headline"]["language"] in values,
    "urgency": lambda item, values: item["urgency"] <= int(max(values)),
}


def matches(item: Item, parameters: Parameters) -> bool:
    """Whether one version of an item is what `parameters` ask for."""
    return all(_MATCHES[name](item, {value for other, value in parameters if other == name}) for name, _ in parameters)


def belonging(entries: Iterable[Entry], parameters: Parameters) -> list[Entry]:
    """The entries that a client of `parameters` gets: an item belongs from its first version that matches on."""
    seen: set[str] = set()
    matching: list[Entry] = []
    for entry in entries:
        if matches(entry.item, parameters):
            seen.add(entry.item["uri"])
        if entry.item["uri"] in seen:
            matching.append(entry)
    return matching


def folded(items: Iterable[Item]) -> dict[str, Item]:
    """Items merged by uri, the higher version winning, each at the place of its first."""
    merged: dict[str, Item] = {}
    for item in items:
        known_item = merged.get(item["uri"])
        if known_item is None or item["version"] > known_item["version"]:
            merged[item["uri"]] = item
    return merged


def public(item: Item) -> Item:
    """An item as it stays public: without its words once it is withdrawn, and while it is on hold."""
    return item if item["pubStatus"] == "usable" else {**item, "headline": None, "infoSources": [], "link": None}


def replayed(entries: Sequence[Entry]) -> list[Item]:
    """What a replay of `entries` has: each item once, in its newest version, at the place of that."""
    newest = {entry.item["uri"]: entry for entry in entries}
    return [public(entry.item) for entry in entries if newest[entry.item["uri"]] is entry]


def current(items: Iterable[Item], parameters: Parameters) -> list[Item]:
    """What a fresh join shows, newest first: usable items that match as they are now. Nothing is pinned here."""
    usable = [item for item in folded(items).values() if item["pubStatus"] == "usable" and matches(item, parameters)]
    return sorted(usable, key=lambda item: (item["firstCreated"], item["uri"]), reverse=True)
