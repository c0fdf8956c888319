"""Tables of people: users, how they sign in, their sessions, and API tokens.

Secrets of full strength (tokens, sessions, codes, challenges) are SHA-256 hashes; passwords, which people choose, are
argon2id hashes. A TOTP secret must be readable to be checked.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, Table, Text

from publisher.records.tables.base import FLAG, METADATA, SECONDS

TOKENS: Final = Table(
    "tokens",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("created", SECONDS, nullable=False),
    Column("revoked", SECONDS),
    Column("unlimited", FLAG, nullable=False),
    # A JSON list of names; NULL is every edition.
    Column("editions", Text),
    # The name of the user who made it; NULL: it was made on the command line.
    Column("owner", Text),
    # Within some minutes; NULL: never.
    Column("used", SECONDS),
    sqlite_strict=True,
)
USERS: Final = Table(
    "users",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    # The name as a sign-in compares it: case does not count.
    Column("login", Text, nullable=False, unique=True),
    Column("email", Text, unique=True),
    Column("role", Text, nullable=False),
    Column("editions", Text),
    Column("state", Text, nullable=False),
    Column("created", SECONDS, nullable=False),
    Column("signed_in", SECONDS),
    Column("password", Text),
    Column("totp", Text),
    # The time step of the newest accepted TOTP code; a code of this step or an earlier one is refused.
    Column("totp_step", Integer, nullable=False),
    # Issuer and subject at the OIDC provider, once known.
    Column("oidc", Text, unique=True),
    sqlite_strict=True,
)
PASSKEYS: Final = Table(
    "passkeys",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("user", Text, ForeignKey("users.id"), nullable=False, index=True),
    Column("credential", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger().with_variant(Integer(), "sqlite"), nullable=False),
    Column("label", Text, nullable=False),
    Column("created", SECONDS, nullable=False),
    Column("used", SECONDS),
    Column("synced", FLAG, nullable=False),
    sqlite_strict=True,
)
RECOVERY_CODES: Final = Table(
    "recovery_codes",
    METADATA,
    Column("hash", LargeBinary, primary_key=True),
    Column("user", Text, ForeignKey("users.id"), nullable=False, index=True),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("hash", LargeBinary, primary_key=True),
    # Public, so that one session of a list can be ended.
    Column("id", Text, nullable=False, unique=True),
    # Whose it is: the holder of a token, or a user.
    Column("name", Text, ForeignKey("tokens.name"), index=True),
    Column("user", Text, ForeignKey("users.id"), index=True),
    Column("way", Text, nullable=False),
    Column("created", SECONDS, nullable=False),
    Column("used", SECONDS, nullable=False),
    Column("expires", SECONDS, nullable=False),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
INVITATIONS: Final = Table(
    "invitations",
    METADATA,
    # One for each user: a new link ends the one before.
    Column("user", Text, ForeignKey("users.id"), primary_key=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("expires", SECONDS, nullable=False),
    sqlite_strict=True,
)
WELCOME_CODES: Final = Table(
    "welcome_codes",
    METADATA,
    Column("hash", LargeBinary, primary_key=True),
    Column("created", SECONDS, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
CHALLENGES: Final = Table(
    "challenges",
    METADATA,
    # One-time values of a ceremony that has begun: a passkey's challenge, a TOTP secret to confirm, an OIDC state.
    Column("hash", LargeBinary, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("expires", SECONDS, nullable=False, index=True),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
SIGN_IN_ATTEMPTS: Final = Table(
    "sign_in_attempts",
    METADATA,
    Column("id", Text, primary_key=True),
    # Hashes of the name that was typed, and of the client's network; the name may be a password in the wrong field.
    Column("account", LargeBinary, index=True),
    Column("address", LargeBinary, nullable=False, index=True),
    Column("at", SECONDS, nullable=False, index=True),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
