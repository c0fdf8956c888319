"""The widget in pages that were not made for it: it has a width, its own sizes, and moves nothing."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_ticker import FakeTicker, an_item
from tests.browser.widget_page import context, page, rows, show_page, ticker

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = pytest.mark.browser

TICKER = '<breaking-ticker src="/v1/live" edition="en"></breaking-ticker>'
LINE = '<breaking-ticker src="/v1/live" edition="en" layout="line"></breaking-ticker>'
# The sum of all layout shifts, those after a reader's click too.
SHIFTS = """
  window.shifts = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.shifts += entry.value; })
    .observe({ type: "layout-shift", buffered: true });
"""


@pytest.mark.deep
@pytest.mark.parametrize(
    "style",
    [
        "html { font-size: 62.5% }",
        "* { all: unset }",
        "* { box-sizing: content-box; text-transform: uppercase; letter-spacing: 4px; line-height: 3 }",
        "body { font: italic 40px/3 cursive; color: lime; text-indent: 5em; white-space: pre; word-spacing: 1em }",
    ],
    ids=["small rem", "all unset", "universal", "inherited"],
)
def test_the_styles_of_the_page_change_neither_its_sizes_nor_its_letters(
    page: Page, ticker: FakeTicker, style: str
) -> None:
    ticker.publish(an_item(102, "Two hospitals reopen"))
    looks = []
    for name, head in (("plain", ""), ("styled", f"<style>{style}</style>")):
        widget = show_page(page, ticker, f'<div style="display:block;width:600px">{TICKER}</div>', name, head)
        expect(rows(widget)).to_have_count(1)
        looks.append(
            widget.locator("li p").evaluate(
                "p => { const s = getComputedStyle(p); return [s.fontSize, s.lineHeight, s.letterSpacing,"
                " s.textTransform, s.textIndent, s.whiteSpace, s.wordSpacing, s.fontStyle, s.color, p.offsetHeight] }"
            )
        )
    assert looks[0] == looks[1]


@pytest.mark.deep
def test_the_page_chooses_typeface_and_size(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(103, "Two hospitals reopen"))
    head = "<style>body { font-family: Georgia } #big { --ticker-size: 24px; --ticker-font: monospace }</style>"
    big = TICKER.replace("<breaking-ticker", '<breaking-ticker id="big"')
    show_page(page, ticker, TICKER + big, head=head)
    fonts = []
    for widget in page.locator("breaking-ticker").all():
        expect(rows(widget)).to_have_count(1)
        fonts.append(
            widget.locator("li p").evaluate("p => [getComputedStyle(p).fontFamily, getComputedStyle(p).fontSize]")
        )
    assert fonts == [["Georgia", "16px"], ["monospace", "24px"]]


@pytest.mark.deep
def test_a_list_shows_ten_items_and_more_when_the_reader_asks(page: Page, ticker: FakeTicker) -> None:
    for number in range(25):
        ticker.publish(an_item(number + 1, f"Line {number}"))
    widget = show_page(page, ticker, TICKER.replace("edition", 'backlog="25" edition'))
    expect(rows(widget)).to_have_count(10)
    widget.get_by_role("button", name="15 more").click()
    expect(rows(widget)).to_have_count(20)
    widget.evaluate('ticker => ticker.setAttribute("show", "3")')
    expect(rows(widget)).to_have_count(13)


@pytest.mark.deep
@pytest.mark.parametrize("width", [320, 600, 1366])
def test_a_line_moves_nothing_on_the_page_while_it_goes_through_its_items(
    page: Page, ticker: FakeTicker, width: int
) -> None:
    long = "A line that needs two rows on a phone, and more words so that it needs three of them"
    for number, text in enumerate(("Short", long, "Mid"), 1):
        ticker.publish(an_item(number, text, urgency=1 if text == "Mid" else 4))
    page.add_init_script(SHIFTS)
    page.clock.install()
    page.set_viewport_size({"width": width, "height": 700})
    widget = show_page(page, ticker, f"{LINE}<p id='after'>After</p>")
    expect(rows(widget)).to_have_count(1)
    tops, shown = set(), set()
    for _ in range(9):
        page.clock.run_for(3000)
        tops.add(page.locator("#after").bounding_box()["y"])  # type: ignore[index]  # it is visible
        shown.add(rows(widget).inner_text())
    assert len(shown) >= 3 and len(tops) == 1
    ticker.publish(an_item(106, "A new line comes in"))
    page.clock.run_for(2000)
    tops.add(page.locator("#after").bounding_box()["y"])  # type: ignore[index]  # it is visible
    assert len(tops) == 1


@pytest.mark.deep
def test_items_that_come_while_the_reader_is_further_down_wait_for_the_reader(page: Page, ticker: FakeTicker) -> None:
    for number in range(10):
        ticker.publish(an_item(number + 1, f"Line {number}"))
    page.add_init_script(SHIFTS)
    page.set_viewport_size({"width": 600, "height": 400})
    widget = show_page(page, ticker, f"{TICKER}<p style='height:2000px'>After</p>")
    expect(rows(widget)).to_have_count(10)
    page.mouse.wheel(0, 300)
    page.wait_for_function("scrollY > 200")
    before = page.evaluate("window.shifts")
    ticker.publish(an_item(108, "Newest"))
    button = widget.get_by_role("button", name="1 new")
    expect(button).to_have_count(1)
    expect(widget.get_by_text("Newest")).to_have_count(0)
    assert page.evaluate("window.shifts") == before
    button.evaluate("button => button.click()")
    expect(widget.get_by_text("Newest")).to_have_count(1)
