"""Triggers that refuse to change or remove a record of the audit, so that an accident or a fault cannot.

A person who owns the tables can drop the triggers: the chain shows what that person changed then.
"""

from typing import Final

from sqlalchemy import Connection

_REFUSAL: Final = "the audit is append-only"
# REPLACE runs no DELETE trigger in SQLite, so a number that was used is refused too.
_FILE: Final = tuple(
    f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {when} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    for name, when in (
        ("audit_update", "UPDATE ON audit"),
        ("audit_delete", "DELETE ON audit"),
        ("audit_insert", "INSERT ON audit WHEN NEW.number <= (SELECT number FROM audit_head)"),
        ("audit_head_delete", "DELETE ON audit_head"),
        ("audit_head_insert", "INSERT ON audit_head WHEN EXISTS (SELECT 1 FROM audit_head)"),
        (
            "audit_head_update",
            "UPDATE ON audit_head"
            " WHEN NEW.number < OLD.number OR NEW.number = OLD.number AND NEW.hash <> OLD.hash",
        ),
    )
)  # fmt: skip
_SERVER: Final = (
    "CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$",
    "CREATE TRIGGER audit_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit"
    " FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
    "CREATE TRIGGER audit_head_delete BEFORE DELETE OR TRUNCATE ON audit_head"
    " FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
    "CREATE TRIGGER audit_head_update BEFORE UPDATE ON audit_head FOR EACH ROW"
    " WHEN (NEW.number < OLD.number OR NEW.number = OLD.number AND NEW.hash <> OLD.hash)"
    " EXECUTE FUNCTION audit_is_append_only()",
)


def protect(connection: Connection) -> None:
    """Makes the triggers; in a SQLite file those that are missing."""
    for statement in _FILE if connection.dialect.name == "sqlite" else _SERVER:
        connection.exec_driver_sql(statement)
