"""Lines that wait for a second person or for their time: every state, and what leads from one to another.

1. A line waits (`waiting`) while it needs an approval, else it is `scheduled`. Only a scheduled line is published.
2. The approval is of one content, at one time; any change asks again. It is never by a person who wrote the content.
3. A bypass publishes without a second person. It needs a reason, which is kept.
4. A line that cannot be published at its time without being stale is `stopped` until a person decides.
5. A line whose publication may have happened already (`uncertain`) is never canceled without looking.
"""

from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec

from publisher.core.approval import Approval, Need
from publisher.core.refusals import ConflictError
from ticker.contract.item import Item
from ticker.contract.sentences import RefusedError
from ticker.contract.text import clean

State = Literal["waiting", "scheduled", "stopped", "published", "refused", "canceled", "expired"]
OPEN_STATES: Final[frozenset[State]] = frozenset({"waiting", "scheduled", "stopped"})
REASON_LIMIT: Final = 300
OPEN_LIMIT: Final = 300
"""The most open lines of one desk."""


class Waiting(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A line that waits; times in seconds since 1970."""

    id: str
    version: int = 1
    state: State
    author: str
    hands: tuple[str, ...]
    """Everyone who wrote its content."""
    request: dict[str, Any]  # Any: JSON, the body of `POST /v1/items` or of an act
    fingerprint: str = ""
    """Of the request that made it, so that a repeat finds it."""
    uri: str | None = None
    """Of the item that an act changes."""
    seen: int | None = None
    """The version that an act follows."""
    uris: tuple[str, ...] = ()
    """Of a first version and its siblings: known before they are stored, so that they are found again."""
    item: Item
    """As it would be published."""
    siblings: tuple[Item, ...] = ()
    """The same news in other editions, published together with it."""
    contents: tuple[str, ...] = ()
    """The content digest of each of them."""
    digest: str
    """Of the contents and the time: what a person approves."""
    note: str | None = None
    created: float
    changed: float
    written: float | None = None
    """When its content was written, or looked at by the person who published it after it was stopped."""
    need: Need | None = None
    expires: float | None = None
    """The end of the wait for an approval."""
    due: float | None = None
    approved_by: str | None = None
    approved_at: float | None = None
    approved_digest: str | None = None
    bypass_reason: str | None = None
    reason: str | None = None
    """Of a refusal."""
    problem: str | None = None
    """The problem type that keeps it from being published."""
    problem_edition: str | None = None
    """The edition of several that the problem is in."""
    uncertain: bool = False
    """An attempt to publish had no answer."""
    is_canceling: bool = False
    """It is to be canceled as soon as its outcome is known."""


def opened(line: Waiting, need: Need | None, now: float, approval_seconds: float) -> Waiting:
    """`line` in its first state."""
    return _with_need(line, need, now, approval_seconds)


def rewritten(
    line: Waiting, new: Waiting, names: Sequence[str], need: Need | None, now: float, approval_seconds: float
) -> Waiting:
    """`line` with the content and time of `new`, as the person with `names` wrote it: an earlier approval is void."""
    _check_state(line, OPEN_STATES)
    if line.uncertain or line.is_canceling:
        raise ConflictError("waiting-uncertain")
    changed = msgspec.structs.replace(
        line,
        request=new.request,
        seen=new.seen,
        uris=new.uris,
        item=new.item,
        siblings=new.siblings,
        contents=new.contents,
        digest=new.digest,
        note=new.note,
        written=now,
        due=new.due,
        hands=tuple(dict.fromkeys((*line.hands, *names))),
        approved_by=None,
        approved_at=None,
        approved_digest=None,
        bypass_reason=None,
        problem=None,
    )
    return _next(_with_need(changed, need, now, approval_seconds), now)


def items_of(line: Waiting) -> tuple[Item, ...]:
    """Everything that is published together, as it would be."""
    return (line.item, *line.siblings)


def missing_editions(line: Waiting) -> list[str]:
    """The editions whose translation has no line yet: it becomes a draft when the others are published."""
    siblings = line.request.get("siblings")
    if line.seen is not None or not isinstance(siblings, list):
        return []
    complete = {item.edition for item in items_of(line)}
    return [sibling["edition"] for sibling in siblings if sibling["edition"] not in complete]


def wrote(line: Waiting, names: Sequence[str]) -> bool:
    """Whether the person with `names`, the own one first, wrote any of `line`, also with another token."""
    return not set(names).isdisjoint(line.hands)


def approved(line: Waiting, names: Sequence[str], digest: str, now: float) -> Waiting:
    """`line` after the person with `names`, whose role is checked elsewhere, approved the content `digest`."""
    _check_waiting(line, digest, now)
    if wrote(line, names):
        raise ConflictError("approval-own")
    return _released(line, names[0], now, None)


def bypassed(line: Waiting, person: str, digest: str, reason: str, now: float) -> Waiting:
    """`line` after `person`, who may be its author, decided to publish it without an approval."""
    _check_waiting(line, digest, now)
    return _released(line, person, now, reason_of(reason))


def refused(line: Waiting, person: str, reason: str, now: float) -> Waiting:
    """`line` after `person` refused it."""
    _check_state(line, frozenset({"waiting"}))
    return _next(msgspec.structs.replace(line, state="refused", reason=reason_of(reason), approved_by=person), now)


def canceled(line: Waiting, now: float) -> Waiting:
    """`line` after a person took it back; while an outcome is unknown, it is to be canceled once that is known."""
    _check_state(line, OPEN_STATES)
    if line.uncertain:
        return _next(msgspec.structs.replace(line, is_canceling=True), now)
    return _next(msgspec.structs.replace(line, state="canceled"), now)


def resumed(line: Waiting, digest: str, now: float) -> Waiting:
    """A stopped `line` after a person decided to publish it now."""
    _check_state(line, frozenset({"stopped"}))
    _check_digest(line, digest)
    return _next(msgspec.structs.replace(line, state="scheduled", due=now, written=now, problem=None), now)


def expired(line: Waiting, now: float) -> Waiting:
    """`line`, or its last state if no approval came in time."""
    if line.state == "waiting" and line.expires is not None and line.expires <= now:
        return _next(msgspec.structs.replace(line, state="expired"), now)
    return line


def attempted(line: Waiting, now: float) -> Waiting:
    """`line` before it is sent to the stream: from here on its outcome is unknown."""
    return _next(msgspec.structs.replace(line, uncertain=True), now)


def published(line: Waiting, now: float) -> Waiting:
    """`line` after the stream stored it, also where it was about to be canceled."""
    return _next(msgspec.structs.replace(line, state="published", uncertain=False, problem=None), now)


def delayed(line: Waiting, problem: str, *, uncertain: bool, now: float, edition: str | None = None) -> Waiting:
    """`line` after an attempt that will be made again."""
    return _next(
        msgspec.structs.replace(line, problem=problem, problem_edition=edition, uncertain=uncertain),
        now,
    )


def stopped(line: Waiting, problem: str, now: float, edition: str | None = None) -> Waiting:
    """`line`, which is not published before a person has decided."""
    state: State = "canceled" if line.is_canceling else "stopped"
    return _next(
        msgspec.structs.replace(line, state=state, problem=problem, problem_edition=edition, uncertain=False), now
    )


def approval_of(line: Waiting) -> Approval | None:
    """The approval that `line` has; it counts for the content that was approved and no other."""
    if line.approved_digest != line.digest or line.approved_by is None:
        return None
    return Approval(frozenset(line.contents), line.approved_by, line.bypass_reason)


def reason_of(reason: str) -> str:
    """A reason that a person gave; raises `RefusedError` for an empty one."""
    try:
        return clean(reason, limit=REASON_LIMIT)
    except RefusedError as refusal:
        raise refusal.at("reason") from None


def _with_need(line: Waiting, need: Need | None, now: float, approval_seconds: float) -> Waiting:
    if need is None:
        return msgspec.structs.replace(line, state="scheduled", need=None, expires=None)
    return msgspec.structs.replace(line, state="waiting", need=need, expires=now + approval_seconds)


def _released(line: Waiting, person: str, now: float, bypass_reason: str | None) -> Waiting:
    due = now if line.due is None else max(line.due, now)
    return _next(
        msgspec.structs.replace(
            line,
            state="scheduled",
            due=due,
            expires=None,
            approved_by=person,
            approved_at=now,
            approved_digest=line.digest,
            bypass_reason=bypass_reason,
        ),
        now,
    )


def _check_waiting(line: Waiting, digest: str, now: float) -> None:
    _check_state(expired(line, now), frozenset({"waiting"}))
    _check_digest(line, digest)


def _check_state(line: Waiting, states: frozenset[State]) -> None:
    if line.state not in states:
        raise ConflictError("not-waiting", state=line.state)


def _check_digest(line: Waiting, digest: str) -> None:
    if line.digest != digest:
        raise ConflictError("approval-changed")


def _next(line: Waiting, now: float) -> Waiting:
    return msgspec.structs.replace(line, version=line.version + 1, changed=now)
