"""What is typed survives a browser that is killed in the middle of it."""

import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.desk.conftest import Service
from tests.browser.desk.editing import sign_in_again
from tests.support.waiting import until

pytestmark = pytest.mark.browser

LINE = "A neighbour: Heavy smoke over the port"


class KilledBrowser:
    """Chromium with a profile on the disk, which is killed and started again."""

    def __init__(self, chromium: Browser, profile: Path) -> None:
        self._type = chromium.browser_type
        self._profile = profile
        self._context: BrowserContext | None = None

    def open(self, url: str) -> Page:
        self._context = self._type.launch_persistent_context(
            str(self._profile), executable_path=CHROMIUM, args=ARGUMENTS, locale="en-GB"
        )
        page = self._context.pages[0]
        page.goto(url)
        return page

    def kill(self) -> None:
        """Kills the browser's process and its children, which can write nothing any more."""
        pids = [pid for pid in _processes() if f"--user-data-dir={self._profile}" in _command(pid)]
        assert pids
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        until(
            lambda: not any(f"--user-data-dir={self._profile}" in _command(pid) for pid in pids), "the browser is gone"
        )
        self.close()
        for name in ("SingletonLock", "SingletonCookie", "SingletonSocket"):
            (self._profile / name).unlink(missing_ok=True)

    def close(self) -> None:
        if self._context:
            # Playwright may notice first that the browser is gone.
            with suppress(Error):
                self._context.close()
            self._context = None


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


_SECOND_COPY = """() => new Promise((resolve) => {
  const opening = indexedDB.open("flashwire");
  opening.onsuccess = () => {
    const reading = opening.result.transaction("entries").objectStore("entries").getAll();
    reading.onsuccess = () => { opening.result.close(); resolve(JSON.stringify(reading.result)); };
  };
})"""


@pytest.fixture
def killed_browser(chromium: Browser, tmp_path: Path) -> Iterator[KilledBrowser]:
    browser = KilledBrowser(chromium, tmp_path / "profile")
    yield browser
    browser.close()


@pytest.mark.deep
def test_every_field_of_the_composer_survives_a_killed_browser(service: Service, killed_browser: KilledBrowser) -> None:
    token = service.token(f"M {secrets.token_hex(4)}", "chief")
    page = killed_browser.open(service.desk.url)
    sign_in_again(page, token)
    expect(page.locator("#line")).to_be_focused()
    page.locator("#more").evaluate("details => { details.open = true; }")
    page.locator("#link").fill("https://example.org/a")
    page.get_by_role("checkbox", name="Politics").check()
    page.get_by_role("radio", name="Bulletin").check()
    page.locator("#line").fill(LINE)
    page.locator("#role").select_option("eyewitness")
    # A transaction takes milliseconds; the local storage is on the disk only seconds later.
    until(lambda: "eyewitness" in page.evaluate(_SECOND_COPY), "the last choice is in the second copy", seconds=1)
    killed_browser.kill()
    page = killed_browser.open(service.desk.url)
    # Chromium writes cookies every half minute: only then is the person still signed in.
    expect(page.locator("#signin-value").or_(page.locator("#line")).filter(visible=True).first).to_be_visible()
    if page.locator("#signin-value").is_visible():
        expect(page.locator("#signin-value")).to_be_focused()
        sign_in_again(page, token)
    expect(page.locator("#line")).to_have_value(LINE)
    expect(page.locator("#role")).to_have_value("eyewitness")
    expect(page.locator("#link")).to_have_value("https://example.org/a")
    expect(page.get_by_role("checkbox", name="Politics")).to_be_checked()
    expect(page.get_by_role("radio", name="Bulletin")).to_be_checked()
