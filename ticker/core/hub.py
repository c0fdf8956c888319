"""The hub: who listens to what; it judges each entry once per group and never touches a connection.

Members are whatever the shell keeps per client; they are grouped by what they asked for and how they want it.
Joining and publishing are plain calls without `await`, so nothing can come between a replay and what is live.
"""

from collections.abc import Iterator, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

from ticker.contract.entry import Entry
from ticker.core.backlog import Backlog
from ticker.core.filter import Filter, meets_any, needs_of
from ticker.core.frame import Encoded, Format

M = TypeVar("M")
# Walking an Enum looks each member up: 2.5 µs a group where there are hundreds.
FORMATS: Final = tuple(Format)
# Judgements between two chances for the caller to do something else: 2 ms where every group asks for something else.
JUDGED: Final = 2_000


class Group(Generic[M]):
    """All who asked for the same thing, by the format they want it in."""

    __slots__ = ("members", "needs", "wanted")

    def __init__(self, wanted: Filter) -> None:
        self.wanted = wanted
        self.needs = needs_of(wanted)
        self.members: tuple[set[M], ...] = tuple(set() for _ in Format)

    def __len__(self) -> int:
        return sum(map(len, self.members))


class Delivery(NamedTuple, Generic[M]):
    """The same bytes for each of `members`: what the shell writes, once a connection."""

    members: tuple[M, ...]
    """As they were when the delivery was made; who joins or leaves while it is written does not change it."""
    data: bytes
    entries: int


class Hub(Generic[M]):
    """All groups of one node."""

    def __init__(self, backlog: Backlog) -> None:
        self._backlog = backlog
        self.groups: dict[Filter, Group[M]] = {}
        self.count = 0
        """How many members there are. Every join asks: added up anew it would cost 1 µs for each group."""

    def __len__(self) -> int:
        return self.count

    def join(self, member: M, wanted: Filter, form: Format) -> Group[M]:
        """Adds `member`; from now on every delivery of its group is its own."""
        group = self.groups.get(wanted)
        if group is None:
            group = self.groups[wanted] = Group(wanted)
        members = group.members[form]
        self.count -= len(members)
        members.add(member)
        self.count += len(members)
        return group

    def leave(self, member: M, group: Group[M], form: Format) -> None:
        """Removes `member`; a group that nobody is in is forgotten."""
        members = group.members[form]
        self.count -= len(members)
        members.discard(member)
        self.count += len(members)
        if not len(group) and self.groups.get(group.wanted) is group:
            del self.groups[group.wanted]

    # Tuples below: members join and leave while others are written to, and may bring or take their groups with them.

    def deliveries(self, arrived: Sequence[tuple[Entry, Encoded]]) -> Iterator[Delivery[M]]:
        """What entries that came together make for each group and format: one write a connection, in stream order.

        Now and then a delivery to nobody: groups that get nothing are judged, too, and there may be thousands.
        """
        # Looked up once for all groups.
        terms = [(self._backlog.terms(entry), encoded) for entry, encoded in arrived]
        judged = 0
        for group in tuple(self.groups.values()):
            chosen = [encoded for versions, encoded in terms if meets_any(group.needs, versions)]
            if chosen:
                yield from _of_group(group, chosen)
            judged += len(arrived)
            if judged >= JUDGED:
                judged = 0
                yield Delivery((), b"", 0)

    def canary(self, encoded: Encoded) -> Iterator[Delivery[M]]:
        """A line that proves the way: for those alone who asked for it by name."""
        for group in tuple(self.groups.values()):
            if group.wanted.canary:
                yield from _of_group(group, [encoded])

    def everyone(self, encoded: Encoded) -> Iterator[Delivery[M]]:
        """One message for all, whatever they asked for."""
        for _wanted, form, members in self.crowds():
            yield Delivery(members, encoded.bytes_for(form), 1)

    def crowds(self) -> Iterator[tuple[Filter, Format, tuple[M, ...]]]:
        """Those who asked for the same and want it in the same format, crowd by crowd."""
        for group in tuple(self.groups.values()):
            for form, members in zip(FORMATS, group.members, strict=True):
                if members:
                    yield group.wanted, form, tuple(members)

    def members(self) -> list[M]:
        """Everyone, as a list of its own: members may leave while it is walked."""
        return [member for group in self.groups.values() for members in group.members for member in members]


def _of_group(group: Group[M], chosen: Sequence[Encoded]) -> Iterator[Delivery[M]]:
    for form, members in zip(FORMATS, group.members, strict=True):
        if members:
            data = b"".join([encoded.bytes_for(form) for encoded in chosen])
            yield Delivery(tuple(members), data, len(chosen))
