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
from typing import Final

import msgspec
from sqlalchemy import select, union_all

from publisher.records.database import Database
from publisher.records.errors import DatabaseError
from publisher.records.schema import SESSIONS, TOKENS
from publisher.records.sessions import Sessions
from publisher.records.tokens import IN_FORCE, Actor, Tokens, digest

# A newsroom has fewer. `refresh` sends all of them in one statement.
MEMORY_LIMIT: Final = 500


class _Entry(msgspec.Struct, frozen=True):
    actor: Actor
    expires: float


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

    async def find(self, secret: str, *, is_token: bool) -> Actor | None:
        """The holder of a token or session, None if it is not in force. Raises `DatabaseError`."""
        key = digest(secret)
        if is_token:
            actor, expires = await self._database.call(self._tokens.find, key), math.inf
        else:
            actor, expires = await self._database.call(self._sessions.find, key) or (None, 0.0)
        if actor is None:
            self._memory.pop(key, None)
            return None
        entry = self._memory.get(key)
        if entry is None or entry.actor is not actor:
            self._memory[key] = _Entry(actor, expires)
        self._memory.move_to_end(key)
        if len(self._memory) > MEMORY_LIMIT:
            self._memory.popitem(last=False)
        return actor

    def recall(self, secret: str) -> Actor | None:
        """The holder of a token or session as last verified; None if this process has not verified it."""
        entry = self._memory.get(digest(secret))
        return entry.actor if entry and entry.expires > self._clock() else None

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
            .join(TOKENS, SESSIONS.c.name == TOKENS.c.name)
            .where(SESSIONS.c.hash.in_(hashes), SESSIONS.c.expires > now, IN_FORCE)
        )
        with self._database.connect() as connection:
            return set(connection.execute(union_all(tokens, sessions)).scalars())
