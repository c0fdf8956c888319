"""Three editions, acts on several lines and an approval, cut off at the page: reported as unknown, and done once."""

import secrets

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.desk.conftest import Service, SignIn
from tests.browser.desk.editing import UNKNOWN_ACT, publish, row_with, sent_line, unique_text
from tests.browser.desk.frozen import frozen

pytestmark = pytest.mark.browser

# The page repeats a request by itself, with a wait of 15 s at most.
REPEATED_MS = 20_000


def fill_editions(page: Page, text: str) -> None:
    page.locator("#line").fill(f"Civil Defence: {text}")
    page.keyboard.press("Alt+Shift+E")
    for edition, words in (("es", "Puente cerrado"), ("ar", "إغلاق الجسر")):
        page.locator(f"#editions-{edition}").focus()
        page.keyboard.type(f"{words} {text[-8:]}")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#confirm")).to_be_visible()


def ask(service: Service, token: str, text: str) -> None:
    body = {"text": f"Civil Defence: {text}", "edition": "en"}
    service.post(token, "/v1/approvals", {"request": body})


@pytest.mark.deep
def test_every_form_at_the_page_that_is_cut_off_is_told_as_unknown_and_done_once(
    service: Service, open_desk: SignIn, redis_url: str
) -> None:
    token = service.token(f"Other {secrets.token_hex(4)}", "editor")
    three, approved, lost, alone = [unique_text() for _ in range(4)]
    bulk = [unique_text() for _ in range(2)]
    for text in bulk:
        service.publish(token, {"text": f"Civil Defence: {text}", "edition": "en"})
    ask(service, token, approved)
    ask(service, token, lost)
    page = open_desk()
    page.evaluate("document.getElementById('waiting-box').open = true")
    waiting = page.locator("#waiting-lines > li")
    for text in bulk:
        expect(row_with(page, text)).to_be_visible()
    fill_editions(page, three)
    with frozen(redis_url):
        page.keyboard.press("Enter")
        expect(page.locator("#editions .editions-status")).to_contain_text("We do not know yet")
        page.keyboard.press("Escape")
        expect(page.locator("#outcome")).to_contain_text("we do not know yet whether they are on air")
        waiting.filter(has_text=approved).get_by_role("button", name="Approve and publish").click()
        for text in bulk:
            row_with(page, text).get_by_role("button", name="Update").focus()
            page.keyboard.press("x")
        page.keyboard.press("h")
        page.keyboard.press("Control+Enter")
        if page.locator("#confirm").is_visible():
            page.keyboard.press("Enter")
        for text in bulk:
            expect(row_with(page, text)).to_contain_text(UNKNOWN_ACT)
        publish(page, alone)
        expect(sent_line(page, alone)).to_contain_text("We do not know yet")
        expect(waiting.filter(has_text=approved)).to_contain_text("the desk goes on trying")
    for text in bulk:
        expect(row_with(page, text)).to_contain_text("On hold", timeout=REPEATED_MS)
    expect(waiting.filter(has_text=approved)).to_have_count(0, timeout=REPEATED_MS)
    expect(row_with(page, three)).to_have_count(1, timeout=REPEATED_MS)
    expect(row_with(page, alone)).to_have_count(1, timeout=REPEATED_MS)

    def lose(route: Route) -> None:
        # The desk carries it out, and its answer does not come back.
        route.fetch()
        route.abort("connectionreset")

    page.route("**/approve", lose)
    waiting.filter(has_text=lost).get_by_role("button", name="Approve and publish").click()
    expect(waiting.filter(has_text=lost)).to_have_count(0)
    headlines = service.headlines()
    spanish = f"Puente cerrado {three[-8:]}"
    assert [headlines.count(text) for text in (three, spanish, approved, lost, alone)] == [1] * 5
    assert not set(bulk) & set(headlines)
