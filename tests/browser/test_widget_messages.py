"""Where the messages about the connection are: over no row in the window while the head says the same."""

import re
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_ticker import FakeTicker, an_item
from tests.browser.test_widget_criteria import contrast
from tests.browser.test_widget_shifts import COLLECT
from tests.browser.widget_page import context, page, rows, show_page, ticker

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = pytest.mark.browser

LINE: Final = "The bridge over the river is closed to lorries until the engineers have looked at every pillar"
# The rows under the messages, where both are in the window.
COVERED: Final = """
  () => {
    const { shadowRoot } = document.querySelector("breaking-ticker");
    const box = shadowRoot.querySelector(".messages > div").getBoundingClientRect();
    const isSeen = ({ top, bottom }) => bottom > 0 && top < innerHeight;
    return [...shadowRoot.querySelectorAll("li")].filter((li) => {
      const text = li.getBoundingClientRect();
      return getComputedStyle(li).visibility !== "hidden" && isSeen(box) && isSeen(text)
        && text.bottom > box.top + 1 && text.top < box.bottom - 1;
    }).length;
  }
"""

# Whether it, or what it lies on up to the ticker's box, lets nothing through.
OPAQUE: Final = """
  (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (color !== "rgba(0, 0, 0, 0)") return !/[,/] *0?\\.\\d+\\)/.test(color);
    }
    return false;
  }
"""


def long_list(page: Page, ticker: FakeTicker) -> None:
    """A list whose first rows are in the window and whose end is not."""
    ticker.publish(*(an_item(number, f"{LINE} {number}") for number in range(1, 16)))
    page.add_init_script(COLLECT)
    page.set_viewport_size({"width": 390, "height": 600})
    widget = show_page(
        page,
        ticker,
        "<h1>Page</h1><breaking-ticker src='/v1/live' edition='en'></breaking-ticker>"
        "<p style='height: 1500px'>After</p>",
    )
    expect(widget.locator(".pause")).to_be_visible()
    expect(rows(widget)).to_have_count(10)


def test_a_message_about_the_connection_covers_no_row_while_the_head_says_it(page: Page, ticker: FakeTicker) -> None:
    long_list(page, ticker)
    widget = page.locator("breaking-ticker")
    page.evaluate("window.shifts.length = 0")
    ticker.behave(ws="busy", sse="busy", json="busy")
    ticker.close_all()
    expect(widget.locator(".why")).to_have_count(1, timeout=30_000)
    expect(widget.locator(".state")).to_have_text(re.compile(r"^Offline · \d{1,2}:\d\d"))
    expect(widget.locator(".why")).not_to_be_in_viewport()
    assert page.evaluate(COVERED) == 0
    # Once the head has left the window nothing else says so.
    page.mouse.move(200, 300)
    page.mouse.wheel(0, 300)
    expect(widget.get_by_role("button", name="Try now")).to_be_in_viewport()
    page.mouse.wheel(0, -300)
    expect(widget.locator(".why")).not_to_be_in_viewport()
    widget.get_by_role("button", name="more").scroll_into_view_if_needed()
    expect(widget.locator(".why")).to_be_in_viewport()
    assert page.evaluate("window.shifts") == []
    # The focus stays where it is when the message goes to another place.
    page.mouse.wheel(0, -200)
    widget.get_by_role("button", name="Try now").focus()
    page.mouse.wheel(0, -2000)
    expect(widget.locator(".docked")).to_have_count(1)
    expect(widget.get_by_role("button", name="Try now")).to_be_focused()


def test_a_notice_of_a_gap_is_in_the_window_until_the_reader_dismisses_it(page: Page, ticker: FakeTicker) -> None:
    long_list(page, ticker)
    widget = page.locator("breaking-ticker")
    page.evaluate("window.shifts.length = 0")
    ticker.knows_cursors = False
    ticker.close_all()
    expect(widget.locator(".notice")).to_be_in_viewport()
    ticker.behave(ws="busy", sse="busy", json="busy")
    ticker.close_all()
    expect(widget.locator(".why")).to_have_count(1, timeout=30_000)
    widget.get_by_role("button", name="Dismiss").click()
    expect(widget.locator(".why")).not_to_be_in_viewport()
    assert page.evaluate(COVERED) == 0
    assert page.evaluate("window.shifts") == []


# What a page may put under a ticker, with the colour of the text that it has there.
GROUNDS: Final = {
    "light page": "--ticker-paper: transparent",
    "picture": "--ticker-paper: transparent; --ticker-ink: #fff; --ticker-accent: #ff9d8f",
    "shade": "--ticker-paper: rgb(0 0 0 / 40%); --ticker-ink: #fff; --ticker-accent: #ff9d8f",
}


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("layout", ["list", "crawl"])
def test_what_lies_over_rows_is_opaque_and_can_be_read_on_a_ticker_that_lets_the_page_through(
    page: Page, ticker: FakeTicker, ground: str, layout: str
) -> None:
    ticker.publish(*(an_item(number, f"{LINE} {number}") for number in range(1, 16)))
    page.set_viewport_size({"width": 390, "height": 600})
    attributes = f'src="/v1/live" layout="{layout}" style="{GROUNDS[ground]}"'
    widget = show_page(page, ticker, f"<breaking-ticker {attributes}></breaking-ticker>")
    expect(widget.locator(".pause")).to_have_count(1)
    ticker.behave(ws="busy", sse="busy", json="busy")
    ticker.close_all()
    expect(widget.get_by_role("button", name="Try now")).to_have_count(1, timeout=30_000)
    over = [".why", ".whole .close"] if layout == "list" else [".why", ".state"]
    widget.evaluate("ticker => ticker.shadowRoot.querySelector('.whole')?.showPopover()")
    for name in over:
        node = widget.locator(name)
        assert node.evaluate(OPAQUE), name
        assert contrast(node, None, "color") >= 4.5, name
