"""Sessions of the desk page: a random id in a cookie, kept as a hash, for the holder of a token or for a user.

1. A session ends after `idle` seconds without a write, and `total` seconds after its sign-in whatever happens.
2. It ends at once when its token is revoked, or its user is disabled or gets another role or other editions.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, get_args

import msgspec
from sqlalchemy import ColumnElement, bindparam, delete, insert, or_, select, update

from publisher.records.database import Database
from publisher.records.tables.people import SESSIONS, TOKENS, USERS
from publisher.records.tokens import Actor, digest, editions_of

SESSION_SECONDS: Final = 12 * 3600
"""The default of FLASHWIRE_SESSION_HOURS: a shift and its handover."""
IDLE_SECONDS: Final = 2 * 3600
"""The default of FLASHWIRE_SESSION_IDLE_MINUTES."""
# A use is stored once in this time: storing each would cost a commit per publication.
TOUCH_SECONDS: Final = 60.0
_AGENT_LIMIT: Final = 200

Way = Literal["passkey", "password", "recovery", "token", "oidc", "invitation"]
WAYS: Final[tuple[Way, ...]] = get_args(Way)
"""The ways in which a session begins."""

ACTIVE: Final = "active"
"""The state of a user who may sign in."""
IN_FORCE: Final[ColumnElement[bool]] = or_(
    TOKENS.c.revoked.is_(None) & SESSIONS.c.user.is_(None), USERS.c.state == ACTIVE
)
"""Whether the token or user of a session, joined as `JOINED`, is in force."""
JOINED: Final = SESSIONS.outerjoin(TOKENS, SESSIONS.c.name == TOKENS.c.name).outerjoin(
    USERS, SESSIONS.c.user == USERS.c.id
)
_ALL: Final = (
    select(
        SESSIONS, TOKENS.c.role, TOKENS.c.unlimited, TOKENS.c.editions, TOKENS.c.owner,
        USERS.c.name.label("user_name"), USERS.c.role.label("user_role"), USERS.c.editions.label("user_editions"),
    )
    .select_from(JOINED)
    .where(IN_FORCE)
)  # fmt: skip
# Built at import: to build a statement takes longer than to run it.
_BY_HASH: Final = _ALL.where(SESSIONS.c.hash == bindparam("key"))


class Session(msgspec.Struct, frozen=True):
    """One session; times in seconds since 1970."""

    actor: Actor
    id: str
    """Public: it names the session in lists and does not sign in."""
    way: Way
    created: float
    used: float
    expires: float
    """When it ends whatever happens."""
    idle_expires: float
    """When it ends without a further write."""
    address: str = ""
    agent: str = ""

    @property
    def ends(self) -> float:
        """When it ends without a further write, or whatever happens: the earlier time."""
        return min(self.expires, self.idle_expires)


class Sessions:
    """The sessions in the desk's database; `clock` gives seconds since 1970. Every method raises `DatabaseError`."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float] = time.time,
        *,
        total: float = SESSION_SECONDS,
        idle: float = IDLE_SECONDS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._total = total
        self._idle = idle

    def open(self, name: str) -> str:
        """Starts a session for the holder of the token `name`, and returns its id."""
        return self.start(Actor(name, "reporter"), "token")

    def start(self, actor: Actor, way: Way, *, address: str = "", agent: str = "", replaces: Sequence[str] = ()) -> str:
        """Starts a session for `actor` and returns its secret id; ends the sessions `replaces` and expired ones."""
        session = secrets.token_urlsafe(32)
        now = self._clock()
        row = {"hash": digest(session), "id": secrets.token_urlsafe(9), "way": way, "created": now, "used": now}
        row |= {"name": None, "user": actor.user} if actor.user else {"name": actor.name}
        row |= {"expires": now + self._total, "address": address, "agent": agent[:_AGENT_LIMIT]}
        with self._database.begin() as connection:
            is_over = [SESSIONS.c.expires <= now, SESSIONS.c.used <= now - self._idle]
            is_over += [SESSIONS.c.hash.in_([digest(secret) for secret in replaces])]
            connection.execute(delete(SESSIONS).where(or_(*is_over)))
            connection.execute(insert(SESSIONS).values(row))
            if actor.user:
                connection.execute(update(USERS).where(USERS.c.id == actor.user).values(signed_in=now))
        return session

    def holder(self, session: str) -> Actor | None:
        """The holder of `session`; None if it ended, or its token or user is not in force."""
        session_row = self.find(digest(session))
        return session_row.actor if session_row else None

    def find(self, key: bytes) -> Session | None:
        """The session with that `digest`; None if it ended, or its token or user is not in force."""
        cache: dict[bytes, Session] | None = self._database.cache(SESSIONS)
        session = None if cache is None else cache.get(key)
        if session is None:
            row = self._database.row(_BY_HASH, key)
            if row is None:
                return None
            session = self._session(row)
            if cache is not None:
                cache[key] = session
        return session if session.ends > self._clock() else None

    def touch(self, key: bytes, *, at_least: float = 0.0) -> None:
        """Stores that the session was used now, unless it was used less than `at_least` seconds ago."""
        now = self._clock()
        with self._database.begin() as connection:
            connection.execute(
                update(SESSIONS)
                .where(SESSIONS.c.hash == key, SESSIONS.c.used > now - self._idle, SESSIONS.c.used <= now - at_least)
                .values(used=now)
            )

    def close(self, session: str) -> None:
        """Ends a session."""
        with self._database.begin() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.hash == digest(session)))

    def of_user(self, user: str) -> list[Session]:
        """The sessions of a user that have not ended, the newest first."""
        now = self._clock()
        with self._database.connect() as connection:
            rows = connection.execute(_ALL.where(SESSIONS.c.user == user).order_by(SESSIONS.c.created.desc())).all()
        return [session for session in map(self._session, rows) if session.ends > now]

    def close_of_user(self, user: str, *, session: str | None = None, keep: str | None = None) -> int:
        """Ends the session with the public id `session` of a user, or all of his but `keep`; returns how many."""
        query = delete(SESSIONS).where(SESSIONS.c.user == user)
        if session is not None:
            query = query.where(SESSIONS.c.id == session)
        if keep is not None:
            query = query.where(SESSIONS.c.id != keep)
        with self._database.begin() as connection:
            return connection.execute(query).rowcount

    def _session(self, row: Any) -> Session:  # Any: a row of `_ALL`
        if row.user:
            actor = Actor(row.user_name, row.user_role, False, editions_of(row.user_editions), "user", row.user)
        else:
            actor = Actor(row.name, row.role, bool(row.unlimited), editions_of(row.editions), owner=row.owner)
        idle_expires = row.used + self._idle
        return Session(actor, row.id, row.way, row.created, row.used, row.expires, idle_expires, row.address, row.agent)
