"""The promise of the README's first page: from an editor's line to a reader's screen, and what becomes of it there."""

import secrets
import urllib.request

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.desk.conftest import Service, SignIn

pytestmark = pytest.mark.browser

_NEW_LINE_MS = 1_000  # "appears, live, within a second"


def _reader(context: BrowserContext, service: Service, language: str = "en") -> Page:
    """The ticker's own page, live."""
    page = context.new_page()
    page.goto(f"{service.ticker.url}/?lang={language}")
    expect(_list(page, "en")).to_have_attribute("state", "live")
    return page


def _list(page: Page, edition: str) -> Locator:
    return page.locator(f"breaking-ticker[layout=list][edition={edition}]")


def _items(page: Page, edition: str) -> Locator:
    """The items alone: what is read out for those who listen stands elsewhere in the widget."""
    return _list(page, edition).get_by_role("list")


def _words() -> str:
    return f"Bridge {secrets.token_hex(4)} reopens"


def _publish(desk: Page, line: str) -> None:
    desk.locator("#line").fill(line)
    desk.keyboard.press("Control+Enter")


def _row(desk: Page, words: str) -> Locator:
    return desk.locator(".row", has_text=words)


def _act(desk: Page, row: Locator, act: str) -> Locator:
    row.get_by_role("toolbar").get_by_role("button", name=act, exact=True).click()
    return row.locator("form")


@pytest.mark.alone
def test_a_line_is_published_corrected_and_withdrawn_before_the_readers_eyes(
    service: Service, context: BrowserContext, open_desk: SignIn
) -> None:
    desk, reader = open_desk(), _reader(context, service)
    shown, items, words = _list(reader, "en"), _items(reader, "en"), _words()

    _publish(desk, f"Civil Defence: {words}")
    expect(items.get_by_text(words)).to_be_visible(timeout=_NEW_LINE_MS)
    expect(shown).to_contain_text(f"Civil Defence: {words}")
    expect(_row(desk, words).locator(".proof")).to_contain_text("on air after")

    form = _act(desk, _row(desk, words), "Correct")
    form.get_by_label("Text").fill(f"{words} on Tuesday")
    form.get_by_label("Note for readers: what was wrong").fill("The day was missing.")
    desk.keyboard.press("Control+Enter")
    expect(items.get_by_text(f"{words} on Tuesday")).to_be_visible(timeout=_NEW_LINE_MS)
    expect(shown).to_contain_text("The day was missing.")
    expect(items.get_by_text(words)).to_have_count(1)
    # Readers may see it before the desk has its answer; only then has the form gone.
    expect(form).to_have_count(0)

    _act(desk, _row(desk, words), "Withdraw")
    desk.keyboard.type("The report was wrong.")
    desk.keyboard.press("Control+Enter")
    desk.keyboard.press("Enter")
    expect(shown.get_by_text(words)).to_have_count(0, timeout=_NEW_LINE_MS)
    reader.reload()
    expect(shown).to_have_attribute("state", "live")
    expect(shown.get_by_text(words)).to_have_count(0)


def test_a_reader_catches_up_by_itself_when_the_node_comes_back(
    service: Service, context: BrowserContext, open_desk: SignIn
) -> None:
    desk, reader = open_desk(), _reader(context, service)
    shown, items, before, meanwhile = _list(reader, "en"), _items(reader, "en"), _words(), _words()
    _publish(desk, f"Civil Defence: {before}")
    expect(items.get_by_text(before)).to_be_visible()

    service.ticker.stop()
    expect(shown).not_to_have_attribute("state", "live")
    _publish(desk, f"Civil Defence: {meanwhile}")
    expect(_row(desk, meanwhile)).to_be_visible()
    expect(items.get_by_text(before)).to_be_visible()

    service.ticker.start()
    # Full jitter over a few doublings of one second.
    expect(items.get_by_text(meanwhile)).to_be_visible(timeout=20_000)
    expect(shown).to_have_attribute("state", "live")
    expect(items.get_by_text(before)).to_have_count(1)
    with urllib.request.urlopen(f"{service.ticker.url}/metrics") as answer:
        joins = [x for x in answer.read().decode().splitlines() if "joins_total{" in x and not x.endswith(" 0.0")]
    # Whatever way it came back, it resumed with its cursor: nothing was lost, and it was not told so.
    assert any('kind="replay"' in x for x in joins)
    assert not any('kind="lost"' in x for x in joins)


@pytest.mark.alone
def test_the_arabic_edition_reads_right_to_left_with_names_of_either_script_in_their_places(
    service: Service, context: BrowserContext, open_desk: SignIn
) -> None:
    desk, reader = open_desk(), _reader(context, service, "ar")
    mark = secrets.token_hex(4).upper()
    words = f"هبوط طائرة A320 ({mark}) بسلام"
    desk.get_by_role("radio", name="العربية").check()
    _publish(desk, f"مراسلنا: {words}")

    shown = _list(reader, "ar")
    headline = _items(reader, "ar").locator("bdi", has_text=mark)
    expect(headline).to_be_visible(timeout=_NEW_LINE_MS)
    expect(reader.locator("html")).to_have_attribute("dir", "rtl")
    expect(headline).to_have_attribute("dir", "rtl")
    expect(headline).to_have_attribute("lang", "ar")
    expect(headline).to_have_css("direction", "rtl")
    item = shown.locator("li", has=reader.locator("bdi", has_text=mark))
    name = item.locator("bdi", has_text="مراسلنا").first
    expect(name).to_be_visible()
    source, text = name.bounding_box(), headline.bounding_box()
    assert source and text
    # The line begins at the right edge, with its source.
    assert source["x"] + source["width"] >= text["x"] + text["width"] - 1
