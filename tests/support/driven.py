"""Other browsers than Chromium as one small interface: Debian's Firefox by WebDriver BiDi, WebKitGTK by WebDriver."""

import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from websockets.sync.client import ClientConnection, connect

from tests.support.waiting import free_port, until

_START_SECONDS: Final = 60
_MINI_BROWSERS: Final = "usr/lib/*/webkit2gtk-4.*/MiniBrowser"
Json = dict[str, Any]  # Any: JSON of a browser


class Driven(Protocol):
    """A browser with one window."""

    def open(self, url: str) -> None:
        """Opens a page and waits until it is loaded."""

    def evaluate(self, expression: str) -> Any:  # Any: JSON
        """The value of an expression in the page, a promise's after it is fulfilled."""

    def resize(self, width: int, height: int) -> None:
        """Makes the window as large."""

    def save_screen(self, path: Path) -> None:
        """Writes a picture of the window as PNG."""

    @property
    def errors(self) -> list[str]:
        """What the open page has reported as errors and warnings, where the browser says it."""


class _Firefox:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self._errors: list[str] = []
        self._call("session.new", capabilities={})
        self._call("session.subscribe", events=["log.entryAdded"])
        self._context: str = self._call("browsingContext.getTree")["contexts"][0]["context"]

    def _call(self, method: str, **parameters: Any) -> Json:  # Any: JSON
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            answer: Json = json.loads(self._socket.recv(_START_SECONDS))
            if answer["type"] == "event":
                entry = answer["params"]
                # The browser asks for an icon that the page does not have.
                if entry.get("level") in ("error", "warn") and "/favicon.ico" not in str(entry.get("text")):
                    self._errors.append(str(entry.get("text")))
            elif answer.get("id") == self._number:
                assert answer["type"] == "success", answer
                return dict(answer["result"])

    def open(self, url: str) -> None:
        # The page before may have reported that its server has ended.
        self._call("browsingContext.navigate", context=self._context, url="about:blank", wait="complete")
        self._errors.clear()
        self._call("browsingContext.navigate", context=self._context, url=url, wait="complete")

    def evaluate(self, expression: str) -> Any:  # Any: JSON
        result = self._call(
            "script.evaluate",
            expression=f"Promise.resolve({expression}).then((value) => JSON.stringify(value ?? null))",
            target={"context": self._context},
            awaitPromise=True,
        )
        assert result["type"] == "success", result["exceptionDetails"]["text"]
        return json.loads(result["result"]["value"])

    def resize(self, width: int, height: int) -> None:
        self._call("browsingContext.setViewport", context=self._context, viewport={"width": width, "height": height})

    def save_screen(self, path: Path) -> None:
        shot = self._call("browsingContext.captureScreenshot", context=self._context)
        path.write_bytes(base64.b64decode(shot["data"]))

    @property
    def errors(self) -> list[str]:
        # The next answer comes after all events before it.
        self._call("session.status")
        return self._errors


class _WebKit:
    def __init__(self, url: str, binary: str) -> None:
        self._url = url
        options = {"binary": binary, "args": ["--automation"]}
        wanted = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        self._session = f"/session/{self._post('/session', capabilities=wanted)['sessionId']}"
        self._post(f"{self._session}/timeouts", script=_START_SECONDS * 1000)

    def _send(self, method: str, path: str, body: Json | None = None) -> Any:  # Any: JSON
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=_START_SECONDS) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(error.read().decode()) from error

    def _post(self, path: str, **body: Any) -> Any:  # Any: JSON
        return self._send("POST", path, body)

    def open(self, url: str) -> None:
        self._post(f"{self._session}/url", url=url)

    def evaluate(self, expression: str) -> Any:  # Any: JSON
        script = f"const done = arguments[0]; Promise.resolve({expression}).then(done, (error) => done(`${{error}}`))"
        return self._post(f"{self._session}/execute/async", script=script, args=[])

    def resize(self, width: int, height: int) -> None:
        self._post(f"{self._session}/window/rect", width=width, height=height)

    def save_screen(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._send("GET", f"{self._session}/screenshot")))

    def close(self) -> None:
        self._send("DELETE", self._session)

    @property
    def errors(self) -> list[str]:
        return []


@contextmanager
def firefox(profile: Path) -> Iterator[Driven]:
    """Firefox without a window, with an empty profile."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    assert program, "Firefox is not installed here; run `make browsers`, or install firefox-esr"
    (profile / "user.js").write_text('user_pref("browser.shell.checkDefaultBrowser", false);\n')
    command = [program, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
    environment = {**os.environ, "HOME": str(profile), "MOZ_CRASHREPORTER_DISABLE": "1"}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            address = profile / "WebDriverBiDiServer.json"
            until(lambda: address.exists() and address.read_text(), "Firefox listens", seconds=_START_SECONDS)
            where = json.loads(address.read_text())
            url = f"ws://{where['ws_host']}:{where['ws_port']}/session"
            with connect(url, max_size=None, compression=None, ping_interval=None) as socket:
                yield _Firefox(socket)
        finally:
            os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def webkit() -> Iterator[Driven]:
    """WebKitGTK in a window of a screen that nobody sees."""
    assert shutil.which("WebKitWebDriver") and shutil.which("xvfb-run"), (
        "WebKitGTK is not installed here; run `make browsers`, or install webkit2gtk-driver and xvfb"
    )
    [binary, *_] = sorted(Path("/").glob(_MINI_BROWSERS), reverse=True)
    port = free_port()
    command = ["xvfb-run", "-a", "-s", "-screen 0 1600x1200x24", "WebKitWebDriver", f"--port={port}"]
    with tempfile.TemporaryDirectory(prefix="fw") as home:
        environment = {**os.environ, "HOME": home, "WEBKIT_DISABLE_COMPOSITING_MODE": "1", "NO_AT_BRIDGE": "1"}
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        ) as process:
            try:
                browser = _WebKit(_listening(port), str(binary))
                yield browser
                browser.close()
            finally:
                os.killpg(process.pid, signal.SIGTERM)
                time.sleep(0.1)


def _listening(port: int) -> str:
    """The address of the driver, once it answers."""
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"{url}/status", timeout=5) as answer:
                return bool(json.load(answer)["value"]["ready"])
        except OSError:
            return False

    until(answers, "the driver answers", seconds=_START_SECONDS)
    return url
