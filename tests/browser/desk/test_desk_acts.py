"""The acts after publishing, from the row of an item: each by its rules, and never over somebody's head."""

import secrets

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.desk.conftest import Service, SignIn

pytestmark = pytest.mark.browser


class Line:
    """One published line, and what another editor does to it through the interface."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._token = service.token(f"Other {secrets.token_hex(4)}", "chief")
        self.text = f"Power is out across the harbour {secrets.token_hex(4)}"
        answer = service.post(
            self._token, "/v1/items", {"text": f"Civil Defence: {self.text}", "edition": "en", "urgency": 3}
        )
        item = answer["item"]
        assert isinstance(item, dict)
        self.uri: str = item["uri"]

    def act(self, version: int, **body: object) -> None:
        self._service.post(self._token, f"/v1/items/{self.uri}/acts", body, If_Match=f'"{version}"')

    def row(self, page: Page) -> Locator:
        return page.locator(f"[data-uri='{self.uri}']")


@pytest.fixture
def line(service: Service) -> Line:
    return Line(service)


def start(row: Locator, act: str) -> Locator:
    row.get_by_role("toolbar").get_by_role("button", name=act, exact=True).click()
    return row.locator("form")


def test_an_update_changes_the_line_on_the_desk_and_on_the_air(service: Service, open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    form = start(line.row(page), "Update")
    expect(form.get_by_label("Text")).to_have_value(line.text)
    form.get_by_label("Text").fill(line.text + " and the airport")
    page.keyboard.press("Control+Enter")
    expect(line.row(page).locator(".audience")).to_have_text(f"Civil Defence: {line.text} and the airport")
    expect(line.row(page)).to_contain_text("Updated")
    expect(line.row(page)).to_contain_text("Version 2")
    expect(line.row(page).locator(".proof")).to_contain_text("on air after")
    assert line.text + " and the airport" in service.headlines()


def test_an_act_that_changes_nothing_is_not_sent(open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    form = start(line.row(page), "Refile")
    page.keyboard.press("Control+Enter")
    expect(form).to_contain_text("Change something first")
    expect(line.row(page)).to_have_attribute("data-version", "1")


def test_a_correction_needs_a_note_and_readers_see_it(open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    form = start(line.row(page), "Correct")
    form.get_by_label("Text").fill(line.text + " district")
    page.keyboard.press("Control+Enter")
    note = form.get_by_label("Note for readers: what was wrong")
    expect(note).to_be_focused()
    expect(note).to_have_attribute("aria-invalid", "true")
    expect(form).to_contain_text("Tell readers what was wrong.")
    page.keyboard.type("An earlier line left the district out.")
    page.keyboard.press("Control+Enter")
    expect(line.row(page).locator(".note")).to_contain_text("An earlier line left the district out.")
    expect(line.row(page)).to_contain_text("Corrected")


def test_a_held_line_leaves_the_air_stays_on_the_desk_and_can_be_released(
    service: Service, open_desk: SignIn, line: Line
) -> None:
    page = open_desk()
    start(line.row(page), "Hold")
    page.keyboard.press("Control+Enter")
    expect(line.row(page)).to_contain_text("On hold")
    expect(line.row(page).get_by_role("button", name="Hold")).to_have_count(0)
    page.reload()
    expect(line.row(page)).to_contain_text("On hold")
    assert line.text not in service.headlines()
    start(line.row(page), "Release")
    page.keyboard.press("Control+Enter")
    expect(line.row(page)).to_contain_text("Released")
    expect(line.row(page).locator(".proof")).to_contain_text("on air after")
    assert line.text in service.headlines()


def test_a_withdrawal_needs_a_note_warns_that_it_is_final_and_leaves_no_act(
    service: Service, open_desk: SignIn, line: Line
) -> None:
    page = open_desk()
    form = start(line.row(page), "Withdraw")
    page.keyboard.press("Control+Enter")
    expect(form).to_contain_text("Tell readers what was wrong.")
    page.keyboard.type("The report was wrong.")
    page.keyboard.press("Control+Enter")
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("never returns")
    expect(question).to_contain_text(line.text)
    page.keyboard.press("Escape")
    expect(line.row(page)).to_have_attribute("data-status", "usable")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Enter")
    expect(line.row(page)).to_contain_text("Withdrawn")
    expect(line.row(page).get_by_role("toolbar")).to_be_hidden()
    expect(line.row(page)).to_be_focused()
    assert line.text not in service.headlines()


def test_a_line_that_changes_while_its_form_is_open_is_shown_beside_what_is_typed(
    open_desk: SignIn, line: Line
) -> None:
    page = open_desk()
    expect(page.locator("#state-ticker")).to_have_text("Ticker: live")
    form = start(line.row(page), "Update")
    form.get_by_label("Text").fill(line.text + " mine")
    line.act(1, act="update", headline=line.text + " theirs")
    expect(form.get_by_role("alert").first).to_contain_text("Somebody was faster")
    expect(form.locator(".conflict .audience")).to_contain_text(line.text + " theirs")
    expect(form.get_by_label("Text")).to_have_value(line.text + " mine")
    form.get_by_role("button", name="Go on with mine over version 2").click()
    expect(line.row(page).locator(".audience")).to_have_text(f"Civil Defence: {line.text} mine")
    expect(line.row(page)).to_have_attribute("data-version", "3")


def test_a_412_shows_the_faster_version_and_keeps_the_text(service: Service, open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    form = start(line.row(page), "Update")
    form.get_by_label("Text").fill(line.text + " mine")
    # Without the ticker the page cannot know before it asks.
    service.ticker.stop()
    expect(page.locator("#state-ticker")).to_contain_text("not reachable")
    line.act(1, act="update", headline=line.text + " theirs")
    with page.expect_response("**/acts") as answer:
        form.get_by_role("button", name="Update").click()
    assert answer.value.status == 412
    expect(form.locator(".conflict .audience")).to_contain_text(line.text + " theirs")
    expect(form.get_by_label("Text")).to_have_value(line.text + " mine")
    form.get_by_role("button", name="Go on with mine over version 2").click()
    expect(line.row(page)).to_have_attribute("data-version", "3")
    expect(line.row(page).locator(".proof")).to_contain_text("not yet seen on the ticker")


def test_a_form_on_a_line_that_somebody_withdrew_can_only_be_left(open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    expect(page.locator("#state-ticker")).to_have_text("Ticker: live")
    form = start(line.row(page), "Correct")
    line.act(1, act="withdraw", note="Wrong.")
    expect(form).to_contain_text("has been withdrawn and never returns")
    expect(form.get_by_role("button", name="Correct")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)


def test_an_act_whose_answer_is_lost_is_done_once(open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    expect(page.locator("#state-ticker")).to_have_text("Ticker: live")
    form = start(line.row(page), "Update")
    form.get_by_label("Text").fill(line.text + " again")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    page.route("**/acts", lose)
    page.keyboard.press("Control+Enter")
    expect(form).to_have_count(0)
    expect(line.row(page)).to_have_attribute("data-version", "2")
    expect(line.row(page)).to_contain_text(line.text + " again")


def test_a_late_answer_leaves_alone_the_form_that_was_opened_meanwhile(open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    row, held = line.row(page), list[Route]()
    page.route("**/acts", lambda route: held.append(route))
    start(row, "Update").get_by_label("Text").fill(line.text + " and the airport")
    with page.expect_request("**/acts"):
        page.keyboard.press("Control+Enter")
    note = start(row, "Withdraw").get_by_label("Note")
    page.keyboard.type("The report was wrong.")
    held[0].continue_()
    expect(row).to_have_attribute("data-version", "2")
    expect(row.locator(".proof")).to_contain_text("on air after")
    expect(note).to_have_value("The report was wrong.")
    expect(note).to_be_focused()


def test_roles_are_offered_their_acts_and_no_other(open_desk: SignIn, line: Line) -> None:
    editor = open_desk("editor")
    expect(line.row(editor).get_by_role("button")).to_have_text(["Update", "Refile"])
    editor.get_by_role("button", name="Sign out").click()
    reporter = open_desk("reporter")
    expect(line.row(reporter)).to_contain_text(line.text)
    expect(line.row(reporter).get_by_role("button")).to_have_count(0)
    reporter.locator("#line").fill("Civil Defence: Not for me to say")
    reporter.keyboard.press("Control+Enter")
    expect(reporter.locator("#outcome")).to_contain_text("Ask an editor to publish it")


def test_a_row_is_worked_without_a_mouse(open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    expect(line.row(page)).to_be_visible()
    page.get_by_role("button", name="Keys").focus()
    page.keyboard.press("j")
    first = page.locator(".row").first
    expect(first.get_by_role("button", name="Update")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(first.get_by_role("button", name="Refile")).to_be_focused()
    page.keyboard.press("u")
    expect(first.get_by_label("Text")).to_be_focused()
    page.keyboard.press("Escape")
    expect(first.get_by_role("button", name="Update")).to_be_focused()
    page.keyboard.press("n")
    expect(page.locator("#line")).to_be_focused()
    page.keyboard.type("j?")
    expect(page.locator("#line")).to_have_value("j?")
