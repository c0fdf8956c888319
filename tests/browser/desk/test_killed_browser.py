"""What is typed survives a browser that is killed in the middle of it."""

import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, expect

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.desk.conftest import Service
from tests.browser.desk.editing import Line, line, sign_in_again
from tests.support.waiting import until

__all__ = ["line"]  # fixtures

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


def kill_and_come_back(browser: KilledBrowser, service: Service, token: str) -> Page:
    """The desk in a new process of the browser, signed in."""
    browser.kill()
    page = browser.open(service.desk.url)
    # Chromium writes cookies every half minute: only then is the person still signed in.
    expect(page.locator("#signin-value").or_(page.locator("#line")).filter(visible=True).first).to_be_visible()
    if page.locator("#signin-value").is_visible():
        expect(page.locator("#signin-value")).to_be_focused()
        sign_in_again(page, token)
    return page


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
    page = kill_and_come_back(killed_browser, service, token)
    expect(page.locator("#line")).to_have_value(LINE)
    expect(page.locator("#role")).to_have_value("eyewitness")
    expect(page.locator("#link")).to_have_value("https://example.org/a")
    expect(page.get_by_role("checkbox", name="Politics")).to_be_checked()
    expect(page.get_by_role("radio", name="Bulletin")).to_be_checked()


@pytest.mark.deep
def test_the_fields_of_acts_editions_and_reasons_survive_a_killed_browser(
    service: Service, killed_browser: KilledBrowser, line: Line
) -> None:
    token = service.token(f"M {secrets.token_hex(4)}", "chief")
    reporter = service.token(f"R {secrets.token_hex(4)}", "reporter")
    draft = f"Ferries stop at noon {secrets.token_hex(4)}"
    body = {"edition": "en", "line": {"text": f"Civil Defence: {draft}"}, "state": "submitted"}
    service.post(reporter, "/v1/drafts", body)
    page = killed_browser.open(service.desk.url)
    sign_in_again(page, token)
    expect(page.locator("#line")).to_be_focused()
    page.locator("#line").fill(LINE)
    page.keyboard.press("Alt+Shift+E")
    page.locator("#editions-es").fill("Una vecina: Mucho humo sobre el puerto")
    page.keyboard.press("Escape")
    submission = open_submission(page, draft)
    submission.get_by_role("button", name="Return").click()
    submission.locator("form input, form textarea").first.fill("Who has seen it?")
    form = line.open_form(page, "Correct")
    form.get_by_label("Line, as", exact=False).fill("Civil Defence: Power is back across the harbour")
    form.get_by_label("Note", exact=False).first.fill("It came back at six")
    until(lambda: "It came back at six" in page.evaluate(_SECOND_COPY), "the note is in the second copy", seconds=1)
    page = kill_and_come_back(killed_browser, service, token)
    form = line.open_form(page, "Correct")
    expect(form.get_by_label("Line, as", exact=False)).to_have_value("Civil Defence: Power is back across the harbour")
    expect(form.get_by_label("Note", exact=False).first).to_have_value("It came back at six")
    submission = open_submission(page, draft)
    submission.get_by_role("button", name="Return").click()
    expect(submission.locator("form input, form textarea").first).to_have_value("Who has seen it?")
    page.locator("#line").focus()
    page.keyboard.press("Alt+Shift+E")
    expect(page.locator("#editions-es")).to_have_value("Una vecina: Mucho humo sobre el puerto")


def open_submission(page: Page, text: str) -> Locator:
    """The row of a submitted draft in the panel of what is not published yet."""
    page.evaluate("document.getElementById('waiting-box').open = true")
    row = page.locator("#waiting-lines > li", has_text=text)
    expect(row).to_be_visible()
    return row
