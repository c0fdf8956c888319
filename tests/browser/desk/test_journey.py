"""The promise of the README: from an editor's line to a reader's screen, live, corrected and withdrawn."""

import secrets
import urllib.request

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.desk.conftest import Service, SignIn
from tests.browser.desk.editing import confirm_act, expect_on_air_after, open_form, publish, row_with, unique_text

pytestmark = pytest.mark.browser

_NEW_LINE_MS = 1_000  # "appears, live, within a second"


def _reader(context: BrowserContext, service: Service, language: str = "en") -> Page:
    """The ticker's own page, live."""
    page = context.new_page()
    page.goto(f"{service.ticker.url}/?lang={language}")
    expect(_list(page, "en")).to_have_js_property("state", "live")
    return page


def _list(page: Page, edition: str) -> Locator:
    return page.locator(f"breaking-ticker[layout=list][edition={edition}]")


def _items(page: Page, edition: str) -> Locator:
    """The items alone: the text for screen readers is elsewhere in the widget."""
    return _list(page, edition).get_by_role("list")


@pytest.mark.alone
def test_a_line_is_published_corrected_and_withdrawn_live(
    service: Service, context: BrowserContext, open_desk: SignIn
) -> None:
    desk, reader = open_desk(), _reader(context, service)
    widget, items, text = _list(reader, "en"), _items(reader, "en"), unique_text()

    publish(desk, text)
    expect(items.get_by_text(text)).to_be_visible(timeout=_NEW_LINE_MS)
    expect(widget).to_contain_text(f"Civil Defence: {text}")
    expect_on_air_after(desk, text)

    form = open_form(row_with(desk, text), "Correct")
    form.get_by_label("Line").fill(f"Civil Defence: {text} on Tuesday")
    form.get_by_label("Note for readers: what was wrong").fill("The day was missing.")
    confirm_act(desk)
    expect(items.get_by_text(f"{text} on Tuesday")).to_be_visible(timeout=_NEW_LINE_MS)
    expect(widget).to_contain_text("The day was missing.")
    expect(items.get_by_text(text)).to_have_count(1)
    # Readers may see it before the desk page has its answer, which closes the form.
    expect(form).to_have_count(0)

    open_form(row_with(desk, text), "Withdraw")
    desk.keyboard.type("The report was wrong.")
    desk.keyboard.press("Control+Enter")
    desk.keyboard.press("Enter")
    expect(widget.get_by_text(text)).to_have_count(0, timeout=_NEW_LINE_MS)
    reader.reload()
    expect(widget).to_have_js_property("state", "live")
    expect(widget.get_by_text(text)).to_have_count(0)


def test_a_reader_catches_up_by_itself_when_the_node_comes_back(
    service: Service, context: BrowserContext, open_desk: SignIn
) -> None:
    desk, reader = open_desk(), _reader(context, service)
    widget, items, first, second = _list(reader, "en"), _items(reader, "en"), unique_text(), unique_text()
    publish(desk, first)
    expect(items.get_by_text(first)).to_be_visible()

    service.ticker.stop()
    expect(widget).not_to_have_js_property("state", "live")
    publish(desk, second)
    expect(row_with(desk, second)).to_be_visible()
    expect(items.get_by_text(first)).to_be_visible()

    service.ticker.start()
    # Full jitter over a few doublings of one second.
    expect(items.get_by_text(second)).to_be_visible(timeout=20_000)
    expect(widget).to_have_js_property("state", "live")
    expect(items.get_by_text(first)).to_have_count(1)
    with urllib.request.urlopen(f"{service.ticker.url}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    joins = [line for line in lines if "joins_total{" in line and not line.endswith(" 0.0")]
    # By whatever transport it came back, it resumed with its cursor, so nothing was lost.
    assert any('kind="replay"' in join for join in joins)
    assert not any('kind="lost"' in join for join in joins)


@pytest.mark.alone
def test_the_arabic_edition_reads_right_to_left_with_names_of_both_scripts(
    service: Service, context: BrowserContext, open_desk: SignIn
) -> None:
    desk, reader = open_desk(), _reader(context, service, "ar")
    suffix = secrets.token_hex(4).upper()
    text = f"هبوط طائرة A320 ({suffix}) بسلام"
    desk.get_by_role("radio", name="العربية").check()
    publish(desk, text, "مراسلنا")

    widget = _list(reader, "ar")
    headline = _items(reader, "ar").locator("bdi", has_text=suffix)
    expect(headline).to_be_visible(timeout=_NEW_LINE_MS)
    expect(reader.locator("html")).to_have_attribute("dir", "rtl")
    expect(headline).to_have_attribute("dir", "rtl")
    expect(headline).to_have_attribute("lang", "ar")
    expect(headline).to_have_css("direction", "rtl")
    item = widget.locator("li", has=reader.locator("bdi", has_text=suffix))
    name = item.locator("bdi", has_text="مراسلنا").first
    expect(name).to_be_visible()
    source, headline_box = name.bounding_box(), headline.bounding_box()
    assert source and headline_box
    # The line begins with its source, at the right edge.
    assert source["x"] + source["width"] >= headline_box["x"] + headline_box["width"] - 1
