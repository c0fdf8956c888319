"""A text that a layout cuts can be read as a whole: by keyboard, by touch, at any text size, and without a push."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.fake_ticker import FakeTicker, an_item
from tests.browser.hosts.checks import english, later
from tests.browser.test_widget_shifts import COLLECT, FRAMES
from tests.browser.widget_page import context, page, rows, show, show_page, ticker
from tests.support.axe import findings_of

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = pytest.mark.browser

LONG = "The bridge over the river is closed to lorries until the engineers have looked at every pillar of it. " * 4


def whole(widget: Locator) -> Locator:
    """The box with the whole text."""
    return widget.get_by_role("dialog", name="Read all")


@pytest.mark.parametrize("layout", ["line", "card"])
def test_a_cut_text_opens_as_a_whole_by_keyboard_and_moves_nothing(page: Page, ticker: FakeTicker, layout: str) -> None:
    page.add_init_script(COLLECT)
    page.set_viewport_size({"width": 400, "height": 700})
    ticker.publish(an_item(1, f"{LONG} The end"))
    widget = show_page(
        page, ticker, f'<breaking-ticker src="/v1/live" layout="{layout}"></breaking-ticker><p id="after">After</p>'
    )
    button = widget.locator("li").get_by_role("button", name="Read all")
    expect(button).to_be_visible()
    # A script that gives the focus is no input of a reader, and the focus shows the times of day.
    button.focus()
    page.evaluate(FRAMES)
    before = page.evaluate("window.shifts.length"), page.locator("#after").bounding_box()
    button.press("Enter")
    expect(whole(widget)).to_contain_text("The end")
    expect(whole(widget).locator(".text")).to_be_in_viewport(ratio=1)
    # The focus is in it, on what closes it.
    expect(widget.get_by_role("button", name="Dismiss")).to_be_focused()
    assert findings_of(page, ["serious", "critical"]) == []
    page.keyboard.press("Escape")
    expect(whole(widget)).to_have_count(0)
    expect(button).to_be_focused()
    assert (page.evaluate("window.shifts.length"), page.locator("#after").bounding_box()) == before


def test_a_cut_text_opens_by_touch(chromium: Browser, ticker: FakeTicker) -> None:
    context = chromium.new_context(viewport={"width": 320, "height": 700}, is_mobile=True, has_touch=True)
    page = context.new_page()
    ticker.publish(an_item(1, f"{LONG} The end"))
    widget = show(page, ticker, 'layout="line"')
    widget.locator("li").get_by_role("button", name="Read all").tap()
    expect(whole(widget)).to_contain_text("The end")
    widget.get_by_role("button", name="Dismiss").tap()
    expect(whole(widget)).to_have_count(0)
    context.close()


def test_an_open_text_follows_its_item_and_goes_with_it(page: Page, ticker: FakeTicker) -> None:
    item = an_item(1, LONG)
    ticker.publish(item)
    widget = show(page, ticker, 'layout="line" tombstone="0"')
    widget.locator("li").get_by_role("button", name="Read all").click()
    expect(whole(widget)).to_be_visible()
    corrected = later(item, "correction", headline=english(f"It is open. {LONG}"), note=english("It is open."))
    ticker.publish(corrected)
    expect(whole(widget)).to_contain_text("Correction: It is open.")
    ticker.publish(later(corrected, "withdraw", headline=None, infoSources=[], note=english("Not so.")))
    expect(whole(widget)).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "es", "ar"])
def test_a_short_text_has_no_button_and_a_long_one_has_it_in_each_language(
    page: Page, ticker: FakeTicker, language: str
) -> None:
    page.set_viewport_size({"width": 700, "height": 700})
    ticker.publish(an_item(1, LONG), an_item(2, "Short"))
    widget = show(page, ticker, f'layout="card" lang="{language}"')
    expect(widget.locator("li .all")).to_have_count(1)
    expect(rows(widget).nth(1).locator(".all")).to_have_text(
        {"en": "Read all", "es": "Leer todo", "ar": "اقرأ النص كاملًا"}[language]
    )


# WCAG 1.4.4 and 1.4.12: what a reader does to the text leaves no words without a way to them.
ENLARGED = {
    "twice the size": "breaking-ticker { --ticker-size: 32px }",
    "text spacing": "",
}
SPACING = """ticker => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
    p { margin-block-end: 2em !important }`);
  ticker.shadowRoot.adoptedStyleSheets.push(sheet);
}"""


@pytest.mark.parametrize("change", ENLARGED)
@pytest.mark.parametrize("layout", ["list", "line", "card"])
def test_larger_text_and_wider_spacing_lose_no_words(page: Page, ticker: FakeTicker, layout: str, change: str) -> None:
    page.set_viewport_size({"width": 640, "height": 900})
    ticker.publish(an_item(1, LONG), an_item(2, LONG))
    body = f'<breaking-ticker src="/v1/live" layout="{layout}"></breaking-ticker>'
    widget = show_page(page, ticker, body, head=f"<style>{ENLARGED[change]}</style>")
    expect(widget.locator(".pause")).to_be_visible()
    if change == "text spacing":
        widget.evaluate(SPACING)
    expect(rows(widget).first).to_be_visible()
    page.wait_for_function(
        """() => [...document.querySelector("breaking-ticker").shadowRoot.querySelectorAll("li")]
          .filter((li) => li.checkVisibility({ visibilityProperty: true }))
          .every((li) => li.querySelector(".all") || [...li.querySelectorAll(".text, .note")]
            .every((p) => p.scrollHeight <= p.clientHeight + 1 && p.scrollWidth <= p.clientWidth + 1))"""
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_time_of_day_is_in_every_row_for_the_keyboard(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "One"), an_item(2, "Two"))
    widget = show(page, ticker, 'lang="en-GB"')
    expect(widget.locator("time[data-at]")).to_have_count(2)
    page.keyboard.press("Tab")
    expect(widget.get_by_role("button", name="Pause")).to_be_focused()
    for time in widget.locator("time").all():
        assert re.search(r"\d\d:\d\d", time.evaluate("time => getComputedStyle(time, '::before').content"))
