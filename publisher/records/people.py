"""The records of people, opened together."""

from collections.abc import Callable

import msgspec

from publisher.records.attempts import Attempts
from publisher.records.challenges import Challenges
from publisher.records.credentials import Credentials
from publisher.records.database import Database
from publisher.records.invitations import Invitations
from publisher.records.users import Users


class People(msgspec.Struct, frozen=True):
    """Users, how they sign in, and what protects the sign-in."""

    users: Users
    credentials: Credentials
    invitations: Invitations
    challenges: Challenges
    attempts: Attempts


def open_people(database: Database, clock: Callable[[], float], *, failures: int) -> People:
    """The records in `database`; `failures` is the limit of failed sign-ins for an account."""
    return People(
        Users(database, clock),
        Credentials(database, clock),
        Invitations(database, clock),
        Challenges(database, clock),
        Attempts(database, failures, clock),
    )
