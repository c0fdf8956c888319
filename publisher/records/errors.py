"""The errors of the desk's database."""


class DatabaseError(Exception):
    """The database cannot be used; the message is one line for an operator, without a password."""


class DatabaseAwayError(DatabaseError):
    """The PostgreSQL server does not answer, or refuses the desk."""
