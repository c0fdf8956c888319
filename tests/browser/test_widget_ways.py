"""How the widget comes to the stream and back to it, and what it tells the reader meanwhile."""

import time

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.fake_ticker import FakeTicker, Mood, an_item
from tests.browser.widget_page import collect, context, page, rows, seen, show, show_page, ticker

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = pytest.mark.browser


def alive(found: Locator) -> None:
    expect(found).to_have_attribute("state", "live", timeout=12_000)


def ways(ticker: FakeTicker) -> list[str]:
    return [visit.way for visit in ticker.visits]


def test_a_lost_connection_resumes_after_its_last_entry(page: Page, ticker: FakeTicker) -> None:
    collect(page, "ticker-state")
    found = show(page, ticker)
    alive(found)
    ticker.publish(an_item(1, "One"))
    expect(rows(found)).to_have_count(1)
    ticker.hang_up()
    ticker.entries.append(an_item(2, "Said meanwhile"))
    expect(rows(found)).to_have_count(2)
    assert ticker.visits[-1].query["cursor"] == "e.1.c"
    expect(found.locator(".notice")).to_be_hidden()
    assert [detail["state"] for detail in seen(page)] == ["live", "catching-up", "live"]


def test_a_place_that_was_lost_is_said_and_the_reader_can_dismiss_it(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "Forgotten"), an_item(2, "Kept"))
    found = show(page, ticker)
    expect(rows(found)).to_have_count(2)
    ticker.remembers = False
    ticker.entries = [an_item(2, "Kept"), an_item(3, "New")]
    ticker.hang_up()
    expect(rows(found)).to_contain_text(["New", "Kept"])
    notice = found.get_by_text("Some items may have been missed.")
    expect(notice).to_be_visible()
    found.get_by_role("button", name="Dismiss").click()
    expect(notice).to_be_hidden()


def test_a_node_that_lost_its_stream_is_told_to_the_reader(page: Page, ticker: FakeTicker) -> None:
    found = show(page, ticker)
    alive(found)
    ticker.stale = True
    ticker.beat()
    expect(found).to_have_attribute("state", "stale")
    expect(found.get_by_text("New items may be late")).to_be_visible()
    ticker.stale = False
    ticker.beat()
    alive(found)
    expect(found.get_by_text("New items may be late")).to_be_hidden()


def test_a_join_at_a_node_without_its_stream_is_stale_from_the_start(page: Page, ticker: FakeTicker) -> None:
    ticker.stale = True
    expect(show(page, ticker)).to_have_attribute("state", "stale")


@pytest.mark.parametrize("mood", ["refusing", "silent", "portal"])
@pytest.mark.alone
def test_where_the_websocket_does_not_come_up_sse_does_within_five_seconds(
    page: Page, ticker: FakeTicker, mood: Mood
) -> None:
    ticker.behave(ws=mood)
    ticker.publish(an_item(1, "One"))
    started = time.monotonic()
    found = show(page, ticker)
    alive(found)
    assert time.monotonic() - started < 5
    assert ways(ticker)[-1] == "sse"
    ticker.publish(an_item(2, "By SSE"))
    expect(rows(found)).to_have_count(2)
    # What worked is remembered for the session.
    ticker.visits.clear()
    page.reload()
    alive(found)
    assert ways(ticker) == ["sse"]
    ticker.hang_up()
    ticker.until(lambda: len(ticker.visits) == 2, "it did not come back")
    assert ticker.visits[-1].query["cursor"] == "e.2.c"


def test_where_sse_is_held_back_too_the_long_poll_works(page: Page, ticker: FakeTicker) -> None:
    ticker.behave(ws="refusing", sse="silent")
    ticker.publish(an_item(1, "One"))
    found = show(page, ticker)
    alive(found)
    ticker.until(lambda: ticker.connected and ticker.visits[-1].query.get("wait"), "no long poll waits")
    ticker.publish(an_item(2, "By long poll"))
    expect(rows(found)).to_have_count(2)
    assert ticker.visits[-1].query["cursor"]


def test_a_portal_that_answers_everything_with_a_page_is_not_success(page: Page, ticker: FakeTicker) -> None:
    ticker.behave(ws="portal", sse="portal", json="portal")
    found = show(page, ticker)
    expect(found).to_have_attribute("state", "offline", timeout=10_000)
    expect(found.get_by_text("No connection. Trying again.")).to_be_visible()
    ticker.behave()
    alive(found)


def test_a_refusal_is_final_and_told_with_its_reason(page: Page, ticker: FakeTicker) -> None:
    ticker.behave(ws="refusing", sse="refusing", json="refusing")
    collect(page, "ticker-state")
    found = show(page, ticker, 'edition="xx"')
    expect(found.get_by_text("This ticker cannot be shown here.")).to_be_visible(timeout=10_000)
    assert seen(page)[-1] == {"state": "offline", "reason": "There is no edition “xx”."}
    visits = len(ticker.visits)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_timeout(1500)  # nothing is waited for: that nothing comes is the point
    assert len(ticker.visits) == visits


@pytest.mark.alone
def test_retry_after_is_kept(page: Page, ticker: FakeTicker) -> None:
    ticker.behave(ws="busy", sse="busy", json="busy")
    found = show(page, ticker)
    expect(found).to_have_attribute("state", "offline", timeout=10_000)
    asked = time.monotonic()
    visits = len(ticker.visits)
    ticker.behave()
    ticker.until(lambda: len(ticker.visits) > visits, "it did not come back")
    assert time.monotonic() - asked > 2.5


