"""How the widget connects, falls back and reconnects, and what it shows while it does."""

import time

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.fake_ticker import Behavior, FakeTicker, an_item
from tests.browser.widget_page import collect_events, context, event_details, page, rows, show, show_page, ticker
from tests.support.waiting import until

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = pytest.mark.browser


def expect_live(widget: Locator) -> None:
    expect(widget).to_have_js_property("state", "live", timeout=12_000)


def expect_no_request(page: Page, ticker: FakeTicker) -> None:
    """The widget sends no request in an hour of the page's clock, which the test has installed."""
    count = len(ticker.requests)
    page.clock.fast_forward(3_600_000)
    page.wait_for_timeout(300)  # a request would arrive in this time
    assert len(ticker.requests) == count


def transports(ticker: FakeTicker) -> list[str]:
    return [request.transport for request in ticker.requests]


def test_a_lost_connection_resumes_after_its_last_entry(page: Page, ticker: FakeTicker) -> None:
    collect_events(page, "ticker-state")
    widget = show(page, ticker)
    expect_live(widget)
    ticker.publish(an_item(1, "One"))
    expect(rows(widget)).to_have_count(1)
    ticker.entries.append(an_item(2, "Published while away"))
    ticker.close_all()
    expect(rows(widget)).to_have_count(2)
    assert ticker.requests[-1].query["cursor"] == "e.1.c"
    expect(widget.locator(".notice")).to_be_hidden()
    assert [detail["state"] for detail in event_details(page)] == ["live", "catching-up", "live"]


@pytest.mark.deep
def test_a_lost_cursor_shows_a_notice_that_the_reader_can_dismiss(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "Forgotten"), an_item(2, "Kept"))
    widget = show(page, ticker)
    expect(rows(widget)).to_have_count(2)
    ticker.knows_cursors = False
    ticker.entries = [an_item(2, "Kept"), an_item(3, "New")]
    ticker.close_all()
    expect(rows(widget)).to_contain_text(["New", "Kept"])
    notice = widget.get_by_text("Some items may have been missed.")
    expect(notice).to_be_visible()
    widget.get_by_role("button", name="Dismiss").click()
    expect(notice).to_be_hidden()


def test_the_widget_says_that_its_node_has_lost_the_stream(page: Page, ticker: FakeTicker) -> None:
    widget = show(page, ticker)
    expect_live(widget)
    ticker.stale = True
    ticker.send_heartbeat()
    expect(widget).to_have_js_property("state", "stale")
    expect(widget.get_by_text("New items may be late")).to_be_visible()
    ticker.stale = False
    ticker.send_heartbeat()
    expect_live(widget)
    expect(widget.get_by_text("New items may be late")).to_be_hidden()


def test_a_join_at_a_node_without_its_stream_is_stale_at_once(page: Page, ticker: FakeTicker) -> None:
    ticker.stale = True
    expect(show(page, ticker)).to_have_js_property("state", "stale")


@pytest.mark.parametrize("behavior", ["refusing", "silent", "portal"])
@pytest.mark.alone
def test_sse_connects_within_five_seconds_if_the_websocket_cannot(
    page: Page, ticker: FakeTicker, behavior: Behavior
) -> None:
    ticker.behave(ws=behavior)
    ticker.publish(an_item(1, "One"))
    started = time.monotonic()
    widget = show(page, ticker)
    expect_live(widget)
    assert time.monotonic() - started < 5
    assert transports(ticker)[-1] == "sse"
    ticker.publish(an_item(2, "By SSE"))
    expect(rows(widget)).to_have_count(2)
    # The transport that worked is remembered for the session.
    ticker.requests.clear()
    page.reload()
    expect_live(widget)
    assert transports(ticker) == ["sse"]
    ticker.close_all()
    until(lambda: len(ticker.requests) == 2, "it reconnects")
    assert ticker.requests[-1].query["cursor"] == "e.2.c"


