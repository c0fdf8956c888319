"""The acts after publishing, from the row of an item: each by its rules, and never over a newer version unseen."""

import pytest
from playwright.sync_api import Route, expect

from tests.browser.desk.conftest import Service, SignIn
from tests.browser.desk.editing import Line, line

__all__ = ["line"]  # fixtures

pytestmark = pytest.mark.browser


def test_an_update_changes_the_line_on_the_desk_and_for_readers(
    service: Service, open_desk: SignIn, line: Line
) -> None:
    page = open_desk()
    form = line.open_form(page, "Update")
    expect(form.get_by_label("Text")).to_have_value(line.text)
    form.get_by_label("Text").fill(line.text + " and the airport")
    page.keyboard.press("Control+Enter")
    expect(line.row(page).locator(".audience")).to_have_text(f"Civil Defence: {line.text} and the airport")
    expect(line.row(page)).to_contain_text("Updated")
    expect(line.row(page)).to_contain_text("Version 2")
    expect(line.row(page).locator(".timing")).to_contain_text("on air after")
    assert line.text + " and the airport" in service.headlines()


def test_an_act_that_changes_nothing_is_not_sent(open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    form = line.open_form(page, "Refile")
    page.keyboard.press("Control+Enter")
    expect(form).to_contain_text("Change something first")
    expect(line.row(page)).to_have_attribute("data-version", "1")


def test_a_correction_needs_a_note_and_readers_see_it(open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    form = line.open_form(page, "Correct")
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


def test_a_held_line_is_hidden_from_readers_stays_on_the_desk_and_can_be_released(
    service: Service, open_desk: SignIn, line: Line
) -> None:
    page = open_desk()
    line.open_form(page, "Hold")
    page.keyboard.press("Control+Enter")
    expect(line.row(page)).to_contain_text("On hold")
    expect(line.row(page).get_by_role("button", name="Hold")).to_have_count(0)
    page.reload()
    expect(line.row(page)).to_contain_text("On hold")
    assert line.text not in service.headlines()
    line.open_form(page, "Release")
    page.keyboard.press("Control+Enter")
    expect(line.row(page)).to_contain_text("Released")
    expect(line.row(page).locator(".timing")).to_contain_text("on air after")
    assert line.text in service.headlines()


def test_a_withdrawal_needs_a_note_asks_first_and_is_the_last_act(
    service: Service, open_desk: SignIn, line: Line
) -> None:
    page = open_desk()
    form = line.open_form(page, "Withdraw")
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


def test_a_newer_version_is_shown_next_to_what_is_typed(open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    expect(page.locator("#state-ticker")).to_have_text("Ticker: live")
    form = line.open_form(page, "Update")
    form.get_by_label("Text").fill(line.text + " mine")
    line.act(1, act="update", headline=line.text + " theirs")
    expect(form.get_by_role("alert").first).to_contain_text("Somebody was faster")
    expect(form.locator(".conflict .audience")).to_contain_text(line.text + " theirs")
    expect(form.get_by_label("Text")).to_have_value(line.text + " mine")
    form.get_by_role("button", name="Go on with mine over version 2").click()
    expect(line.row(page).locator(".audience")).to_have_text(f"Civil Defence: {line.text} mine")
    expect(line.row(page)).to_have_attribute("data-version", "3")


def test_a_412_shows_the_newer_version_and_keeps_the_text(service: Service, open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    form = line.open_form(page, "Update")
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
    expect(line.row(page).locator(".timing")).to_contain_text("not yet seen on the ticker")


def test_a_form_on_a_line_that_another_editor_withdrew_can_only_be_closed(open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    expect(page.locator("#state-ticker")).to_have_text("Ticker: live")
    form = line.open_form(page, "Correct")
    line.act(1, act="withdraw", note="Wrong.")
    expect(form).to_contain_text("has been withdrawn and never returns")
    expect(form.get_by_role("button", name="Correct")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)


def test_an_act_whose_answer_is_lost_is_done_once(open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    expect(page.locator("#state-ticker")).to_have_text("Ticker: live")
    form = line.open_form(page, "Update")
    form.get_by_label("Text").fill(line.text + " again")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    page.route("**/acts", lose)
    page.keyboard.press("Control+Enter")
    expect(form).to_have_count(0)
    expect(line.row(page)).to_have_attribute("data-version", "2")
    expect(line.row(page)).to_contain_text(line.text + " again")


def test_a_late_answer_does_not_close_a_form_that_was_opened_since(open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    row, requests = line.row(page), list[Route]()
    page.route("**/acts", lambda route: requests.append(route))
    line.open_form(page, "Update").get_by_label("Text").fill(line.text + " and the airport")
    with page.expect_request("**/acts"):
        page.keyboard.press("Control+Enter")
    note = line.open_form(page, "Withdraw").get_by_label("Note")
    page.keyboard.type("The report was wrong.")
    requests[0].continue_()
    expect(row).to_have_attribute("data-version", "2")
    expect(row.locator(".timing")).to_contain_text("on air after")
    expect(note).to_have_value("The report was wrong.")
    expect(note).to_be_focused()


def test_each_role_has_its_own_acts(open_desk: SignIn, line: Line) -> None:
    editor = open_desk("editor")
    expect(line.row(editor).get_by_role("button")).to_have_text(["Update", "Refile"])
    editor.get_by_role("button", name="Sign out").click()
    reporter = open_desk("reporter")
    expect(line.row(reporter)).to_contain_text(line.text)
    expect(line.row(reporter).get_by_role("button")).to_have_count(0)
    reporter.locator("#line").fill("Civil Defence: Not for me to say")
    reporter.keyboard.press("Control+Enter")
    expect(reporter.locator("#outcome")).to_contain_text("Ask an editor to publish it")


def test_a_row_can_be_used_without_a_mouse(open_desk: SignIn, line: Line) -> None:
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
