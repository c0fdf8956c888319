"""One connection for all tickers of a browser that ask for the same: on one page, and across its tabs."""

import statistics
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.fake_ticker import FakeTicker, an_item
from tests.browser.widget_page import FIRST_ROW, collect_events, context, event_details, page, rows, show_page, ticker
from tests.support.slow_proxy import SlowProxy
from tests.support.waiting import until

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = pytest.mark.browser

TICKER: Final = '<breaking-ticker src="/v1/live" edition="en"></breaking-ticker>'
LEADS: Final = "navigator.locks.query().then(({ held }) => held.length > 0)"


def open_tab(context: BrowserContext, ticker: FakeTicker, body: str = TICKER) -> Page:
    """A new tab with tickers, which are all live."""
    tab = context.new_page()
    collect_events(tab, "ticker-item")
    show_page(tab, ticker, body)
    expect_live(tab, body.count("<breaking-ticker"))
    return tab


def expect_live(page: Page, count: int = 1) -> None:
    expect(page.locator("breaking-ticker:state(live)")).to_have_count(count)


def open_leader(context: BrowserContext, ticker: FakeTicker) -> Page:
    """A tab that leads: the part is loaded, and later tabs share its connection."""
    tab = open_tab(context, ticker)
    tab.wait_for_function(LEADS)
    return tab


def freeze(page: Page) -> None:
    """As a browser does it, but its scripts go on: without a screen no page of a test is in the background."""
    page.evaluate("document.dispatchEvent(new Event('freeze'))")


def resume(page: Page) -> None:
    page.evaluate("document.dispatchEvent(new Event('resume'))")


def transports(ticker: FakeTicker) -> list[str]:
    return [request.transport for request in ticker.open_requests]


def added(page: Page) -> list[str]:
    """The uris of the items that the page's scripts were told of, each as often as that."""
    return [detail["item"]["uri"] for detail in event_details(page)]


def uris(*numbers: int) -> list[str]:
    return [an_item(number, "")["uri"] for number in numbers]


@pytest.mark.parametrize("count", [20, pytest.param(100, marks=pytest.mark.deep)])
def test_all_tickers_of_a_page_are_live_by_one_connection(page: Page, ticker: FakeTicker, count: int) -> None:
    ticker.publish(an_item(1, "First"))
    show_page(page, ticker, TICKER * count)
    expect_live(page, count)
    expect(page.locator("breaking-ticker li")).to_have_count(count)
    ticker.publish(an_item(2, "Second"))
    expect(page.locator("breaking-ticker li").filter(has_text="Second")).to_have_count(count)
    assert transports(ticker) == ["ws"]
    assert [request.transport for request in ticker.requests].count("ws") == 1
    ticker.entries.append(an_item(3, "Third"))
    ticker.close_all()
    expect(page.locator("breaking-ticker li").filter(has_text="Third")).to_have_count(count)
    assert transports(ticker) == ["ws"]


def test_tickers_that_ask_for_something_else_have_a_connection_of_their_own(page: Page, ticker: FakeTicker) -> None:
    body = "".join(
        f'<breaking-ticker src="/v1/live" edition="{edition}"></breaking-ticker>' for edition in ("en", "es")
    )
    show_page(page, ticker, body * 2)
    expect_live(page, 4)
    until(lambda: len(ticker.open_requests) == 2, "two connections")
    ticker.publish(an_item(1, "English"), an_item(2, "Español", edition="es"))
    expect(page.locator("breaking-ticker li .headline")).to_have_text(["English", "Español"] * 2)
    assert sorted(request.query["edition"] for request in ticker.open_requests) == ["en", "es"]


