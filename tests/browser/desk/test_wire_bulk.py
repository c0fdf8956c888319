"""Acts on several selected lines at once: one reason, one question, and for each line a separate outcome."""

import re
import secrets
from collections import Counter
from typing import Final

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.desk.conftest import Service, SignIn
from tests.browser.desk.editing import row_with
from tests.support.axe import expect_accessible

pytestmark = pytest.mark.browser

CHIEF: Final = "chief"


class Lines:
    """Three lines of this test, the newest last, and what another editor does to them."""

    def __init__(self, service: Service, editions: tuple[str, ...] = ("en", "en", "en")) -> None:
        self.service = service
        self.token = service.token(f"Other {secrets.token_hex(4)}", CHIEF)
        self.texts = [f"Bridge {number} is closed {secrets.token_hex(4)}" for number, _ in enumerate(editions)]
        self.uris: list[str] = [
            service.publish(self.token, {"text": f"Civil Defence: {text}", "edition": edition, "urgency": 4})["uri"]
            for text, edition in zip(self.texts, editions, strict=True)
        ]

    def rows(self, page: Page) -> list[Locator]:
        return [row_with(page, text) for text in self.texts]

    def versions(self) -> list[int]:
        answers = (self.service.get(self.token, f"/v1/items/{uri}") for uri in self.uris)
        return [int(str(answer["version"])) for answer in answers]

    def act(self, index: int, **body: object) -> None:
        self.service.post(self.token, f"/v1/items/{self.uris[index]}/acts", body, If_Match='"1"')


@pytest.fixture
def lines(service: Service) -> Lines:
    return Lines(service)


def select_all(page: Page, lines: Lines) -> Locator:
    """Selects the three lines by the keys of a row, from the newest to the oldest; returns the bar."""
    for row in lines.rows(page):
        expect(row).to_be_visible()
    lines.rows(page)[-1].get_by_role("button", name="Update").focus()
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    bar = page.get_by_role("region", name="Selected lines")
    expect(bar).to_contain_text("Lines selected: 3")
    return bar


def confirm(page: Page) -> None:
    """Sends the reason, and says yes to the question."""
    page.keyboard.press("Control+Enter")
    expect(page.locator("#confirm")).to_be_visible()
    page.keyboard.press("Enter")


def test_selected_lines_are_withdrawn_by_the_keyboard_with_one_reason_and_one_question(
    service: Service, open_desk: SignIn, lines: Lines
) -> None:
    page = open_desk()
    bar = select_all(page, lines)
    keys: list[str] = []
    page.on(
        "request",
        lambda request: keys.append(request.headers["idempotency-key"]) if request.url.endswith("/acts") else None,
    )
    page.keyboard.press("w")
    expect(bar.get_by_role("listbox")).to_be_focused()
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    question = page.get_by_role("dialog")
    for text in lines.texts:
        expect(question).to_contain_text(text)
    expect_accessible(page)
    page.keyboard.press("Enter")
    for row in lines.rows(page):
        expect(row).to_have_attribute("data-status", "canceled")
        expect(row.locator(".note")).to_contain_text("This line was sent by mistake.")
        expect(row.locator(".act-outcome")).to_contain_text("Withdrawn")
    expect(bar).to_contain_text("done: 3, not done: 0, not known yet: 0")
    assert not set(lines.texts) & set(service.headlines())
    assert len(keys) == len(set(keys)) == 3
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()


@pytest.mark.deep
def test_each_line_says_by_itself_what_became_of_it_and_nothing_is_done_twice(open_desk: SignIn, lines: Lines) -> None:
    page = open_desk()
    bar = select_all(page, lines)
    sent = Counter[str]()

    def interfere(route: Route) -> None:
        uri = next(uri for uri in lines.uris if uri.split(":")[-1] in route.request.url)
        sent[uri] += 1
        if uri == lines.uris[0] and sent[uri] == 1:
            lines.act(0, act="update", headline=lines.texts[0] + " to lorries")
            route.continue_()
        elif uri == lines.uris[1] and sent[uri] == 1:
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/acts", interfere)
    bar.get_by_role("button", name="Hold").click()
    confirm(page)
    refused, lost, done = lines.rows(page)
    expect(refused.locator(".act-outcome")).to_contain_text("Not done:")
    expect(refused).to_have_attribute("data-version", "2")
    expect(refused).to_have_attribute("data-status", "usable")
    for row in (lost, done):
        expect(row).to_have_attribute("data-status", "withheld")
        expect(row.locator(".act-outcome")).to_contain_text("On hold")
    expect(bar).to_contain_text("done: 2, not done: 1, not known yet: 0")
    assert lines.versions() == [2, 2, 2]
    # What was refused is still selected, and the act can be done on the version that is shown now.
    expect(bar).to_contain_text("Lines selected: 1")
    bar.get_by_role("button", name="Hold").click()
    confirm(page)
    expect(refused).to_have_attribute("data-status", "withheld")
    assert lines.versions() == [3, 2, 2]


