"""Two people on the desk: a submission, an approval, a scheduled line, each seen at once by the other."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from publisher.core.roles import Role
from tests.browser.desk.conftest import Service, run_service, sign_in
from tests.browser.desk.editing import open_form, row_with
from tests.support.axe import expect_accessible
from ticker.contract.site import DEFAULT_SITE

pytestmark = pytest.mark.browser

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def policy_service(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose flashes and bulletins need a chief."""
    data = tmp_path_factory.mktemp("policy")
    site = data / "site.toml"
    site.write_text(DEFAULT_SITE.read_text("utf-8") + "\n[[approvals]]\nurgency = 2\n", "utf-8")
    yield from run_service(redis_url, data, FLASHWIRE_SITE=str(site))


@pytest.fixture
def service(policy_service: Service) -> Service:
    policy_service.restart()
    return policy_service


@pytest.fixture
def open_as(chromium: Browser, service: Service) -> Iterator[Open]:
    """Opens the desk for another person, each in a browser of their own."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_page(role: Role = "chief", token: str | None = None) -> Page:
        context = chromium.new_context(locale="en-GB", viewport={"width": 1366, "height": 768})
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = sign_in(context, service, role, token=token)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def a_text() -> str:
    return f"Bridge in the old town closed {secrets.token_hex(4)}"


def row(page: Page, text: str) -> Locator:
    """The row of the panel that has `text`; the panel is opened."""
    page.evaluate("document.getElementById('waiting-box').open = true")
    return page.locator("#waiting-lines > li", has_text=text)


def ask(service: Service, token: str, text: str, **fields: Any) -> None:
    """A script asks for approval of a flash."""
    body = {"text": f"Civil Defence: {text}", "edition": "en", "urgency": 1, **fields}
    service.post(token, "/v1/approvals", {"request": body, "note": "Confirmed by two"})


def in_a_moment(page: Page, seconds: float) -> str:
    return str(page.evaluate("seconds => new Date(Date.now() + seconds * 1000).toISOString()", seconds))


def test_the_key_that_opens_the_next_draft_leaves_a_submission_of_ones_own(service: Service, open_as: Open) -> None:
    token, text = service.token(f"R {secrets.token_hex(4)}", "reporter"), a_text()
    body = {"edition": "en", "line": {"text": f"Civil Defence: {text}"}, "state": "submitted"}
    draft: Any = service.post(token, "/v1/drafts", body)["draft"]
    reporter = open_as("reporter", token)
    expect(row(reporter, text)).to_be_visible()
    reporter.locator("#line").focus()
    reporter.keyboard.press("Alt+R")
    expect(reporter.locator("#outcome")).to_have_text("No submission waits to be opened.")
    expect(reporter.locator("#line")).to_have_value("")
    # An editor of another test would be offered it.
    headers = {"Authorization": f"Bearer {token}", "If-Match": f'"{draft["version"]}"'}
    assert reporter.request.delete(f"{service.desk.url}/v1/drafts/{draft['id']}", headers=headers).ok


def test_an_editor_sees_a_submission_at_once_and_publishes_it(service: Service, open_as: Open) -> None:
    editor, text = open_as("editor"), a_text()
    expect(editor.locator("#waiting-empty")).to_have_count(1)
    reporter = service.token(f"Reporter {secrets.token_hex(3)}", "reporter")
    line = {"text": f"Civil Defence: {text}", "urgency": 4}
    service.post(reporter, "/v1/drafts", {"edition": "en", "line": line, "state": "submitted", "note": "From the spot"})
    expect(editor.locator("#waiting-news")).to_contain_text(text)
    expect(editor.locator("#waiting-counts")).to_contain_text("1 submitted")
    expect(row(editor, text)).to_contain_text("Note: \u2068From the spot\u2069")
    row(editor, text).get_by_role("button", name="Publish now").click()
    editor.keyboard.press("Enter")
    expect(row(editor, text)).to_have_count(0)
    assert text in service.headlines()


@pytest.mark.deep
def test_a_reporter_submits_with_the_keyboard_and_nothing_is_published(service: Service, open_as: Open) -> None:
    editor, reporter, text = open_as("editor"), open_as("reporter"), a_text()
    expect(reporter.locator("#publish")).to_contain_text("Submit to the editors")
    reporter.locator("#line").fill(f"Civil Defence: {text}")
    reporter.keyboard.press("Control+Enter")
    expect(reporter.locator("#outcome")).to_have_text("Submitted. The editors see it now.")
    expect(reporter.locator("#line")).to_have_value("")
    expect(row(editor, text)).to_contain_text("Submitted")
    assert text not in service.headlines()


@pytest.mark.deep
def test_a_flash_from_the_composer_asks_a_second_person(service: Service, open_as: Open) -> None:
    own, chief, text = open_as("editor"), open_as("chief"), a_text()
    own.locator("#line").fill(f"Civil Defence: {text}")
    own.keyboard.press("Alt+1")
    own.keyboard.press("Control+Enter")
    expect(own.locator("#confirm")).to_be_visible()
    own.keyboard.press("Enter")
    expect(own.locator("#outcome")).to_have_text("A second person must approve it. They see it now.")
    assert text not in service.headlines()
    row(chief, text).get_by_role("button", name="Approve and publish").click()
    expect(row(chief, text)).to_have_count(0)
    assert text in service.headlines()


@pytest.mark.deep
def test_an_update_that_makes_a_flash_asks_a_second_person(service: Service, open_as: Open) -> None:
    token, text = service.token(f"Editor {secrets.token_hex(3)}", "editor"), a_text()
    uri = service.publish(token, {"text": f"Civil Defence: {text}", "edition": "en"})["uri"]
    own, chief = open_as(token=token), open_as("chief")
    form = open_form(row_with(own, text), "Update")
    form.get_by_label("Urgency").select_option("1")
    own.keyboard.press("Control+Enter")
    expect(own.locator("#confirm")).to_be_visible()
    own.keyboard.press("Enter")
    expect(own.locator(".act-status", has_text="A second person must approve it")).to_be_visible()
    row(chief, text).get_by_role("button", name="Approve and publish").click()
    expect(row(chief, text)).to_have_count(0)
    stored: Any = service.get(token, f"/v1/items/{uri}")
    assert (stored["version"], stored["urgency"], stored["act"]) == (2, 1, "update")


def test_a_submission_is_returned_with_what_is_missing(service: Service, open_as: Open) -> None:
    editor, text = open_as("editor"), a_text()
    reporter = service.token(f"Reporter {secrets.token_hex(3)}", "reporter")
    service.post(reporter, "/v1/drafts", {"edition": "en", "line": {"text": text}, "state": "submitted"})
    row(editor, text).get_by_role("button", name="Return").click()
    editor.keyboard.type("Which bridge?")
    # The reason survives Escape.
    editor.keyboard.press("Escape")
    row(editor, text).get_by_role("button", name="Return").click()
    editor.keyboard.press("Enter")
    expect(row(editor, text)).to_have_count(0)
    drafts: Any = service.get(reporter, "/v1/drafts")["drafts"]
    assert [(draft["state"], draft["note"]) for draft in drafts] == [("draft", "Which bridge?")]


def submit(service: Service, text: str, **fields: Any) -> tuple[str, str]:
    """A reporter submits a line; their token, and the draft's id."""
    reporter = service.token(f"Rana {secrets.token_hex(3)}", "reporter")
    line = {"text": f"A neighbour: {text}", "role": "eyewitness", **fields}
    body = {"edition": "en", "line": line, "state": "submitted", "note": "From the spot"}
    draft: Any = service.post(reporter, "/v1/drafts", body)["draft"]
    return reporter, draft["id"]