@pytest.mark.deep
def test_the_long_poll_works_if_sse_is_held_back_too(page: Page, ticker: FakeTicker) -> None:
    ticker.behave(ws="refusing", sse="silent")
    ticker.publish(an_item(1, "One"))
    widget = show(page, ticker)
    expect_live(widget)
    until(lambda: ticker.open_requests and ticker.requests[-1].query.get("wait"), "a long poll waits")
    ticker.publish(an_item(2, "By long poll"))
    expect(rows(widget)).to_have_count(2)
    assert ticker.requests[-1].query["cursor"]


@pytest.mark.deep
def test_a_portal_that_answers_everything_with_a_page_is_not_success(page: Page, ticker: FakeTicker) -> None:
    ticker.behave(ws="portal", sse="portal", json="portal")
    widget = show(page, ticker)
    expect(widget).to_have_js_property("state", "offline", timeout=10_000)
    expect(widget.get_by_text("No connection. Trying again.")).to_be_visible()
    ticker.behave()
    expect_live(widget)


@pytest.mark.deep
def test_a_refusal_is_final_and_its_reason_is_in_the_event(page: Page, ticker: FakeTicker) -> None:
    ticker.behave(ws="refusing", sse="refusing", json="refusing")
    page.clock.install()
    collect_events(page, "ticker-state")
    widget = show(page, ticker, 'edition="xx"')
    expect(widget.get_by_text("This ticker cannot be shown here.")).to_be_visible(timeout=10_000)
    assert event_details(page)[-1] == {"state": "offline", "reason": "There is no edition “xx”."}
    page.evaluate("dispatchEvent(new Event('online'))")
    expect_no_request(page, ticker)


@pytest.mark.alone
def test_the_widget_waits_as_long_as_retry_after_says(page: Page, ticker: FakeTicker) -> None:
    ticker.behave(ws="busy", sse="busy", json="busy")
    widget = show(page, ticker)
    expect(widget).to_have_js_property("state", "offline", timeout=10_000)
    started = time.monotonic()
    requests = len(ticker.requests)
    ticker.behave()
    until(lambda: len(ticker.requests) > requests, "it reconnects")
    assert time.monotonic() - started > 2.5


@pytest.mark.deep
@pytest.mark.parametrize(("code", "returns"), [(4000, True), (4003, True), (1012, True), (4501, False), (4503, False)])
def test_the_close_code_says_whether_to_come_back(page: Page, ticker: FakeTicker, code: int, returns: bool) -> None:
    page.clock.install()
    widget = show(page, ticker)
    expect_live(widget)
    ticker.close_all(code)
    if returns:
        until(lambda: len(ticker.requests) == 2, "it reconnects")
        expect_live(widget)
    else:
        expect(widget).to_have_js_property("state", "offline")
        expect(widget.get_by_text("This ticker cannot be shown here.")).to_be_visible()
        expect_no_request(page, ticker)


@pytest.mark.alone
def test_a_bye_says_when_to_return(page: Page, ticker: FakeTicker) -> None:
    widget = show(page, ticker)
    expect_live(widget)
    ticker.send({"type": "bye", "reason": "drain", "reconnect": 2.5})
    started = time.monotonic()
    ticker.close_all(4000)
    expect(widget).to_have_js_property("state", "catching-up")
    until(lambda: len(ticker.requests) == 2, "it reconnects")
    assert 2.3 < time.monotonic() - started < 3.5
    expect_live(widget)


@pytest.mark.alone
def test_silence_is_noticed_after_two_and_a_half_heartbeats(page: Page, ticker: FakeTicker) -> None:
    ticker.heartbeat = 1.0
    widget = show(page, ticker)
    expect_live(widget)
    until(lambda: not ticker.requests[0].open, "the silent connection is closed", seconds=5)
    until(lambda: len(ticker.requests) > 1, "it reconnects", seconds=3)


