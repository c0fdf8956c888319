"""The page of the hand-over: what is open at change of shift, live, as text and on paper; and times in two zones."""

import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.desk.conftest import Service, SignIn, sign_in
from tests.browser.desk.editing import confirm_publishing, publish, row_with, unique_text
from tests.support.axe import expect_accessible

pytestmark = pytest.mark.browser


def ahead(**span: float) -> str:
    return (datetime.now(UTC) + timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Shift:
    """What one shift leaves behind, with unique texts."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.name = f"Ana {secrets.token_hex(3)}"
        self.token = service.token(self.name, "chief")
        self.mark = secrets.token_hex(4)
        self.held = self.publish("Held")
        self.act(self.held, act="hold", note="We are checking this line.")
        self.publish("Pinned", pinnedUntil=ahead(hours=30))
        self.publish("Expiring", expires=ahead(hours=3))
        self.publish("Later", expires=ahead(hours=30))
        original = self.publish("Original", edition="es")
        self.publish("Stale", edition="ar", translationOf=original["uri"])
        self.act(original, act="correction", headline=f"Corrected {self.mark}", note="La hora era otra.")
        self.publish("Scheduled", publishAt=ahead(hours=2))
        line = {"text": f"Civil Defence: Submitted {self.mark}"}
        service.post(self.token, "/v1/drafts", {"edition": "es", "line": line, "state": "submitted"})

    def publish(self, word: str, **fields: object) -> dict[str, Any]:
        body = {"text": f"Civil Defence: {word} {self.mark}", "edition": "en", **fields}
        answer: dict[str, Any] = self.service.post(self.token, "/v1/items", body)
        return dict(answer.get("item") or answer["waiting"])

    def act(self, item: dict[str, Any], **body: object) -> None:
        self.service.post(self.token, f"/v1/items/{item['uri']}/acts", body, If_Match=f'"{item["version"]}"')


@pytest.fixture(scope="module")
def shift(shared_service: Service) -> Shift:
    shared_service.restart()
    return Shift(shared_service)


@pytest.fixture
def page(open_desk: SignIn, service: Service, shift: Shift) -> Iterator[Page]:
    page = open_desk()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{service.desk.url}/handover")
    expect(page.locator("#handover-edition")).to_be_focused()
    yield page


def entry(page: Page, edition: str, kind: str, text: str) -> Any:  # Any: Locator
    return page.locator(f"section[data-edition={edition}] [data-kind={kind}] li", has_text=text)


def test_the_hand_over_names_what_is_open_in_each_edition_and_stays_up_to_date(page: Page, shift: Shift) -> None:
    mark = shift.mark
    for edition, kind, word in (
        ("en", "held", "Held"), ("en", "pinned", "Pinned"), ("en", "expiring", "Expiring"),
        ("en", "scheduled", "Scheduled"), ("es", "submitted", "Submitted"), ("ar", "stale", "Stale"),
    ):  # fmt: skip
        expect(entry(page, edition, kind, f"{word} {mark}")).to_have_count(1)
    for word in ("Later", "Original", "Corrected"):
        expect(page.locator("#handover-editions li", has_text=f"{word} {mark}")).to_have_count(0)
    held_entry = entry(page, "en", "held", f"Held {mark}")
    expect(held_entry).to_contain_text(shift.name)
    expect(held_entry).to_contain_text("We are checking this line.")
    expect(entry(page, "ar", "stale", f"Stale {mark}")).to_contain_text("La hora era otra.")
    expect_accessible(page)
    # Another person deals with one line: it goes without a reload.
    shift.act({"uri": shift.held["uri"], "version": 2}, act="release")
    expect(held_entry).to_have_count(0)


@pytest.mark.deep
def test_the_hand_over_is_copied_as_text_and_printed_for_one_edition(page: Page, shift: Shift) -> None:
    row = entry(page, "en", "expiring", f"Expiring {shift.mark}")
    expect(row).to_be_visible()
    page.locator("#handover-edition").select_option("en")
    assert page.url.endswith("?edition=en")
    expect(page.locator("section[data-edition=es]")).to_be_hidden()
    page.get_by_role("button", name="Copy as text").press("Enter")
    expect(page.locator("#handover-copied")).to_have_text("Copied.")
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert lines[0] == "HAND-OVER AT CHANGE OF SHIFT" and "English" in lines
    assert f"  - Civil Defence: Expiring {shift.mark}" in lines
    assert not any(f"Submitted {shift.mark}" in text for text in lines)
    page.emulate_media(media="print")
    expect(page.locator(".bar")).to_be_hidden()
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(row).to_be_visible()


@pytest.mark.deep
def test_a_browser_that_lets_no_page_copy_shows_the_text(page: Page, shift: Shift) -> None:
    expect(entry(page, "ar", "stale", shift.mark)).to_be_visible()
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.get_by_role("button", name="Copy as text").click()
    expect(page.locator("#handover-text")).to_be_focused()
    assert f"Stale {shift.mark}" in page.locator("#handover-text").input_value()


@pytest.mark.deep
@pytest.mark.parametrize("language", ["ar", "es"])
def test_the_hand_over_fits_a_phone_in_each_language(page: Page, shift: Shift, language: str) -> None:
    page.locator("#language").select_option(language)
    page.set_viewport_size({"width": 320, "height": 700})
    row = entry(page, "en", "pinned", f"Pinned {shift.mark}")
    expect(row.locator(".line > bdi")).to_have_attribute("dir", "ltr")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    if shots := os.environ.get("SHOTS"):
        page.screenshot(path=f"{shots}/handover-{language}-320.png", full_page=True)


@pytest.fixture
def madrid(chromium: Browser, service: Service) -> Iterator[Page]:
    """The desk in a browser in Madrid; the editions of the site are in UTC."""
    context = chromium.new_context(locale="en-GB", timezone_id="Europe/Madrid", viewport={"width": 1366, "height": 900})
    context.set_default_timeout(30_000)
    yield sign_in(context, service)
    context.close()


@pytest.mark.deep
def test_a_time_is_entered_on_the_clocks_of_the_edition_or_of_the_browser_and_shown_on_both(
    madrid: Page, service: Service
) -> None:
    page, text = madrid, unique_text()
    page.locator("#line").fill(f"Civil Defence: {text}")
    page.keyboard.press("Alt+o")
    field = page.locator("#publishAt")
    expect(field).to_be_focused()
    field.fill("2040-06-01T14:00")
    expect(page.locator("#publishAt-zone")).to_contain_text("12:00")
    expect(page.locator("#publishAt-zone")).to_contain_text("UTC")
    page.get_by_label("Times are those of").select_option("edition")
    # What is typed stays, and is on the other clocks now.
    expect(field).to_have_value("2040-06-01T14:00")
    expect(page.locator("#publishAt-zone")).to_contain_text("16:00")
    confirm_publishing(page)
    expect(page.locator("#outcome")).to_contain_text("Scheduled for")
    token = service.token(f"R {secrets.token_hex(3)}", "chief")
    [due] = [
        waiting["due"]
        for waiting in service.get(token, "/v1/schedule")["schedule"]  # type: ignore[attr-defined]  # JSON
        if waiting["item"]["headline"]["value"] == text
    ]
    assert due == "2040-06-01T14:00:00.000Z"
    expect(page.locator("#waiting-lines li", has_text=text)).to_contain_text("14:00 UTC")


@pytest.mark.deep
def test_the_times_of_an_opened_draft_stay_to_the_second_and_in_any_form_of_the_api(
    madrid: Page, service: Service
) -> None:
    """An embargo until 14:00:30 must not end at 14:00:00, because somebody changed the story of the line."""
    page, text = madrid, unique_text()
    reporter = service.token(f"R {secrets.token_hex(3)}", "reporter")
    times = {"embargoedUntil": "2040-06-01T12:00:30.500Z", "expires": "2040-06-02T14:00:20+0200"}
    line = {"text": f"Civil Defence: {text}", **times}
    service.post(reporter, "/v1/drafts", {"edition": "en", "line": line, "state": "submitted"})
    page.evaluate("document.getElementById('waiting-box').open = true")
    page.locator("#waiting-lines > li", has_text=text).get_by_role("button", name="Open").click()
    expect(page.locator("#embargoedUntil")).to_have_value("2040-06-01T14:00")
    expect(page.locator("#expires")).to_have_value("2040-06-02T14:00")
    page.locator("#story").fill(f"The old bridge {text[-8:]}")
    confirm_publishing(page)
    expect(page.locator("#outcome")).to_contain_text("Scheduled for")
    token = service.token(f"C {secrets.token_hex(3)}", "chief")
    [waiting] = [
        waiting
        for waiting in service.get(token, "/v1/schedule")["schedule"]  # type: ignore[attr-defined]  # JSON
        if waiting["item"]["headline"]["value"] == text
    ]
    assert waiting["due"] == "2040-06-01T12:00:30.500Z"
    assert waiting["item"]["expires"] == "2040-06-02T12:00:20.000Z"


@pytest.mark.deep
def test_an_hour_that_does_not_exist_or_comes_twice_is_asked_about_before_anything_leaves(madrid: Page) -> None:
    page, text = madrid, unique_text()
    page.locator("#line").fill(f"Civil Defence: {text}")
    page.keyboard.press("Alt+o")
    field, which = page.locator("#publishAt"), page.locator("#publishAt + .which")
    field.fill("2040-03-25T02:30")
    expect(page.locator("#publishAt-zone")).to_contain_text("does not exist")
    page.keyboard.press("Control+Enter")
    expect(field).to_be_focused()
    expect(page.locator("#confirm")).to_be_hidden()
    field.fill("2040-10-28T02:30")
    expect(page.locator("#publishAt-zone")).to_contain_text("comes twice")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#confirm")).to_be_hidden()
    expect(page.locator("#publishAt-error")).to_contain_text("comes twice")
    # A reload keeps what was typed, and still asks.
    page.reload()
    expect(field).to_have_value("2040-10-28T02:30")
    expect(which.locator("option").nth(2)).to_contain_text("UTC+01:00")
    which.select_option(index=2)
    expect(page.locator("#publishAt-zone")).to_contain_text("01:30")
    confirm_publishing(page)
    expect(page.locator("#outcome")).to_contain_text("Scheduled for")


@pytest.mark.deep
def test_a_row_shows_its_times_in_the_zones_of_the_browser_and_of_its_edition(madrid: Page, shift: Shift) -> None:
    text = unique_text()
    publish(madrid, text)
    row = row_with(madrid, text)
    expect(row_with(madrid, f"Pinned {shift.mark}").locator(".ahead")).to_contain_text("pinned until")
    expect(row_with(madrid, f"Expiring {shift.mark}").locator(".ahead .zone-time")).to_contain_text("UTC")
    expect(row.locator(".zone-time")).to_contain_text("UTC")
    edge, other = row.locator(".edge time").inner_text(), row.locator(".zone-time time").inner_text()
    assert edge[:5] != other[:5] and edge[3:5] == other[3:5]
