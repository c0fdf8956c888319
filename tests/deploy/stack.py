"""The services of docker-compose.yml as plain processes, with the same configuration files on other ports."""

import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
import yaml

from tests.support.waiting import free_port, until

ROOT: Final = Path(__file__).parents[2]
DEPLOY: Final = ROOT / "deploy"
FLASHWIRE: Final = Path(sys.executable).with_name("flashwire")
PASSWORD: Final = "0123456789abcdef" * 4
NODE_PASSWORD: Final = "fedcba9876543210" * 4
KEYS: Final = "k1:" + "QUJD" * 11
LIMIT_SECONDS: Final = 60.0
NODES: Final = ("ticker-1", "ticker-2")


def program(name: str) -> str:
    """The path of a server's binary. Without it the test is skipped; on CI it fails."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if path is None:
        reason = f"{name} is not installed; `make test` installs it if it can"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return path


def answers(url: str) -> bool:
    """Whether `url` answers with a success."""
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return 200 <= int(reply.status) < 300
    except OSError:
        return False


def replaced(text: str, changes: dict[str, str]) -> str:
    """`text` with each key of `changes` replaced; every key must occur."""
    for old, new in changes.items():
        assert old in text, f"the file does not contain {old!r}"
        text = text.replace(old, new)
    return text


class Stack:
    """Redis, a desk, two nodes and nginx; `close` stops all of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.ports = {
            name: free_port()
            for name in (
                "redis",
                "desk",
                "desk-2",
                "ticker-1",
                "ticker-2",
                "front",
                "front-desk",
                "tls",
                "tls-desk",
                "alive",
            )
        }
        self.redis_url = f"redis://desk:{PASSWORD}@127.0.0.1:{self.ports['redis']}/0"
        self.front = f"127.0.0.1:{self.ports['front']}"
        self.desk = f"127.0.0.1:{self.ports['front-desk']}"

    def start_redis(self) -> None:
        """Starts redis-server with the entrypoint and configuration of docker-compose.yml."""
        program("redis-server")
        data = self.folder / "redis"
        data.mkdir(exist_ok=True)
        config = self.folder / "redis.conf"
        text = (DEPLOY / "redis.conf").read_text("utf-8")
        changes = {
            "port 6379": f"port {self.ports['redis']}",
            "dir /data": f"dir {data}",
            "bind * -::*": "bind 127.0.0.1",
        }
        config.write_text(replaced(text, changes), "utf-8")
        compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
        shell, flag, script = compose["services"]["redis"]["entrypoint"]
        files = {"/etc/redis/redis.conf": str(config), "/etc/redis/users.acl": str(DEPLOY / "users.acl")}
        script = replaced(script, {**files, "$$": "$"})
        passwords = {"REDIS_PASSWORD": PASSWORD, "REDIS_NODE_PASSWORD": NODE_PASSWORD}
        self._start("redis", [shell, flag, script], passwords)
        until(lambda: self.redis_cli("PING") == "PONG", "redis answers")

    def redis_cli(self, *arguments: str, password: str = PASSWORD, user: str = "desk") -> str:
        """The output of redis-cli for a command."""
        command = [program("redis-cli"), "-p", str(self.ports["redis"]), "--user", user, *arguments]
        environment = {**os.environ, "REDISCLI_AUTH": password}
        process = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=10, check=False)
        return (process.stdout + process.stderr).strip()

    def start_desk(self, name: str = "desk", **settings: str) -> str:
        """Starts a desk with further `settings`; returns the token of a chief."""
        port = self.ports[name]
        self._flashwire(name, "desk", FLASHWIRE_DESK_PORT=str(port), **settings)
        until(lambda: answers(f"http://127.0.0.1:{port}/health/ready"), f"{name} is ready")
        arguments = ["create", f"{name} chief", "--role", "chief", "--unlimited"]
        return self.token_command(*arguments, "--data", str(self.folder / name), **settings)

    def token_command(self, *arguments: str, **settings: str) -> str:
        """The output of `flashwire token` with `arguments`."""
        command = [str(FLASHWIRE), "token", *arguments]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FLASHWIRE_")}
        created = subprocess.run(
            command, cwd=self.folder, env=environment | settings, capture_output=True, text=True, timeout=30, check=True
        )
        return created.stdout.strip()

    def start_node(self, name: str, **settings: str) -> None:
        """Starts a ticker node with further `settings`."""
        port = self.ports[name]
        self._flashwire(name, "ticker", FLASHWIRE_TICKER_PORT=str(port), FLASHWIRE_DRAIN_SECONDS="1",
                        REDIS_URL=self.redis_url.replace(f"desk:{PASSWORD}", f"node:{NODE_PASSWORD}"),
                        **settings)  # fmt: skip
        until(lambda: answers(f"http://127.0.0.1:{port}/health/ready"), f"{name} is ready")

    def start_nginx(self, changes: dict[str, str] | None = None) -> None:
        """Starts nginx with deploy/nginx.conf, a certificate of deploy/tls-stub.sh, and further `changes`."""
        binary = program("nginx")
        tls, temporary = self.folder / "tls", self.folder / "nginx"
        temporary.mkdir(exist_ok=True)
        environment = {**os.environ, "MOUNTED_AT": str(tls)}
        stub = [str(DEPLOY / "tls-stub.sh"), str(tls)]
        subprocess.run(stub, env=environment, check=True, capture_output=True, timeout=30)
        for file, port, name in (("ticker.conf", 8443, "tls"), ("desk.conf", 8444, "tls-desk")):
            lines = (tls / file).read_text("utf-8")
            (tls / file).write_text(
                replaced(lines, {f"listen {port} ": f"listen 127.0.0.1:{self.ports[name]} "}), "utf-8"
            )
        ports = {name: f"127.0.0.1:{port}" for name, port in self.ports.items()}
        replacements = {
            "ticker-1:8000": ports["ticker-1"],
            "ticker-2:8000": ports["ticker-2"],
            "desk:8001": ports["desk"],
            "listen 8080 ": f"listen {ports['front']} ",
            "listen 8081 ": f"listen {ports['front-desk']} ",
            "127.0.0.1:8079": ports["alive"],
            # Before the folder of certificates, which is below /tmp here.
            " /tmp/": f" {temporary}/",
            "/etc/nginx/tls/": f"{tls}/",
            "/dev/stdout": str(temporary / "access.log"),
            **(changes or {}),
        }
        config = temporary / "nginx.conf"
        config.write_text(replaced((DEPLOY / "nginx.conf").read_text("utf-8"), replacements), "utf-8")
        directives = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
        self._start("nginx", [binary, "-p", str(temporary), "-c", str(config), "-g", directives], {})
        until(lambda: answers(f"http://127.0.0.1:{self.ports['alive']}/"), "nginx answers")

    def start_proxy(self, servers: str) -> None:
        """Starts another nginx with these servers alone, as a network between readers and the ticker."""
        temporary = self.folder / "proxy"
        temporary.mkdir()
        paths = "".join(
            f"{name}_temp_path {temporary}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        text = f"pid {temporary}/pid; error_log stderr warn; events {{}} http {{ access_log off; {paths} {servers} }}"
        config = temporary / "nginx.conf"
        config.write_text(text, "utf-8")
        directives = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
        self._start("proxy", [program("nginx"), "-p", str(temporary), "-c", str(config), "-g", directives], {})

    def stop(self, name: str, sig: signal.Signals = signal.SIGTERM) -> None:
        """Stops a process and waits for its end."""
        process = self.processes.pop(name)
        process.send_signal(sig)
        process.wait(LIMIT_SECONDS)

    def close(self) -> None:
        """Stops all processes, the last started first."""
        for name in reversed(list(self.processes)):
            try:
                self.stop(name)
            except subprocess.TimeoutExpired:
                self.stop(name, signal.SIGKILL)

    def arguments(self, name: str) -> bytes:
        """The command line of a process, as every user of the machine can read it."""
        return Path(f"/proc/{self.processes[name].pid}/cmdline").read_bytes()

    def log(self, name: str) -> str:
        """The log of a process."""
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")

    def _flashwire(self, name: str, side: str, **settings: str) -> None:
        data = self.folder / name
        data.mkdir(exist_ok=True)
        environment = {"REDIS_URL": self.redis_url, "FLASHWIRE_SIGNING_KEYS": KEYS, "FLASHWIRE_DATA": str(data)}
        self._start(name, [str(FLASHWIRE), side], environment | settings)

    def _start(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        inherited = {key: value for key, value in os.environ.items() if not re.match("FLASHWIRE_|REDIS_", key)}
        # Started in the test's folder, so that no .env of the checkout is read.
        with open(self.folder / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(
                command, env=inherited | environment, cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )


@contextmanager
def two_nodes(folder: Path, **settings: str) -> Iterator[Stack]:
    """Redis and two nodes with `settings` behind deploy/nginx.conf; a test may start a desk too."""
    for name in ("redis-server", "nginx", "openssl"):
        program(name)
    stack = Stack(folder)
    try:
        stack.start_redis()
        for name in NODES:
            stack.start_node(name, **settings)
        stack.start_nginx()
        yield stack
    finally:
        stack.close()
