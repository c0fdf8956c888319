"""The last list, which a browser keeps and shows until the first message of the next visit."""

import json
import statistics
import time
from collections.abc import Callable
from typing import Any, Final

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.fake_ticker import FakeTicker, Json, an_item
from tests.browser.widget_page import FIRST_ROW, collect_events, context, event_details, rows, show_page, ticker
from tests.support.slow_proxy import SlowProxy
from tests.support.waiting import until
from ticker.contract.item import moment

__all__ = ["context", "ticker"]  # fixtures

pytestmark = pytest.mark.browser

TICKER: Final = '<breaking-ticker src="/v1/live" edition="en" {}></breaking-ticker>'
KEPT: Final = "Object.keys(localStorage).filter((name) => name.startsWith('breaking-ticker list '))"
LEADS: Final = "navigator.locks.query().then(({ held }) => held.length > 0)"
SHIFTS: Final = """window.shifts = [];
new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map(({ value }) => value)))
  .observe({ type: "layout-shift", buffered: true });"""


def visit(context: BrowserContext, ticker: FakeTicker, attributes: str = "") -> None:
    """A visit whose tab has been live, and is closed."""
    page = context.new_page()
    show_page(page, ticker, TICKER.format(attributes))
    expect(page.locator("breaking-ticker")).to_have_js_property("state", "live")
    page.wait_for_function(LEADS)
    leave(page, ticker)
    page.close()


def visit_again(
    context: BrowserContext, ticker: FakeTicker, attributes: str = "", inside: str = ""
) -> tuple[Page, Locator]:
    """A visit while the ticker is silent."""
    ticker.behave(ws="silent", sse="silent", json="silent")
    page = context.new_page()
    page.add_init_script(SHIFTS)
    collect_events(page, "ticker-item")
    return page, show_page(page, ticker, TICKER.format(attributes).replace("><", f">{inside}<"))


def leave(page: Page, ticker: FakeTicker) -> None:
    """The browser goes to a page without a ticker, of the same origin."""
    ticker.pages["none"] = "<!doctype html><title>none</title>"
    page.goto(f"{ticker.url}/pages/none")


def answer(ticker: FakeTicker) -> None:
    """Ends the silence: the ticker sends what it has."""
    ticker.behave()
    for request in ticker.open_requests:
        ticker._loop.call_soon_threadsafe(request.outbox.put_nowait, ticker.first_message(request.query))


def kept(page: Page) -> list[str]:
    names: list[str] = page.evaluate(KEPT)
    return names


def later(item: Json, act: str, status: str = "usable", **rest: Any) -> Json:
    return {**item, "version": item["version"] + 1, "act": act, "pubStatus": status, **rest}


def test_the_last_list_shows_before_the_first_message_and_says_as_of_when(
    context: BrowserContext, ticker: FakeTicker
) -> None:
    ticker.publish(an_item(1, "First"), an_item(2, "Second"))
    visit(context, ticker)
    page, widget = visit_again(context, ticker)
    expect(rows(widget)).to_contain_text(["Second", "First"])
    expect(widget).to_contain_text(f"As of {page.evaluate(_clock())}.")
    expect(widget).not_to_have_js_property("state", "live")
    ticker.entries.append(an_item(3, "Third"))
    answer(ticker)
    expect(rows(widget)).to_contain_text(["Third", "Second", "First"])
    expect(widget).to_have_js_property("state", "live")
    expect(widget.locator(".state")).to_have_text("Live")
    # A list is no news: the page's scripts are told of nothing.
    assert event_details(page) == []


def _clock() -> str:
    list_time = f"((list) => list.time + list.offset)(JSON.parse(localStorage[{KEPT}[0]]))"
    return f"new Date({list_time}).toLocaleTimeString('en', {{ timeStyle: 'short' }})"


def test_a_line_that_was_withdrawn_or_held_since_goes_with_the_first_message(
    context: BrowserContext, ticker: FakeTicker
) -> None:
    items = [an_item(number, f"Item {number}") for number in range(1, 5)]
    ticker.publish(*items)
    visit(context, ticker)
    ticker.entries.append(later(items[0], "withdraw", "canceled", headline=None, infoSources=[]))
    ticker.entries.append(later(items[1], "hold", "withheld"))
    ticker.entries.append(later(items[2], "correction", headline={**items[2]["headline"], "value": "Corrected"}))
    page, widget = visit_again(context, ticker)
    expect(rows(widget)).to_have_count(4)
    answer(ticker)
    expect(rows(widget)).to_contain_text(["Item 4", "Corrected"])
    leave(page, ticker)
    assert "Item 1" not in page.evaluate(f"JSON.stringify({KEPT}.map((name) => localStorage[name]))")


