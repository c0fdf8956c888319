"""Audit, kill switch and receipts in the browser: what every editor sees at once, and what a chief can do about it."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.desk.conftest import Service, SignIn, sign_in
from tests.browser.desk.editing import open_form, photograph, publish, row_with, unique_text
from tests.support.axe import expect_accessible

pytestmark = pytest.mark.browser


def open_audit(page: Page, service: Service) -> None:
    page.goto(f"{service.desk.url}/audit")
    expect(page.locator("#audit-records tr").first).to_be_visible()


@pytest.mark.deep
def test_a_stop_is_seen_by_every_editor_until_a_chief_lifts_it(
    open_desk: SignIn, chromium: Browser, service: Service
) -> None:
    chief, another = open_desk(), chromium.new_context(locale="en-GB")
    editor = sign_in(another, service, "editor")
    open_audit(chief, service)
    expect(chief.locator("#kill-stops")).to_contain_text("Nothing is stopped")
    chief.locator("#kill-scope").select_option("edition")
    chief.locator("#kill-edition").select_option("ar")
    expect(chief.locator("#kill-sessions-field")).to_be_hidden()
    # Without a reason nothing is stopped.
    chief.locator("#kill button").click()
    expect(chief.locator("#kill-reason")).to_be_focused()
    chief.keyboard.type("Wrong texts go out")
    chief.keyboard.press("Enter")
    expect(chief.locator("#confirm")).to_be_visible()
    chief.keyboard.press("Enter")
    for page in (chief, editor):
        expect(page.locator("#stops")).to_contain_text("Publishing in the edition")
        expect(page.locator("#stops")).to_contain_text("Wrong texts go out")
    photograph(chief, "stopped")
    photograph(editor, "stopped-editor")
    expect_accessible(chief)
    chief.locator("#kill-stops button").click()
    chief.keyboard.type("Corrected")
    chief.keyboard.press("Enter")
    expect(chief.locator("#kill-scope")).to_be_focused()
    for page in (chief, editor):
        expect(page.locator("#stops")).to_be_hidden()
    expect(chief.locator("#kill-stops")).to_contain_text("Nothing is stopped")
    another.close()


def test_a_stop_of_a_name_that_nobody_has_is_refused_next_to_the_form(open_desk: SignIn, service: Service) -> None:
    page = open_desk()
    open_audit(page, service)
    page.locator("#kill-name").fill("Nobody at all")
    page.locator("#kill-reason").fill("Stolen telephone")
    page.locator("#kill-reason").press("Enter")
    expect(page.locator("#confirm")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#kill-error")).to_contain_text("No user and no token is called")
    expect(page.locator("#kill-name")).to_have_attribute("aria-invalid", "true")
    # What was typed stays, to be corrected.
    expect(page.locator("#kill-reason")).to_have_value("Stolen telephone")
    expect_accessible(page)


@pytest.mark.deep
def test_the_audit_shows_what_was_done_and_the_head_of_its_chain(open_desk: SignIn, service: Service) -> None:
    page = open_desk()
    text = unique_text()
    publish(page, text)
    expect(row_with(page, text)).to_be_visible()
    uri = row_with(page, text).get_attribute("data-uri") or ""
    open_audit(page, service)
    page.locator("#audit-object").fill(uri)
    page.keyboard.press("Enter")
    expect(page.locator("#audit-records tr")).to_have_count(2)
    expect(page.locator("#audit-records td[data-action]")).to_have_text(["Publication: done", "Publication: begun"])
    page.locator("#audit-action").select_option("publish")
    page.locator("#audit-filter button").click()
    expect(page.locator("#audit-records tr")).to_have_count(1)
    page.locator("#language").select_option("es")
    expect(page.locator("#audit-records td[data-action]")).to_have_text("Publicación: comienza")
    expect(page.locator("#audit-records")).to_contain_text("Edición: \u2068English\u2069")
    page.locator("#language").select_option("ar")
    expect(page.locator("#audit-records td[data-action]")).to_have_text("نشر: بدأ")
    page.locator("#language").select_option("en")
    page.locator("#audit-action").select_option("")
    number, _, hash_ = page.locator("#audit-head").inner_text().partition(":")
    assert int(number) >= 2 and len(hash_) == 64
    page.locator("#audit-actor").fill("nobody at all")
    page.keyboard.press("Enter")
    expect(page.locator("#audit-empty")).to_be_visible()
    page.locator("#audit-actor").fill("")
    page.locator("#audit-object").fill("")
    page.keyboard.press("Enter")
    for language in ("ar", "es"):
        page.locator("#language").select_option(language)
        photograph(page, f"audit-{language}")
    page.locator("#language").select_option("en")
    page.set_viewport_size({"width": 320, "height": 700})
    photograph(page, "audit-320")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    expect_accessible(page)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 1366, "height": 648})
    photograph(page, "audit-dark")


@pytest.mark.deep
def test_an_editor_gets_neither_the_audit_nor_its_link(open_desk: SignIn, service: Service) -> None:
    page = open_desk("editor")
    expect(page.locator("#pages a[href=audit]")).to_be_hidden()
    page.goto(f"{service.desk.url}/audit")
    expect(page.locator("#forbidden")).to_be_visible()
    expect(page.locator("#audit")).to_be_hidden()


@pytest.mark.deep
def test_a_row_shows_its_receipt_and_the_recall(open_desk: SignIn, chromium: Browser, service: Service) -> None:
    page, readers = open_desk(), chromium.new_context(locale="en-GB")
    reader = readers.new_page()
    refused: list[str] = []
    reader.on("console", lambda entry: refused.append(entry.text))
    with reader.expect_response(lambda answer: "/widget/paint" in answer.url):
        reader.goto(f"{service.ticker.url}/embed?edition=en&lang=en")
    expect(reader.locator("breaking-ticker")).to_have_js_property("state", "live")
    text = unique_text()
    with reader.expect_response(lambda answer: "/v1/painted?" in answer.url) as response:
        publish(page, text)
        row = row_with(page, text)
        expect(row.locator(".receipt")).to_contain_text("sent to")
    expect(row.locator(".receipt svg rect")).to_have_count(3)
    sent = response.value.request
    assert response.value.status == 204 and sent.post_data is None and "cookie" not in sent.headers
    assert sorted(parse_qs(urlsplit(sent.url).query)) == ["ms", "uri", "version"]
    expect(row.locator(".receipt")).to_contain_text("on screen")
    for language in ("ar", "en"):
        page.locator("#language").select_option(language)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            photograph(page, f"receipt-{language}-{scheme}")
    form = open_form(row, "Withdraw")
    form.locator("textarea, input").last.fill("It was wrong")
    form.locator("textarea, input").last.press("Control+Enter")
    page.keyboard.press("Enter")
    expect(row.locator(".receipt")).to_contain_text("all have it")
    photograph(page, "recall")
    assert refused == []
    readers.close()