def test_a_ticker_that_is_added_later_gets_the_list_of_the_others(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "First"))
    widget = show_page(page, ticker, TICKER)
    expect_live(page)
    ticker.publish(an_item(2, "Second"))
    expect(rows(widget)).to_have_count(2)
    page.evaluate("document.body.append(document.querySelector('breaking-ticker').cloneNode(true))")
    expect_live(page, 2)
    expect(rows(page.locator("breaking-ticker").nth(1))).to_contain_text(["Second", "First"])
    page.evaluate("document.querySelector('breaking-ticker').remove()")
    ticker.publish(an_item(3, "Third"))
    expect(rows(widget)).to_contain_text(["Third", "Second", "First"])
    assert transports(ticker) == ["ws"]


def test_four_tabs_share_one_connection_and_the_later_ones_need_no_answer_of_the_ticker(
    context: BrowserContext, ticker: FakeTicker
) -> None:
    ticker.publish(an_item(1, "First"))
    tabs = [open_leader(context, ticker), open_tab(context, ticker)]
    ticker.behave(ws="silent", sse="silent", json="silent")
    tabs += [open_tab(context, ticker) for _ in range(2)]
    ticker.publish(an_item(2, "Second"))
    for tab in tabs:
        expect(rows(tab.locator("breaking-ticker"))).to_contain_text(["Second", "First"])
        assert added(tab) == uris(2)
    until(lambda: transports(ticker) == ["ws"], "one connection")


@pytest.mark.deep
def test_the_first_tab_gives_its_list_to_others_even_if_it_had_connected_before_it_could_share(
    context: BrowserContext, ticker: FakeTicker
) -> None:
    ticker.publish(an_item(1, "First"))
    context.route("**/shared-*.js", lambda route: (until(lambda: ticker.open_requests, "a join"), route.continue_()))
    first = open_tab(context, ticker)
    first.wait_for_function(LEADS)
    context.unroute("**/shared-*.js")
    second = open_tab(context, ticker)
    ticker.publish(an_item(2, "Second"))
    for tab in (first, second):
        expect(rows(tab.locator("breaking-ticker"))).to_contain_text(["Second", "First"])
        assert added(tab) == uris(2)
    until(lambda: transports(ticker) == ["ws"], "one connection")


@pytest.mark.deep
def test_tabs_that_connect_at_the_same_time_end_with_one_connection(
    context: BrowserContext, ticker: FakeTicker
) -> None:
    ticker.pages["t"] = f'<!doctype html><script type="module" src="/widget/breaking-ticker.js"></script>{TICKER}'
    tabs = [context.new_page() for _ in range(4)]
    for tab in tabs:
        tab.evaluate(f"setTimeout(() => {{ location = '{ticker.url}/pages/t' }})")
    for tab in tabs:
        tab.wait_for_url("**/t")
        expect_live(tab)
    until(lambda: len(ticker.open_requests) == 1, "one connection")
    ticker.publish(an_item(1, "First"))
    for tab in tabs:
        expect(rows(tab.locator("breaking-ticker"))).to_have_count(1)


@pytest.mark.parametrize("end", ["close", "crash"])
def test_when_the_tab_that_leads_ends_the_others_go_on_without_loss_or_repetition(
    context: BrowserContext, ticker: FakeTicker, end: str
) -> None:
    leader = open_leader(context, ticker)
    followers = [open_tab(context, ticker) for _ in range(2)]
    ticker.publish(an_item(1, "Before"))
    for tab in followers:
        expect(rows(tab.locator("breaking-ticker"))).to_have_count(1)
    # Only a tab that connects after this gets it.
    ticker.entries.append(an_item(2, "While no tab led"))
    if end == "crash":
        with pytest.raises(Exception, match="crash"):
            leader.goto("chrome://crash", timeout=10_000)
    else:
        leader.close()
    for tab in followers:
        expect(rows(tab.locator("breaking-ticker"))).to_contain_text(["While no tab led", "Before"])
    ticker.publish(an_item(3, "After"))
    for tab in followers:
        expect(rows(tab.locator("breaking-ticker"))).to_contain_text(["After", "While no tab led", "Before"])
        assert added(tab) == uris(1, 2, 3)
        expect(tab.locator("breaking-ticker .notice")).to_be_hidden()
    assert transports(ticker) == ["ws"]
    assert ticker.open_requests[0].query["cursor"] == "e.1.c"