def test_a_withdrawal_leaves_the_kept_list_at_once(context: BrowserContext, ticker: FakeTicker) -> None:
    item = an_item(1, "Ten are missing")
    ticker.publish(item)
    page = context.new_page()
    show_page(page, ticker, TICKER.format(""))
    page.wait_for_function(LEADS)
    ticker.send_heartbeat()
    page.wait_for_function(f"{KEPT}.some((name) => localStorage[name].includes('Ten are missing'))")
    ticker.publish(later(item, "withdraw", "canceled", headline=None, infoSources=[]))
    page.wait_for_function(f"{KEPT}.every((name) => !localStorage[name].includes('Ten are missing'))")


def test_an_expired_item_and_a_list_that_is_too_old_are_not_shown(context: BrowserContext, ticker: FakeTicker) -> None:
    ticker.clock_ahead = 3600.0
    expires = moment(time.time() + 3600 + 600)
    ticker.publish(an_item(1, "Stays"), an_item(2, "Expires", expires=expires))
    visit(context, ticker)
    page, widget = visit_again(context, ticker)
    expect(rows(widget)).to_contain_text(["Expires", "Stays"])
    edit = f"""(change) => {{
      const [name] = {KEPT};
      const list = JSON.parse(localStorage[name]);
      list.time -= change;
      list.offset += change === 1 ? 660_000 : 0;
      localStorage[name] = JSON.stringify(list);
    }}"""
    page.evaluate(edit, 1)
    page, widget = visit_again(context, ticker)
    expect(rows(widget)).to_contain_text(["Stays"])
    # The second one is of the time to come: the machine's clock was ahead.
    for change in (3_700_000, -2 * 3_700_000):
        page.evaluate(edit, change)
        page, widget = visit_again(context, ticker)
        page.wait_for_function(LEADS)
        expect(rows(widget)).to_have_count(0)


@pytest.mark.deep
def test_nothing_is_kept_where_the_page_says_so_or_the_address_has_a_parameter_of_its_own(
    context: BrowserContext, ticker: FakeTicker
) -> None:
    ticker.publish(an_item(1, "First"))
    visit(context, ticker)
    page = context.new_page()
    leave(page, ticker)
    assert len(kept(page)) == 1
    visit(context, ticker, 'keep="0"')
    assert kept(page) == []
    page.goto("about:blank")
    body = TICKER.format("").replace("/v1/live", "/v1/live?token=secret")
    show_page(page, ticker, body)
    page.wait_for_function(LEADS)
    expect(rows(page.locator("breaking-ticker"))).to_have_count(1)
    leave(page, ticker)
    assert kept(page) == []


@pytest.mark.deep
def test_only_a_few_lists_are_kept(context: BrowserContext, ticker: FakeTicker) -> None:
    ticker.publish(*(an_item(number, f"Item {number}") for number in range(1, 31)))
    for number in range(7):
        visit(context, ticker, f'backlog="{30 + number}"')
    page = context.new_page()
    leave(page, ticker)
    lists = page.evaluate(f"{KEPT}.map((name) => JSON.parse(localStorage[name]).items.length)")
    assert lists == [20] * 5


@pytest.mark.deep
def test_a_browser_that_refuses_storage_keeps_nothing_and_the_ticker_is_live(
    context: BrowserContext, ticker: FakeTicker
) -> None:
    ticker.publish(an_item(1, "First"))
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError') };")
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('') } })")
    show_page(page, ticker, TICKER.format(""))
    page.wait_for_function(LEADS)
    ticker.publish(an_item(2, "Second"))
    expect(rows(page.locator("breaking-ticker"))).to_contain_text(["Second", "First"])
    assert errors == []


@pytest.mark.parametrize("layout", ["list", pytest.param("line", marks=pytest.mark.deep)])
def test_the_live_list_takes_the_place_of_the_kept_one_without_a_shift(
    context: BrowserContext, ticker: FakeTicker, layout: str
) -> None:
    ticker.publish(*(an_item(number, f"Item {number}") for number in range(1, 13)))
    attributes = f'layout="{layout}"'
    visit(context, ticker, attributes)
    page, widget = visit_again(context, ticker, attributes)
    expect(rows(widget).first).to_contain_text("Item 12")
    expect(widget.locator(".pause")).to_be_visible()
    page.evaluate("window.shifts = []")
    answer(ticker)
    expect(widget).to_have_js_property("state", "live")
    # The observer is told after the next frame.
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))")
    assert sum(page.evaluate("window.shifts")) < 0.001


