"""Passwords of tests are hashed at a fraction of the cost."""

import pytest

from publisher.api import secrets_work


@pytest.fixture(autouse=True)
def cheap_passwords(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes take a millisecond, unless a test asks for `real_passwords`: each takes 0.1 s of one core."""
    if "real_passwords" in request.fixturenames:
        return
    from argon2 import PasswordHasher

    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    dummy = hasher.hash("a password that nobody knows")
    monkeypatch.setattr(secrets_work, "_hasher", lambda: hasher)
    monkeypatch.setattr(secrets_work, "_DUMMY_HASH", dummy)


@pytest.fixture
def real_passwords() -> None:
    """Passwords are hashed as the desk hashes them."""
