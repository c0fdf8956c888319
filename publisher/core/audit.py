"""The audit's chain: each record holds the hash of the one before it, so that a change to an earlier one is found.

1. The hash of a record is the SHA-256 of its other fields, as one JSON array without spaces.
2. The first record follows `GENESIS`. The head of a chain is the number and the hash of its last record.
3. A person with access to the database can also compute a whole new chain, or cut off its end. Only a head kept
   in another place shows that.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final, Literal

import msgspec

GENESIS: Final = "0" * 64
ACTION: Final = re.compile(r"[a-z][a-z-]{1,39}")
# Of an actor, an object and a value in the details.
_TEXT_LIMIT: Final = 500

_encoder = msgspec.json.Encoder(order="sorted")

FaultKind = Literal["changed", "removed", "moved", "cut off", "another chain"]


class Event(msgspec.Struct, frozen=True):
    """What happened, before it has a place in the chain; `time` in milliseconds since 1970.

    `details` is a JSON object of texts, `content` the SHA-256 of what was published. An intention and its outcome have
    the same `event`.
    """

    time: int
    event: str
    actor: str
    action: str
    object: str
    details: str
    content: str


class Record(Event, frozen=True):
    """An event in its place in the chain."""

    number: int
    previous: str
    hash: str


class Head(msgspec.Struct, frozen=True):
    """The end of a chain."""

    number: int = 0
    hash: str = GENESIS

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with the chain at the record `number`."""

    number: int
    kind: FaultKind


def make_event(
    time: int, event: str, actor: str, action: str, object: str, details: Mapping[str, str], content: bytes = b""
) -> Event:
    """An event with its texts shortened and without control characters; `content` is only hashed.

    Raises `ValueError` for a name of an action that is not lower-case letters and hyphens.
    """
    _check_action(action)
    texts = {key: _text(value) for key, value in details.items()}
    digest = hashlib.sha256(content).hexdigest() if content else ""
    return Event(time, event, _text(actor), action, _text(object), _encoder.encode(texts).decode(), digest)


# There are some 40 of them, and two with each publication.
@cache
def _check_action(action: str) -> None:
    if ACTION.fullmatch(action) is None:
        raise ValueError(f"not the name of an action: {action!r}")


def chained(events: Iterable[Event], head: Head) -> list[Record]:
    """The records of `events`, which follow `head`."""
    records = []
    number, previous = head.number, head.hash
    for event in events:
        number += 1
        fields = (event.time, event.event, event.actor, event.action, event.object, event.details, event.content)
        hash_ = record_hash(number, fields, previous)
        records.append(Record(*fields, number, previous, hash_))
        previous = hash_
    return records


def record_hash(number: int, fields: tuple[int | str, ...], previous: str) -> str:
    """The hash of a record; `fields` are those of its `Event`, in their order."""
    return hashlib.sha256(msgspec.json.encode((number, *fields, previous))).hexdigest()


def chain_faults(records: Iterable[Record], head: Head, trusted: Head | None = None) -> Iterator[Fault]:
    """Every place where `records`, in the order of their numbers, are not the chain that ends with `head`.

    `kept` is an earlier head that was kept in another place.
    """
    end = Head()
    is_kept_found = trusted is None or trusted == end
    for record in records:
        if record.number > end.number + 1:
            yield Fault(end.number + 1, "removed")
        elif record.previous != end.hash:
            yield Fault(record.number, "moved")
        fields = (record.time, record.event, record.actor, record.action, record.object, record.details, record.content)
        if record_hash(record.number, fields, record.previous) != record.hash:
            yield Fault(record.number, "changed")
        # The hash as it is stored: one record that was changed is one fault, and not two.
        end = Head(record.number, record.hash)
        if trusted is not None and trusted.number == end.number:
            is_kept_found = True
            if trusted.hash != end.hash:
                yield Fault(end.number, "another chain")
    if head.number > end.number or not is_kept_found:
        yield Fault(end.number + 1, "cut off")
    elif head != end:
        yield Fault(end.number, "another chain")


def _text(value: str) -> str:
    if len(value) <= _TEXT_LIMIT and value.isascii() and value.isprintable():
        return value
    value = value[:_TEXT_LIMIT]
    return "".join(" " if unicodedata.category(mark) in ("Cc", "Cs", "Zl", "Zp") else mark for mark in value)
