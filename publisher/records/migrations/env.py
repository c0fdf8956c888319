"""What Alembic runs: the migrations on the connection, and in the transaction, of its caller."""

from alembic import context
from sqlalchemy import Connection

_connection: Connection = context.config.attributes["connection"]
context.configure(connection=_connection)
context.run_migrations()
