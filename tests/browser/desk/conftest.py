"""A real desk and a real ticker node on a real Valkey, each a process of its own, and Chromium to look at them."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from publisher.access.database import open_database
from publisher.access.sessions import Sessions
from publisher.access.tokens import Role, Tokens
from publisher.access.welcome import Welcome

_SERVE = (
    "import asyncio; from {room} import serve; from {module} import {settings} as Settings; asyncio.run(serve(Settings()))"
)
_DESK = _SERVE.format(room="publisher.server", module="publisher.settings", settings="DeskSettings")
_TICKER = _SERVE.format(room="ticker.edge.server", module="ticker.settings", settings="TickerSettings")


class Server:
    """One process that can be stopped, frozen and started again at the same address."""

    def __init__(self, program: str, environment: dict[str, str], port: int, log: Path) -> None:
        self._command = [sys.executable, "-c", program]
        self._environment = {**os.environ, **environment}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{port}"

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while not self._ready():
            assert time.monotonic() < deadline and self._process.poll() is None, self._log.read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGCONT)

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health/ready", timeout=1) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


class Service:
    """A desk and a ticker of one brand; `token` makes a token in the desk's database."""

    def __init__(self, desk: Server, ticker: Server, data: Path) -> None:
        self.desk = desk
        self.ticker = ticker
        self.data = data

    def token(self, name: str, role: Role) -> str:
        """A token that the rate rule spares: a test is faster than a person."""
        return Tokens(open_database(self.data)).create(name, role, unlimited=True)

    def welcome(self) -> str:
        code = Welcome(open_database(self.data)).code()
        assert code
        return code

    def post(self, token: str, path: str, body: object, **headers: str) -> dict[str, object]:
        """What the interface answers a script, as an editor elsewhere would use it."""
        told = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.desk.url + path, msgspec.json.encode(body), told, method="POST")
        with urllib.request.urlopen(request, timeout=5) as answer:
            return msgspec.json.decode(answer.read(), type=dict[str, object])

    def headlines(self) -> list[str]:
        """What the audience can read now, newest first."""
        with urllib.request.urlopen(f"{self.ticker.url}/v1/items?limit=100", timeout=5) as answer:
            items = msgspec.json.decode(answer.read())["items"]
        return [item["headline"]["value"] for item in items]

    def end_sessions(self) -> None:
        """As if twelve hours had passed for everybody."""
        connection = open_database(self.data)
        assert Sessions
        connection.execute("DELETE FROM sessions")
        connection.commit()


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture
def service(redis_url: str, brand: str, tmp_path: Path) -> Iterator[Service]:
    desk_port, ticker_port = _free_port(), _free_port()
    environment = {
        "REDIS_URL": redis_url,
        "FLASHWIRE_BRAND": brand,
        "FLASHWIRE_DATA": str(tmp_path),
        "FLASHWIRE_SIGNING_KEYS": "k1:" + secrets.token_hex(22) + "==",
        "FLASHWIRE_DESK_PORT": str(desk_port),
        "FLASHWIRE_TICKER_PORT": str(ticker_port),
        "FLASHWIRE_TICKER_URL": f"http://127.0.0.1:{ticker_port}",
        "FLASHWIRE_DRAIN_SECONDS": "0",
    }
    made = Service(
        Server(_DESK, environment, desk_port, tmp_path / "desk.log"),
        Server(_TICKER, environment, ticker_port, tmp_path / "ticker.log"),
        tmp_path,
    )
    try:
        made.desk.start()
        made.ticker.start()
        yield made
    finally:
        made.desk.stop()
        made.ticker.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    made.set_default_timeout(10_000)
    yield made
    made.close()


SignIn = Callable[..., Page]


@pytest.fixture
def open_desk(context: BrowserContext, service: Service) -> SignIn:
    """Opens the desk in a new tab and signs in with a new token; any complaint of the page fails the test."""

    def opened(name: str = "Maha", role: Role = "chief", *, token: str | None = None) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"the page failed: {error}"))
        page.goto(service.desk.url)
        page.get_by_label("Token", exact=True).fill(token or service.token(name, role))
        page.keyboard.press("Enter")
        page.locator("#line").wait_for()
        return page

    return opened