@pytest.mark.deep
def test_a_submission_is_opened_in_the_composer_put_back_changed_and_published_once(
    service: Service, open_as: Open
) -> None:
    editor, text, half = open_as("editor"), a_text(), f"Civil Defence: Half a line {secrets.token_hex(3)}"
    line = editor.locator("#line")
    line.focus()
    editor.keyboard.type(half)
    story = f"Bridges {secrets.token_hex(3)}"
    fields = {"urgency": 3, "sections": ["politics"], "link": "https://example.org/b", "story": {"title": story}}
    reporter, draft_id = submit(service, text, **fields, expires="2040-01-02T03:04:00Z", reviewedBy="Night desk")
    expect(editor.locator("#waiting-news")).to_contain_text(text)
    editor.keyboard.press("Alt+R")
    expect(line).to_have_value(f"A neighbour: {text}")
    expect(editor.locator("#outcome")).to_contain_text("Note: \u2068From the spot\u2069")
    expect(editor.locator("#role")).to_have_value("eyewitness")
    expect(editor.get_by_role("radio", name="Urgent")).to_be_checked()
    expect(editor.get_by_role("checkbox", name="Politics")).to_be_checked()
    expect(editor.locator("#link")).to_have_value("https://example.org/b")
    expect(editor.locator("#story")).to_have_value(story)
    expect(editor.locator("#reviewedBy")).to_have_value("Night desk")
    # What was in the field waits, and one key puts everything back.
    expect(editor.locator("#queue-lines > li")).to_have_count(1)
    editor.keyboard.press("Control+Z")
    expect(line).to_have_value(half)
    expect(editor.locator("#queue")).to_be_hidden()
    expect(row(editor, text)).to_have_count(1)
    line.focus()
    editor.keyboard.press("Alt+R")
    editor.keyboard.press("End")
    editor.keyboard.type(" today")
    # A reload keeps whose draft it is.
    editor.reload()
    expect(line).to_have_value(f"A neighbour: {text} today")
    line.press("Control+Enter")
    expect(editor.locator("#confirm")).to_be_visible()
    editor.keyboard.press("Enter")
    expect(row(editor, text)).to_have_count(0)
    # The half line is back, and nothing asks to publish it.
    expect(line).to_have_value(half)
    expect(editor.get_by_role("dialog")).to_have_count(0)
    draft: Any = service.get(reporter, f"/v1/drafts/{draft_id}")["draft"]
    item: Any = service.get(reporter, f"/v1/items/{draft['uri']}")
    assert draft["state"] == "published"
    assert (item["headline"]["value"], item["urgency"]) == (f"{text} today", 3)
    assert (item["story"]["title"]["value"], item["expires"][:19]) == (story, "2040-01-02T03:04:00")
    assert [one for one in service.headlines() if text in one] == [f"{text} today"]


