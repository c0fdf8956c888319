"""What the nodes have reported, added up: their connections, and of each version how many were written it and how fast.

1. A node that is known and has reported nothing about a version counts with all its connections: it may be stalled.
2. A node that has stopped says so: its connections have closed. Until then silence means nothing.
3. A place among the workers of a service has one process at a time: a new node there shows that the one before ended.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

import msgspec

from ticker.contract.receipt import EVERY_EDITION, PRESENCE_SECONDS, Counts, EntryReport, Report, merged, quantile

VERSION_LIMIT: Final = 2000
NODE_LIMIT: Final = 500
# A stalled node may still hold its connections, and looks the same as one that was killed.
_KNOWN_SECONDS: Final = 300.0
# Two reports of a node that has nothing new, and a half.
_SILENT_SECONDS: Final = 2.5 * PRESENCE_SECONDS
# Time for the first report of a round that takes long.
_GRACE_SECONDS: Final = 2.0


class Painted(msgspec.Struct, frozen=True):
    """Sampled pages that have painted a version, and how many seconds after its publication."""

    count: int
    p50: float
    p99: float


class Receipt(msgspec.Struct, frozen=True):
    """The receipt of one version; times in seconds from publication to write.

    `nodes` have reported it, `silent` ones are known and have not. `painted` is None until a page has reported.
    `outstanding` and `left` are None for a first version, which replaces nothing.
    """

    version: int
    written: int | None
    p50: float | None
    p99: float | None
    last: float | None
    painted: Painted | None
    outstanding: int | None
    left: int | None
    nodes: int
    silent: int


class Audience(msgspec.Struct, frozen=True):
    """The connections that are open now; None where it is unknown: no node reports, or one is silent."""

    nodes: int
    """Nodes that report."""
    silent: int
    """Known nodes that should have reported and have not."""
    connections: int | None
    editions: dict[str, int | None]
    """Connections that follow the edition, whatever else they filter by."""


class _Node(msgspec.Struct):
    first: float
    newest: float
    connections: int
    audience: dict[str, int]
    has_stopped: bool


class _Version(msgspec.Struct):
    first: float
    newest: float
    entries: dict[str, EntryReport]


class ReceiptBook:
    """The newest reports; times are those of the server, in seconds."""

    def __init__(self) -> None:
        self._nodes: OrderedDict[str, _Node] = OrderedDict()
        self._holders: dict[str, str] = {}
        """The newest node of each place."""
        self._versions: OrderedDict[tuple[str, int], _Version] = OrderedDict()
        self._of_item: dict[str, set[int]] = {}
        self.now = 0.0
        """The time of the newest report, or later."""

    def add(self, report: Report, at: float) -> None:
        """Takes a report that arrived `at`."""
        self.now = max(self.now, at)
        node = self._nodes.setdefault(report.node, _Node(at, at, 0, {}, False))
        if node.has_stopped:
            # A report whose call was cancelled at the stop may come after the last one.
            return
        node.newest, node.connections, node.audience = at, report.connections, report.audience
        node.has_stopped = report.has_stopped
        self._nodes.move_to_end(report.node)
        if report.place:
            previous = self._nodes.get(self._holders.get(report.place, report.node))
            if previous is not None and previous is not node:
                previous.has_stopped = True
            self._holders[report.place] = report.node
        while len(self._nodes) > NODE_LIMIT:
            name, _ = self._nodes.popitem(last=False)
            self._holders = {place: holder for place, holder in self._holders.items() if holder != name}
        for entry in report.entries:
            key = entry.uri, entry.version
            version = self._versions.setdefault(key, _Version(at, at, {}))
            version.newest = at
            version.entries[report.node] = entry
            self._versions.move_to_end(key)
            self._of_item.setdefault(entry.uri, set()).add(entry.version)
        while len(self._versions) > VERSION_LIMIT:
            (uri, number), _ = self._versions.popitem(last=False)
            self._of_item[uri].discard(number)
            if not self._of_item[uri]:
                del self._of_item[uri]

    def connections(self) -> tuple[int, int]:
        """How many nodes are known, and their live connections."""
        nodes = self._recent_nodes()
        return len(nodes), sum(node.connections for node in nodes.values())

    def audience(self, editions: Iterable[str]) -> Audience:
        """The connections that are open now, in all and of each of `editions`."""
        recent_nodes = self._recent_nodes().values()
        current = [node for node in recent_nodes if node.newest >= self.now - _SILENT_SECONDS]
        nodes, silent = len(current), len(recent_nodes) - len(current)
        if silent or not nodes:
            return Audience(nodes, silent, None, dict.fromkeys(editions))
        total = sum(node.connections for node in current)
        every = sum(node.audience.get(EVERY_EDITION, 0) for node in current)
        counts = {name: every + sum(node.audience.get(name, 0) for node in current) for name in editions}
        return Audience(nodes, silent, total, {**counts})

    def receipts(self, uri: str) -> list[Receipt]:
        """The receipt of each version of the item that a node has reported, the oldest first."""
        return [self._receipt((uri, number)) for number in sorted(self._of_item.get(uri, ()))]

    def since(self, at: float) -> dict[str, list[Receipt]]:
        """The receipts of every item about which a node has reported after `at`."""
        uris = {uri for (uri, _), version in self._versions.items() if version.newest > at}
        return {uri: self.receipts(uri) for uri in uris}

    def outstanding(self) -> int:
        """Connections that were not written the newest correction or withdrawal of some item, at most."""
        newest = {uri: max(numbers) for uri, numbers in self._of_item.items()}
        receipts = (self._receipt(key) for key in newest.items() if key[1] > 1)
        return max((receipt.outstanding or 0 for receipt in receipts), default=0)

    def _recent_nodes(self) -> dict[str, _Node]:
        oldest = self.now - _KNOWN_SECONDS
        return {name: node for name, node in self._nodes.items() if node.newest >= oldest and not node.has_stopped}

    def _receipt(self, key: tuple[str, int]) -> Receipt:
        version = self._versions[key]
        counts = merged(entry.counts for entry in version.entries.values())
        nodes, silent = self._recent_nodes(), []
        if self.now - version.first >= _GRACE_SECONDS:
            # A node that began later has the version in the lists that it sends to joining clients.
            began = ((name, node) for name, node in nodes.items() if node.first < version.first)
            silent = [node for name, node in began if name not in version.entries]
        last = max((entry.last for entry in version.entries.values() if entry.counts), default=None)
        is_change = key[1] > 1
        # Connections of a node that has gone have left.
        outstanding = sum(entry.outstanding for name, entry in version.entries.items() if name in nodes)
        left_count = sum(
            entry.left + (0 if name in nodes else entry.outstanding) for name, entry in version.entries.items()
        )
        outstanding += sum(node.connections for node in silent)
        return Receipt(
            version=key[1],
            written=sum(counts.values()),
            p50=_at_most(quantile(counts, 0.5), last),
            p99=_at_most(quantile(counts, 0.99), last),
            last=last,
            painted=_painted(merged(entry.painted for entry in version.entries.values())),
            outstanding=outstanding if is_change else None,
            left=left_count if is_change else None,
            nodes=len(version.entries),
            silent=len(silent),
        )


def _painted(counts: Counts) -> Painted | None:
    p50, p99 = quantile(counts, 0.5), quantile(counts, 0.99)
    return None if p50 is None or p99 is None else Painted(sum(counts.values()), p50, p99)


def _at_most(time: float | None, last: float | None) -> float | None:
    # A quantile is the upper end of its bucket.
    return time if time is None or last is None else min(time, max(last, 0.0))


def unreported(version: int) -> Receipt:
    """The receipt of a version about which no node has reported."""
    return Receipt(version, None, None, None, None, None, None, None, 0, 0)
