"""The names of users and tokens: in the records a name always stands for the same actor, also after it left."""

from typing import Final

from sqlalchemy import Connection, or_, select

from publisher.records.schema import DESK
from publisher.records.tables.people import TOKENS, USERS
from ticker.contract.sentences import RefusedError
from ticker.contract.text import clean

NAME_LIMIT: Final = 60


def clean_name(connection: Connection, name: str) -> str:
    """The name for a new user or token, within the transaction of `connection`.

    Raises `RefusedError` (field `name`) if it is no name, or was used before.
    """
    try:
        name = clean(name, limit=NAME_LIMIT)
    except RefusedError as refusal:
        raise refusal.at("name") from None
    # On PostgreSQL the lock makes another transaction wait that would take the same name in the other table.
    connection.execute(select(DESK.c.id).with_for_update())
    # A sign-in may name a user by the e-mail address.
    login = login_of(name)
    users = select(USERS.c.name).where(or_(USERS.c.login == login, USERS.c.email == login))
    in_use = select(TOKENS.c.name).where(TOKENS.c.name == name).union_all(users)
    if connection.execute(in_use).first() is not None:
        raise RefusedError("name-taken", "name", name=name)
    return name


def login_of(name: str) -> str:
    """A name as sign-in compares it."""
    return name.strip().casefold()
