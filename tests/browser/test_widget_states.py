"""What the widget tells its reader about the connection: since when a list is old, and a way to try again."""

import itertools
import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.fake_ticker import FakeTicker, an_item
from tests.browser.widget_page import collect_events, context, event_details, page, rows, show, show_page, ticker

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", r"Delayed since \d{1,2}:\d\d"),
        ("es", r"Con retraso desde las \d{1,2}:\d\d"),
        ("ar", r"متأخر منذ [\d٠-٩]{1,2}:[\d٠-٩]{2}"),
    ],
)
def test_a_stale_list_says_since_when(page: Page, ticker: FakeTicker, language: str, words: str) -> None:
    widget = show(page, ticker, f'edition="en" lang="{language}"')
    expect(widget).to_have_js_property("state", "live")
    ticker.stale = True
    ticker.send_heartbeat()
    expect(widget.locator(".state")).to_have_text(re.compile(words))
    ticker.stale = False
    ticker.send_heartbeat()
    expect(widget).to_have_js_property("state", "live")
    expect(widget.locator(".state")).not_to_have_text(re.compile(r"\d"))
    expect(widget.locator(".why")).to_have_count(0)


def test_an_offline_list_says_as_of_when_it_is_and_tries_again_when_the_reader_asks(
    page: Page, ticker: FakeTicker
) -> None:
    collect_events(page, "ticker-state")
    ticker.publish(an_item(1, "One"))
    widget = show(page, ticker)
    expect(rows(widget)).to_have_count(1)
    retry = widget.get_by_role("button", name="Try now")
    expect(retry).to_have_count(0)
    ticker.behave(ws="portal", sse="portal", json="portal")
    ticker.close_all()
    expect(retry).to_be_visible(timeout=30_000)
    expect(widget.locator(".why")).to_have_text(
        re.compile(r"No connection. Trying again. As of \d{1,2}:\d\d.*\. ?Try now")
    )
    retry.press("Enter")
    # The focus does not go to the page's start with the button.
    expect(widget.get_by_role("button", name="Pause")).to_be_focused()
    ticker.behave()
    expect(widget).to_have_js_property("state", "live")
    expect(retry).to_have_count(0)
    # Only a return that the reader or the page asks for is reported before it has worked.
    states = [detail["state"] for detail in event_details(page)]
    assert ("offline", "catching-up") in itertools.pairwise(states)


def test_a_refused_ticker_has_no_button_to_try_again(page: Page, ticker: FakeTicker) -> None:
    widget = show_page(page, ticker, '<breaking-ticker src="https://"></breaking-ticker>')
    expect(widget).to_have_js_property("state", "offline")
    expect(widget.get_by_text("This ticker cannot be shown here.")).to_be_visible()
    expect(widget.get_by_role("button", name="Try now")).to_have_count(0)


def written_time(widget: Locator) -> str:
    """What a style sheet writes before the age of the first item."""
    content: str = widget.locator("time").first.evaluate("time => getComputedStyle(time, '::before').content")
    return content


def test_the_time_of_day_is_on_paper_and_in_the_row_with_the_focus(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "One", link="https://a.example/"))
    widget = show(page, ticker, 'lang="en-GB"')
    expect(widget.locator("time[data-at]")).to_have_count(1)
    assert written_time(widget) == "none"
    page.emulate_media(media="print")
    assert re.search(r"\d\d:\d\d", written_time(widget))
    page.emulate_media(media="screen")
    widget.get_by_role("link", name="One").focus()
    assert re.search(r"\d\d:\d\d", written_time(widget))


def test_the_time_of_day_is_on_a_touch_screen(chromium: Browser, ticker: FakeTicker) -> None:
    context = chromium.new_context(viewport={"width": 320, "height": 700}, is_mobile=True, has_touch=True)
    page = context.new_page()
    ticker.publish(an_item(1, "One"))
    widget = show(page, ticker)
    expect(widget.locator("time[data-at]")).to_have_count(1)
    assert re.search(r"\d:\d\d", written_time(widget))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_forced_colours_tell_urgencies_apart_at_the_edge_of_the_row(page: Page, ticker: FakeTicker) -> None:
    page.emulate_media(forced_colors="active")
    ticker.publish(*(an_item(number, f"Line {number}", urgency=number) for number in range(1, 5)))
    widget = show(page, ticker)
    expect(widget.locator(".pause")).to_be_visible()
    edge = (
        "row => { const s = getComputedStyle(row); return `${s.borderInlineStartStyle} ${s.borderInlineStartColor}` }"
    )
    assert len({row.evaluate(edge) for row in rows(widget).all()}) == 4


@pytest.mark.parametrize("width", [320, 1200])
def test_the_messages_of_a_line_leave_its_headline_free(page: Page, ticker: FakeTicker, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    ticker.publish(an_item(1, "Dam gate at Ostermark opened as a precaution; nobody is in danger"))
    widget = show(page, ticker, 'layout="line"')
    expect(widget.locator(".turn")).to_have_count(2)
    expect(widget.locator(".pause")).to_have_count(1)
    ticker.knows_cursors = False
    ticker.close_all()
    expect(widget.locator(".notice")).to_have_count(1)
    ticker.behave(ws="busy", sse="busy", json="busy")
    ticker.close_all()
    expect(widget.get_by_role("button", name="Try now")).to_be_visible()
    first_row = "text => { const { top } = text.getBoundingClientRect(); return top + 20 }"
    message = widget.locator(".messages > div").bounding_box()
    assert message is not None
    assert widget.locator("li .text").evaluate(first_row) <= message["y"]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_line_on_a_phone_has_room_for_a_text_and_its_note(page: Page, ticker: FakeTicker, language: str) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    text = {"value": "إعادة فتح مستشفيين بعد الفيضان في شمال البلاد " * 4, "language": "ar", "direction": "rtl"}
    ticker.publish(an_item(1, "", headline=text, act="correction", version=2, note=text))
    widget = show(page, ticker, f'layout="line" lang="{language}"')
    expect(widget.locator(".all")).to_have_count(1)
    room = widget.locator(".body").bounding_box()
    note = widget.locator("li .note").bounding_box()
    assert room is not None and note is not None
    assert note["y"] + note["height"] <= room["y"] + room["height"]