@pytest.mark.deep
def test_a_tab_that_hangs_does_not_keep_the_others_from_the_news(context: BrowserContext, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "First"))
    leader = open_leader(context, ticker)
    leader.evaluate("setTimeout(() => { for (;;); })")
    tab = open_tab(context, ticker)
    ticker.publish(an_item(2, "Second"))
    expect(rows(tab.locator("breaking-ticker"))).to_contain_text(["Second", "First"])


def test_a_frozen_tab_hands_over_and_has_everything_when_it_goes_on(
    context: BrowserContext, ticker: FakeTicker
) -> None:
    leader = open_leader(context, ticker)
    follower = open_tab(context, ticker)
    freeze(leader)
    until(lambda: any("cursor" in request.query for request in ticker.open_requests), "the other tab has taken over")
    ticker.publish(an_item(1, "First"), an_item(2, "Second"))
    expect(rows(follower.locator("breaking-ticker"))).to_contain_text(["Second", "First"])
    resume(leader)
    expect(rows(leader.locator("breaking-ticker"))).to_contain_text(["Second", "First"])
    ticker.publish(an_item(3, "Third"))
    for tab in (leader, follower):
        expect(rows(tab.locator("breaking-ticker")).first).to_contain_text("Third")
        assert sorted(added(tab)) == uris(1, 2, 3)
    assert transports(ticker) == ["ws"]


@pytest.mark.deep
def test_a_tab_whose_cursor_no_tab_knows_asks_the_ticker(context: BrowserContext, ticker: FakeTicker) -> None:
    leader = open_leader(context, ticker)
    freeze(leader)
    until(lambda: not ticker.open_requests, "the frozen tab has closed its connection")
    ticker.entries += [an_item(number, f"Item {number}") for number in range(1, 16)]
    follower = open_tab(context, ticker)
    resume(leader)
    until(lambda: any(request.transport == "json" for request in ticker.requests), "the tab asks for what it missed")
    expect(rows(leader.locator("breaking-ticker")).first).to_contain_text("Item 15")
    ticker.publish(an_item(16, "Item 16"))
    for tab in (leader, follower):
        expect(rows(tab.locator("breaking-ticker")).first).to_contain_text("Item 16")
    assert sorted(added(leader)) == uris(*range(1, 17))
    assert ticker.requests[-1].query["cursor"] == "e.0.c"


@pytest.mark.deep
def test_a_hidden_tab_that_cannot_connect_gives_the_lead_to_one_that_a_reader_sees(
    context: BrowserContext, ticker: FakeTicker
) -> None:
    leader = context.new_page()
    leader.add_init_script("Object.defineProperty(document, 'hidden', { get: () => true })")
    collect_events(leader, "ticker-item")
    show_page(leader, ticker, TICKER)
    expect_live(leader)
    leader.wait_for_function(LEADS)
    follower = open_tab(context, ticker)
    # A browser lets the timers of a hidden page run once a minute; these do not run at all.
    leader.evaluate("window.setTimeout = () => 0")
    ticker.entries.append(an_item(1, "Published while away"))
    ticker.close_all()
    expect(rows(follower.locator("breaking-ticker"))).to_have_count(1)
    leader.wait_for_function("window.details.length")
    assert added(leader) == uris(1)
    assert transports(ticker) == ["ws"]


@pytest.mark.deep
def test_the_end_of_a_request_for_good_reaches_every_tab(context: BrowserContext, ticker: FakeTicker) -> None:
    tabs = [open_leader(context, ticker), open_tab(context, ticker)]
    ticker.close_all(4501)
    for tab in tabs:
        expect(tab.locator("breaking-ticker").get_by_text("This ticker cannot be shown here.")).to_be_visible()


