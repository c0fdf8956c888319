"""Which callers learn the details of a failure."""

import pytest

from ticker.shared.http.callers import is_local, reason_for


@pytest.mark.parametrize(
    ("address", "local"),
    [
        *((address, True) for address in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1")),
        *((address, False) for address in (None, "", "192.0.2.7", "10.0.0.1", "::ffff:10.0.0.1", "localhost", "unix")),
    ],
)
def test_details_are_for_callers_on_this_machine(address: str | None, local: bool) -> None:
    assert is_local(address, {"host": "127.0.0.1:8001"}) is local
    reason = "ConnectionError: Error 2 connecting to /srv/valkey.sock."
    assert reason_for(reason, local=local) == (reason if local else "ConnectionError")
    assert reason_for("draining", local=local) == "draining"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8001", "[::1]:8001", "localhost", "LOCALHOST:80", "a.localhost"]
)
def test_a_local_caller_uses_a_local_host_name(host: str) -> None:
    assert is_local("127.0.0.1", {"host": host, "user-agent": "curl/8"})


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "desk.example"},
        {"host": "desk.example:8001"},
        {"host": "10.0.0.5"},
        {"host": "localhost.evil.example"},
        {"host": "127.0.0.1.nip.io"},
        {"host": "[::1"},
        {"host": ""},
        {},
        *(
            {"host": "127.0.0.1:8001", name: "x"}
            for name in "forwarded via x-forwarded-for x-forwarded-proto x-forwarded-host x-forwarded x-real-ip "
            "x-client-ip cf-connecting-ip true-client-ip x-original-host cdn-loop".split()
        ),
    ],
    ids=str,
)
def test_a_remote_client_of_a_local_proxy_is_no_local_caller(headers: dict[str, str]) -> None:
    assert not is_local("127.0.0.1", headers)


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
    public = reason_for(reason, local=False)
    for private in ("/srv", "redis.internal", "10.1.2.3", "fd00", "news@", "secret", "C:"):
        assert private not in public, public
    assert public


def test_public_parts_of_a_reason_go_to_every_caller() -> None:
    for reason in ("the desk is stopping", "0 of 1 replicas hold the entry", "ResponseError", "draining"):
        assert reason_for(reason, local=False) == reason
