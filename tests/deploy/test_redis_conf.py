"""deploy/redis.conf and deploy/users.acl with a real Sentinel: failover works, and each user has its rights."""

import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.redis_servers import Machines, machines, until

DEPLOY = Path(__file__).parents[2] / "deploy"
USERS = DEPLOY / "users.acl"


def users() -> str:
    """users.acl with a password for each user."""
    text = USERS.read_text("utf-8")
    for name in ("desk", "node", "sentinel", "replica", "operator"):
        digest = hashlib.sha256(f"{name} word".encode()).hexdigest()
        assert f"user {name} on " in text
        text = text.replace(f"user {name} on ", f"user {name} on #{digest} ")
    return text


def settings() -> str:
    """redis.conf for a test's server, whose port and directory are set on the command line."""
    text = (DEPLOY / "redis.conf").read_text("utf-8")
    return re.sub(r"^(bind|port|dir) .*$", "", text, flags=re.MULTILINE)


@pytest.fixture
def sentinel_machines(tmp_path: Path) -> Iterator[Machines]:
    binary = shutil.which("redis-server")
    with machines(tmp_path, *([binary] if binary else [])) as started:
        yield started


@pytest.mark.slow
def test_sentinel_fails_over_with_the_shipped_files(sentinel_machines: Machines) -> None:
    link = 'masteruser replica\nmasterauth "replica word"\n'
    first = sentinel_machines.start(config=settings() + users() + link, login=("operator", "operator word"))
    second = sentinel_machines.start(
        "--replicaof", f"127.0.0.1 {first.port}",
        config=settings() + users() + link, login=("operator", "operator word"),
    )  # fmt: skip
    until(lambda: second.ask.info("replication")["master_link_status"] == "up")
    config = f"sentinel monitor news 127.0.0.1 {first.port} 1\nsentinel down-after-milliseconds news 1500\n"
    config += 'sentinel auth-user news sentinel\nsentinel auth-pass news "sentinel word"\n'
    watcher = sentinel_machines.start("--sentinel", config=config)
    until(lambda: [r["runid"] for r in watcher.ask.sentinel_slaves("news") if not r["is_sdown"]] not in ([], [""]), 20)
    first.process.kill()
    first.process.wait()
    until(lambda: watcher.ask.sentinel_master("news")["port"] == second.port, 15)
    assert second.ask.info("replication")["role"] == "master"
    # The old primary returns and becomes a replica.
    first.start()
    until(lambda: first.ask.info("replication")["role"] == "slave", 20)
    until(lambda: first.ask.info("replication")["master_link_status"] == "up", 20)
    assert second.ask.info("replication")["role"] == "master"


def test_no_command_that_a_failover_needs_is_renamed() -> None:
    assert "rename-command" not in (DEPLOY / "redis.conf").read_text("utf-8")


def test_no_login_works_without_a_user_and_a_password() -> None:
    lines = USERS.read_text("utf-8").splitlines()
    # Without these rights Redis 7 cannot load scripts from its log, and starts empty.
    assert "user default off allkeys allchannels +@all" in lines
    assert not any("nopass" in line or ">" in line for line in lines)


@pytest.mark.parametrize("name", ["desk", "node"])
def test_the_rights_are_those_of_the_docs(name: str) -> None:
    page = (DEPLOY.parent / "docs/deploy.md").read_text("utf-8")
    [documented] = re.findall(rf"ACL SETUSER {name} on .*(-@all .*)$", page, re.MULTILINE)
    [shipped] = re.findall(rf"^user {name} on .*(-@all .*)$", USERS.read_text("utf-8"), re.MULTILINE)
    assert set(documented.replace("{news}", "*").split()) == set(shipped.split())
