"""What the widget costs a page over a long day: memory after many items."""

from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.fake_ticker import FakeTicker, an_item
from tests.browser.widget_page import context, page, show_page, ticker

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = pytest.mark.browser

TICKER: Final = '<breaking-ticker src="/v1/live" edition="en"></breaking-ticker>'
LINE: Final = '<breaking-ticker src="/v1/live" edition="en" layout="line"></breaking-ticker>'
ITEMS: Final = 10_000
# From here on the store has forgotten as many items as it learns.
WARM_ITEMS: Final = 2_000
BATCH: Final = 100
GROWTH_LIMIT: Final = 200_000
COUNT: Final = "window.count = 0; addEventListener('ticker-item', () => window.count++)"


def used_memory(session: CDPSession) -> tuple[int, int]:
    """Bytes of the JavaScript heap and the number of DOM nodes, after garbage collection."""
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    nodes: int = session.send("Memory.getDOMCounters")["nodes"]
    used: float = session.send("Runtime.getHeapUsage")["usedSize"]
    return int(used), nodes


def publish_many(page: Page, ticker: FakeTicker, first: int, last: int, tickers: int) -> None:
    """Publishes items; each batch has reached every ticker of the page before the next."""
    for start in range(first, last, BATCH):
        for number in range(start, start + BATCH):
            item = an_item(number, f"Bridge number {number} closed", urgency=1 + number % 5)
            # A server that forgets: its own list would be searched for each item.
            ticker.send({"type": "item", "cursor": f"e.{number}.c", "item": item})
        page.wait_for_function("count => window.count >= count", arg=(start + BATCH - first) * tickers, timeout=60_000)
    page.evaluate("window.count = 0")


@pytest.mark.slow
def test_memory_is_flat_after_ten_thousand_items(page: Page, ticker: FakeTicker, say: Callable[[str], None]) -> None:
    page.add_init_script(COUNT)
    widget = show_page(page, ticker, TICKER + LINE)
    for number in range(2):
        expect(page.locator("breaking-ticker").nth(number)).to_have_js_property("state", "live")
    session = page.context.new_cdp_session(page)
    publish_many(page, ticker, 0, WARM_ITEMS, tickers=2)
    warm, warm_nodes = used_memory(session)
    publish_many(page, ticker, WARM_ITEMS, ITEMS, tickers=2)
    expect(widget.locator("li:visible").first).to_contain_text(f"number {ITEMS - 1}")
    used, nodes = used_memory(session)
    say(
        f"{warm / 1e6:.2f} MB and {warm_nodes} nodes after {WARM_ITEMS} items,"
        f" {used / 1e6:.2f} MB and {nodes} nodes after {ITEMS}"
    )
    assert used - warm < GROWTH_LIMIT
    assert nodes <= warm_nodes + 50
