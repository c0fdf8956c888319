"""What a page or a reader may do beside the usual: a panel that scrolls, odd values, a label that changes."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.fake_ticker import FakeTicker, an_item
from tests.browser.widget_page import context, page, rows, show, show_page, ticker

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = pytest.mark.browser

TICKER = '<breaking-ticker state src="/v1/live" edition="en"></breaking-ticker>'
PANEL = 'style="block-size: 300px; overflow: auto"'
# A scroller around it, and one inside the shadow tree of a component that the ticker is slotted into.
PANELS = {
    "panel": f'<div id="panel" {PANEL}>{TICKER}</div>',
    "slot": f"""<x-panel>{TICKER}</x-panel><script>
      const root = document.querySelector("x-panel").attachShadow({{ mode: "open" }});
      root.innerHTML = `<div {PANEL}><slot></slot></div>`;
      window.panel = root.firstChild;
    </script>""",
}


def fill(ticker: FakeTicker) -> None:
    ticker.publish(*(an_item(number, f"Item {number}", link="https://a.example/") for number in range(1, 16)))


@pytest.mark.parametrize("kind", PANELS)
def test_items_wait_while_the_reader_is_further_down_in_a_panel_that_is_not_at_the_top_of_the_window(
    page: Page, ticker: FakeTicker, kind: str
) -> None:
    fill(ticker)
    widget = show_page(page, ticker, f"<div style='block-size: 200px'>Head</div>{PANELS[kind]}")
    expect(widget.locator(".pause")).to_be_visible()
    page.evaluate("window.panel.scrollTop = 150")
    ticker.publish(an_item(99, "Newest"))
    fresh = widget.get_by_role("button", name="1 new")
    expect(fresh).to_have_count(1)
    expect(rows(widget).first).to_contain_text("Item 15")
    page.evaluate("window.panel.scrollTop = 0")
    fresh.click()
    expect(rows(widget).first).to_contain_text("Newest")
    ticker.publish(an_item(100, "Newer"))
    expect(rows(widget).first).to_contain_text("Newer")


# Called after the widget's own observer, which it is younger than.
HEAD_IS_OUT = """
  ticker => new Promise((done) => {
    const observer = new IntersectionObserver((entries) => entries.at(-1).isIntersecting || done());
    observer.observe(ticker.shadowRoot.querySelector(".head"));
  })
"""


def test_items_wait_while_the_reader_is_further_down_in_the_page_around_a_frame(page: Page, ticker: FakeTicker) -> None:
    fill(ticker)
    with FakeTicker() as other:
        frame = f'<iframe src="{ticker.url}/embed?edition=en" style="inline-size: 400px; block-size: 1200px"></iframe>'
        other.pages["x"] = f"<!doctype html><title>x</title>{frame}<p style='block-size: 2000px'>After</p>"
        page.goto(f"{other.url}/pages/x")
        widget = page.frame_locator("iframe").locator("breaking-ticker")
        expect(widget.locator(".pause")).to_be_visible()
        page.evaluate("scrollTo(0, 400)")
        widget.evaluate(HEAD_IS_OUT)
        ticker.publish(an_item(99, "Newest"))
        expect(widget.locator(".fresh")).to_have_text("1 new")
        expect(rows(widget).first).to_contain_text("Item 15")
        page.evaluate("scrollTo(0, 0)")
        widget.get_by_role("button", name="1 new").click()
        expect(rows(widget).first).to_contain_text("Newest")


def test_a_list_whose_head_the_page_hides_shows_new_items(page: Page, ticker: FakeTicker) -> None:
    fill(ticker)
    widget = show_page(page, ticker, TICKER, head="<style>breaking-ticker::part(head) { display: none }</style>")
    expect(widget.locator(".pause")).to_have_count(1)
    ticker.publish(an_item(99, "Newest"))
    expect(rows(widget).first).to_contain_text("Newest")


def test_a_ticker_in_a_component_has_the_language_around_it(page: Page, ticker: FakeTicker) -> None:
    inside = f"""<x-outer lang="ar"></x-outer><script>
      const tree = (host, html) => {{ host.attachShadow({{ mode: "open" }}).innerHTML = html; return host.shadowRoot }};
      tree(tree(document.querySelector("x-outer"), "<x-inner></x-inner>").firstChild, `{TICKER}`);
    </script>"""
    widget = show_page(page, ticker, inside)
    expect(widget.get_by_role("button", name="إيقاف مؤقت")).to_be_visible()
    page.evaluate("document.querySelector('x-outer').lang = 'es'")
    expect(widget.get_by_role("button", name="Pausar")).to_be_visible()
    page.evaluate("document.querySelector('x-outer').removeAttribute('lang')")
    expect(widget.get_by_role("button", name="Pause")).to_be_visible()


def test_the_number_of_rows_has_bounds_and_changes_at_once(page: Page, ticker: FakeTicker) -> None:
    fill(ticker)
    widget = show(page, ticker)
    expect(widget.locator(".pause")).to_be_visible()
    for value, count in (("3", 3), ("-1", 1), ("1e9", 15), ("none", 10), ("2.5", 2), ("0", 10)):
        widget.evaluate("(ticker, value) => ticker.setAttribute('show', value)", value)
        expect(rows(widget)).to_have_count(count)
        assert widget.evaluate("ticker => ticker.offsetHeight") < 8000


@pytest.mark.parametrize("part", ["pause", "link", "more"])
def test_the_focus_stays_in_a_ticker_whose_label_and_language_the_page_changes(
    page: Page, ticker: FakeTicker, part: str
) -> None:
    fill(ticker)
    widget = show(page, ticker)
    expect(widget.locator(".pause")).to_be_visible()

    def place() -> Locator:
        return rows(widget).nth(4).get_by_role("link") if part == "link" else widget.locator(f".{part}")

    place().focus()
    widget.evaluate("ticker => ticker.setAttribute('label', 'Now')")
    expect(widget.locator(".label").first).to_contain_text("Now")
    expect(place()).to_be_focused()
    widget.evaluate("ticker => ticker.setAttribute('lang', 'es')")
    expect(widget.get_by_role("button", name="Pausar")).to_be_visible()
    expect(place()).to_be_focused()
    # A reader who has left it stays where the page's own control is.
    page.evaluate("document.body.append(document.createElement('button'))")
    page.locator("body > button").focus()
    widget.evaluate("ticker => ticker.setAttribute('lang', 'en')")
    expect(widget.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.locator("body > button")).to_be_focused()
    page.evaluate("document.activeElement.blur()")
    widget.evaluate("ticker => ticker.setAttribute('lang', 'es')")
    expect(widget.get_by_role("button", name="Pausar")).to_be_visible()
    assert page.evaluate("document.activeElement === document.body")


def test_the_focus_of_a_whole_text_that_goes_with_a_change_of_the_page_goes_to_the_controls(
    page: Page, ticker: FakeTicker
) -> None:
    ticker.publish(an_item(1, "The bridge over the river is closed to lorries " * 9))
    page.set_viewport_size({"width": 390, "height": 600})
    widget = show(page, ticker, 'layout="line"')
    widget.get_by_role("button", name="Read all").click()
    expect(widget.locator(".close")).to_be_focused()
    widget.evaluate("ticker => ticker.setAttribute('label', 'Now')")
    expect(widget.locator(".label").first).to_contain_text("Now")
    expect(widget.get_by_role("button", name="Pause")).to_be_focused()
