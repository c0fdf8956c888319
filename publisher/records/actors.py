"""Finds by name who may publish: for what is published later, in that person's name."""

from sqlalchemy import select

from publisher.records.database import Database
from publisher.records.tables.people import TOKENS, USERS
from publisher.records.tokens import IN_FORCE, Actor, editions_of


class Actors:
    """Users and tokens by name. Every method blocks and raises `DatabaseError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def named(self, name: str) -> Actor | None:
        """The user or token with this name and its present rights; None if it is disabled or revoked."""
        columns = (TOKENS.c.role, TOKENS.c.editions, TOKENS.c.unlimited, TOKENS.c.owner)
        tokens = select(*columns).where(TOKENS.c.name == name, IN_FORCE)
        with self._database.connect() as connection:
            row = connection.execute(tokens).one_or_none()
            if row is not None:
                return Actor(name, row.role, bool(row.unlimited), editions_of(row.editions), owner=row.owner)
            users = select(USERS.c.id, USERS.c.role, USERS.c.editions).where(
                USERS.c.name == name, USERS.c.state == "active"
            )
            user = connection.execute(users).one_or_none()
        if user is None:
            return None
        return Actor(name, user.role, False, editions_of(user.editions), "user", user.id)