@pytest.mark.deep
def test_a_submission_that_is_changed_into_a_flash_asks_a_second_person(service: Service, open_as: Open) -> None:
    editor, chief, text = open_as("editor"), open_as("chief"), a_text()
    reporter, draft_id = submit(service, text)
    row(editor, text).get_by_role("button", name="Open").click()
    editor.keyboard.press("End")
    editor.keyboard.type(" for good")
    editor.keyboard.press("Alt+1")
    editor.keyboard.press("Control+Enter")
    expect(editor.locator("#confirm")).to_be_visible()
    editor.keyboard.press("Enter")
    expect(editor.locator("#outcome")).to_have_text("A second person must approve it. They see it now.")
    # One row: the submission is what waits.
    expect(row(chief, text)).to_have_count(1)
    row(chief, text).get_by_role("button", name="Approve and publish").click()
    expect(row(chief, text)).to_have_count(0)
    draft: Any = service.get(reporter, f"/v1/drafts/{draft_id}")["draft"]
    assert draft["state"] == "published"
    assert f"{text} for good" in service.headlines()


@pytest.mark.deep
def test_a_reporter_opens_what_came_back_with_one_key_and_submits_the_same_draft_again(
    service: Service, open_as: Open
) -> None:
    token, text = service.token(f"Rana {secrets.token_hex(3)}", "reporter"), a_text()
    reporter = open_as(token=token)
    reporter.locator("#line").focus()
    reporter.keyboard.type(f"Civil Defence: {text}")
    reporter.keyboard.press("Control+Enter")
    expect(reporter.locator("#outcome")).to_have_text("Submitted. The editors see it now.")
    reporter.keyboard.type("Civil Defence: The next line")
    editor = open_as("editor")
    row(editor, text).get_by_role("button", name="Return").click()
    editor.keyboard.type("Which bridge?")
    editor.keyboard.press("Enter")
    expect(row(editor, text)).to_have_count(0)
    expect(reporter.locator("#returned")).to_contain_text("Which bridge?")
    expect_accessible(reporter)
    reporter.keyboard.press("Alt+R")
    expect(reporter.locator("#line")).to_have_value(f"Civil Defence: {text}")
    expect(reporter.locator("#outcome")).to_contain_text("Which bridge?")
    expect(reporter.locator("#returned")).to_be_hidden()
    reporter.keyboard.press("End")
    reporter.keyboard.type(", the stone one")
    reporter.keyboard.press("Control+Enter")
    expect(row(editor, text)).to_contain_text("the stone one")
    expect(reporter.locator("#line")).to_have_value("Civil Defence: The next line")
    drafts: Any = service.get(token, "/v1/drafts")["drafts"]
    [draft] = [one for one in drafts if text in one["line"]["text"]]
    assert (draft["state"], draft["note"], draft["version"]) == ("submitted", None, 3)


