"""The widget in pages that were not made for it; the pictures are in build/screens."""

import pytest
from playwright.sync_api import Page, expect
from starlette.responses import HTMLResponse

from tests.browser.fake_ticker import FakeTicker, an_item
from tests.browser.hosts.checks import LONG, expect_live, expect_own_look, messages_of, row_of, save_screen
from tests.browser.hosts.table import FRAME, HOSTS, LINE, LIST, Host
from tests.browser.widget_page import context, page, ticker

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = pytest.mark.browser

QUICK = ("flex", "table", "policy", "sandboxed frame")
NARROW = 320


def open_host(page: Page, ticker: FakeTicker, name: str, host: Host) -> None:
    """Opens a page whose ticker has one item."""
    ticker.publish(an_item(101, LONG))
    headers = {"Content-Security-Policy": host.policy} if host.policy else {}
    ticker.pages["frame"] = FRAME.replace("{url}", ticker.url)
    ticker.pages["host"] = HTMLResponse(host.document(), headers=headers)
    page.goto(f"{ticker.url}/pages/host")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.deep) for name in HOSTS]
)
def test_the_widget_works_in_a_page_that_was_not_made_for_it(page: Page, ticker: FakeTicker, name: str) -> None:
    host = HOSTS[name]
    messages = messages_of(page)
    open_host(page, ticker, name, host)
    scope = page.frame_locator("iframe") if host.is_framed else page
    expect(row_of(scope, LONG)).to_have_count(1)
    expect_live(scope, ticker)
    widget = scope.locator("breaking-ticker")
    expect_own_look(row_of(scope, LONG))
    save_screen(page, f"host {name}")
    for width in (1280, NARROW):
        page.set_viewport_size({"width": width, "height": 700})
        box = widget.bounding_box()
        assert box is not None and 200 <= box["width"] <= width
        # A table is as wide as its cells need: no rule of the widget can make it narrower.
        assert name == "table" or page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    save_screen(page, f"host {name} narrow")
    assert messages == []


@pytest.mark.deep
def test_two_tickers_of_one_page_show_the_items_of_their_own_host(page: Page, ticker: FakeTicker) -> None:
    with FakeTicker() as other:
        messages = messages_of(page)
        other.publish(an_item(301, "Ferries are late"))
        second = LINE.replace("/v1/live", f"{other.url}/v1/live")
        open_host(page, ticker, "two tickers", Host(f"{second}{LIST}"))
        line, lines = page.locator("breaking-ticker").all()
        expect(line.locator("li:visible")).to_contain_text("Ferries are late")
        expect(lines.locator("li:visible")).to_contain_text(LONG)
        ticker.publish(an_item(102, "Trains run"))
        other.publish(an_item(302, "Buses run"))
        expect(line.locator("li:visible")).to_contain_text("Buses run")
        expect(lines.locator("li:visible")).to_have_count(2)
        expect(lines).not_to_contain_text("Buses run")
        save_screen(page, "host two tickers")
        ticker.close_all()
        ticker.behave(ws="busy", sse="busy", json="busy")
        expect(lines).not_to_have_js_property("state", "live")
        expect(line).to_have_js_property("state", "live")
        assert [message for message in messages if "503" not in message] == []
