"""The widget where a page hides, moves, scales, zooms or prints it, or changes what it inherits."""

from typing import Final

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.fake_ticker import FakeTicker, an_item
from tests.browser.hosts.checks import english, later
from tests.browser.widget_page import context, page, rows, show, show_page, ticker

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = pytest.mark.browser

LONG: Final = (
    "The bridge over the river is closed to lorries until the engineers have looked at every pillar of it. " * 4
)
TICKER: Final = '<breaking-ticker state src="/v1/live" edition="en" {}></breaking-ticker>'
LINK: Final = "https://a.example/"
HIDDEN: Final = {
    "details": ("<details><summary>News</summary>{}</details>", "host.parentElement.open = true"),
    "dialog": ("<dialog>{}</dialog>", "host.parentElement.showModal()"),
    "panel": ("<div hidden>{}</div>", "host.parentElement.hidden = false"),
    "content": ("<div style='content-visibility:hidden'>{}</div>", "host.parentElement.style = ''"),
    "invisible": ("<div style='visibility:hidden'>{}</div>", "host.parentElement.style = ''"),
    "popover": ("<div popover>{}</div>", "host.parentElement.showPopover()"),
}
HEIGHT: Final = "host => host.shadowRoot.querySelector('.root').offsetHeight"


def controls(page: Page) -> Locator:
    """The button of the controls, a part that may come after the list."""
    return page.locator("breaking-ticker .pause")


@pytest.mark.parametrize(
    "how", [how if how in ("details", "panel") else pytest.param(how, marks=pytest.mark.deep) for how in HIDDEN]
)
@pytest.mark.parametrize("layout", ["list", pytest.param("card", marks=pytest.mark.deep)])
def test_a_ticker_that_the_page_shows_later_has_its_height_from_its_first_frame(
    page: Page, ticker: FakeTicker, layout: str, how: str
) -> None:
    body, opens = HIDDEN[how]
    # High, because nothing comes while a reader is further down.
    page.set_viewport_size({"width": 800, "height": 1600})
    ticker.publish(*(an_item(number, LONG if number % 2 else "Short") for number in range(1, 4)))
    widget = show_page(page, ticker, body.format(TICKER.format(f"layout={layout}")))
    expect(controls(page)).to_have_count(1)
    expect(widget.locator("li")).to_have_count(3)
    widget.evaluate(f"host => {{ {opens} }}")
    expect(rows(widget).first).to_be_visible()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    height = widget.evaluate(HEIGHT)
    ticker.publish(an_item(4, "Newest"))
    expect(rows(widget).first).to_contain_text("Newest")
    assert widget.evaluate(HEIGHT) == height
    widget.get_by_role("button", name="Pause").click()
    expect(widget.get_by_role("button", name="Resume")).to_be_focused()


@pytest.mark.parametrize("how", ["append", "later"])
def test_a_ticker_that_a_script_moves_keeps_its_whole_list(page: Page, ticker: FakeTicker, how: str) -> None:
    ticker.publish(*(an_item(number, f"Line {number}") for number in range(1, 41)))
    widget = show_page(page, ticker, f"<main></main>{TICKER.format('backlog=40 show=40 style=--ticker-height:20em')}")
    expect(controls(page)).to_have_count(1)
    expect(widget.locator("li")).to_have_count(40)
    page.wait_for_function("navigator.locks.query().then(({ held }) => held.length > 0)")
    page.evaluate(
        """(how) => {
          const ticker = document.querySelector("breaking-ticker");
          window.least = Infinity;
          (function look() {
            if (ticker.isConnected)
              window.least = Math.min(window.least, ticker.shadowRoot.querySelectorAll("li").length);
            requestAnimationFrame(look);
          })();
          if (how === "append") document.querySelector("main").append(ticker);
          else {
            ticker.remove();
            setTimeout(() => document.querySelector("main").append(ticker), 50);
          }
        }""",
        how,
    )
    expect(page.locator("main breaking-ticker")).to_have_js_property("state", "live")
    ticker.publish(an_item(41, "After the move"))
    expect(rows(widget).first).to_contain_text("After the move")
    assert page.evaluate("window.least") == 40
    assert [request.transport for request in ticker.open_requests] == ["ws"]


