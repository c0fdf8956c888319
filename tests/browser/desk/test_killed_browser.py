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
from tests.browser.desk.conftest import Service, SignIn
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


@pytest.mark.deep
def test_times_story_sections_and_places_survive_a_killed_browser(
    service: Service, killed_browser: KilledBrowser
) -> None:
    token = service.token(f"M {secrets.token_hex(4)}", "chief")
    page = killed_browser.open(service.desk.url)
    sign_in_again(page, token)
    expect(page.locator("#line")).to_be_focused()
    page.locator("#more").evaluate("details => { details.open = true; }")
    texts = {
        "#publishAt": "2040-06-01T10:00",
        "#embargoedUntil": "2040-06-01T11:00",
        "#expires": "2040-06-02T10:00",
        "#pinnedUntil": "2040-06-01T18:00",
        "#link": "https://example.org/b",
        "#story": "Power cuts at the port",
    }
    for field, value in texts.items():
        page.locator(field).fill(value)
    for group in ("#sections", "#places"):
        page.locator(f"{group} input").first.check()
    page.locator("#line").fill(LINE)
    until(lambda: LINE in page.evaluate(_SECOND_COPY), "the line is in the second copy", seconds=5)
    page = kill_and_come_back(killed_browser, service, token)
    expect(page.locator("#line")).to_have_value(LINE)
    for field, value in texts.items():
        expect(page.locator(field)).to_have_value(value)
    for group in ("#sections", "#places"):
        expect(page.locator(f"{group} input").first).to_be_checked()


@pytest.mark.deep
def test_the_note_of_several_lines_survives_a_killed_browser(service: Service, killed_browser: KilledBrowser) -> None:
    token, mark = service.token(f"M {secrets.token_hex(4)}", "chief"), secrets.token_hex(4)
    for number in range(2):
        service.publish(token, {"text": f"Civil Defence: Road {number} is closed {mark}", "edition": "en"})
    page = killed_browser.open(service.desk.url)
    sign_in_again(page, token)
    open_bulk_withdrawal(page, mark).fill("Both roads are open")
    until(lambda: "Both roads" in page.evaluate(_SECOND_COPY), "the note is in the second copy", seconds=5)
    page = kill_and_come_back(killed_browser, service, token)
    expect(open_bulk_withdrawal(page, mark)).to_have_value("Both roads are open")


def open_bulk_withdrawal(page: Page, mark: str) -> Locator:
    """The note of the form that withdraws two selected lines."""
    rows = page.locator(".row", has_text=mark)
    for row in (rows.first, rows.last):
        row.get_by_role("button", name="Update").focus()
        page.keyboard.press("x")
    page.keyboard.press("w")
    return page.locator("#bulk").get_by_role("textbox")


@pytest.mark.deep
def test_the_forms_of_people_tokens_sources_and_stops_survive_a_killed_browser(
    service: Service, killed_browser: KilledBrowser
) -> None:
    token = service.token(f"M {secrets.token_hex(4)}", "chief")
    stopped = f"Feed {secrets.token_hex(4)}"
    service.token(stopped, "reporter")
    stop = service.post(token, "/v1/kill", {"scope": "user", "name": stopped, "reason": "Drill"})
    forms = {
        "people": {"#person-name": "Rana", "#person-email": "rana@example.org", "#token-name": "Night feed"},
        "sources": {"#source-name-en": "Harbour office", "#source-aliases": "Port office"},
        "audit": {"#kill-name": "Omar", "#kill-reason": "Stolen telephone"},
    }
    page = killed_browser.open(service.desk.url)
    sign_in_again(page, token)
    expect(page.locator("#line")).to_be_focused()
    for path, fields in forms.items():
        page.goto(f"{service.desk.url}/{path}")
        for field, value in fields.items():
            page.locator(field).fill(value)
    page.locator(f"#lift-{stop['id']}").click()
    page.locator(f"#lift-reason-{stop['id']}").fill("The drill is over")
    until(lambda: "The drill is over" in page.evaluate(_SECOND_COPY), "it is in the second copy", seconds=5)
    killed_browser.kill()
    # Not by way of the wire: each page puts back what a killed browser had not written.
    page = killed_browser.open(f"{service.desk.url}/people")
    expect(page.locator("#signin-value").or_(page.locator("#person-name")).filter(visible=True).first).to_be_visible()
    if page.locator("#signin-value").is_visible():
        sign_in_again(page, token)
    for path, fields in forms.items():
        if path != "people":
            page.goto(f"{service.desk.url}/{path}")
        for field, value in fields.items():
            expect(page.locator(field)).to_have_value(value)
    page.locator(f"#lift-{stop['id']}").click()
    expect(page.locator(f"#lift-reason-{stop['id']}")).to_have_value("The drill is over")
    service.post(token, f"/v1/kill/{stop['id']}/lift", {"reason": "Over"})


