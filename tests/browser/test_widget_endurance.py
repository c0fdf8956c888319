"""What the widget costs a page over a long day: memory after many items."""

import itertools
import statistics
from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.fake_ticker import FakeTicker, an_item
from tests.browser.widget_page import context, page, show_page, ticker

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = pytest.mark.browser

LAYOUTS: Final = ("list", "line", "card", "crawl")
BODY: Final = "".join(
    f'<breaking-ticker src="/v1/live" edition="en" layout="{layout}"></breaking-ticker>'
    for layout in (*LAYOUTS, "list paused")
)
TICKERS: Final = len(LAYOUTS) + 1
# From the first on the store has forgotten as many items as it learns.
MARKS: Final = (2_000, 4_000, 6_000, 8_000, 10_000)
BATCH: Final = 100
GROWTH_LIMIT: Final = 20
"""In bytes an item, of the median of the spans between two marks: one span may have a part of the code compiled."""
COUNT: Final = "window.count = 0; addEventListener('ticker-item', () => window.count++)"
COUNTED: Final = ("Object", "Array", "Map", "Set", "Node")


def collect(session: CDPSession) -> int:
    """Bytes of the JavaScript heap, once a garbage collection finds nothing more."""
    sizes = [2**40]
    while True:
        session.send("HeapProfiler.collectGarbage")
        sizes.append(int(session.send("Runtime.getHeapUsage")["usedSize"]))
        if sizes[-2] - sizes[-1] < 4096:
            return sizes[-1]


def count_objects(session: CDPSession) -> dict[str, int]:
    """How many objects of each kind live in the page: one that is kept for each item counts, however small it is."""
    counts = {}
    for kind in COUNTED:
        prototype = session.send("Runtime.evaluate", {"expression": f"{kind}.prototype", "objectGroup": "count"})
        found = session.send(
            "Runtime.queryObjects",
            {"prototypeObjectId": prototype["result"]["objectId"], "objectGroup": "count"},
        )
        length = session.send(
            "Runtime.callFunctionOn",
            {
                "objectId": found["objects"]["objectId"],
                "functionDeclaration": "function () { return this.length }",
                "returnByValue": True,
            },
        )
        session.send("Runtime.releaseObjectGroup", {"objectGroup": "count"})
        counts[kind] = int(length["result"]["value"])
    return counts


def publish_many(page: Page, ticker: FakeTicker, first: int, last: int) -> None:
    """Publishes items; each batch has reached every ticker of the page before the next."""
    for start in range(first, last, BATCH):
        for number in range(start, start + BATCH):
            # A number of one length, so that the last items are no longer than the first.
            item = an_item(number, f"Bridge number {number:06d} closed", urgency=1 + number % 5)
            # A server that forgets: its own list would be searched for each item.
            ticker.send({"type": "item", "cursor": f"e.{number:06d}.c", "item": item})
        page.wait_for_function("count => window.count >= count", arg=(start + BATCH - first) * TICKERS, timeout=60_000)
    page.evaluate("window.count = 0")


@pytest.mark.slow
def test_memory_is_flat_after_ten_thousand_items(page: Page, ticker: FakeTicker, say: Callable[[str], None]) -> None:
    page.add_init_script(COUNT)
    widget = show_page(page, ticker, BODY)
    expect(page.locator("breaking-ticker:state(live)")).to_have_count(TICKERS)
    expect(page.locator("breaking-ticker .pause")).to_have_count(TICKERS)
    page.locator("breaking-ticker").last.evaluate("ticker => ticker.shadowRoot.querySelector('.pause').click()")
    session = page.context.new_cdp_session(page)
    sizes, counts = [], []
    for first, last in itertools.pairwise((0, *MARKS)):
        publish_many(page, ticker, first, last)
        expect(widget.locator("li:visible").first).to_contain_text(f"number {last - 1:06d}")
        counts.append(count_objects(session))
        sizes.append(collect(session))
    growth = [
        (size - before) / (last - first)
        for (before, size), (first, last) in zip(itertools.pairwise(sizes), itertools.pairwise(MARKS), strict=True)
    ]
    say(
        f"MB after {MARKS}: {[round(size / 1e6, 2) for size in sizes]}; bytes an item: "
        f"{[round(each, 1) for each in growth]}; objects: {counts[0]} and {counts[-1]}"
    )
    assert statistics.median(growth) < GROWTH_LIMIT
    # One for each tenth item would be more; what the page has in hand when it is counted differs by some hundreds.
    assert {kind: count - counts[0][kind] for kind, count in counts[-1].items() if count > counts[0][kind] + 800} == {}