@pytest.mark.deep
def test_a_page_that_is_left_closes_its_connection_and_resumes_when_it_returns(page: Page, ticker: FakeTicker) -> None:
    widget = show(page, ticker)
    expect_live(widget)
    # The part that closes it is loaded.
    page.wait_for_function("navigator.locks.query().then(({ held }) => held.length)")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    until(lambda: not ticker.open_requests, "the connection is closed, which the back button needs")
    ticker.entries.append(an_item(1, "Published while away"))
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(rows(widget)).to_have_count(1)
    assert ticker.requests[-1].query["cursor"] == "e.0.c"


@pytest.mark.alone
def test_a_network_that_returns_ends_the_wait(page: Page, ticker: FakeTicker) -> None:
    widget = show(page, ticker)
    expect_live(widget)
    page.evaluate("Math.random = () => 0.999")
    ticker.behave(ws="portal", sse="portal", json="portal")
    ticker.close_all()
    until(lambda: transports(ticker)[1:] == ["ws", "ws", "sse"], "it tries ws, ws and sse", seconds=12)
    expect(widget).to_have_js_property("state", "offline")
    ticker.behave()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(widget).to_have_js_property("state", "live", timeout=2500)


@pytest.mark.deep
def test_an_element_that_is_removed_closes_its_connection_and_resumes_when_it_is_added(
    page: Page, ticker: FakeTicker
) -> None:
    ticker.publish(an_item(1, "One"))
    widget = show(page, ticker)
    expect(rows(widget)).to_have_count(1)
    page.evaluate("window.removed = document.querySelector('breaking-ticker'); removed.remove()")
    until(lambda: not ticker.open_requests, "the connection is closed")
    page.evaluate("document.body.append(removed)")
    expect_live(widget)
    expect(rows(widget)).to_have_count(1)


def test_changed_attributes_make_one_new_join(page: Page, ticker: FakeTicker) -> None:
    widget = show(page, ticker, 'edition="en" backlog="5"')
    expect_live(widget)
    assert ticker.requests[0].query == {"edition": "en", "backlog": "5"}
    page.evaluate(
        "const t = document.querySelector('breaking-ticker');"
        "t.setAttribute('edition', 'es'); t.setAttribute('section', 'sport'); t.setAttribute('urgency', '2')"
    )
    until(lambda: len(ticker.requests) > 1, "a new join")
    expect_live(widget)
    assert [request.query for request in ticker.requests[1:]] == [
        {"edition": "es", "section": "sport", "urgency": "2", "backlog": "5"}
    ]
    assert [request.open for request in ticker.requests] == [False, True]


@pytest.mark.deep
def test_several_widgets_work_on_one_page(page: Page, ticker: FakeTicker) -> None:
    element = '<breaking-ticker src="/v1/live" edition="{}"></breaking-ticker>'
    show_page(page, ticker, "".join(element.format(edition) for edition in ("en", "es", "ar")))
    expect(page.locator("breaking-ticker:state(live)")).to_have_count(3)
    # The fake ticker sends every item to all; each widget shows its own edition.
    ticker.publish(*(an_item(number, edition, edition=edition) for number, edition in enumerate(("ar", "en", "es"))))
    expect(page.locator("breaking-ticker li .headline")).to_have_text(["en", "es", "ar"])
    ticker.close_all()
    until(lambda: len(ticker.requests) == 6, "all reconnect")
    expect(page.locator("breaking-ticker:state(live)")).to_have_count(3)


def test_the_widget_works_on_a_page_without_storage(context: BrowserContext, ticker: FakeTicker) -> None:
    page = context.new_page()
    ticker.pages["inner"] = (
        '<script type="module" src="/widget/breaking-ticker.js"></script>'
        '<breaking-ticker src="/v1/live"></breaking-ticker>'
    )
    ticker.publish(an_item(1, "In a sandbox"))
    show_page(page, ticker, '<iframe sandbox="allow-scripts" src="/pages/inner"></iframe>')
    until(lambda: ticker.requests, "a join from the sandbox")
    assert ticker.requests[0].transport == "ws"
