"""A signing key that is missing while the stream has entries: no start makes another key."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
import redis

from tests.acceptance.service import make_token
from tests.support.commands import Running

Start = Callable[..., Running]
Command = Callable[..., "subprocess.CompletedProcess[str]"]


def publish(service: Running) -> None:
    body = {"text": "Civil Defence: x", "edition": "en"}
    headers = {"Authorization": f"Bearer {make_token(service.folder, 'ed')}"}
    assert httpx2.post(f"{service.desk}/v1/items", json=body, headers=headers, timeout=30).status_code == 201


def stop(service: Running) -> None:
    service.process.terminate()
    assert service.process.wait(20) == 0


def refused(result: "subprocess.CompletedProcess[str]", *phrases: str) -> None:
    assert result.returncode != 0 and len(result.stderr.strip().splitlines()) == 1, result.stderr
    for phrase in ("signing.key", "FLASHWIRE_SIGNING_KEYS", *phrases):
        assert phrase in result.stderr


@pytest.mark.deep
def test_run_refuses_a_log_whose_key_is_gone_and_says_how_to_go_on(
    serving: Start, flashwire: Command, folder: Path
) -> None:
    service = serving()
    publish(service)
    stop(service)
    key = folder / "data" / "signing.key"
    original_key = key.read_bytes()
    key.unlink()
    refused(flashwire("run", "--ticker-port", "0", "--desk-port", "0"), "Restore", "appendonlydir away")
    assert not key.exists()
    assert flashwire("token", "list").returncode == 0 and flashwire("rekey").returncode == 1 and not key.exists()
    flashwire("doctor")
    assert not key.exists()
    key.write_bytes(original_key)
    key.chmod(0o600)
    stop(serving())
    # A person decides to start a new stream.
    key.unlink()
    (folder / "data" / "appendonlydir").rename(folder / "old")
    stop(serving())
    assert key.exists() and key.read_bytes() != original_key


def test_a_service_that_never_published_may_lose_its_key(serving: Start, folder: Path) -> None:
    stop(serving())
    (folder / "data" / "signing.key").unlink()
    stop(serving())


@pytest.mark.deep
@pytest.mark.parametrize("command", ["desk", "run"])
def test_a_stream_elsewhere_is_asked_before_a_key_is_made(
    serving: Start, flashwire: Command, folder: Path, redis_url: str, brand: str, command: str
) -> None:
    ports = ("--port", "0") if command == "desk" else ("--ticker-port", "0", "--desk-port", "0")
    key = folder / "data" / "signing.key"
    with redis.Redis.from_url(redis_url, legacy_responses=False) as client:
        client.hset(f"flashwire:{{{brand}}}:meta", mapping={"epoch": "e", "seq": 1})
    there = {"REDIS_URL": redis_url, "FLASHWIRE_BRAND": brand}
    refused(flashwire(command, *ports, **there), "FLASHWIRE_BRAND", "Restore")
    assert not key.exists()
    refused(flashwire(command, *ports, REDIS_URL="unix:///nowhere/s"), "cannot be asked")
    assert not key.exists()


@pytest.mark.deep
def test_a_first_start_on_an_empty_redis_makes_a_key(serving: Start, folder: Path, redis_url: str, brand: str) -> None:
    stop(serving(REDIS_URL=redis_url, FLASHWIRE_BRAND=brand))
    assert (folder / "data" / "signing.key").exists()