def test_two_people_publish_a_flash_and_one_alone_does_not(service: Service, open_as: Open) -> None:
    text = a_text()
    author = service.token(f"Editor {secrets.token_hex(3)}", "editor")
    own, chief = open_as(token=author), open_as("chief")
    ask(service, author, text)
    expect(chief.locator("#waiting-news")).to_contain_text(text)
    expect(row(own, text)).to_contain_text("For approval")
    expect(row(own, text).get_by_role("button", name="Approve")).to_have_count(0)
    assert text not in service.headlines()
    row(chief, text).get_by_role("button", name="Approve and publish").click()
    expect(row(chief, text)).to_have_count(0)
    expect(row(own, text)).to_have_count(0)
    assert text in service.headlines()


@pytest.mark.deep
def test_a_refusal_reaches_its_author_with_the_reason(service: Service, open_as: Open) -> None:
    text = a_text()
    author = service.token(f"Editor {secrets.token_hex(3)}", "editor")
    own, chief = open_as(token=author), open_as("chief")
    ask(service, author, text)
    row(chief, text).get_by_role("button", name="Refuse").click()
    chief.keyboard.press("Enter")
    expect(row(chief, text).locator(".reason .error")).to_have_text("Write the reason here.")
    chief.keyboard.type("One source only")
    chief.keyboard.press("Enter")
    expect(row(own, text)).to_contain_text("One source only")
    expect(row(chief, text)).to_have_count(0)
    expect(chief.locator("#waiting summary")).to_be_focused()


def rewrite(page: Page, service: Service, token: str, text: str, other: str) -> None:
    """A script changes the words of a line that waits."""
    headers = {"Authorization": f"Bearer {token}"}
    lists: Any = service.get(token, "/v1/approvals")
    [waiting] = [line for line in lists["approvals"] if line["item"]["headline"]["value"] == text]
    body = {"request": {**waiting["request"], "text": f"Civil Defence: {other}"}}
    headers["If-Match"] = f'"{waiting["version"]}"'
    assert page.request.put(f"{service.desk.url}/v1/approvals/{waiting['id']}", data=body, headers=headers).ok


def state_of(service: Service, token: str, text: str) -> str:
    lists: Any = service.get(token, "/v1/approvals")
    return next((line["state"] for line in lists["approvals"] if line["item"]["headline"]["value"] == text), "gone")


@pytest.mark.deep
def test_a_reason_that_is_being_typed_stays_open_while_its_line_changes(service: Service, open_as: Open) -> None:
    """A space of the sentence must not press the button that publishes a flash."""
    text, other, further = a_text(), a_text(), a_text()
    author = service.token(f"Editor {secrets.token_hex(3)}", "editor")
    chief = open_as("chief")
    ask(service, author, text)
    row(chief, text).get_by_role("button", name="Refuse").click()
    chief.keyboard.type("One source")
    rewrite(chief, service, author, text, other)
    changed = row(chief, other)
    expect(changed).to_contain_text("This line has changed: read it again, then decide.")
    # Another line lets the list place its rows again.
    ask(service, author, further)
    expect(row(chief, further)).to_be_visible()
    field = changed.locator(".reason input")
    expect(field).to_be_focused()
    chief.keyboard.type(" only, and not ours")
    expect(field).to_have_value("One source only, and not ours")
    assert state_of(service, author, other) == "waiting"
    chief.keyboard.press("Escape")
    expect(changed.get_by_role("button", name="Refuse")).to_be_focused()
    assert other not in service.headlines() and text not in service.headlines()


@pytest.mark.deep
def test_the_key_that_approves_never_approves_words_that_have_just_changed(service: Service, open_as: Open) -> None:
    text, other = a_text(), a_text()
    author = service.token(f"Editor {secrets.token_hex(3)}", "editor")
    chief = open_as("chief")
    ask(service, author, text)
    row(chief, text).get_by_role("button", name="Approve and publish").focus()
    # A click that was on its way.
    chief.evaluate(
        """(text) => new MutationObserver((_, observer) => {
            const rows = [...document.querySelectorAll("#waiting-lines > li")];
            const row = rows.find(({ textContent }) => textContent.includes(text));
            if (!row) return;
            observer.disconnect();
            row.querySelector(".primary.danger").click();
            globalThis.wasClicked = true;
        }).observe(document.getElementById("waiting-lines"), { childList: true, subtree: true })""",
        other,
    )
    rewrite(chief, service, author, text, other)
    changed = row(chief, other)
    expect(changed).to_contain_text("This line has changed")
    expect(chief.locator("#waiting summary")).to_be_focused()
    chief.wait_for_function("globalThis.wasClicked")
    expect(changed).not_to_have_attribute("aria-busy", "true")
    assert state_of(service, author, other) == "waiting" and other not in service.headlines()
    # What was read is approved.
    chief.wait_for_timeout(1600)
    changed.get_by_role("button", name="Approve and publish").click()
    expect(changed).to_have_count(0)
    assert other in service.headlines()