@pytest.mark.deep
def test_a_remembered_transport_counts_for_all_tabs_and_is_forgotten(
    context: BrowserContext, ticker: FakeTicker
) -> None:
    ticker.behave(ws="refusing")
    tab = open_leader(context, ticker)
    assert transports(ticker) == ["sse"]
    tab.wait_for_function("Object.keys(localStorage).filter((name) => !name.includes(' list ')).length == 2")
    tab.close()
    ticker.requests.clear()
    ticker.behave()
    tab = open_leader(context, ticker)
    assert [request.transport for request in ticker.requests] == ["sse"]
    remembered: dict[str, Any] = tab.evaluate("({ ...localStorage })")
    host = f"breaking-ticker {ticker.url.removeprefix('http://')}"
    index, end = remembered[host].split()
    assert index == "1"
    assert 0 < float(end) - tab.evaluate("Date.now()") <= 600_000
    tab.evaluate("([host, end]) => { localStorage[host] = `1 ${end}` }", [host, 1])
    tab.close()
    ticker.requests.clear()
    open_leader(context, ticker)
    assert [request.transport for request in ticker.requests] == ["ws"]


@pytest.mark.slow
@pytest.mark.parametrize("count", [20, 100])
def test_on_a_slow_link_all_tickers_are_live_and_none_falls_back(
    context: BrowserContext, ticker: FakeTicker, count: int
) -> None:
    ticker.publish(an_item(1, "First"))
    with SlowProxy(int(ticker.url.rpartition(":")[2]), 0.6, 0, seed=1).running() as slow:
        stream = f"http://127.0.0.1:{slow.port}/v1/live"
        page = context.new_page()
        show_page(page, ticker, TICKER.replace("/v1/live", stream) * count)
        expect_live(page, count)
        expect(page.locator("breaking-ticker li")).to_have_count(count)
        assert transports(ticker) == ["ws"]
        page.close()


@pytest.mark.slow
def test_on_a_slow_link_tickers_with_twenty_filters_open_in_turn_and_none_falls_back(
    context: BrowserContext, ticker: FakeTicker
) -> None:
    ticker.publish(an_item(1, "First"))
    with SlowProxy(int(ticker.url.rpartition(":")[2]), 0.6, 0, seed=1).running() as slow:
        stream = f"http://127.0.0.1:{slow.port}/v1/live"
        page = context.new_page()
        body = "".join(f'<breaking-ticker src="{stream}" backlog="{number}"></breaking-ticker>' for number in range(20))
        show_page(page, ticker, body)
        expect(page.locator("breaking-ticker:state(live)")).to_have_count(20, timeout=60_000)
        assert {request.transport for request in ticker.requests} == {"ws"}
        assert len(ticker.open_requests) == 20
        # All come back at once, and the browser opens one after the other.
        ticker.entries.append(an_item(2, "Second"))
        ticker.close_all()
        expect(page.locator("breaking-ticker li").filter(has_text="Second")).to_have_count(20, timeout=60_000)
        assert {request.transport for request in ticker.requests} == {"ws"}
        page.close()


@pytest.mark.deep
def test_without_websocket_tickers_with_many_filters_are_all_live_and_leave_connections_for_the_page(
    context: BrowserContext, ticker: FakeTicker
) -> None:
    ticker.behave(ws="refusing")
    ticker.publish(an_item(1, "First"))

    def tab_with(numbers: range) -> Page:
        tab = context.new_page()
        body = "".join(f'<breaking-ticker src="/v1/live" backlog="{number}"></breaking-ticker>' for number in numbers)
        show_page(tab, ticker, body)
        return tab

    # Over HTTP/1.1 Chromium opens six connections to a host, for all its tabs.
    tabs = {tab_with(range(1, 13)): 12}
    expect(next(iter(tabs)).locator("breaking-ticker:state(live)")).to_have_count(12, timeout=60_000)
    tabs[tab_with(range(13, 18))] = 5
    for tab, count in tabs.items():
        expect(tab.locator("breaking-ticker:state(live)")).to_have_count(count, timeout=60_000)
    # Three, and the one of the first ticker, which connects before it knows of others.
    until(lambda: transports(ticker).count("sse") in (3, 4), "few connections stay open")
    ticker.publish(an_item(2, "Second"))
    for tab, count in tabs.items():
        expect(tab.locator("breaking-ticker li").filter(has_text="Second")).to_have_count(count, timeout=30_000)
    assert next(iter(tabs)).evaluate("fetch('/pages/t', { signal: AbortSignal.timeout(10_000) }).then(({ ok }) => ok)")