@pytest.mark.deep
def test_an_unknown_outcome_is_asked_for_again_after_a_reload_under_its_key(open_desk: SignIn, lines: Lines) -> None:
    page = open_desk()
    bar = select_all(page, lines)
    keys: list[str] = []

    def lose(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        route.abort("connectionreset")

    page.route("**/acts", lose)
    bar.get_by_role("button", name="Hold").click()
    confirm(page)
    for row in lines.rows(page):
        expect(row.locator(".act-outcome")).to_contain_text("We do not know yet whether this is done.")
    expect(bar).to_contain_text("done: 0, not done: 0, not known yet: 3")
    expect(bar.get_by_role("button", name="Hold")).to_be_hidden()
    page.unroute("**/acts")
    again: list[str] = []
    page.on(
        "request",
        lambda request: again.append(request.headers["idempotency-key"]) if request.url.endswith("/acts") else None,
    )
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    for row in lines.rows(page):
        expect(row).to_have_attribute("data-status", "withheld")
    assert set(again) == set(keys)
    assert lines.versions() == [2, 2, 2]


@pytest.mark.deep
def test_an_act_leaves_out_the_selected_lines_that_it_cannot_be_done_on(open_desk: SignIn, lines: Lines) -> None:
    page = open_desk()
    lines.act(1, act="hold")
    expect(lines.rows(page)[1]).to_have_attribute("data-status", "withheld")
    bar = select_all(page, lines)
    expect(bar.get_by_role("button", name="Hold")).to_contain_text("lines: 2")
    bar.get_by_role("button", name="Release").click()
    page.keyboard.press("Control+Enter")
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("stay as they are, because this cannot be done to them now: 2")
    page.keyboard.press("Escape")
    # Nothing was sent, and the selection stays until Escape on the list.
    expect(bar).to_contain_text("Lines selected: 3")
    assert lines.versions() == [1, 2, 1]


@pytest.mark.deep
def test_readers_get_a_prepared_reason_in_the_language_of_their_line(service: Service, open_desk: SignIn) -> None:
    lines = Lines(service, ("en", "ar", "es"))
    page = open_desk()
    bar = select_all(page, lines)
    page.keyboard.press("w")
    expect(bar.get_by_role("textbox")).to_have_count(3)
    expect_accessible(page)
    page.keyboard.press("2")
    confirm(page)
    notes = ["The report was wrong.", "كان الخبر خاطئًا.", "La información era incorrecta."]
    for row, note in zip(lines.rows(page), notes, strict=True):
        expect(row.locator(".note")).to_contain_text(note)


@pytest.mark.deep
def test_a_reason_is_needed_and_what_is_typed_is_kept(open_desk: SignIn, lines: Lines) -> None:
    page = open_desk()
    bar = select_all(page, lines)
    page.keyboard.press("w")
    page.keyboard.press("Control+Enter")
    expect(bar.get_by_role("alert")).to_have_text("Tell readers what was wrong.")
    page.keyboard.type("The bridges are open.")
    page.keyboard.press("Escape")
    expect(bar.locator("form")).to_have_count(0)
    expect(page.locator(".row:focus-within")).to_have_count(1)
    page.keyboard.press("w")
    expect(bar.get_by_role("textbox")).to_have_value("The bridges are open.")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    expect(page.locator(".row.selected")).to_have_count(0)


@pytest.mark.deep
def test_no_line_comes_in_above_while_rows_are_selected(service: Service, open_desk: SignIn, lines: Lines) -> None:
    page = open_desk()
    select_all(page, lines)
    page.evaluate("document.activeElement.blur()")
    page.mouse.move(0, 0)
    text = f"A new line {secrets.token_hex(4)}"
    service.publish(lines.token, {"text": f"Civil Defence: {text}", "edition": "en", "urgency": 4})
    expect(page.locator("#new-above")).to_contain_text(re.compile(r"New above: [1-9]"))
    expect(row_with(page, text)).to_have_count(0)
    page.get_by_role("button", name="Clear the selection").click()
    page.locator("#line").focus()
    expect(row_with(page, text)).to_be_visible()


def test_only_a_chief_selects_rows(open_desk: SignIn, lines: Lines) -> None:
    page = open_desk("editor")
    row = lines.rows(page)[0]
    row.get_by_role("button", name="Update").focus()
    page.keyboard.press("x")
    expect(row.get_by_role("checkbox")).to_have_count(0)
    expect(page.locator("#bulk")).to_be_hidden()