@pytest.mark.deep
def test_a_submission_with_a_time_says_when_it_leaves_and_what_is_wrong_with_it(
    service: Service, open_as: Open
) -> None:
    token, later, missed = service.token(f"R {secrets.token_hex(4)}", "reporter"), a_text(), a_text()
    for text, time in ((later, "2040-06-01T12:00:00Z"), (missed, "2020-06-01T12:00:00Z")):
        line = {"text": f"Civil Defence: {text}", "embargoedUntil": time}
        service.post(token, "/v1/drafts", {"edition": "en", "line": line, "state": "submitted"})
    editor = open_as("editor")
    row(editor, later).get_by_role("button", name="Publish now").click()
    expect(editor.locator("#confirm-title")).to_have_text("Schedule this line?")
    expect(editor.locator("#confirm-facts")).to_contain_text("Leaves at")
    editor.keyboard.press("Enter")
    expect(row(editor, later)).to_contain_text("Scheduled")
    row(editor, missed).get_by_role("button", name="Publish now").click()
    expect(editor.locator("#confirm")).to_be_visible()
    editor.keyboard.press("Enter")
    expect(row(editor, missed).get_by_role("alert").first).to_contain_text("time")
    expect(row(editor, missed).get_by_role("alert").first).not_to_contain_text("fields named")
    assert later not in service.headlines() and missed not in service.headlines()


def test_a_chief_alone_publishes_for_a_reason(service: Service, open_as: Open) -> None:
    text = a_text()
    token = service.token(f"Chief {secrets.token_hex(3)}", "chief")
    chief = open_as(token=token)
    ask(service, token, text)
    row(chief, text).get_by_role("button", name="Publish without approval").click()
    chief.keyboard.type("Alone on the night desk")
    chief.keyboard.press("Enter")
    expect(row(chief, text)).to_have_count(0)
    assert text in service.headlines()


@pytest.mark.deep
def test_a_scheduled_line_is_shown_canceled_and_another_goes_out_in_time(service: Service, open_as: Open) -> None:
    editor, later, soon = open_as("editor"), a_text(), a_text()
    token = service.token(f"Editor {secrets.token_hex(3)}", "editor")
    for text, seconds in ((later, 3600.0), (soon, 2.5)):
        body = {"text": f"Civil Defence: {text}", "edition": "en", "publishAt": in_a_moment(editor, seconds)}
        service.post(token, "/v1/items", body)
    expect(row(editor, later)).to_contain_text("Scheduled")
    row(editor, later).get_by_role("button", name="Cancel").click()
    editor.get_by_role("button", name="Cancel the line").click()
    expect(row(editor, later)).to_have_count(0)
    expect(row(editor, soon)).to_have_count(0)
    assert soon in service.headlines() and later not in service.headlines()


def test_the_sound_is_off_until_a_person_turns_it_on(service: Service, open_as: Open) -> None:
    editor = open_as("editor")
    editor.evaluate(
        "globalThis.tones = 0; const start = OscillatorNode.prototype.start;"
        "OscillatorNode.prototype.start = function (at) { globalThis.tones++; return start.call(this, at); }; 0"
    )
    reporter = service.token(f"Reporter {secrets.token_hex(3)}", "reporter")
    first, second = a_text(), a_text()
    service.post(reporter, "/v1/drafts", {"edition": "en", "line": {"text": first}, "state": "submitted"})
    expect(editor.locator("#waiting-news")).to_contain_text(first)
    assert editor.evaluate("tones") == 0
    row(editor, first)
    editor.locator("#waiting-sound").check()
    assert editor.evaluate("tones") == 2
    service.post(reporter, "/v1/drafts", {"edition": "en", "line": {"text": second}, "state": "submitted"})
    expect(editor.locator("#waiting-news")).to_contain_text(second)
    assert editor.evaluate("tones") == 4


