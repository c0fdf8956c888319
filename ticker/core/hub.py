"""Groups the subscribers of a node by what they asked for, and turns entries into deliveries to them.

A member is whatever the caller keeps for a client; the hub never touches a connection. Joining and publishing are
plain calls without `await`, so that no entry can come between a member's replay and its live entries.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Final, Generic, NamedTuple, TypeVar

from ticker.contract.entry import Entry
from ticker.core.backlog import Backlog
from ticker.core.filter import Filter, meets_any, needs_of
from ticker.core.frame import ALONE, GZIP, Encoded, Format
from ticker.core.shared_context import IntervalMembers, SharedMembers

M = TypeVar("M")
# Iterating over an Enum looks up each member: 2.5 µs per group, and there may be hundreds.
FORMATS: Final = tuple(Format)
# Matches between two chances for the caller to do other work: 2 ms if every group has its own filter.
MATCHES_PER_STEP: Final = 2_000
# Groups whose deliveries are made before the first of them is written: 3 ms at most.
MERGED_GROUPS: Final = 128


class Group(Generic[M]):
    """All members with the same filter, by format."""

    __slots__ = ("filter", "members", "needs")

    def __init__(self, filter: Filter) -> None:
        self.filter = filter
        self.needs = needs_of(filter)
        self.members: tuple[set[M] | SharedMembers[M] | IntervalMembers[M], ...] = tuple(map(_no_members, FORMATS))

    def __len__(self) -> int:
        return sum(map(len, self.members))


class Delivery(NamedTuple, Generic[M]):
    """The same bytes for several members; the caller writes them once per connection."""

    members: tuple[M, ...]
    """The members when the delivery was made; joins and leaves during the write do not change it."""
    data: bytes
    entries: int
    encoded: Sequence[Encoded] = ()
    """The entries, where they are entries of the stream."""


class Hub(Generic[M]):
    """All groups of one node."""

    def __init__(self, backlog: Backlog) -> None:
        self._backlog = backlog
        self.groups: dict[Filter, Group[M]] = {}
        self.count = 0
        """The number of members. Every join needs it, and to add it up would cost 1 µs per group."""

    def __len__(self) -> int:
        return self.count

    def join(self, member: M, filter: Filter, form: Format, interval: int = 0) -> Group[M]:
        """Adds `member`, which from now on is in every delivery of its group.

        `interval` is that of its heartbeats, if it chose one (`ticker.node.heartbeats`).
        """
        group = self.groups.get(filter)
        if group is None:
            group = self.groups[filter] = Group(filter)
        members = group.members[form]
        self.count -= len(members)
        if isinstance(members, IntervalMembers):
            members.add(member, interval)
        else:
            members.add(member)
        self.count += len(members)
        return group

    def leave(self, member: M, group: Group[M], form: Format) -> None:
        """Removes `member`, and its group if that is empty."""
        members = group.members[form]
        self.count -= len(members)
        members.discard(member)
        self.count += len(members)
        if not len(group) and self.groups.get(group.filter) is group:
            del self.groups[group.filter]

    def restart(self, member: M, group: Group[M], form: Format) -> None:
        """Notes that `member` got compressed messages that the others of its group did not get at this place."""
        members = group.members[form]
        if not isinstance(members, set):
            members.restart(member)

    # The methods below copy groups and members into tuples: members join and leave while others are written to.

    def deliveries(
        self, arrived: Sequence[tuple[Entry, Encoded]], has_received: Callable[[M], bool] = lambda member: False
    ) -> Iterator[Delivery[M]]:
        """Yields, for each group and format, the entries that match it: one write per connection, in stream order.

        Members of several groups that get the same bytes of one entry are in one delivery. The caller skips the members
        for which `has_received`: they have the entries by another way. Also yields an empty delivery after every
        `MATCHES_PER_STEP`, so that the caller can do other work even when thousands of groups match nothing.
        """
        # The terms of an entry are the same for all groups.
        terms = [(self._backlog.terms(entry), encoded) for entry, encoded in arrived]
        matched = 0
        unsent: list[Delivery[M]] = []
        group_count = 0
        for group in tuple(self.groups.values()):
            chosen = [encoded for versions, encoded in terms if meets_any(group.needs, versions)]
            if chosen and len(arrived) == 1:
                unsent += _of_group(group, chosen, has_received)
                group_count += 1
                if group_count == MERGED_GROUPS:
                    yield from _merge(unsent)
                    unsent, group_count = [], 0
            elif chosen:
                yield from _of_group(group, chosen, has_received)
            matched += len(arrived)
            if matched >= MATCHES_PER_STEP:
                matched = 0
                yield Delivery((), b"", 0)
        yield from _merge(unsent)

    def canary_deliveries(
        self, encoded: Encoded, has_received: Callable[[M], bool] = lambda member: False
    ) -> Iterator[Delivery[M]]:
        """Yields the deliveries of a canary, which goes only to groups that ask for canaries by name."""
        for group in tuple(self.groups.values()):
            if group.filter.canary:
                yield from _of_group(group, [encoded], has_received)

    def broadcast(
        self, encoded: Encoded, has_received: Callable[[M], bool] = lambda member: False, interval: int | None = None
    ) -> Iterator[Delivery[M]]:
        """Yields the deliveries of one message to all members, whatever their filters.

        With `interval`, members of shared event streams that chose another one are left out.
        """
        unsent: list[Delivery[M]] = []
        for _filter, form, members in self.groups_by_format():
            if form is not Format.SSE_SHARED:
                unsent.append(Delivery(members, encoded.bytes_for(form), 1))
            if len(unsent) == MERGED_GROUPS:
                yield from _merge(unsent)
                unsent = []
        yield from _merge(unsent)
        yield from self.broadcast_to_streams(encoded, has_received, interval)

    def broadcast_to_streams(
        self, encoded: Encoded, has_received: Callable[[M], bool], interval: int | None
    ) -> Iterator[Delivery[M]]:
        """Yields the part of `broadcast` for shared event streams, whose clients keep the message."""
        for group in tuple(self.groups.values()):
            members = group.members[Format.SSE_SHARED]
            if members and isinstance(members, IntervalMembers):
                for group_members, data in members.frames([encoded], has_received, interval):
                    yield Delivery(group_members, data, 1)

    def groups_by_format(self) -> Iterator[tuple[Filter, Format, tuple[M, ...]]]:
        """Yields the members that share both a filter and a format."""
        for group in tuple(self.groups.values()):
            for form, members in zip(FORMATS, group.members, strict=True):
                if members:
                    yield group.filter, form, tuple(members)

    def members(self) -> list[M]:
        """Returns all members in a new list, so that members may leave during an iteration."""
        return [member for group in self.groups.values() for members in group.members for member in members]


def _of_group(group: Group[M], chosen: Sequence[Encoded], has_received: Callable[[M], bool]) -> Iterator[Delivery[M]]:
    for form, members in zip(FORMATS, group.members, strict=True):
        if not members:
            continue
        if not isinstance(members, set):
            for group_members, data in members.frames(chosen, has_received):
                yield Delivery(group_members, data, len(chosen), chosen)
        else:
            data = b"".join([encoded.bytes_for(form) for encoded in chosen])
            yield Delivery(tuple(members), data, len(chosen), chosen)


def _merge(deliveries: Sequence[Delivery[M]]) -> Iterator[Delivery[M]]:
    """Yields `deliveries` of one message; those with the same bytes are one.

    The order of a set of members follows their addresses, and so those of their sockets. A round that goes through the
    memory once takes less CPU than one that does so for each filter (docs/performance/gains.md).
    """
    by_bytes: dict[int, list[Delivery[M]]] = {}
    for delivery in deliveries:
        by_bytes.setdefault(id(delivery.data), []).append(delivery)
    for first, *others in by_bytes.values():
        if others:
            members = set(chain(first.members, *(other.members for other in others)))
            yield Delivery(tuple(members), first.data, first.entries, first.encoded)
        else:
            yield first


def _no_members(form: Format) -> set[M] | SharedMembers[M] | IntervalMembers[M]:
    if form not in ALONE:
        return set()
    return IntervalMembers(form) if form in GZIP else SharedMembers(form)
