"""What the widget says to screen readers, and what it remembers for a reader: the pause."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_ticker import FakeTicker, an_item
from tests.browser.test_widget_items import english, later
from tests.browser.widget_page import (
    collect_notifications,
    context,
    notifications,
    page,
    rows,
    show,
    show_page,
    ticker,
    without_notifications,
)
from tests.support.waiting import until

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = pytest.mark.browser

RECORD_ALERTS = """widget => {
  window.alerts = [];
  const alert = widget.shadowRoot.querySelector("[role=alert]");
  new MutationObserver((changes) => {
    const texts = changes.flatMap((change) => [...change.addedNodes]).map((node) => node.textContent.trim());
    if (texts.length) window.alerts.push(texts);
  }).observe(alert, { childList: true });
}"""


@pytest.mark.parametrize("attributes", ["", 'layout="line"'])
def test_a_pause_is_kept_through_a_reload_for_the_ticker_that_was_paused(
    page: Page, ticker: FakeTicker, attributes: str
) -> None:
    ticker.publish(an_item(1, "One"))
    tickers = [f'<breaking-ticker src="/v1/live" {rest}></breaking-ticker>' for rest in (attributes, 'section="sport"')]
    widget = show_page(page, ticker, "".join(tickers))
    other = page.locator("breaking-ticker").nth(1)
    widget.get_by_role("button", name="Pause").click()
    page.reload()
    expect(widget.get_by_role("button", name="Resume")).to_be_visible()
    expect(other.get_by_role("button", name="Pause")).to_be_visible()
    expect(rows(widget)).to_contain_text("One")
    ticker.publish(an_item(2, "Two"))
    expect(widget.get_by_role("button", name="1 new")).to_be_visible()
    widget.get_by_role("button", name="Resume").click()
    page.reload()
    expect(widget.get_by_role("button", name="Pause")).to_be_visible()


def test_a_burst_of_flashes_is_spoken_one_after_the_other_and_each_once(page: Page, ticker: FakeTicker) -> None:
    without_notifications(page)
    page.clock.install()
    widget = show(page, ticker)
    expect(widget).to_have_js_property("state", "live")
    widget.evaluate(RECORD_ALERTS)
    ticker.publish(*(an_item(number, f"Bridge {number} closed", urgency=1) for number in range(1, 5)))
    expect(rows(widget)).to_have_count(4)
    alert = widget.get_by_role("alert")
    # The first is not cut off by the next ones, which wait until it has been spoken.
    expect(alert).to_have_text("Flash: Civil Defence: Bridge 1 closed")
    page.clock.run_for(5000)
    expect(alert).to_contain_text("Bridge 4 closed")
    page.clock.run_for(20_000)
    expect(alert).to_be_empty()
    spoken = [text for texts in page.evaluate("window.alerts") for text in texts]
    assert [" ".join(text.split()) for text in spoken] == [
        f"Flash: Civil Defence: Bridge {number} closed" for number in range(1, 5)
    ]


def test_a_browser_that_can_notify_screen_readers_does_so_in_place_of_live_regions(
    page: Page, ticker: FakeTicker
) -> None:
    collect_notifications(page)
    page.clock.install()
    widget = show(page, ticker)
    expect(widget).to_have_js_property("state", "live")
    flash = an_item(1, "Ten are missing", urgency=1)
    ticker.publish(flash)
    expect(rows(widget)).to_have_count(1)
    assert notifications(page) == [["high", "Flash: Civil Defence: Ten are missing"]]
    page.clock.run_for(5000)
    ticker.publish(later(flash, "correction", headline=english("Two are missing"), note=english("Two, not ten.")))
    expect(rows(widget)).to_contain_text("Two are missing")
    correction = ["high", "Correction: Two, not ten. Civil Defence: Two are missing"]
    assert notifications(page)[1:] == [correction]
    ticker.publish(an_item(2, "Roads are open"))
    expect(rows(widget)).to_have_count(2)
    page.clock.run_for(6000)
    assert notifications(page)[2:] == [["normal", "Civil Defence: Roads are open"]]
    expect(widget.get_by_role("alert")).to_be_empty()


def test_several_tickers_of_a_page_say_each_thing_once_and_a_hidden_one_says_nothing(
    page: Page, ticker: FakeTicker
) -> None:
    collect_notifications(page)
    page.clock.install()
    body = "".join(
        f'<breaking-ticker src="/v1/live" layout="{layout}" {rest}></breaking-ticker>'
        for layout, rest in (("line", "hidden"), ("list", ""), ("line", ""), ("card", ""), ("crawl", ""))
    )
    show_page(page, ticker, body)
    expect(page.locator("breaking-ticker .pause")).to_have_count(5)
    expect(page.locator("breaking-ticker:state(live)")).to_have_count(5)
    flash = an_item(1, "Ten are missing", urgency=1)
    ticker.publish(flash)
    expect(page.locator("breaking-ticker li", has_text="Ten are missing")).to_have_count(5)
    assert notifications(page) == [["high", "Flash: Civil Defence: Ten are missing"]]
    page.clock.run_for(5000)
    ticker.publish(later(flash, "withdraw", headline=None, infoSources=[], note=english("Not so.")))
    expect(page.locator("breaking-ticker li", has_text="Ten are missing")).to_have_count(0)
    assert notifications(page)[1:] == [["high", "Withdrawn: Not so. Civil Defence: Ten are missing"]]
    page.clock.run_for(5000)
    for _ in range(2):
        ticker.stale = True
        ticker.send_heartbeat()
        expect(page.locator("breaking-ticker:state(stale)")).to_have_count(5)
        page.clock.run_for(20_000)
        ticker.stale = False
        ticker.send_heartbeat()
        expect(page.locator("breaking-ticker:state(live)")).to_have_count(5)
    # It comes again with the next delay.
    assert [text for _, text in notifications(page)[2:]] == ["New items may be late."] * 2


def test_a_hold_is_not_called_a_withdrawal_and_every_correction_is_spoken(page: Page, ticker: FakeTicker) -> None:
    collect_notifications(page)
    page.clock.install()
    items = [an_item(number, f"Line {number}") for number in range(1, 5)]
    ticker.publish(*items)
    widget = show(page, ticker)
    expect(rows(widget)).to_have_count(4)
    ticker.publish(
        later(items[0], "hold"),
        later(items[1], "withdraw", headline=None, infoSources=[], note=english("Not so.")),
        later(items[2], "correction", note=english("Three.")),
        later(items[3], "correction", note=english("Four.")),
        an_item(5, "Line 5"),
        an_item(6, "Line 6"),
    )
    expect(rows(widget).filter(has_text="Line 6")).to_be_visible()
    page.clock.run_for(6000)
    until(lambda: bool(notifications(page)), "the changes are spoken")
    (priority, text), *rest = notifications(page)
    assert (priority, rest) == ("normal", [])
    assert " ".join(text.split()) == (
        "On hold: Civil Defence: Line 1. Withdrawn: Not so. Civil Defence: Line 2. Correction: Three. Civil Defence: "
        "Line 3. Correction: Four. Civil Defence: Line 4. 2 new: Civil Defence: Line 6"
    )
