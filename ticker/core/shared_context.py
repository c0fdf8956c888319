"""Compresses a message once for all members of a group that have received the same messages before it.

A client that keeps what it decompressed takes references to it, counted back from its end (RFC 7692, 7.2.3.2). All
members of a group receive the same messages, so one compression serves all that have received the last few in a row,
and the server keeps no window for a connection.

1. A member's first message refers to nothing. After it the member climbs: its *step* is the number of messages in a
   row that it received with the group.
2. A message is compressed at most once for each of `DEPTHS`, the number of earlier messages that it may refer to;
   groups that received the same messages share it.
3. A member that missed a message, or got others in between (it lagged, it changed its filter), begins again at step 0.
4. Messages that are not compressed are outside of this: a client does not keep them.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Generic, TypeVar

from ticker.core.frame import DEFLATE_FROM, WINDOW_BITS, Encoded, Format

# In 4 KiB of window there is no room for more than eight items.
MOST: Final = 8
DEPTHS: Final = (0, 1, 2, 2, 4, 4, 4, 4, MOST)
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

    def add(self, member: M) -> None:
        """Adds a member at step 0."""
        self._steps.setdefault(0, set()).add(member)

    def discard(self, member: M) -> None:
        """Removes a member if it is one."""
        for members in self._steps.values():
            members.discard(member)

    def frames(
        self, messages: Sequence[Encoded], has_received: Callable[[M], bool]
    ) -> list[tuple[tuple[M, ...], bytes]]:
        """Returns who gets which bytes for the group's next messages, and moves the members up.

        Members for which `has_received` have the messages already, by their first message or by catching up: they stay
        at step 0. They are among those that were added after the last call.
        """
        at_start = {member for member in self._steps.get(0, ()) if has_received(member)}
        payloads = tuple(
            payload for payload in (message.payload(self._form) for message in messages) if len(payload) >= DEFLATE_FROM
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
                _merge(self._steps, min(step + len(payloads), MOST), members)
        return result

    def _joined(self, messages: Sequence[Encoded], depth: int) -> bytes:
        """The frames of `messages`, of which the first may refer to the last `depth` messages of the group."""
        before = self._recent[-depth:] if depth else ()
        frames = []
        for message in messages:
            frames.append(message.bytes_after(self._form, before))
            payload = message.payload(self._form)
            if len(payload) >= DEFLATE_FROM:
                before = _newest((*before, payload))
        return b"".join(frames)


def _newest(payloads: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The last of `payloads`: as many as a window holds, the oldest in part."""
    size = count = 0
    for payload in reversed(payloads[-MOST:]):
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