@pytest.mark.parametrize(("code", "returns"), [(4000, True), (4003, True), (1012, True), (4501, False), (4503, False)])
def test_the_close_code_says_whether_to_come_back(page: Page, ticker: FakeTicker, code: int, returns: bool) -> None:
    found = show(page, ticker)
    alive(found)
    ticker.hang_up(code)
    if returns:
        ticker.until(lambda: len(ticker.visits) == 2, "it did not come back")
        alive(found)
    else:
        expect(found).to_have_attribute("state", "offline")
        expect(found.get_by_text("This ticker cannot be shown here.")).to_be_visible()
        page.wait_for_timeout(2000)  # nothing is waited for: that nothing comes is the point
        assert len(ticker.visits) == 1


@pytest.mark.alone
def test_a_bye_says_when_to_return(page: Page, ticker: FakeTicker) -> None:
    found = show(page, ticker)
    alive(found)
    ticker.send({"type": "bye", "reason": "drain", "reconnect": 2.5})
    told = time.monotonic()
    ticker.hang_up(4000)
    expect(found).to_have_attribute("state", "catching-up")
    ticker.until(lambda: len(ticker.visits) == 2, "it did not come back")
    assert 2.3 < time.monotonic() - told < 3.5
    alive(found)


@pytest.mark.alone
def test_silence_is_noticed_after_two_and_a_half_heartbeats(page: Page, ticker: FakeTicker) -> None:
    ticker.heartbeat = 1.0
    found = show(page, ticker)
    alive(found)
    ticker.until(lambda: not ticker.visits[0].open, "the silent connection was kept", seconds=5)
    ticker.until(lambda: len(ticker.visits) > 1, "it did not come back", seconds=3)


def test_a_page_that_goes_closes_its_connection_and_one_that_returns_resumes(page: Page, ticker: FakeTicker) -> None:
    found = show(page, ticker)
    alive(found)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    ticker.until(lambda: not ticker.connected, "the connection stands in the way of the back button")
    ticker.entries.append(an_item(1, "Said meanwhile"))
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(rows(found)).to_have_count(1)
    assert ticker.visits[-1].query["cursor"] == "e.0.c"


@pytest.mark.alone
def test_the_network_s_return_ends_the_wait(page: Page, ticker: FakeTicker) -> None:
    found = show(page, ticker)
    alive(found)
    page.evaluate("Math.random = () => 0.999")
    ticker.behave(ws="portal", sse="portal", json="portal")
    ticker.hang_up()
    ticker.until(lambda: ways(ticker)[1:] == ["ws", "ws", "sse"], "it does not try", seconds=12)
    expect(found).to_have_attribute("state", "offline")
    ticker.behave()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(found).to_have_attribute("state", "live", timeout=2500)


def test_an_element_that_is_taken_out_lets_go_and_one_put_back_resumes(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "One"))
    found = show(page, ticker)
    expect(rows(found)).to_have_count(1)
    page.evaluate("window.kept = document.querySelector('breaking-ticker'); kept.remove()")
    ticker.until(lambda: not ticker.connected, "the connection was kept")
    page.evaluate("document.body.append(kept)")
    alive(found)
    expect(rows(found)).to_have_count(1)


def test_changed_attributes_make_one_new_join(page: Page, ticker: FakeTicker) -> None:
    found = show(page, ticker, 'edition="en" backlog="5"')
    alive(found)
    assert ticker.visits[0].query == {"edition": "en", "backlog": "5"}
    page.evaluate(
        "const t = document.querySelector('breaking-ticker');"
        "t.setAttribute('edition', 'es'); t.setAttribute('section', 'sport'); t.setAttribute('urgency', '2')"
    )
    ticker.until(lambda: len(ticker.visits) > 1, "no new join")
    alive(found)
    assert [visit.query for visit in ticker.visits[1:]] == [
        {"edition": "es", "section": "sport", "urgency": "2", "backlog": "5"}
    ]
    assert [visit.open for visit in ticker.visits] == [False, True]


def test_several_tickers_stand_on_one_page(page: Page, ticker: FakeTicker) -> None:
    one = '<breaking-ticker src="/v1/live" edition="{}"></breaking-ticker>'
    show_page(page, ticker, "".join(one.format(edition) for edition in ("en", "es", "ar")))
    expect(page.locator("breaking-ticker[state=live]")).to_have_count(3)
    # The fake ticker sends all to everybody; each shows what it asked for.
    ticker.publish(*(an_item(number, edition, edition=edition) for number, edition in enumerate(("ar", "en", "es"))))
    expect(page.locator("breaking-ticker li .headline")).to_have_text(["en", "es", "ar"])
    ticker.hang_up()
    ticker.until(lambda: len(ticker.visits) == 6, "not all came back")
    expect(page.locator("breaking-ticker[state=live]")).to_have_count(3)


def test_a_page_without_storage_still_has_its_ticker(context: BrowserContext, ticker: FakeTicker) -> None:
    page = context.new_page()
    ticker.pages["inner"] = (
        '<script type="module" src="/widget/breaking-ticker.js"></script>'
        '<breaking-ticker src="/v1/live"></breaking-ticker>'
    )
    ticker.publish(an_item(1, "In a sandbox"))
    show_page(page, ticker, '<iframe sandbox="allow-scripts" src="/pages/inner"></iframe>')
    ticker.until(lambda: ticker.visits, "no join from the sandbox")
    assert ticker.visits[0].way == "ws"