def test_a_list_that_the_server_rendered_is_not_replaced_by_an_older_one(
    context: BrowserContext, ticker: FakeTicker
) -> None:
    ticker.publish(an_item(1, "Kept"))
    visit(context, ticker)
    page, widget = visit_again(context, ticker, inside="<ol><li>Rendered</li></ol>")
    page.wait_for_function(LEADS)
    expect(widget.get_by_text("Rendered")).to_be_visible()
    data = json.dumps({"time": ticker.time(), "items": [an_item(2, "As JSON")]})
    script = f'<script type="application/vnd.flashwire+json">{data}</script>'
    page, widget = visit_again(context, ticker, inside=f"<ol><li>Rendered</li></ol>{script}")
    expect(rows(widget)).to_contain_text(["As JSON"])
    expect(widget.get_by_text("Rendered")).to_be_hidden()


DAMAGED: Final = (
    '{"time": NOW, "offset": 0, "items": null}',
    '{"time": "x", "offset": 0, "items": []}',
    '{"time": NOW, "offset": 1e300, "items": []}',
    '{"time": NOW, "items": [null]}',
    "[",
)


@pytest.mark.parametrize("stored", [DAMAGED[0], *(pytest.param(text, marks=pytest.mark.deep) for text in DAMAGED[1:])])
def test_a_list_that_cannot_be_read_keeps_no_ticker_from_the_news(
    context: BrowserContext, ticker: FakeTicker, stored: str
) -> None:
    ticker.publish(an_item(1, "First"))
    visit(context, ticker)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    leave(page, ticker)
    page.evaluate(f"(text) => {{ localStorage[{KEPT}[0]] = text.replace('NOW', Date.now()) }}", stored)
    script = '<script type="application/vnd.flashwire+json">{"time": "x"}</script>'
    # The second ticker of a page waits for the part that reads the list.
    show_page(page, ticker, TICKER.format("") + TICKER.format("").replace("><", f">{script}<"))
    expect(page.locator("breaking-ticker:state(live)")).to_have_count(2)
    for number in range(2):
        expect(rows(page.locator("breaking-ticker").nth(number))).to_contain_text(["First"])
    assert errors == []


def test_the_list_in_the_markup_is_not_shown_for_another_ticker(context: BrowserContext, ticker: FakeTicker) -> None:
    data = json.dumps({"time": ticker.time(), "items": [an_item(1, "Of the first ticker")]})
    inside = f'<ol></ol><script type="application/vnd.flashwire+json">{data}</script>'
    _page, widget = visit_again(context, ticker, inside=inside)
    expect(rows(widget)).to_contain_text(["Of the first ticker"])
    with FakeTicker() as other:
        other.behave(ws="silent", sse="silent", json="silent")
        widget.evaluate("(widget, src) => { widget.src = src }", f"{other.url}/v1/live")
        # It shows what it has before it connects.
        until(lambda: other.requests, "the ticker connects to the other address")
        expect(rows(widget)).to_have_count(0)


@pytest.mark.slow
def test_on_a_slow_link_the_kept_list_is_there_before_the_network_answers(
    context: BrowserContext, ticker: FakeTicker, say: Callable[[str], None]
) -> None:
    ticker.publish(*(an_item(number, f"Item {number}") for number in range(1, 11)))
    figures = []
    for round_trip in (0.0, 0.1, 0.3):
        with SlowProxy(int(ticker.url.rpartition(":")[2]), round_trip, 0, seed=1).running() as slow:
            body = TICKER.replace("/v1/live", f"http://127.0.0.1:{slow.port}/v1/live")
            medians = []
            for attributes in ("", 'keep="0"'):
                page = context.new_page()
                page.add_init_script(FIRST_ROW)
                times = []
                for number in range(6):
                    show_page(page, ticker, body.format(attributes))
                    page.wait_for_function("window.firstRow")
                    # The first visit has nothing to show.
                    times += [page.evaluate("window.firstRow")] * (number > 0)
                    expect(page.locator("breaking-ticker")).to_have_js_property("state", "live")
                    page.wait_for_function(LEADS)
                page.close()
                medians.append(statistics.median(times))
        figures.append(f"round trip {round_trip * 1000:.0f} ms: {medians[0]:.0f} ms, {medians[1]:.0f} ms with keep=0")
        assert medians[0] < medians[1] or round_trip < 0.3
    say("; ".join(figures))
