"""Looks up the holder of a token or session, and remembers holders for the time in which the database is away.

1. While the database answers, it alone decides: a revocation counts from the next request on, at every desk.
2. The memory has only holders that this process has looked up. `refresh`, called every second, forgets the ones whose
   token or session is no longer in force.
3. `remembered` is for the acts that take news back, and for reading what they need; nothing else may use it.
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

# A newsroom has fewer; `refresh` asks for all of them at once.
MEMORY_LIMIT: Final = 500


class _Verified(msgspec.Struct, frozen=True):
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
        self._memory: OrderedDict[bytes, _Verified] = OrderedDict()

    async def find(self, secret: str, *, is_token: bool) -> Actor | None:
        """The holder of a token, or of a session, that is in force now. Raises `DatabaseError`."""
        wanted = digest(secret)
        if is_token:
            actor, expires = await self._database.call(self._tokens.find, wanted), math.inf
        else:
            actor, expires = await self._database.call(self._sessions.find, wanted) or (None, 0.0)
        if actor is None:
            self._memory.pop(wanted, None)
            return None
        known = self._memory.get(wanted)
        if known is None or known.actor is not actor:
            self._memory[wanted] = _Verified(actor, expires)
        self._memory.move_to_end(wanted)
        if len(self._memory) > MEMORY_LIMIT:
            self._memory.popitem(last=False)
        return actor

    def remembered(self, secret: str) -> Actor | None:
        """The holder of a token or session, as last verified; None where this process has not seen it in force."""
        known = self._memory.get(digest(secret))
        return known.actor if known and known.expires > self._clock() else None

    def may_be_known(self, secret: str, *, is_token: bool) -> bool:
        """Whether the secret is in force, as far as that can be said without waiting for a server."""
        if self._database.answers_at_once:
            try:
                found = self._tokens.holder(secret) if is_token else self._sessions.holder(secret)
            except DatabaseError:
                return False
            return found is not None
        return self.remembered(secret) is not None

    async def refresh(self) -> None:
        """Forgets each remembered holder whose token or session is no longer in force. Raises `DatabaseError`."""
        hashes = tuple(self._memory)
        if not hashes:
            return
        for gone in set(hashes) - await self._database.call(self._in_force, hashes):
            self._memory.pop(gone, None)

    def _in_force(self, hashes: tuple[bytes, ...]) -> set[bytes]:
        now = self._clock()
        tokens = select(TOKENS.c.hash).where(TOKENS.c.hash.in_(hashes), IN_FORCE)
        sessions = (
            select(SESSIONS.c.hash)
            .join(TOKENS, SESSIONS.c.name == TOKENS.c.name)
            .where(SESSIONS.c.hash.in_(hashes), SESSIONS.c.expires > now, IN_FORCE)
        )
        with self._database.reading() as connection:
            return set(connection.execute(union_all(tokens, sessions)).scalars())
