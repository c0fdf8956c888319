"""What leaves is confirmed once, whichever act makes it, and every form shows beforehand exactly what goes where."""

import re
import secrets
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.desk.conftest import Service, SignIn, run_service
from tests.browser.desk.editing import Line, confirm, confirm_act, line, open_form, photograph, row_with, unique_text
from tests.support.axe import expect_accessible

__all__ = ["line"]  # fixtures

pytestmark = pytest.mark.browser

# The desk page itself follows the stream, so there is always a connection.
_EDITION: Final = re.compile(r"English\W+ · \d+ connections? now")
_SHOW: Final = """(language) => {
  const select = document.getElementById("language");
  select.value = language;
  select.dispatchEvent(new Event("change"));
}"""


@pytest.fixture(scope="module")
def own_service(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """While a node that another test has ended is missed, nobody knows how many connections there are."""
    yield from run_service(redis_url, tmp_path_factory.mktemp("destination"))


@pytest.fixture
def service(own_service: Service) -> Service:
    return own_service


def facts(scope: Locator) -> Locator:
    return scope.locator(".destination")


@pytest.mark.parametrize(
    "act", ["Hold", *(pytest.param(act, marks=pytest.mark.deep) for act in ("Update", "Refile", "Correct", "Withdraw"))]
)
def test_each_form_shows_next_to_its_button_what_goes_where(open_desk: SignIn, line: Line, act: str) -> None:
    page = open_desk()
    form = line.open_form(page, act)
    expect(facts(form)).to_contain_text(_EDITION)
    expect(facts(form)).to_contain_text("Urgent")
    button = form.get_by_role("button", name=act, exact=True)
    described = button.get_attribute("aria-describedby") or ""
    expect(facts(form)).to_have_id(described)
    button.scroll_into_view_if_needed()
    expect(facts(form)).to_be_in_viewport(ratio=1)
    note = facts(form).get_by_text("Note for readers")
    expect(note).to_have_count(0 if act in {"Update", "Refile"} else 1)
    if act == "Hold":
        expect(facts(form)).to_contain_text("in English")
        page.evaluate(_SHOW, "es")
        expect(facts(form)).to_contain_text("en inglés")
        page.evaluate(_SHOW, "ar")
        expect(facts(form)).to_contain_text("الاتصالات الآن")
        photograph(page, "destination-hold-ar")


def test_the_connections_in_a_form_are_those_of_now(service: Service, open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    form = line.open_form(page, "Hold")
    expect(facts(form)).to_contain_text("· 1 connection now")
    page.evaluate(
        """(url) => { window.readers = [1, 2, 3].map(() =>
            new WebSocket(`${url.replace("http", "ws")}/v1/live?edition=en`)); }""",
        service.ticker.url,
    )
    expect(facts(form)).to_contain_text("· 4 connections now")
    page.evaluate("readers.forEach((reader) => reader.close())")
    expect(facts(form)).to_contain_text("· 1 connection now")


def test_a_routine_update_is_confirmed_with_what_goes_where(open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    form = line.open_form(page, "Update")
    form.get_by_label("Line").fill(f"Civil Defence: {line.text} again")
    page.keyboard.press("Control+Enter")
    question = page.locator("#confirm")
    expect(question).to_contain_text("Publish this update?")
    expect(question.locator("#confirm-facts")).to_contain_text(_EDITION)
    expect(question.locator("#confirm-facts")).to_contain_text("Urgent")
    expect(question.locator("#confirm-line ins")).to_have_text(" again")
    expect(question).not_to_contain_class("danger")
    expect_accessible(page)
    photograph(page, "question-update")
    page.keyboard.press("Escape")
    expect(line.row(page)).to_have_attribute("data-version", "1")
    confirm_act(page)
    expect(line.row(page)).to_have_attribute("data-version", "2")


@pytest.mark.deep
@pytest.mark.parametrize("act", ["Refile", "Correct", "Release"])
def test_every_act_that_puts_words_on_screens_asks_once(open_desk: SignIn, line: Line, act: str) -> None:
    version = 1
    if act == "Release":
        line.act(1, act="hold")
        version = 2
    page = open_desk()
    form = line.open_form(page, act)
    if act != "Release":
        form.get_by_label("Line").fill(f"Civil Defence: {line.text} again")
    if act == "Correct":
        form.get_by_label("Note").fill("A word was missing.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#confirm-facts")).to_contain_text(_EDITION)
    if act == "Correct":
        expect(page.locator("#confirm-line")).to_contain_text("A word was missing.")
    page.keyboard.press("Escape")
    expect(line.row(page)).to_have_attribute("data-version", str(version))
    confirm_act(page)
    expect(line.row(page)).to_have_attribute("data-version", str(version + 1))


@pytest.mark.deep
def test_new_words_of_a_flash_are_dangerous_though_the_urgency_stays(open_desk: SignIn, line: Line) -> None:
    line.act(1, act="update", urgency=1)
    page = open_desk()
    form = line.open_form(page, "Update")
    form.get_by_label("Line").fill(f"Civil Defence: {line.text} again")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#confirm")).to_contain_class("danger")
    expect(page.locator("#confirm-facts dd.danger")).to_have_text("Flash")
    page.keyboard.press("Escape")
    expect(line.row(page)).to_have_attribute("data-version", "2")


@pytest.mark.parametrize("act", ["Update", pytest.param("Correct", marks=pytest.mark.deep)])
def test_arabic_words_in_an_act_on_an_english_line_ask_first(open_desk: SignIn, line: Line, act: str) -> None:
    page, arabic = open_desk(), "انقطاع الكهرباء عن الميناء القديم منذ الفجر"
    form = line.open_form(page, act)
    form.get_by_label("Line").fill(f"Civil Defence: {arabic}")
    warning = re.compile("This text looks like one for .*العربية")
    expect(form.locator("ul.notice")).to_contain_text(warning)
    if act == "Correct":
        form.get_by_label("Note").fill("The words were wrong.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#confirm-notices")).to_contain_text(warning)
    photograph(page, f"question-wrong-edition-{act.lower()}")
    page.keyboard.press("Escape")
    expect(line.row(page)).to_have_attribute("data-version", "1")


def test_a_withdrawal_shows_what_goes_where_and_its_note(open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    line.open_form(page, "Withdraw")
    page.keyboard.press("2")
    page.keyboard.press("Control+Enter")
    question = page.locator("#confirm")
    expect(question.locator("#confirm-facts")).to_contain_text(_EDITION)
    expect(question.locator("#confirm-facts")).to_contain_text("in English")
    expect(question.locator("#confirm-line")).to_contain_text("The report was wrong.")
    photograph(page, "question-withdraw")
    confirm(page)
    expect(line.row(page)).to_contain_text("Withdrawn")


@pytest.mark.deep
def test_the_same_act_for_all_editions_names_each_of_them(service: Service, open_desk: SignIn) -> None:
    token, mark = service.token(f"Other {secrets.token_hex(4)}", "chief"), secrets.token_hex(4)
    siblings = [
        {"edition": "es", "text": f"Protección Civil: El puente cierra {mark}"},
        {"edition": "ar", "text": f"الدفاع المدني: إغلاق الجسر {mark}"},
    ]
    text = f"The bridge closes {mark}"
    service.publish(token, {"text": f"Civil Defence: {text}", "edition": "en", "urgency": 3, "siblings": siblings})
    page = open_desk()
    form = open_form(row_with(page, text), "Withdraw")
    expect(facts(form)).to_contain_text(_EDITION)
    expect(facts(form)).not_to_contain_text("Español")
    form.get_by_label("The same for all editions").check()
    for name in ("English", "Español", "العربية"):
        expect(facts(form)).to_contain_text(re.compile(rf"{name}\W+ · Urgent · \d+ connections? now"))
    expect(facts(form)).to_contain_text("also for")
    form.get_by_label("Note", exact=False).fill("It is open.")
    photograph(page, "destination-siblings")
    page.keyboard.press("Control+Enter")
    for name in ("English", "Español", "العربية"):
        expect(page.locator("#confirm-facts")).to_contain_text(name)
    photograph(page, "question-siblings")
    page.keyboard.press("Escape")
    expect(row_with(page, text)).to_have_attribute("data-version", "1")


@pytest.mark.deep
def test_the_form_of_several_lines_says_how_many_go_where(service: Service, open_desk: SignIn) -> None:
    token, mark = service.token(f"Other {secrets.token_hex(4)}", "chief"), secrets.token_hex(4)
    for number, (edition, urgency) in enumerate([("en", 4), ("en", 4), ("es", 3)]):
        body = {"text": f"Civil Defence: Road {number} closed {mark}", "edition": edition, "urgency": urgency}
        service.publish(token, body)
    page = open_desk()
    rows = row_with(page, mark)
    expect(rows).to_have_count(3)
    for index in range(3):
        rows.nth(index).get_by_role("button", name="Update").focus()
        page.keyboard.press("x")
    page.keyboard.press("h")
    bar = page.get_by_role("region", name="Selected lines")
    for shown in (facts(bar), page.locator("#confirm-facts")):
        expect(shown).to_contain_text(re.compile(r"English\W+ · Routine · lines: 2 · \d+ connections? now"))
        expect(shown).to_contain_text(re.compile(r"Español\W+ · Urgent · lines: 1 · \d+ connections? now"))
        photograph(page, "bulk-destination")
        page.keyboard.press("Control+Enter")


def test_what_waits_for_a_person_shows_the_connections_of_its_edition(service: Service, open_desk: SignIn) -> None:
    reporter, text = service.token(f"R {secrets.token_hex(4)}", "reporter"), unique_text()
    body = {"edition": "en", "line": {"text": f"Civil Defence: {text}"}, "state": "submitted"}
    service.post(reporter, "/v1/drafts", body)
    page = open_desk()
    page.evaluate("document.getElementById('waiting-box').open = true")
    row = page.locator("#waiting-lines > li", has_text=text)
    expect(row.locator(".connections")).to_have_text(re.compile(r"\d+ connections? now"))