@pytest.mark.deep
def test_the_panel_in_three_languages_has_no_serious_finding(service: Service, open_as: Open, tmp_path: Path) -> None:
    editor_token = service.token(f"Editor {secrets.token_hex(3)}", "editor")
    reporter = service.token(f"Rana {secrets.token_hex(3)}", "reporter")
    chief = open_as("chief")
    ask(service, editor_token, a_text())
    arabic = {"text": "الدفاع المدني: إغلاق جسر في البلدة القديمة", "urgency": 3}
    service.post(reporter, "/v1/drafts", {"edition": "ar", "line": arabic, "state": "submitted", "note": "من المكان"})
    body = {"text": "Civil Defence: Curfew lifted", "edition": "en", "embargoedUntil": in_a_moment(chief, 7200)}
    service.post(editor_token, "/v1/items", body)
    expect(row(chief, "Curfew lifted")).to_be_visible()
    for language in ("en", "es", "ar"):
        chief.locator("#language").select_option(language)
        chief.screenshot(path=str(tmp_path / f"panel-{language}.png"))
        expect_accessible(chief)
    chief.set_viewport_size({"width": 320, "height": 800})
    assert chief.evaluate("document.documentElement.scrollWidth") <= 320
    chief.locator("#waiting").scroll_into_view_if_needed()
    chief.screenshot(path=str(tmp_path / "panel-320.png"))
    small = chief.evaluate(
        "[...document.querySelectorAll('#waiting button, #waiting summary')]"
        ".filter((element) => element.getBoundingClientRect().height < 24).length"
    )
    assert small == 0


def fill_editions(page: Page, text: str) -> None:
    """Writes the line in the composer's edition and in two more, with the keyboard alone."""
    page.locator("#line").fill(f"Civil Defence: {text}")
    page.keyboard.press("Alt+Shift+E")
    for edition, words in (("es", "Puente cerrado"), ("ar", "إغلاق الجسر")):
        page.locator(f"#editions-{edition}").focus()
        page.keyboard.type(f"{words} {text[-8:]}")


@pytest.mark.deep
def test_three_editions_of_a_flash_are_approved_as_one_by_a_person_who_sees_all_texts(
    service: Service, open_as: Open, tmp_path: Path
) -> None:
    own, chief, text = open_as("editor"), open_as("chief"), a_text()
    fill_editions(own, text)
    own.keyboard.press("Alt+1")
    own.keyboard.press("Control+Enter")
    expect(own.locator("#confirm-facts")).to_contain_text("Second person")
    own.keyboard.press("Enter")
    expect(own.locator("#outcome")).to_have_text("A second person must approve it. They see it now.")
    expect(own.locator("#line")).to_have_value("")
    waiting = row(chief, text)
    for words in (text, f"Puente cerrado {text[-8:]}", f"إغلاق الجسر {text[-8:]}"):
        expect(waiting).to_contain_text(words)
    expect_accessible(chief)
    chief.screenshot(path=str(tmp_path / "approval-of-three.png"))
    assert text not in service.headlines()
    waiting.get_by_role("button", name="Approve and publish").click()
    expect(waiting).to_have_count(0)
    headlines = service.headlines()
    assert [headlines.count(words) for words in (text, f"Puente cerrado {text[-8:]}")] == [1, 1]


@pytest.mark.deep
def test_three_editions_with_a_time_are_scheduled_and_canceled_as_one(
    service: Service, open_as: Open, tmp_path: Path
) -> None:
    editor, text = open_as("editor"), a_text()
    editor.keyboard.press("Alt+O")
    editor.locator("#publishAt").fill("2037-01-02T14:30")
    fill_editions(editor, text)
    expect(editor.locator("#editions")).to_contain_text("All editions leave together")
    editor.screenshot(path=str(tmp_path / "editions-with-a-time.png"))
    editor.keyboard.press("Control+Enter")
    expect(editor.locator("#confirm-title")).to_have_text("Schedule all of these?")
    editor.keyboard.press("Enter")
    expect(editor.locator("#outcome")).to_contain_text("Scheduled together in")
    scheduled = row(editor, text)
    expect(scheduled).to_contain_text(f"Puente cerrado {text[-8:]}")
    scheduled.get_by_role("button", name="Cancel").click()
    editor.get_by_role("button", name="Cancel the line").click()
    expect(scheduled).to_have_count(0)
    assert text not in service.headlines()