@pytest.mark.deep
def test_the_form_of_a_new_source_survives_a_killed_browser(service: Service, killed_browser: KilledBrowser) -> None:
    token, name = service.token(f"M {secrets.token_hex(4)}", "chief"), f"Port office {secrets.token_hex(4)}"
    page = killed_browser.open(service.desk.url)
    sign_in_again(page, token)
    expect(page.locator("#line")).to_be_focused()
    page.locator("#line").fill(f"{name}: Heavy smoke over the port")
    page.keyboard.press("Alt+N")
    page.locator("#new-source-name").fill(f"{name} of Vala")
    until(lambda: "of Vala" in page.evaluate(_SECOND_COPY), "the name is in the second copy", seconds=5)
    page = kill_and_come_back(killed_browser, service, token)
    expect(page.locator("#line")).to_have_value(f"{name}: Heavy smoke over the port")
    page.locator("#line").focus()
    page.keyboard.press("Alt+N")
    expect(page.locator("#new-source-name")).to_have_value(f"{name} of Vala")


@pytest.mark.deep
def test_the_name_of_the_first_person_survives_a_reload_and_a_killed_browser(
    new_service: Service, killed_browser: KilledBrowser
) -> None:
    code = new_service.welcome()
    address = f"{new_service.desk.url}/#welcome={code}"
    page = killed_browser.open(address)
    page.locator("#invitation-name").fill("Amal Haddad")
    page.reload()
    expect(page.locator("#invitation-name")).to_have_value("Amal Haddad")
    page.locator("#invitation-name").fill("Amal Haddad of Vala")
    until(lambda: "of Vala" in page.evaluate(_SECOND_COPY), "the name is in the second copy", seconds=5)
    assert code not in page.evaluate(_SECOND_COPY)
    killed_browser.kill()
    page = killed_browser.open(address)
    expect(page.locator("#invitation-name")).to_have_value("Amal Haddad of Vala")


@pytest.mark.deep
def test_no_secret_is_kept(service: Service, open_desk: SignIn) -> None:
    page = open_desk()
    page.goto(f"{service.desk.url}/people")
    page.locator("#token-name").fill(f"Feed {secrets.token_hex(4)}")
    page.locator("#token-name").press("Enter")
    expect(page.locator("#token-secret-value")).not_to_have_value("")
    secret = page.locator("#token-secret-value").input_value()
    page.locator("#token-name").fill("Another feed")
    page.locator("#person-name").fill("Rana")
    assert secret not in page.evaluate("JSON.stringify(localStorage)")
    page.reload()
    # What was sent is gone, and what was not is there.
    expect(page.locator("#token-name")).to_have_value("Another feed")
    expect(page.locator("#person-name")).to_have_value("Rana")


def open_submission(page: Page, text: str) -> Locator:
    """The row of a submitted draft in the panel of what is not published yet."""
    page.evaluate("document.getElementById('waiting-box').open = true")
    row = page.locator("#waiting-lines > li", has_text=text)
    expect(row).to_be_visible()
    return row
