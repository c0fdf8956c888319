"""The lines that wait for a second person or for their time, in the desk's database.

A desk claims a line before it publishes it: one statement, so that of two desks one gets it. A claim ends by itself, so
that the line of a desk that was killed is taken over.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update

from publisher.core.refusals import ConflictError
from publisher.core.waiting import OPEN_LIMIT, OPEN_STATES, State, Waiting
from publisher.records.changes import Changes
from publisher.records.database import Database
from publisher.records.tables.flow import WAITING

CLAIM_SECONDS: Final = 5.0
"""A publication takes 4 s at most."""
_TOPICS: Final = ("approvals", "schedule")


class WaitingStaleError(Exception):
    """Another person or desk changed the line first, or is publishing it now."""


class WaitingLines:
    """The waiting lines. Every method blocks and raises `DatabaseError`."""

    def __init__(self, database: Database, changes: Changes) -> None:
        self._database = database
        self._changes = changes

    def add(self, line: Waiting) -> Waiting:
        """Adds a line; the one that has this id already, if there is one. Raises `ConflictError`: too many."""
        with self._database.begin() as connection:
            stored = connection.execute(select(WAITING.c.content).where(WAITING.c.id == line.id)).scalar()
            if stored is not None:
                return _decode(stored)
            is_open = WAITING.c.state.in_(OPEN_STATES)
            if connection.execute(select(func.count()).select_from(WAITING).where(is_open)).scalar_one() >= OPEN_LIMIT:
                raise ConflictError("waiting-many", limit=OPEN_LIMIT)
            connection.execute(insert(WAITING).values(_row(line)))
            self._changes.touch(connection, *_TOPICS)
        return line

    def find(self, line_id: str) -> Waiting | None:
        """The line with this id."""
        with self._database.connect() as connection:
            stored = connection.execute(select(WAITING.c.content).where(WAITING.c.id == line_id)).scalar()
        return None if stored is None else _decode(stored)

    def in_states(self, states: Iterable[State]) -> list[Waiting]:
        """The lines in these states: the earliest due first, then the oldest."""
        query = select(WAITING.c.content).where(WAITING.c.state.in_(tuple(states)))
        with self._database.connect() as connection:
            lines = [_decode(content) for content in connection.execute(query).scalars()]
        return sorted(lines, key=lambda line: (line.due or line.created, line.id))

    def replace(self, line: Waiting, now: float, *, claimant: str | None = None, keep_claim: bool = False) -> None:
        """Stores the version after the stored one, and ends a claim unless `keep_claim`.

        Raises `WaitingStaleError` where another version is stored, or another desk than `claimant` has claimed it.
        """
        values = _row(line) | ({} if keep_claim else {"claimed_by": None, "claimed_until": None})
        is_mine = or_(_is_free(now), WAITING.c.claimed_by == claimant)
        with self._database.begin() as connection:
            previous = (WAITING.c.id == line.id) & (WAITING.c.version == line.version - 1)
            if not connection.execute(update(WAITING).where(previous, is_mine).values(values)).rowcount:
                raise WaitingStaleError
            self._changes.touch(connection, *_TOPICS)

    def overview(self) -> tuple[dict[State, int], dict[str, float]]:
        """How many lines are in each open state, and the time of every scheduled line by its id."""
        query = select(WAITING.c.id, WAITING.c.state, WAITING.c.due).where(WAITING.c.state.in_(OPEN_STATES))
        counts: dict[State, int] = dict.fromkeys(OPEN_STATES, 0)
        due = {}
        with self._database.connect() as connection:
            for line, state, time in connection.execute(query):
                counts[state] += 1
                if state == "scheduled":
                    due[line] = time or 0.0
        return counts, due

    def claim(self, line_id: str, claimant: str, now: float) -> Waiting | None:
        """The line, which only `claimant` may publish for `CLAIM_SECONDS`; None if another desk has it."""
        values = {"claimed_by": claimant, "claimed_until": now + CLAIM_SECONDS}
        is_free = or_(_is_free(now), WAITING.c.claimed_by == claimant)
        with self._database.begin() as connection:
            scheduled = (WAITING.c.id == line_id) & (WAITING.c.state == "scheduled")
            claimed = update(WAITING).where(scheduled, is_free).values(values).returning(WAITING.c.content)
            content = connection.execute(claimed).scalar()
        return None if content is None else _decode(content)

    def release(self, line_id: str, claimant: str) -> None:
        """Ends a claim without a change."""
        mine = (WAITING.c.id == line_id) & (WAITING.c.claimed_by == claimant)
        with self._database.begin() as connection:
            connection.execute(update(WAITING).where(mine).values(claimed_by=None, claimed_until=None))

    def remove_closed(self, until: float) -> None:
        """Deletes the lines that nothing will become of since `before`."""
        is_closed = WAITING.c.state.not_in(OPEN_STATES)
        with self._database.begin() as connection:
            connection.execute(delete(WAITING).where(is_closed, WAITING.c.changed < until))


def _is_free(now: float) -> ColumnElement[bool]:
    """No desk has claimed the line; a claim that ends too far ahead is from before the clock was set back."""
    until = WAITING.c.claimed_until
    return or_(until.is_(None), until <= now, until > now + CLAIM_SECONDS)


def _row(line: Waiting) -> dict[str, Any]:  # Any: the columns' types
    return {
        "id": line.id,
        "version": line.version,
        "state": line.state,
        "edition": line.item.edition,
        "due": line.due,
        "content": msgspec.json.encode(line).decode(),
        "changed": line.changed,
    }


def _decode(content: str) -> Waiting:
    return msgspec.json.decode(content, type=Waiting)
