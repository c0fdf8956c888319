"""Counts, for each new entry, how many connections were written it and how long that took.

1. A round counts its members anyway; this adds up those counts after each of its steps. Nothing is done per member.
2. Of a change to an item, members that the round could not write to (they lag) are looked at once a second until they
   have caught up or left.
3. An entry is reported for `REPORT_SECONDS`, and a change until no open connection is without it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Generic, Protocol, TypeVar

from ticker.contract.cursor import Cursor
from ticker.contract.entry import Entry
from ticker.contract.receipt import Counts, EntryReport, bucket_of
from ticker.core.frame import Encoded
from ticker.core.hub import Delivery

REPORT_SECONDS: Final = 60.0
# A flood of entries is not reported in full: the newest ones are.
ENTRY_LIMIT: Final = 200
# Half a millisecond.
LOOKS_PER_STEP: Final = 1000


class Reader(Protocol):
    """What receipts need of a member."""

    @property
    def is_open(self) -> bool:
        """Whether it is connected."""

    @property
    def position(self) -> Cursor:
        """The newest entry that it was written."""


M = TypeVar("M", bound=Reader)


class Progress(Protocol[M]):
    """What receipts need of the rounds: numbers that only grow, and the members that the round could not write to."""

    reached: int
    skipped: int
    missed: list[M]


class _Receipt(Generic[M]):
    """The counts of one entry."""

    __slots__ = (
        "counts", "cursor", "expected", "is_change", "is_changed", "last", "left", "painted", "published",
        "report_until", "waiting",
    )  # fmt: skip

    def __init__(self, entry: Entry, report_until: float, expected: int) -> None:
        self.cursor = entry.cursor
        self.is_change = entry.item.version > 1
        """Whether it follows an earlier version: a correction or withdrawal that readers must get."""
        self.published = entry.added
        self.report_until = report_until
        self.counts: Counts = {}
        self.painted: Counts = {}
        self.expected = expected
        """Members that the round has not come to; at its begin all members, since their filters are not known yet."""
        self.waiting: set[M] = set()
        self.left = 0
        self.last = 0.0
        self.is_changed = True

    def count(self, members: int, now: float) -> None:
        """Counts members that were written the entry at `now`."""
        # Two clocks: that of Redis and this one.
        self.last = max(self.last, now - self.published)
        bucket = bucket_of(now - self.published)
        self.counts[bucket] = self.counts.get(bucket, 0) + members


class Receipts(Generic[M]):
    """The receipts of one node; `wall` returns seconds since 1970, `steady` measures durations."""

    def __init__(self, progress: Progress[M], wall: Callable[[], float], steady: Callable[[], float]) -> None:
        self._progress = progress
        self._wall = wall
        self._steady = steady
        self._receipts: dict[tuple[str, int], _Receipt[M]] = {}
        self._current: Sequence[_Receipt[M]] = ()
        self._seen = (0, 0, 0)
        self.on_news: Callable[[], None] = lambda: None
        """Called when there is something to report."""

    def counted(
        self, news: Sequence[tuple[Entry, Encoded]], deliveries: Iterator[Delivery[M]], members: int
    ) -> Iterator[Delivery[M]]:
        """Yields `deliveries`, which are those of a round with `news`, and counts who was written them."""
        now = self._steady()
        receipts: dict[int, _Receipt[M]] = {}
        for entry, encoded in news[-ENTRY_LIMIT:]:
            receipt = _Receipt[M](entry, now + REPORT_SECONDS, members)
            receipts[id(encoded)] = self._receipts[entry.item.uri, entry.item.version] = receipt
        while len(self._receipts) > ENTRY_LIMIT:
            self._forget(next(iter(self._receipts)))
        progress = self._progress
        self._seen = (progress.reached, progress.skipped, len(progress.missed))
        # Of a round with one entry every delivery has that entry.
        is_one = len(news) == 1
        if is_one:
            self._current = tuple(receipts.values())
        self.on_news()
        try:
            for delivery in deliveries:
                if not is_one:
                    self._current = [receipts[id(encoded)] for encoded in delivery.encoded if id(encoded) in receipts]
                yield delivery
                if not is_one:
                    self.note()
        finally:
            self.note()
            self._current = ()
            for receipt in receipts.values():
                receipt.expected = 0
                receipt.is_changed = True

    def recovered(self, epoch: str, entries: Sequence[Entry], members: Sequence[M]) -> None:
        """Begins receipts of `entries`, which `members` get one by one; forgets those of another epoch."""
        for key, receipt in list(self._receipts.items()):
            if receipt.cursor.epoch != epoch:
                self._forget(key)
        until, oldest = self._steady() + REPORT_SECONDS, self._wall() - REPORT_SECONDS
        for entry in entries[-ENTRY_LIMIT:]:
            if entry.added >= oldest:
                receipt = _Receipt[M](entry, until, 0)
                if receipt.is_change:
                    receipt.waiting.update(members)
                self._receipts[entry.item.uri, entry.item.version] = receipt
        self.on_news()

    def note(self) -> None:
        """Adds what the round has written since the last call to the entries that it is writing."""
        progress = self._progress
        reached, skipped, missed = self._seen
        self._seen = (progress.reached, progress.skipped, len(progress.missed))
        reached_now = progress.reached - reached
        passed = reached_now + progress.skipped - skipped + len(progress.missed) - missed
        if not passed:
            return
        now = self._wall()
        for receipt in self._current:
            receipt.expected = max(0, receipt.expected - passed)
            receipt.is_changed = True
            if reached_now:
                receipt.count(reached_now, now)
            if receipt.is_change and len(progress.missed) > missed:
                receipt.waiting.update(progress.missed[missed:])

    def changes(self) -> list[EntryReport]:
        """What has changed since the last call; forgets entries that were reported for long enough."""
        now = self._steady()
        entries = []
        for key, receipt in list(self._receipts.items()):
            if receipt.is_changed:
                receipt.is_changed = False
                last, outstanding = round(receipt.last, 4), len(receipt.waiting) + receipt.expected
                painted = dict(receipt.painted)
                entries.append(EntryReport(*key, dict(receipt.counts), last, outstanding, receipt.left, painted))
            elif now > receipt.report_until and not receipt.waiting:
                self._forget(key)
        return entries

    def paint(self, uri: str, version: int, seconds: float) -> float | None:
        """Counts a page that painted a version `seconds` after its publication; the time that was counted, or None.

        None: the version is not reported any more. It was not painted after now, whatever the page's clock says.
        """
        receipt = self._receipts.get((uri, version))
        if receipt is None:
            return None
        seconds = max(0.0, min(seconds, self._wall() - receipt.published))
        bucket = bucket_of(seconds)
        receipt.painted[bucket] = receipt.painted.get(bucket, 0) + 1
        receipt.is_changed = True
        return seconds

    def report_again(self, entries: Iterable[EntryReport]) -> None:
        """Takes back `entries`, which could not be reported."""
        for entry in entries:
            if receipt := self._receipts.get((entry.uri, entry.version)):
                receipt.is_changed = True

    def look(self) -> Iterator[None]:
        """Sees which of the members that lagged have caught up or left; yields after every `LOOKS_PER_STEP`."""
        looks = 0
        for receipt in list(self._receipts.values()):
            for member in list(receipt.waiting):
                looks += 1
                if looks % LOOKS_PER_STEP == 0:
                    yield
                if member.is_open:
                    position = member.position
                    if position.epoch != receipt.cursor.epoch or position.seq < receipt.cursor.seq:
                        continue
                    receipt.count(1, self._wall())
                else:
                    receipt.left += 1
                receipt.waiting.discard(member)
                receipt.is_changed = True

    @property
    def is_active(self) -> bool:
        """Whether any entry is still reported."""
        return bool(self._receipts)

    def _forget(self, key: tuple[str, int]) -> None:
        del self._receipts[key]
