"""A real desk and a real ticker node on a real Valkey, each in its own process, and Chromium to look at them."""

import os
import secrets
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from publisher.core.roles import Role
from publisher.records.database import open_database
from publisher.records.sqlite import FILE
from publisher.records.tokens import Tokens
from publisher.records.welcome import Welcome
from tests.support.waiting import free_port, until

_SERVE = (
    "import asyncio; from {room} import serve; from {module} import {settings} as Settings; "
    "from ticker.shared.process.listen import bind; settings = Settings(); "
    "asyncio.run(serve(settings, bind(settings.{side}_host, settings.{side}_port, 1, '--port')[0]))"
)
_DESK = _SERVE.format(room="publisher.server", module="publisher.settings", settings="DeskSettings", side="desk")
_TICKER = _SERVE.format(room="ticker.server", module="ticker.settings", settings="TickerSettings", side="ticker")


class Server:
    """One process that can be stopped and started again at the same address."""

    def __init__(self, program: str, environment: dict[str, str], port: int, log: Path) -> None:
        self._command = [sys.executable, "-c", program]
        self._environment = {**os.environ, **environment}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{port}"

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)
        until(lambda: self._ready() or not self._runs(), "the server is ready", seconds=60)
        assert self._runs(), self._log.read_text()

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def running(self) -> bool:
        return self._process is not None

    def _runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health/ready", timeout=1) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


class Service:
    """A desk and a ticker of one brand."""

    def __init__(self, desk: Server, ticker: Server, data: Path, brand: str) -> None:
        self.brand = brand
        self.desk = desk
        self.ticker = ticker
        self.data = data

    def token(self, name: str, role: Role) -> str:
        """A new token without a rate limit: a test is faster than a person."""
        return Tokens(open_database(self.data)).create(name, role, unlimited=True)

    def welcome(self) -> str:
        """The code that makes the first token."""
        code = Welcome(open_database(self.data)).code()
        assert code
        return code

    def post(self, token: str, path: str, body: object, **headers: str) -> dict[str, object]:
        """The desk's answer to a script that writes."""
        all_headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        all_headers |= {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.desk.url + path, msgspec.json.encode(body), all_headers, method="POST")
        with urllib.request.urlopen(request, timeout=20) as answer:
            return msgspec.json.decode(answer.read(), type=dict[str, object])

    def publish(self, token: str, body: object) -> dict[str, Any]:
        """The item that a script publishes."""
        return msgspec.convert(self.post(token, "/v1/items", body)["item"], dict[str, Any])

    def get(self, token: str, path: str) -> dict[str, object]:
        """The desk's answer to a script that reads."""
        request = urllib.request.Request(self.desk.url + path, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return msgspec.json.decode(answer.read(), type=dict[str, object])

    def headlines(self) -> list[str]:
        """The headlines that the audience can read now, newest first."""
        with urllib.request.urlopen(f"{self.ticker.url}/v1/items?limit=100", timeout=20) as answer:
            items = msgspec.json.decode(answer.read())["items"]
        return [item["headline"]["value"] for item in items]

    def end_sessions(self) -> None:
        """Ends all sessions, as twelve hours would."""
        with closing(sqlite3.connect(self.data / FILE, isolation_level=None)) as database:
            database.execute("DELETE FROM sessions")

    def restart(self) -> None:
        """Starts again what a test has stopped."""
        for server in (self.desk, self.ticker):
            if not server.running:
                server.start()


def run_service(redis_url: str, data: Path, **further: str) -> Iterator[Service]:
    """A service until the generator ends; `further` are settings of both sides."""
    desk_port, ticker_port = free_port(), free_port()
    environment = {
        "REDIS_URL": redis_url,
        "FLASHWIRE_BRAND": f"t{secrets.token_hex(6)}",
        "FLASHWIRE_DATA": str(data),
        "FLASHWIRE_DESK_PORT": str(desk_port),
        "FLASHWIRE_TICKER_PORT": str(ticker_port),
        "FLASHWIRE_TICKER_URL": f"http://127.0.0.1:{ticker_port}",
        "FLASHWIRE_DRAIN_SECONDS": "0",
        "FLASHWIRE_PAINT_SAMPLE": "1",
        **further,
    }
    service = Service(
        Server(_DESK, environment, desk_port, data / "desk.log"),
        Server(_TICKER, environment, ticker_port, data / "ticker.log"),
        # A rehearsal has a separate folder in it.
        data / "rehearsal" if "FLASHWIRE_REHEARSAL" in further else data,
        environment["FLASHWIRE_BRAND"],
    )
    try:
        service.restart()
        yield service
    finally:
        service.desk.stop()
        service.ticker.stop()


@pytest.fixture(scope="session")
def shared_service(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    yield from run_service(redis_url, tmp_path_factory.mktemp("desk"))


@pytest.fixture
def service(shared_service: Service) -> Service:
    """The service of this session, running, with what other tests published: a test knows its own text."""
    shared_service.restart()
    return shared_service


@pytest.fixture
def new_service(redis_url: str, tmp_path: Path) -> Iterator[Service]:
    """A service for this test alone, on its first run."""
    yield from run_service(redis_url, tmp_path)


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(30_000)
    yield context
    context.close()


SignIn = Callable[..., Page]


def sign_in(context: BrowserContext, service: Service, role: Role = "chief", *, token: str | None = None) -> Page:
    """The desk in a new tab, signed in with `token`, or a new one."""
    page = context.new_page()
    page.goto(service.desk.url)
    page.locator("#signin-value").fill(token or service.token(f"M {secrets.token_hex(4)}", role))
    page.keyboard.press("Enter")
    expect(page.locator("#line")).to_be_focused()
    return page


@pytest.fixture
def open_desk(context: BrowserContext, service: Service) -> Iterator[SignIn]:
    """Opens the desk in a new tab and signs in with a new token; any error of the page fails the test."""
    errors: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda entry: errors.append(entry.text) if "Security Policy" in entry.text else None)

    context.on("page", watch)

    def open_page(role: Role = "chief", *, token: str | None = None) -> Page:
        return sign_in(context, service, role, token=token)

    yield open_page
    assert errors == []
