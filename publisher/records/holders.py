"""Looks up the holders of tokens and sessions, and remembers them for a time without the database.

1. While the database answers, it alone decides: a revocation counts from the next request on, at every desk.
2. The memory has only holders that this process has looked up. `refresh`, called every second, removes those whose
   token or session is no longer in force.
3. `recall` is for the acts that take news back, and for reading what they need. Nothing else may use it.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import msgspec
from sqlalchemy import select, union_all

from publisher.records.database import Database
from publisher.records.errors import DatabaseError
from publisher.records.sessions import IN_FORCE as SESSION_IN_FORCE
from publisher.records.sessions import JOINED, TOUCH_SECONDS, Session, Sessions
from publisher.records.tables.people import SESSIONS, TOKENS
from publisher.records.tokens import IN_FORCE, Actor, Tokens, digest

# A newsroom has fewer. `refresh` sends all of them in one statement.
MEMORY_LIMIT: Final = 500
# Of a token: storing each use would cost a commit per publication.
_USE_SECONDS: Final = 300.0


class _Entry(msgspec.Struct, frozen=True):
    actor: Actor
    session: Session | None

    @property
    def expires(self) -> float:
        return math.inf if self.session is None else self.session.ends


class Holders:
    """The holders of tokens and sessions; `clock` gives seconds since 1970. Used by one event loop alone."""

    def __init__(
        self, database: Database, tokens: Tokens, sessions: Sessions, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._tokens = tokens
        self._sessions = sessions
        self._clock = clock
        self._memory: OrderedDict[bytes, _Entry] = OrderedDict()
        self._token_uses: dict[bytes, float] = {}

    async def find(self, secret: str, *, is_token: bool) -> Actor | None:
        """The holder of a token or session, None if it is not in force. Raises `DatabaseError`."""
        if is_token:
            key = digest(secret)
            return self._remember(key, await self._database.call(self._tokens.find, key), None)
        session = await self.find_session(secret)
        return session.actor if session else None

    async def find_session(self, secret: str) -> Session | None:
        """The session with that secret id, None if it is not in force. Raises `DatabaseError`."""
        key = digest(secret)
        session = await self._database.call(self._sessions.find, key)
        self._remember(key, session.actor if session else None, session)
        return session

    async def touch(self, secret: str) -> None:
        """Stores that a session that `find` has just found was used, at most once a minute."""
        entry = self._memory.get(digest(secret))
        if entry and entry.session and entry.session.used <= self._clock() - TOUCH_SECONDS:
            # The request goes on without the database: its session is in force for now.
            with suppress(DatabaseError):
                await self._database.call(self._sessions.touch, digest(secret), at_least=TOUCH_SECONDS)

    async def touch_token(self, secret: str) -> None:
        """Stores that a token that `find` has just found is used, at most once in some minutes."""
        key, now = digest(secret), self._clock()
        if now - self._token_uses.get(key, -math.inf) < _USE_SECONDS:
            return
        if len(self._token_uses) >= MEMORY_LIMIT:
            self._token_uses.clear()
        self._token_uses[key] = now
        # The request goes on without it.
        with suppress(DatabaseError):
            await self._database.call(self._tokens.touch, key, now)

    def _remember(self, key: bytes, actor: Actor | None, session: Session | None) -> Actor | None:
        if actor is None:
            self._memory.pop(key, None)
            return None
        entry = self._memory.get(key)
        if entry is None or entry.actor is not actor or entry.session is not session:
            self._memory[key] = _Entry(actor, session)
        self._memory.move_to_end(key)
        if len(self._memory) > MEMORY_LIMIT:
            self._memory.popitem(last=False)
        return actor

    def recall(self, secret: str) -> Actor | None:
        """The holder of a token or session as last verified; None if this process has not verified it."""
        entry = self._memory.get(digest(secret))
        return entry.actor if entry and entry.expires > self._clock() else None

    def recall_session(self, secret: str) -> Session | None:
        """A session as last verified; None if this process has not verified it."""
        entry = self._memory.get(digest(secret))
        return entry.session if entry and entry.expires > self._clock() else None

    def is_known(self, secret: str, *, is_token: bool) -> bool:
        """Whether the token or session is in force, as far as this process can tell without asking a server."""
        if self._database.is_local:
            try:
                actor = self._tokens.holder(secret) if is_token else self._sessions.holder(secret)
            except DatabaseError:
                return False
            return actor is not None
        return self.recall(secret) is not None

    async def refresh(self) -> None:
        """Removes holders from the memory whose token or session is no longer in force. Raises `DatabaseError`."""
        hashes = tuple(self._memory)
        if not hashes:
            return
        for key in set(hashes) - await self._database.call(self._in_force, hashes):
            self._memory.pop(key, None)

    def _in_force(self, hashes: tuple[bytes, ...]) -> set[bytes]:
        now = self._clock()
        tokens = select(TOKENS.c.hash).where(TOKENS.c.hash.in_(hashes), IN_FORCE)
        sessions = (
            select(SESSIONS.c.hash)
            .select_from(JOINED)
            .where(SESSIONS.c.hash.in_(hashes), SESSIONS.c.expires > now, SESSION_IN_FORCE)
        )
        with self._database.connect() as connection:
            return set(connection.execute(union_all(tokens, sessions)).scalars())
