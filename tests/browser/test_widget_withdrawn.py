"""What stays of a line that was withdrawn, held or corrected, and how the label speaks of what is shown."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_ticker import FakeTicker, Json, an_item
from tests.browser.test_widget_items import english, later
from tests.browser.widget_page import context, page, rows, show, ticker
from tests.support.axe import findings_of

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = pytest.mark.browser

NO_WORDS: Json = {"headline": None, "infoSources": [], "note": english("Not so.")}
WITHDRAWN_AT = "2026-05-01T09:30:00.000Z"


def clock(page: Page, language: str) -> str:
    """The time of `WITHDRAWN_AT` as the browser writes it."""
    text: str = page.evaluate(
        "([language, time]) => new Date(time).toLocaleTimeString(language, { timeStyle: 'short' })",
        [language, WITHDRAWN_AT],
    )
    return text


@pytest.mark.parametrize("layout", ["list", "card", "line"])
@pytest.mark.parametrize(("language", "word"), [("en", "Withdrawn"), ("es", "Retirado"), ("ar", "مسحوب")])
def test_a_withdrawn_line_leaves_a_row_that_says_so_in_the_reader_s_language_and_then_goes(
    page: Page, ticker: FakeTicker, layout: str, language: str, word: str
) -> None:
    first, second = an_item(1, "One"), an_item(2, "Two", urgency=1)
    ticker.publish(first, second)
    page.clock.install()
    # So that a line stands; during a pause the row would stay.
    page.emulate_media(reduced_motion="reduce")
    widget = show(page, ticker, f'layout="{layout}" lang="{language}" tombstone="20"')
    expect(rows(widget).first).to_contain_text("Two")
    # The controls bring what keeps the row.
    expect(widget.locator(".pause")).to_be_visible()
    ticker.publish(later(second, "withdraw", versionCreated=WITHDRAWN_AT, **NO_WORDS))
    expect(rows(widget).first.locator(".note")).to_have_text(f"{word}: Not so. · {clock(page, language)}")
    expect(widget.locator("li", has_text="Two")).to_have_count(0)
    expect(widget.locator(".u1, .mark")).to_have_count(0)
    assert findings_of(page, ["serious", "critical"]) == []
    page.clock.run_for(10_000)
    expect(widget.locator(".gone")).to_have_count(1)
    page.clock.run_for(12_000)
    expect(widget.locator(".gone")).to_have_count(0)
    expect(rows(widget)).to_have_count(1)
    expect(rows(widget)).to_contain_text("One")


def test_the_row_of_a_withdrawn_line_stays_in_its_place_among_newer_ones(page: Page, ticker: FakeTicker) -> None:
    items = [an_item(number, f"Line {number}") for number in range(1, 5)]
    ticker.publish(*items)
    widget = show(page, ticker, 'edition="en" show="4"')
    expect(rows(widget)).to_have_count(4)
    expect(widget.locator(".pause")).to_be_visible()
    ticker.publish(later(items[2], "withdraw", **NO_WORDS), an_item(5, "Line 5"))
    expect(rows(widget)).to_contain_text(["Line 5", "Line 4", "Withdrawn: Not so.", "Line 2"])
    widget.evaluate("ticker => { ticker.lang = 'es' }")
    expect(rows(widget)).to_contain_text(["Line 5", "Line 4", "Retirado: Not so.", "Line 2"])
    # Another edition has nothing of it.
    widget.evaluate("ticker => { ticker.edition = 'es' }")
    expect(widget.locator(".gone")).to_have_count(0)


def test_no_row_is_left_by_a_hold_or_where_the_page_wants_none(page: Page, ticker: FakeTicker) -> None:
    first, second = an_item(1, "One"), an_item(2, "Two")
    ticker.publish(first, second, an_item(3, "Three"))
    widget = show(page, ticker, 'edition="en"')
    expect(rows(widget)).to_have_count(3)
    expect(widget.locator(".pause")).to_be_visible()
    ticker.publish(later(first, "hold"))
    expect(rows(widget)).to_have_count(2)
    widget.evaluate("ticker => { ticker.tombstone = 0 }")
    ticker.publish(later(second, "withdraw", **NO_WORDS))
    expect(rows(widget)).to_have_count(1)


@pytest.mark.parametrize("layout", ["list", "line"])
def test_the_label_says_breaking_only_over_a_flash_or_a_bulletin(page: Page, ticker: FakeTicker, layout: str) -> None:
    ticker.publish(an_item(1, "Roads are open"))
    widget = show(page, ticker, f'layout="{layout}" tombstone="0"')
    expect(rows(widget)).to_have_count(1)
    label = widget.locator(".label span:visible")
    background = "span => getComputedStyle(span.parentElement).backgroundColor"
    expect(label).to_have_text("Latest")
    assert label.evaluate(background) == "rgba(0, 0, 0, 0)"
    width = widget.locator(".label").evaluate("label => label.offsetWidth")
    bulletin = an_item(2, "Dam breaks", urgency=2)
    ticker.publish(bulletin)
    expect(label).to_have_text("Breaking")
    assert label.evaluate(background) == "rgb(179, 18, 29)"
    # What is next to it does not move.
    assert widget.locator(".label").evaluate("label => label.offsetWidth") == width
    ticker.publish(later(bulletin, "withdraw", **NO_WORDS))
    expect(label).to_have_text("Latest")


def test_a_correction_has_its_time_from_the_first(page: Page, ticker: FakeTicker) -> None:
    first = an_item(1, "Ten are missing")
    ticker.publish(first)
    widget = show(page, ticker, 'lang="en-GB"')
    expect(rows(widget)).to_have_count(1)
    ticker.publish(later(first, "correction", note=english("Two, not ten."), versionCreated=WITHDRAWN_AT))
    expect(rows(widget).locator(".note")).to_have_text(f"Correction: Two, not ten. · {clock(page, 'en-GB')}")
    assert "M" not in clock(page, "en-GB")