@pytest.mark.slow
def test_on_a_slow_link_the_first_item_comes_sooner_from_a_tab_that_is_connected(
    context: BrowserContext, ticker: FakeTicker, say: Callable[[str], None]
) -> None:
    ticker.publish(an_item(1, "First"))
    figures = []
    for round_trip in (0.0, 0.1, 0.3):
        with SlowProxy(int(ticker.url.rpartition(":")[2]), round_trip, 0, seed=1).running() as slow:
            body = (
                f'<breaking-ticker src="http://127.0.0.1:{slow.port}/v1/live" edition="en" keep="0"></breaking-ticker>'
            )
            alone = _first_row(context, ticker, body)
            leader = open_tab(context, ticker, body)
            leader.wait_for_function(LEADS)
            shared = _first_row(context, ticker, body)
            leader.close()
        figures.append(f"round trip {round_trip * 1000:.0f} ms: {alone:.0f} ms alone, {shared:.0f} ms with another tab")
        assert shared < alone or round_trip < 0.3
    say("; ".join(figures))


def _first_row(context: BrowserContext, ticker: FakeTicker, body: str) -> float:
    """The median of the milliseconds from the start of a page to its first row."""
    page = context.new_page()
    page.add_init_script(FIRST_ROW)
    times: list[float] = []
    for _ in range(5):
        show_page(page, ticker, body)
        page.wait_for_function("window.firstRow")
        times.append(page.evaluate("window.firstRow"))
        expect_live(page)
    page.close()
    return statistics.median(times)


@pytest.fixture
def caching(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser that keeps pages for its back button, as people's do."""
    browser = chromium.browser_type.launch(
        executable_path=CHROMIUM, args=ARGUMENTS, ignore_default_args=["--disable-back-forward-cache"]
    )
    yield browser.new_context(locale="en-GB")
    browser.close()


@pytest.mark.slow
def test_the_back_button_brings_back_a_page_that_led_with_all_that_it_missed(
    caching: BrowserContext, ticker: FakeTicker
) -> None:
    leader = caching.new_page()
    leader.add_init_script("addEventListener('pageshow', (event) => { window.isKept = event.persisted })")
    collect_events(leader, "ticker-item")
    show_page(leader, ticker, TICKER)
    expect_live(leader)
    leader.wait_for_function(LEADS)
    follower = open_tab(caching, ticker)
    ticker.publish(an_item(1, "First"))
    expect(rows(leader.locator("breaking-ticker"))).to_have_count(1)
    ticker.pages["next"] = "<!doctype html><title>next</title>"
    leader.goto(f"{ticker.url}/pages/next")
    until(lambda: any("cursor" in request.query for request in ticker.open_requests), "the other tab has taken over")
    ticker.publish(*(an_item(number, f"Item {number}") for number in range(2, 14)))
    expect(rows(follower.locator("breaking-ticker")).first).to_contain_text("Item 13")
    leader.go_back(wait_until="commit")
    leader.wait_for_function("window.isKept")
    expect(rows(leader.locator("breaking-ticker")).first).to_contain_text("Item 13")
    ticker.publish(an_item(14, "Item 14"))
    for tab in (leader, follower):
        expect(rows(tab.locator("breaking-ticker")).first).to_contain_text("Item 14")
        assert sorted(added(tab)) == uris(*range(1, 15))
    assert transports(ticker) == ["ws"]
