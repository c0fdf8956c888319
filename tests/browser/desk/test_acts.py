"""The acts after publishing, from the row of an item: each by its rules, and never over a newer version unseen."""

import secrets
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.browser.desk.conftest import Service, SignIn
from tests.browser.desk.editing import Line, confirm, confirm_act, is_act, line

__all__ = ["line"]  # fixtures

pytestmark = pytest.mark.browser


def test_an_update_changes_the_line_on_the_desk_and_for_readers(
    service: Service, open_desk: SignIn, line: Line
) -> None:
    page = open_desk()
    form = line.open_form(page, "Update")
    expect(form.get_by_label("Line")).to_have_value(f"Civil Defence: {line.text}")
    form.get_by_label("Line").fill(f"Civil Defence: {line.text} and the airport")
    confirm_act(page)
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


@pytest.mark.deep
def test_an_act_that_makes_a_line_more_urgent_asks_first_and_says_so(open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    form = line.open_form(page, "Update")
    form.get_by_label("Urgency").select_option("2")
    page.keyboard.press("Control+Enter")
    question = page.locator("#confirm")
    expect(question).to_be_visible()
    expect(question).to_contain_class("danger")
    expect(question.locator("dd.danger")).to_have_text("Bulletin – was Urgent")
    page.keyboard.press("Escape")
    expect(line.row(page)).to_have_attribute("data-version", "1")


@pytest.mark.deep
def test_a_correction_needs_a_note_and_readers_see_it(open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    form = line.open_form(page, "Correct")
    form.get_by_label("Line").fill(f"Civil Defence: {line.text} district")
    page.keyboard.press("Control+Enter")
    note = form.get_by_label("Note for readers: what was wrong")
    expect(form.get_by_role("listbox")).to_be_focused()
    expect(note).to_have_attribute("aria-invalid", "true")
    expect(form).to_contain_text("Tell readers what was wrong.")
    page.keyboard.type("An earlier line left the district out.")
    confirm_act(page)
    expect(line.row(page).locator(".note")).to_contain_text("An earlier line left the district out.")
    expect(line.row(page)).to_contain_text("Corrected")


@pytest.mark.deep
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
    confirm_act(page)
    expect(line.row(page)).to_contain_text("Released")
    expect(line.row(page).locator(".timing")).to_contain_text("on air after")
    assert line.text in service.headlines()


@pytest.mark.deep
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
    expect(page.locator("#state-ticker .words")).to_have_text("Ticker: live")
    form = line.open_form(page, "Update")
    form.get_by_label("Line").fill(f"Civil Defence: {line.text} mine")
    line.act(1, act="update", headline=line.text + " theirs")
    expect(form.get_by_role("alert").first).to_contain_text("Somebody was faster")
    expect(form.locator(".conflict .audience")).to_contain_text(line.text + " theirs")
    expect(form.get_by_label("Line")).to_have_value(f"Civil Defence: {line.text} mine")
    form.get_by_role("button", name="Go on with mine over version 2").click()
    confirm(page)
    expect(line.row(page).locator(".audience")).to_have_text(f"Civil Defence: {line.text} mine")
    expect(line.row(page)).to_have_attribute("data-version", "3")


@pytest.mark.deep
def test_a_412_shows_the_newer_version_and_keeps_the_text(service: Service, open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    form = line.open_form(page, "Update")
    form.get_by_label("Line").fill(f"Civil Defence: {line.text} mine")
    # Without the ticker the page cannot know before it asks.
    service.ticker.stop()
    expect(page.locator("#state-ticker .words")).to_contain_text("not reachable")
    line.act(1, act="update", headline=line.text + " theirs")
    form.get_by_role("button", name="Update").click()
    with page.expect_response(lambda answer: is_act(answer.request)) as answer:
        confirm(page)
    assert answer.value.status == 412
    expect(form.locator(".conflict .audience")).to_contain_text(line.text + " theirs")
    expect(form.get_by_label("Line")).to_have_value(f"Civil Defence: {line.text} mine")
    form.get_by_role("button", name="Go on with mine over version 2").click()
    confirm(page)
    expect(line.row(page)).to_have_attribute("data-version", "3")
    expect(line.row(page).locator(".timing")).to_contain_text("not yet seen on the ticker")


@pytest.mark.deep
def test_a_form_on_a_line_that_another_editor_withdrew_can_only_be_closed(open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    expect(page.locator("#state-ticker .words")).to_have_text("Ticker: live")
    form = line.open_form(page, "Correct")
    line.act(1, act="withdraw", note="Wrong.")
    expect(form).to_contain_text("has been withdrawn and never returns")
    expect(form.get_by_role("button", name="Correct")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)


def test_an_act_whose_answer_is_lost_is_done_once(open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    expect(page.locator("#state-ticker .words")).to_have_text("Ticker: live")
    form = line.open_form(page, "Update")
    form.get_by_label("Line").fill(f"Civil Defence: {line.text} again")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    page.route("**/acts", lose)
    confirm_act(page)
    expect(form).to_have_count(0)
    expect(line.row(page)).to_have_attribute("data-version", "2")
    expect(line.row(page)).to_contain_text(line.text + " again")


@pytest.mark.deep
def test_a_late_answer_does_not_close_a_form_that_was_opened_since(open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    row, requests = line.row(page), list[Route]()
    page.route("**/acts", lambda route: requests.append(route) if is_act(route.request) else route.continue_())
    line.open_form(page, "Update").get_by_label("Line").fill(f"Civil Defence: {line.text} and the airport")
    with page.expect_request(is_act):
        confirm_act(page)
    note = line.open_form(page, "Withdraw").get_by_label("Note")
    page.keyboard.type("The report was wrong.")
    requests[0].continue_()
    expect(row).to_have_attribute("data-version", "2")
    expect(row.locator(".timing")).to_contain_text("on air after")
    expect(note).to_have_value("The report was wrong.")
    expect(note).to_be_focused()


@pytest.mark.deep
def test_each_role_has_its_own_acts(open_desk: SignIn, line: Line) -> None:
    editor = open_desk("editor")
    expect(line.row(editor).get_by_role("button")).to_have_text(["Update", "Refile"])
    editor.get_by_role("button", name="Sign out").click()
    reporter = open_desk("reporter")
    expect(line.row(reporter)).to_contain_text(line.text)
    expect(line.row(reporter).get_by_role("button")).to_have_count(0)
    reporter.locator("#line").fill("Civil Defence: Not for me to say")
    reporter.keyboard.press("Control+Enter")
    expect(reporter.locator("#outcome")).to_have_text("Submitted. The editors see it now.")


@pytest.mark.deep
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
    expect(first.get_by_label("Line")).to_be_focused()
    page.keyboard.press("Escape")
    expect(first.get_by_role("button", name="Update")).to_be_focused()
    page.keyboard.press("n")
    expect(page.locator("#line")).to_be_focused()
    page.keyboard.type("j?")
    expect(page.locator("#line")).to_have_value("j?")


@pytest.mark.deep
def test_the_form_of_an_act_has_the_line_of_the_composer_with_its_sources_and_its_undo(
    service: Service, open_desk: SignIn, line: Line
) -> None:
    page, chance = open_desk("editor"), secrets.token_hex(3)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    form = line.open_form(page, "Update")
    field, split = form.get_by_label("Line"), form.locator(".attribution")
    expect(field).to_be_focused()
    expect(field).to_have_value(f"Civil Defence: {line.text}")
    expect(split).to_have_text("Official · known source")
    # Another source by its first letters, as in the composer.
    page.keyboard.press("Control+Home")
    page.keyboard.press("Alt+S")
    expect(form.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field).not_to_have_value(f"Civil Defence: {line.text}")
    page.keyboard.press("Control+Z")
    expect(field).to_have_value(f"Civil Defence: {line.text}")
    # An act changes one line.
    page.keyboard.press("Control+A")
    page.evaluate("text => navigator.clipboard.writeText(text)", f"Port office {chance}: {line.text}\nOther: line")
    page.keyboard.press("Control+V")
    expect(field).to_have_value(f"Port office {chance}: {line.text}")
    expect(form).to_contain_text("Only the first of the pasted lines is here")
    expect(split).to_have_text("Not in the registry – choose a role")
    page.keyboard.press("Control+Enter")
    expect(form).to_contain_text("Choose what")
    field.focus()
    page.keyboard.press("Alt+N")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Enter")
    expect(split).to_have_text("Organisation · known source")
    expect(field).to_be_focused()
    # Escape and a reload lose nothing.
    page.keyboard.press("Escape")
    page.reload()
    form = line.open_form(page, "Update")
    expect(form.get_by_label("Line")).to_have_value(f"Port office {chance}: {line.text}")
    confirm_act(page)
    expect(line.row(page)).to_have_attribute("data-version", "2")
    item: Any = service.get(line.token, f"/v1/items/{line.uri}")
    assert item["headline"]["value"] == line.text
    assert [source["name"]["value"] for source in item["infoSources"]] == [f"Port office {chance}"]
    assert item["infoSources"][0]["uri"]


@pytest.mark.deep
def test_an_act_on_a_line_whose_source_has_a_colon_changes_only_the_words(
    service: Service, open_desk: SignIn, line: Line
) -> None:
    source = [{"name": "Radio: the morning", "role": "agency"}]
    line.act(1, act="update", infoSources=source)
    page = open_desk("editor")
    form = line.open_form(page, "Update")
    expect(form.get_by_label("Line")).to_have_value(f"Radio: the morning: {line.text}")
    page.keyboard.press("Control+Enter")
    expect(form).to_contain_text("Change something first")
    page.keyboard.type(" today")
    confirm_act(page)
    expect(line.row(page)).to_have_attribute("data-version", "3")
    item: Any = service.get(line.token, f"/v1/items/{line.uri}")
    assert item["headline"]["value"] == f"{line.text} today"
    assert [(each["name"]["value"], each["role"]) for each in item["infoSources"]] == [("Radio: the morning", "agency")]