# How far each copy of a crawl goes between two frames, at most; a new frame of the widget is measured from its second.
RECORD: Final = """
  window.farthest = 0;
  let places = new Map();
  (function look() {
    const now = new Map();
    for (const piece of document.querySelector("breaking-ticker").shadowRoot.querySelectorAll(".piece")) {
      const { left, top } = piece.getBoundingClientRect();
      const before = places.get(piece);
      if (before) window.farthest = Math.max(window.farthest, Math.abs(left - before[0]), Math.abs(top - before[1]));
      now.set(piece, [left, top]);
    }
    places = now;
    requestAnimationFrame(look);
  })();
"""
SCALED: Final = {
    "half": "main { transform: scale(.5); transform-origin: 0 0 }",
    "turned": "main { transform: rotate(90deg); transform-origin: 100px 100px; width: 600px }",
    "zoom": "main { zoom: 2 }",
    "right to left": "main { direction: rtl; writing-mode: vertical-rl; width: 600px }",
    "plain": "",
}


@pytest.mark.parametrize(
    "how", ["half", *(pytest.param(how, marks=pytest.mark.deep) for how in SCALED if how != "half")]
)
def test_a_crawl_moves_without_a_jump_in_a_page_that_scales_or_turns_it(
    page: Page, ticker: FakeTicker, how: str
) -> None:
    ticker.publish(*(an_item(number, f"Item {number}") for number in range(1, 4)))
    page.clock.install()
    page.set_viewport_size({"width": 800, "height": 600})
    body = f"<main>{TICKER.format('layout=crawl speed=200')}</main>"
    widget = show_page(page, ticker, body, head=f"<style>{SCALED[how]}</style>")
    expect(widget.locator(".piece").first).to_be_attached()
    page.clock.run_for(100)
    page.evaluate(RECORD)
    first = widget.locator(".piece").first.element_handle()
    page.clock.run_for(6000)
    # It has gone, and others with it.
    assert not first.evaluate("piece => piece.isConnected")
    # A frame of the test's clock is 16 ms, so 3.2 px, and one may have several steps; a piece is 170 px wide.
    assert 0 < page.evaluate("window.farthest") < 30


@pytest.mark.parametrize("change", ["font", "hidden"])
def test_a_crawl_goes_on_without_a_jump_after_the_page_has_hidden_it_or_changed_its_letters(
    page: Page, ticker: FakeTicker, change: str
) -> None:
    items = [an_item(number, f"Item {number}") for number in range(1, 4)]
    ticker.publish(*items)
    page.clock.install()
    page.set_viewport_size({"width": 800, "height": 600})
    widget = show_page(page, ticker, TICKER.format("layout=crawl speed=200"))
    expect(widget.locator(".piece").first).to_be_attached()
    page.clock.run_for(100)
    if change == "font":
        widget.evaluate("host => host.style.setProperty('--ticker-size', '30px')")
    else:
        widget.evaluate("host => { host.hidden = true }")
        ticker.publish(
            *(later(item, "correction", headline=english("Corrected at length"), note=english("So.")) for item in items)
        )
        expect(widget.locator("li", has_text="Corrected at length")).to_have_count(3)
        page.clock.run_for(1000)
        widget.evaluate("host => { host.hidden = false }")
    # The sizes are measured when the browser has laid the row out.
    page.evaluate("() => new Promise((done) => { new ResizeObserver(() => done()).observe(document.body) })")
    page.clock.run_for(100)
    page.evaluate(RECORD)
    page.clock.run_for(6000)
    assert 0 < page.evaluate("window.farthest") < 30


@pytest.mark.parametrize("style", ["transform: scale(.5); transform-origin: 0 0", "zoom: 2"])
def test_a_row_that_moves_starts_at_its_old_place_in_a_page_that_scales_it(
    page: Page, ticker: FakeTicker, style: str
) -> None:
    ticker.publish(an_item(1, "One"))
    widget = show_page(page, ticker, f"<main style='{style}'>{TICKER.format('')}</main>")
    expect(controls(page)).to_have_count(1)
    expect(rows(widget)).to_have_count(1)
    # The observer is called after the rendering and before the first step.
    widget.evaluate(
        """host => {
          const row = host.shadowRoot.querySelector("li");
          const before = row.getBoundingClientRect().top;
          new MutationObserver((_, observer) => {
            window.start = row.getBoundingClientRect().top - before;
            observer.disconnect();
          }).observe(row.parentElement, { childList: true });
        }"""
    )
    ticker.publish(an_item(2, "Two"))
    expect(rows(widget)).to_have_count(2)
    assert page.evaluate("window.start") == pytest.approx(0, abs=1)


