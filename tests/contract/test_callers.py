"""Which callers learn the details of a failure."""

import pytest

from ticker.contract.callers import is_local, reason_for


@pytest.mark.parametrize(
    ("address", "local"),
    [
        *((address, True) for address in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1")),
        *((address, False) for address in (None, "", "192.0.2.7", "10.0.0.1", "::ffff:10.0.0.1", "localhost", "unix")),
    ],
)
def test_details_are_for_callers_on_this_machine(address: str | None, local: bool) -> None:
    assert is_local(address) is local
    reason = "ConnectionError: Error 2 connecting to /srv/valkey.sock."
    assert reason_for(reason, address) == (reason if local else "ConnectionError")
    assert reason_for("draining", address) == "draining"


@pytest.mark.parametrize(
    "reason",
    [
        "The desk's file /srv/news/desk.sqlite3 cannot be used",
        "TimeoutError: connecting to redis.internal:6379",
        "no answer from 10.1.2.3",
        "no answer from redis.internal:6379",
        "no answer from 10.1.2.3:6379",
        "no answer from [fd00::1]:6379",
        "no answer from fd00::1",
        "refused for news@redis",
        "rediss://news:secret@redis.internal",
        "Access denied: C:\\data",
    ],
)
def test_no_address_path_or_user_goes_to_another_machine(reason: str) -> None:
    told = reason_for(reason, "192.0.2.7")
    for private in ("/srv", "redis.internal", "10.1.2.3", "fd00", "news@", "secret", "C:"):
        assert private not in told, told
    assert told


def test_what_is_not_private_is_said_to_everyone() -> None:
    for reason in ("the desk is stopping", "0 of 1 replicas hold the entry", "ResponseError", "draining"):
        assert reason_for(reason, "192.0.2.7") == reason
