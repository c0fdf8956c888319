"""Pages of the same origin that cannot share a connection: another release, a broken channel, a frozen tab."""

from typing import Final

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.fake_ticker import FakeTicker, an_item
from tests.browser.test_widget_shared import LEADS, TICKER, expect_live, open_leader, open_tab, transports
from tests.browser.widget_page import collect_events, context, rows, show_page, ticker
from tests.support.waiting import until

__all__ = ["context", "ticker"]  # fixtures

pytestmark = pytest.mark.browser

LIMIT: Final = 8_000
"""In milliseconds: the two steps of the election are 4.5 s at most; the rest is for a loaded machine."""

# What an extension of the browser, or a browser without it, may have in place of what the widget uses.
BROKEN: Final = {
    "no channel": "window.BroadcastChannel = class { constructor() { throw new DOMException('no', 'SecurityError') } }",
    "a channel that throws": "window.BroadcastChannel = class { postMessage() { throw new Error('no') } close() {} }",
    "a silent channel": "window.BroadcastChannel = class { postMessage() {} close() {} }",
    "no answer of the locks": "navigator.locks.request = () => new Promise(() => {})",
    "locks that throw": "navigator.locks.request = () => { throw new Error('no') }",
    "no locks": "Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined })",
}


def expect_both_live(ticker: FakeTicker, *tabs: Page) -> None:
    """A new item reaches each tab."""
    for tab in tabs:
        expect_live(tab)
    number = len(ticker.entries) + 1
    ticker.publish(an_item(number, f"Item {number}"))
    for tab in tabs:
        expect(rows(tab.locator("breaking-ticker")).first).to_contain_text(f"Item {number}")


@pytest.mark.parametrize(
    "fault", [name if name == "a silent channel" else pytest.param(name, marks=pytest.mark.deep) for name in BROKEN]
)
def test_two_tabs_that_cannot_hear_each_other_are_each_live_by_a_connection_of_their_own(
    context: BrowserContext, ticker: FakeTicker, fault: str
) -> None:
    context.add_init_script(BROKEN[fault])
    tabs = []
    for _ in range(2):
        tab = context.new_page()
        # The second waits for the part, as in every browser that has shared before.
        tab.add_init_script("localStorage['breaking-ticker'] = 1")
        show_page(tab, ticker, TICKER)
        tabs.append(tab)
    # Each stays connected: none takes the lock from the other again.
    until(lambda: transports(ticker) == ["ws", "ws"], "two connections")
    for _ in range(3):
        expect_both_live(ticker, *tabs)
    requests = len(ticker.requests)
    until(lambda: transports(ticker) == ["ws", "ws"], "two connections")
    expect_both_live(ticker, *tabs)
    assert len(ticker.requests) == requests


# Another release, or anything else of the origin, that has the lock and does not speak as this release does.
NAME: Final = "`breaking-ticker ${location.origin}/v1/live?edition=en`"
HOLD: Final = f"navigator.locks.request({NAME}, () => new Promise(() => {{}}))"
FOREIGN: Final = {
    "silent": HOLD,
    "other words": f"""{HOLD};
      const channel = new BroadcastChannel({NAME});
      channel.onmessage = ({{ data }}) => {{
        const to = data.from;
        for (const note of [null, 7, "hello", {{ to }}, {{ from: "x", to, hello: 1 }}, {{ from: "x" }}])
          channel.postMessage(note);
      }}""",
    "takes the lock back": f"""
      (function take() {{
        navigator.locks.request({NAME}, {{ steal: true }}, () => new Promise(() => {{}})).catch(take);
      }})()""",
}


@pytest.mark.parametrize(
    "kind",
    [name if name == "takes the lock back" else pytest.param(name, marks=pytest.mark.deep) for name in FOREIGN],
)
@pytest.mark.alone
def test_a_tab_is_live_in_seconds_whatever_another_release_does_with_the_lock(
    context: BrowserContext, ticker: FakeTicker, kind: str
) -> None:
    ticker.pages["other"] = "<!doctype html><title>other</title>"
    other = context.new_page()
    other.goto(f"{ticker.url}/pages/other")
    other.evaluate(f"() => {{ {FOREIGN[kind]} }}")
    other.wait_for_function(LEADS)
    tab = context.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.add_init_script("localStorage['breaking-ticker'] = 1")
    show_page(tab, ticker, TICKER)
    expect(tab.locator("breaking-ticker:state(live)")).to_have_count(1, timeout=LIMIT)
    for _ in range(2):
        expect_both_live(ticker, tab)
    assert transports(ticker) == ["ws"]
    assert errors == []


def test_a_tab_that_the_browser_has_frozen_hands_over_and_comes_back(
    context: BrowserContext, ticker: FakeTicker
) -> None:
    leader = open_leader(context, ticker)
    follower = open_tab(context, ticker)
    session = context.new_cdp_session(leader)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    until(lambda: any("cursor" in request.query for request in ticker.open_requests), "the other tab has taken over")
    ticker.publish(an_item(1, "First"))
    expect(rows(follower.locator("breaking-ticker"))).to_contain_text(["First"])
    session.send("Page.setWebLifecycleState", {"state": "active"})
    expect(rows(leader.locator("breaking-ticker"))).to_contain_text(["First"])
    ticker.publish(an_item(2, "Second"))
    for tab in (leader, follower):
        expect(rows(tab.locator("breaking-ticker"))).to_contain_text(["Second", "First"])
    assert transports(ticker) == ["ws"]


@pytest.mark.deep
def test_a_tab_that_is_opened_beside_a_frozen_one_is_live(context: BrowserContext, ticker: FakeTicker) -> None:
    leader = open_leader(context, ticker)
    session = context.new_cdp_session(leader)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    tab = context.new_page()
    collect_events(tab, "ticker-item")
    show_page(tab, ticker, TICKER)
    expect_both_live(ticker, tab)
    session.send("Page.setWebLifecycleState", {"state": "active"})
    expect_both_live(ticker, leader, tab)