# WCAG 1.4.4 and 1.4.10: a window of 1280 by 1024 pixels at 200 % and at 400 %, and a page that zooms itself.
ZOOMED: Final = {"200": (640, 512, ""), "400": (320, 256, ""), "page": (1280, 700, "body { zoom: 2 }")}


@pytest.mark.parametrize("zoom", ZOOMED)
@pytest.mark.parametrize("direction", ["ltr", pytest.param("rtl", marks=pytest.mark.deep)])
def test_a_whole_text_is_in_the_window_with_what_closes_it(
    page: Page, ticker: FakeTicker, zoom: str, direction: str
) -> None:
    width, height, style = ZOOMED[zoom]
    page.set_viewport_size({"width": width, "height": height})
    ticker.publish(an_item(1, LONG * 3))
    body = f"<p style='height:100px'>Before</p>{TICKER.format(f'layout=line dir={direction}')}"
    widget = show_page(page, ticker, body, head=f"<style>{style}</style>")
    widget.locator("li").get_by_role("button", name="Read all").click()
    box = widget.get_by_role("dialog", name="Read all")
    expect(box).to_be_in_viewport(ratio=1)
    expect(box.get_by_role("button", name="Dismiss")).to_be_in_viewport(ratio=1)
    expect(box.get_by_role("button", name="Dismiss")).to_be_focused()
    # The reader begins at the start of the text, next to the ticker.
    assert box.evaluate("box => box.scrollTop") == 0
    left = widget.evaluate("host => host.getBoundingClientRect().left")
    assert box.evaluate("box => box.getBoundingClientRect().left") == pytest.approx(left, abs=1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("layout", ["list", "line", "card", "crawl", "fixed"])
def test_paper_has_whole_texts_and_nothing_over_them(page: Page, ticker: FakeTicker, layout: str) -> None:
    page.set_viewport_size({"width": 1200, "height": 900})
    ticker.publish(*(an_item(number, f"{LONG} The end of {number}", link=LINK) for number in range(1, 13)))
    attributes = "style=--ticker-height:20em" if layout == "fixed" else f"layout={layout}"
    widget = show_page(page, ticker, f"{TICKER.format(attributes)}<p id='after'>After</p>")
    expect(controls(page)).to_have_count(1)
    widget.evaluate("host => host.shadowRoot.querySelector('.pause').click()")
    ticker.publish(an_item(13, "Waits"))
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 500, "height": 900})
    expect(widget.locator("button:visible")).to_have_count(0)
    if layout != "crawl":
        # A pause holds on paper too; a crawl that stands has its newest item in the list for screen readers.
        expect(rows(widget).first).to_contain_text("The end of 12")
    count = {"line": 1, "card": 3}.get(layout, 10)
    expect(rows(widget)).to_have_count(count)
    after = page.locator("#after").bounding_box()
    assert after is not None
    for row in rows(widget).all():
        for text in row.locator(".text, .note").all():
            assert text.evaluate("p => p.scrollHeight <= p.clientHeight + 1 && p.scrollWidth <= p.clientWidth + 1")
        box = row.bounding_box()
        assert box is not None and box["y"] + box["height"] <= after["y"]
        assert box["width"] > 300


def test_the_words_follow_the_language_of_the_page(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "One"))
    widget = show(page, ticker)
    expect(widget.get_by_role("button", name="Pause")).to_be_visible()
    page.evaluate("document.documentElement.lang = 'es'")
    expect(widget.get_by_role("button", name="Pausar")).to_be_visible()
    page.evaluate("document.documentElement.lang = 'ar'")
    expect(widget.locator(".root")).to_have_attribute("dir", "rtl")
    # The element's own comes first.
    widget.evaluate("ticker => { ticker.lang = 'en' }")
    expect(widget.get_by_role("button", name="Pause")).to_be_visible()
    expect(rows(widget)).to_contain_text("One")


