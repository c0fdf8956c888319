"""Two people on one list: their presence, a conflict, and what each of them keeps."""

import secrets
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.desk.conftest import Service, SignIn, sign_in
from tests.browser.desk.editing import Line, confirm_act, line, sign_in_again

__all__ = ["line"]  # fixtures

pytestmark = pytest.mark.browser


@pytest.fixture
def luis(chromium: Browser, service: Service) -> Iterator[tuple[Page, str]]:
    """Another person's browser, and their name."""
    name = f"Luis {secrets.token_hex(3)}"
    context = chromium.new_context(locale="en-GB")
    yield sign_in(context, service, token=service.token(name, "chief")), name
    context.close()


@pytest.mark.deep
def test_a_row_says_who_has_its_form_open_until_the_form_or_the_page_closes(
    open_desk: SignIn, line: Line, luis: tuple[Page, str]
) -> None:
    page, (other, name) = open_desk(), luis
    people = line.row(page).locator(".people")
    expect(page.locator("#people")).to_contain_text(name)
    line.open_form(other, "Correct")
    expect(people).to_have_text(f"\u2068{name}\u2069 is correcting this", timeout=10_000)
    # It blocks nothing.
    form = line.open_form(page, "Correct")
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    other.keyboard.press("Escape")
    expect(people).to_be_empty(timeout=10_000)
    line.open_form(other, "Hold")
    expect(people).to_contain_text("about to hold", timeout=10_000)
    other.close()
    expect(people).to_be_empty(timeout=10_000)


@pytest.mark.deep
def test_a_page_whose_person_has_gone_says_nothing_in_the_name_of_the_next_one(
    service: Service, open_desk: SignIn, line: Line, luis: tuple[Page, str]
) -> None:
    """All tabs share the cookie: the form that one person left open is not the next person's work."""
    page, (other, _) = open_desk(token=service.token(f"Ana {secrets.token_hex(3)}", "chief")), luis
    line.open_form(page, "Correct")
    people = line.row(other).locator(".people")
    expect(people).to_contain_text("Ana", timeout=10_000)
    next_tab = page.context.new_page()
    next_tab.goto(service.desk.url)
    next_tab.locator("#signout").click()
    sign_in_again(next_tab, service.token(f"Omar {secrets.token_hex(3)}", "chief"))
    expect(next_tab.locator("#line")).to_be_focused()
    expect(page.locator("#signin")).to_be_visible(timeout=20_000)
    # What the first page reported last ends after 20 s.
    expect(people).to_be_empty(timeout=40_000)


@pytest.mark.deep
def test_two_people_change_one_line_and_the_slower_one_sees_the_others_words_and_keeps_his_own(
    service: Service, open_desk: SignIn, line: Line, luis: tuple[Page, str]
) -> None:
    page, (other, _) = open_desk(), luis
    mine = line.open_form(page, "Correct")
    mine.get_by_label("Line").fill(f"Civil Defence: {line.text} mine")
    theirs = line.open_form(other, "Update")
    theirs.get_by_label("Line").fill(f"Civil Defence: {line.text} theirs")
    confirm_act(other)
    expect(mine.locator(".conflict")).to_contain_text("Somebody was faster")
    expect(mine.locator(".conflict ins")).to_have_text(" theirs")
    expect(mine.get_by_label("Line")).to_have_value(f"Civil Defence: {line.text} mine")
    page.keyboard.press("Escape")
    expect(line.row(page).locator(".text")).to_have_text(line.text + " theirs")
    # What was typed is kept, and the form shows what it would change in the newest version.
    mine = line.open_form(page, "Correct")
    expect(mine.get_by_label("Line")).to_have_value(f"Civil Defence: {line.text} mine")
    expect(mine.locator(".change del")).to_have_text("theirs")
    expect(mine.locator(".change ins")).to_have_text("mine")
    page.reload()
    mine = line.open_form(page, "Correct")
    expect(mine.get_by_label("Line")).to_have_value(f"Civil Defence: {line.text} mine")
    assert line.text + " theirs" in service.headlines()


def test_the_history_shows_every_version_with_its_words_and_who_changed_them(open_desk: SignIn, line: Line) -> None:
    line.act(1, act="update", headline=line.text + " and the airport", urgency=2)
    line.act(2, act="hold")
    page = open_desk()
    row = line.row(page)
    row.get_by_role("button", name="Version 3").click()
    history = row.get_by_role("region", name="History")
    expect(history.get_by_role("listitem")).to_have_count(3)
    expect(history.get_by_role("listitem").nth(1).locator("ins")).to_have_text(" and the airport")
    expect(history.get_by_role("listitem").nth(1)).to_contain_text("Urgency \u20683\u2069 → \u20682\u2069")
    expect(history.get_by_role("listitem").nth(0)).to_contain_text("held by \u2068Other")
    page.keyboard.press("v")
    expect(history).to_have_count(0)


def test_an_act_that_makes_a_line_a_flash_asks_first(service: Service, open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    form = line.open_form(page, "Update")
    form.get_by_label("Urgency").select_option("1")
    page.keyboard.press("Control+Enter")
    question = page.get_by_role("dialog")
    expect(question).to_contain_text(line.text)
    page.keyboard.press("Escape")
    expect(line.row(page)).to_have_attribute("data-urgency", "3")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Enter")
    expect(line.row(page)).to_have_attribute("data-urgency", "1")
