"""Compresses a message once for all members of a group that have received the same messages before it.

A client that keeps what it decompressed takes references to it, counted back from its end (RFC 7692, 7.2.3.2). All
members of a group receive the same messages, so one compression serves all that have received the last few in a row,
and the server keeps no window for a connection.

1. A member's first message refers to nothing. After it the member climbs: its *step* is the number of messages in a
   row that it received with the group.
2. A message is compressed at most once for each of `DEPTHS`, the number of earlier messages that it may refer to;
   groups that received the same messages share it.
3. A member that missed a message, or got others in between (it lagged, it changed its filter), begins again at step 0.
4. A WebSocket client does not keep messages that are not compressed. A gzip stream is one text, so its clients keep all
   of it. Heartbeats are in it, too, and members with another heartbeat interval receive other messages.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Generic, TypeVar

from ticker.core.frame import DEFLATE_FROM, GZIP, WINDOW_BITS, Encoded, Format

# In 4 KiB of window there is no room for more than eight items.
DEPTH_LIMIT: Final = 8
DEPTHS: Final = (0, 1, 2, 2, 4, 4, 4, 4, DEPTH_LIMIT)
"""To how many earlier messages a message may refer, by the step of the member."""

M = TypeVar("M")


class SharedMembers(Generic[M]):
    """The members of one group with one shared format; to be used like the set of members of another format."""

    __slots__ = ("_form", "_recent", "_steps")

    def __init__(self, form: Format) -> None:
        self._form = form
        self._recent: tuple[bytes, ...] = ()
        """The payloads of the group's last compressed messages, the newest last."""
        self._steps: dict[int, set[M]] = {}
        """Members by step; the highest has all members with that many messages or more."""

    def __len__(self) -> int:
        return sum(map(len, self._steps.values()))

    def __iter__(self) -> Iterator[M]:
        for members in self._steps.values():
            yield from members

    def __contains__(self, member: M) -> bool:
        return any(member in members for members in self._steps.values())

    def add(self, member: M) -> None:
        """Adds a member at step 0."""
        self._steps.setdefault(0, set()).add(member)

    def discard(self, member: M) -> None:
        """Removes a member if it is one."""
        for members in self._steps.values():
            members.discard(member)

    def restart(self, member: M) -> None:
        """Moves a member to step 0."""
        self.discard(member)
        self.add(member)

    def frames(
        self, messages: Sequence[Encoded], has_received: Callable[[M], bool]
    ) -> list[tuple[tuple[M, ...], bytes]]:
        """Returns who gets which bytes for the group's next messages, and moves the members up.

        Members for which `has_received` have the messages already, by their first message or by catching up: they stay
        at step 0. They are among those that were added after the last call.
        """
        at_start = {member for member in self._steps.get(0, ()) if has_received(member)}
        payloads = tuple(
            payload for payload in (message.payload(self._form) for message in messages) if self._is_kept(payload)
        )
        receivers = {step: members - at_start if step == 0 else members for step, members in self._steps.items()}
        by_depth: dict[int, list[M]] = {}
        for step, members in receivers.items():
            if members:
                by_depth.setdefault(DEPTHS[step], []).extend(members)
        result = [(tuple(members), self._joined(messages, depth)) for depth, members in by_depth.items()]
        # Nothing below fails, so that no member is at two steps.
        self._recent = _newest((*self._recent, *payloads))
        self._steps = {0: at_start} if at_start else {}
        for step, members in receivers.items():
            if members:
                _merge(self._steps, min(step + len(payloads), DEPTH_LIMIT), members)
        return result

    def _joined(self, messages: Sequence[Encoded], depth: int) -> bytes:
        """The frames of `messages`, of which the first may refer to the last `depth` messages of the group."""
        context = self._recent[-depth:] if depth else ()
        frames = []
        for message in messages:
            frames.append(message.bytes_after(self._form, context))
            payload = message.payload(self._form)
            if self._is_kept(payload):
                context = _newest((*context, payload))
        return b"".join(frames)

    def _is_kept(self, payload: bytes) -> bool:
        """Whether a client keeps `payload`, so that later messages may refer to it."""
        return self._form in GZIP or len(payload) >= DEFLATE_FROM


class IntervalMembers(Generic[M]):
    """The members of one group whose form is a gzip stream, by the heartbeat interval that they chose."""

    __slots__ = ("_form", "_members")

    def __init__(self, form: Format) -> None:
        self._form = form
        self._members: dict[int, SharedMembers[M]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._members.values()))

    def __iter__(self) -> Iterator[M]:
        for members in self._members.values():
            yield from members

    def add(self, member: M, interval: int = 0) -> None:
        """Adds a member at step 0; it gets the heartbeats of `interval`."""
        members = self._members.get(interval)
        if members is None:
            members = self._members[interval] = SharedMembers(self._form)
        members.add(member)

    def discard(self, member: M) -> None:
        """Removes a member if it is one."""
        for interval, members in tuple(self._members.items()):
            members.discard(member)
            if not members:
                del self._members[interval]

    def restart(self, member: M) -> None:
        """Moves a member to step 0."""
        for members in self._members.values():
            if member in members:
                members.restart(member)

    def frames(
        self, messages: Sequence[Encoded], has_received: Callable[[M], bool], interval: int | None = None
    ) -> list[tuple[tuple[M, ...], bytes]]:
        """Returns what `SharedMembers.frames` does, for all members or those of one interval."""
        chosen = self._members.values() if interval is None else filter(None, [self._members.get(interval)])
        return [delivery for members in chosen for delivery in members.frames(messages, has_received)]


def _newest(payloads: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The last of `payloads`: as many as a window holds, the oldest in part."""
    size = count = 0
    for payload in reversed(payloads[-DEPTH_LIMIT:]):
        count += 1
        size += len(payload)
        if size >= 1 << WINDOW_BITS:
            break
    return payloads[len(payloads) - count :]


def _merge(steps: dict[int, set[M]], step: int, members: set[M]) -> None:
    """Adds `members` to the set of `step`; the smaller set is copied into the larger."""
    present = steps.get(step)
    if present is None:
        steps[step] = members
    elif len(present) < len(members):
        members |= present
        steps[step] = members
    else:
        present |= members