def test_a_line_and_a_crawl_follow_a_change_of_the_reader_s_preference_for_motion(
    page: Page, ticker: FakeTicker
) -> None:
    ticker.publish(an_item(1, "One"), an_item(2, "Two"))
    page.clock.install()
    widget = show_page(page, ticker, TICKER.format("layout=line") + TICKER.format("layout=crawl"))
    crawl = page.locator("breaking-ticker").nth(1)
    place = "host => host.shadowRoot.querySelector('.track').style.transform"
    expect(controls(page)).to_have_count(2)
    expect(crawl.locator(".piece").first).to_be_attached()
    page.clock.run_for(200)
    assert crawl.evaluate(place) != "translateX(0px)"
    page.emulate_media(reduced_motion="reduce")
    page.clock.run_for(200)
    assert crawl.evaluate(place) == "translateX(0px)"
    shown = rows(widget).inner_text()
    page.clock.run_for(15_000)
    assert rows(widget).locator(".headline").inner_text() in shown
    page.emulate_media(reduced_motion="no-preference")
    page.clock.run_for(200)
    assert crawl.evaluate(place) != "translateX(0px)"
    page.clock.run_for(7_000)
    assert rows(widget).locator(".headline").inner_text() not in shown


def test_a_ticker_keeps_no_row_of_the_past_while_the_browser_paints_no_frame(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(*(an_item(number, f"Line {number}") for number in range(1, 4)))
    widget = show_page(page, ticker, TICKER.format("layout=card"))
    expect(controls(page)).to_have_count(1)
    expect(rows(widget)).to_have_count(3)
    # As in a tab in the background, or a frame that is out of view.
    page.evaluate("window.requestAnimationFrame = () => 1")
    ticker.publish(*(an_item(number, f"Line {number}") for number in range(4, 304)))
    expect(widget.locator("li").first).to_contain_text("Line 303")
    session = page.context.new_cdp_session(page)
    prototype = session.send("Runtime.evaluate", {"expression": "HTMLLIElement.prototype"})["result"]["objectId"]
    found = session.send("Runtime.queryObjects", {"prototypeObjectId": prototype})["objects"]["objectId"]
    length = session.send(
        "Runtime.callFunctionOn",
        {"objectId": found, "functionDeclaration": "function () { return this.length }", "returnByValue": True},
    )
    assert length["result"]["value"] < 150


WORDS: Final = {
    "long": "Donaudampfschifffahrtsgesellschaftskapitän" * 4,
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈🇺🇳" * 30,
    "mixed": "Reopened: مستشفى القدس (ward 3) — עברית 12:30 👍 and https://news.example/a/very/long/address/of/a/page "
    * 2,
    "address": "https://news.example/" + "a" * 300,
}


@pytest.mark.parametrize(
    "words", ["long", *(pytest.param(name, marks=pytest.mark.deep) for name in WORDS if name != "long")]
)
@pytest.mark.parametrize("direction", ["ltr", pytest.param("rtl", marks=pytest.mark.deep)])
def test_no_words_make_the_page_wider_than_a_phone(page: Page, ticker: FakeTicker, words: str, direction: str) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    source = {"name": english(WORDS[words]), "role": "official"}
    item = an_item(2, WORDS[words], infoSources=[source], link=LINK, urgency=1)
    ticker.publish(an_item(1, "Short"), item, later(item, "correction", note=english(WORDS[words])))
    label = WORDS[words][:40]
    body = "".join(
        f'<breaking-ticker src="/v1/live" layout="{layout}" dir="{direction}" label="{label}"></breaking-ticker>'
        for layout in ("list", "line", "card", "crawl")
    )
    show_page(page, ticker, body)
    expect(controls(page)).to_have_count(4)
    expect(page.locator("breaking-ticker .item").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    for widget in page.locator("breaking-ticker").all():
        widget.hover()
        for button in widget.locator("button:visible").all():
            box = button.bounding_box()
            assert box is not None and 0 <= box["x"] and box["x"] + box["width"] <= 320


def test_an_item_whose_sources_have_no_name_does_not_stop_the_list(page: Page, ticker: FakeTicker) -> None:
    widget = show(page, ticker)
    expect(widget).to_have_js_property("state", "live")
    ticker.publish(
        an_item(1, "Broken", infoSources=[{"role": "official"}]),
        an_item(2, "Broken too", infoSources=[None]),
        an_item(3, "No source", infoSources=[]),
        an_item(4, "Whole"),
    )
    expect(rows(widget).locator(".text")).to_have_text(["Civil Defence: Whole", "No source"])
