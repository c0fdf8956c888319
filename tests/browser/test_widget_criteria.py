"""Criteria of WCAG 2.2 that no other test of the widget covers: docs/accessibility.md names each."""

from typing import Final

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.fake_ticker import FakeTicker, Json, an_item
from tests.browser.hosts.checks import english, later
from tests.browser.widget_page import context, page, rows, show, show_page, ticker

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = pytest.mark.browser

LINK: Final = "https://a.example/"
LONG: Final = (
    "The bridge over the river is closed to lorries until the engineers have looked at every pillar of it. " * 4
)
LAYOUTS: Final = ("list", "line", "card", "crawl")
NO_WORDS: Final[Json] = {"headline": None, "infoSources": [], "note": english("Not so.")}


def expect_controls(widget: Locator) -> None:
    """The controls are a part of their own, which may come after the items."""
    expect(widget.locator(".pause")).to_have_count(1)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_turned_phone_shows_the_same_in_both_orientations(chromium: Browser, ticker: FakeTicker, layout: str) -> None:
    ticker.publish(*(an_item(number, f"Line {number}", link=LINK) for number in range(1, 4)))
    context = chromium.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    page = context.new_page()
    widget = show_page(
        page,
        ticker,
        f'<breaking-ticker src="/v1/live" layout="{layout}"></breaking-ticker>',
        head='<meta name="viewport" content="width=device-width">',
    )
    expect_controls(widget)
    names = []
    for width, height in ((390, 844), (844, 390)):
        page.set_viewport_size({"width": width, "height": height})
        expect(widget.locator(".box")).to_have_js_property("clientWidth", width - 16)
        expect(rows(widget).first).to_contain_text("Line 3")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        names.append(widget.locator("button:visible").evaluate_all("all => all.map((one) => one.ariaLabel)"))
        sideways = "row => { const { width, height } = row.getBoundingClientRect(); return width < height }"
        assert not rows(widget).first.evaluate(sideways)
    assert names[0] == names[1]
    context.close()


# Both directions of what a page may do: a dark ticker in a light page, and a light one in a dark page.
THEMES: Final = {
    "light": "",
    "dark": ":root { color-scheme: dark }",
    "dark paper": "breaking-ticker { --ticker-paper: #14202b; --ticker-ink: #eef2f5; --ticker-accent: #ff9d8f }",
    "light paper": ":root { color-scheme: dark }"
    " breaking-ticker { --ticker-paper: #fdf6e8; --ticker-ink: #231d10; --ticker-accent: #9c1c00 }",
    "yellow fill": "breaking-ticker { --ticker-fill: #ffd400 }",
}
# The colour of a node, of a pseudo-element or of a border, against what is behind it.
CONTRAST: Final = """([node, pseudo, property]) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
  const pixel = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].map((part) => part / 255);
  };
  const luminance = ([r, g, b]) => {
    const linear = [r, g, b].map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  // Behind a crawl without a background is the page, of the colour that the browser gives it.
  const probe = document.body.appendChild(document.createElement("div"));
  probe.style.background = "Canvas";
  let ground = pixel(getComputedStyle(probe).backgroundColor);
  probe.remove();
  // What is drawn on the button itself, or around it.
  let at = property === "outlineColor" ? node.parentNode : node;
  for (; at; at = at.parentNode ?? at.host) {
    const color = at instanceof Element && pixel(getComputedStyle(at).backgroundColor);
    if (color && color[3] === 1) {
      ground = color;
      break;
    }
  }
  const [a, b] = [pixel(getComputedStyle(node, pseudo)[property]), ground].map(luminance).sort((a, b) => a - b);
  return (b + 0.05) / (a + 0.05);
}"""
# Each of these says something that a reader needs, or is how a control is recognised.
SHAPES: Final = (
    (".pause", "::before", "borderLeftColor"),
    (".turn", "::before", "borderTopColor"),
    (".state", "::before", "borderTopColor"),
    (".mark", "::before", "backgroundColor"),
    (".pause", None, "outlineColor"),
    (".u1 a", None, "outlineColor"),
)


def contrast(node: Locator, pseudo: str | None, name: str) -> float:
    value: float = node.evaluate(
        f"node => ({CONTRAST})([node, {'null' if pseudo is None else repr(pseudo)}, {name!r}])"
    )
    return value


@pytest.mark.parametrize(
    "theme",
    [name if name in ("light", "dark paper") else pytest.param(name, marks=pytest.mark.deep) for name in THEMES],
)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_signs_states_and_the_focus_have_contrast_in_every_theme(
    page: Page, ticker: FakeTicker, layout: str, theme: str
) -> None:
    ticker.publish(an_item(1, "One"), an_item(2, "Two", urgency=1, link=LINK))
    widget = show_page(
        page,
        ticker,
        f'<breaking-ticker src="/v1/live" layout="{layout}"></breaking-ticker>',
        head=f"<style>{THEMES[theme]}</style>",
    )
    expect_controls(widget)
    expect(widget).to_have_js_property("state", "live")
    expect(widget.locator(".turn")).to_have_count(2 if layout == "line" else 0)
    low = {}

    def read(selector: str, pseudo: str | None, name: str, least: float) -> None:
        node = widget.locator(selector).first
        if name == "outlineColor":
            # A script's focus shows its ring after a key.
            page.keyboard.press("Shift")
            node.focus()
        value = contrast(node, pseudo, name)
        if value < least:
            low[f"{selector}{pseudo or ''} {name} {widget.evaluate('host => host.state')}"] = round(value, 2)

    for selector, pseudo, name in SHAPES:
        if layout == "line" or selector != ".turn":
            read(selector, pseudo, name, 3)
    read(".state", None, "color", 4.5)
    ticker.stale = True
    ticker.send_heartbeat()
    expect(widget).to_have_js_property("state", "stale")
    read(".state", None, "color", 4.5)
    read(".why", None, "color", 4.5)
    ticker.behave(ws="busy", sse="busy", json="busy")
    ticker.close_all()
    expect(widget).to_have_js_property("state", "offline")
    read(".state", None, "color", 4.5)
    read(".state", "::before", "borderTopColor", 3)
    assert low == {}


@pytest.mark.parametrize("layout", ["line", "card"])
def test_the_ring_of_a_link_whose_text_is_cut_is_around_its_row(page: Page, ticker: FakeTicker, layout: str) -> None:
    ticker.publish(an_item(1, LONG, link=LINK))
    widget = show(page, ticker, f'layout="{layout}"')
    expect_controls(widget)
    page.keyboard.press("Tab")
    widget.locator(".link").first.focus()
    style = "row => { const s = getComputedStyle(row); return [s.outlineStyle, s.outlineWidth, s.outlineOffset] }"
    assert rows(widget).first.evaluate(style) == ["solid", "3px", "-3px"]


@pytest.mark.parametrize("layout", ["list", "line", "card"])
def test_a_pause_keeps_the_row_of_a_withdrawn_line_until_the_reader_goes_on(
    page: Page, ticker: FakeTicker, layout: str
) -> None:
    item = an_item(1, "One")
    ticker.publish(item)
    page.clock.install()
    widget = show(page, ticker, f'layout="{layout}"')
    expect(rows(widget)).to_have_count(1)
    widget.get_by_role("button", name="Pause").click()
    ticker.publish(later(item, "withdraw", **NO_WORDS))
    expect(widget.locator(".gone")).to_have_count(1)
    page.clock.run_for(180_000)
    expect(widget.locator(".gone")).to_be_visible()
    widget.get_by_role("button", name="Resume").click()
    page.clock.run_for(2000)
    expect(widget.locator(".gone")).to_have_count(0)


# How often the light of a point goes up or down by a tenth and back within a second, at most (WCAG 2.3.1).
COUNT_FLASHES: Final = """() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
    .getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const read = (color) => {
    if (!known.has(color)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, alpha] = canvas.getImageData(0, 0, 1, 1).data;
      known.set(color, alpha && (0.2126 * (r / 255) ** 2.2 + 0.7152 * (g / 255) ** 2.2 + 0.0722 * (b / 255) ** 2.2));
    }
    return known.get(color);
  };
  const lightAt = (x, y) => {
    let node = document;
    for (let found = node; found; found = found?.shadowRoot) node = found.elementFromPoint(x, y) ?? node;
    for (; node; node = node.parentNode ?? node.host) {
      const color = node instanceof Element && getComputedStyle(node).backgroundColor;
      if (color && !/^rgba.* 0\\)$/.test(color)) return read(color);
    }
    return 1;
  };
  // By point: the least and the most light since its last change, the way of that change, and when each was.
  const points = [];
  for (let x = 10; x < innerWidth; x += innerWidth / 6)
    for (let y = 4; y < innerHeight; y += 30) points.push({ x, y, low: 1, high: 0, way: 0, changes: [] });
  window.most = 0;
  (function look() {
    const now = performance.now();
    for (const point of points) {
      const light = lightAt(point.x, point.y);
      point.low = Math.min(point.low, light);
      point.high = Math.max(point.high, light);
      const way = light > point.low + 0.1 ? 1 : light < point.high - 0.1 ? -1 : 0;
      if (way && way !== point.way) point.changes.push(now);
      if (way) Object.assign(point, { way, low: light, high: light });
      point.changes = point.changes.filter((change) => change > now - 1000);
      window.most = Math.max(window.most, point.changes.length / 2);
    }
    requestAnimationFrame(look);
  })();
}"""


def test_a_burst_of_news_flashes_no_point_of_the_page_and_the_count_sees_what_does(
    page: Page, ticker: FakeTicker
) -> None:
    body = "".join(f'<breaking-ticker src="/v1/live" layout="{layout}"></breaking-ticker>' for layout in LAYOUTS)
    widget = show_page(page, ticker, f"<div id='lamp' style='height:40px'></div>{body}")
    expect(page.locator("breaking-ticker .pause")).to_have_count(len(LAYOUTS))
    page.evaluate(COUNT_FLASHES)
    for number in range(1, 31):
        ticker.publish(an_item(number, f"Line {number}", urgency=1 + number % 5))
        expect(widget.locator("li").first).to_contain_text(f"Line {number}")
    # The colour of a new row has faded.
    page.wait_for_function(
        "[...document.querySelectorAll('breaking-ticker')].every((each) => !each.shadowRoot.getAnimations().length)"
    )
    assert page.evaluate("window.most") <= 3
    # A lamp that changes ten times a second for as long as the count needs to see it.
    page.evaluate(
        "setInterval(() => { lamp.style.background = lamp.style.background === 'black' ? '' : 'black' }, 100)"
    )
    page.wait_for_function("window.most > 3")


def with_every_button(page: Page, ticker: FakeTicker, layout: str, language: str = "en") -> Locator:
    """A ticker that shows each of the buttons that its layout has."""
    page.set_viewport_size({"width": 500, "height": 900})
    ticker.publish(*(an_item(number, LONG, link=LINK) for number in range(1, 15)))
    widget = show(page, ticker, f'layout="{layout}" lang="{language}"')
    expect_controls(widget)
    widget.evaluate("host => host.shadowRoot.querySelector('.pause').click()")
    ticker.publish(an_item(15, "Waits"))
    expect(widget.locator(".fresh")).to_have_count(1)
    ticker.knows_cursors = False
    ticker.close_all()
    expect(widget.locator(".dismiss")).to_have_count(1)
    ticker.behave(ws="busy", sse="busy", json="busy")
    ticker.close_all()
    expect(widget.locator(".retry")).to_have_count(1)
    widget.hover()
    return widget


@pytest.mark.parametrize("language", ["en", *(pytest.param(name, marks=pytest.mark.deep) for name in ("es", "ar"))])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_name_of_every_button_has_the_words_that_it_shows(
    page: Page, ticker: FakeTicker, layout: str, language: str
) -> None:
    widget = with_every_button(page, ticker, layout, language)
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    names = {}
    for node in session.send("Accessibility.getFullAXTree")["nodes"]:
        if node["ignored"] or node["role"]["value"] != "button":
            continue
        object_id = session.send("DOM.resolveNode", {"backendNodeId": node["backendDOMNodeId"]})["object"]["objectId"]
        text = session.send(
            "Runtime.callFunctionOn",
            {
                "objectId": object_id,
                "functionDeclaration": "function () { return this.innerText }",
                "returnByValue": True,
            },
        )["result"]["value"]
        names[node["name"]["value"]] = " ".join(text.split())
    assert len(names) >= 3
    assert all(name and text.lower() in name.lower() for name, text in names.items()), names
    shown = [" ".join(text.split()) for text in widget.locator("button:visible").all_inner_texts()]
    assert sorted(set(shown)) == sorted(set(names.values()))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_button_leaves_the_page_or_takes_the_focus_out_of_the_ticker(
    page: Page, ticker: FakeTicker, layout: str
) -> None:
    widget = with_every_button(page, ticker, layout)
    address = page.url
    opened: list[str] = []
    page.context.on("page", lambda other: opened.append(other.url))
    pressed = set()
    # Each press may hide the button and show others.
    for _ in range(20):
        names = widget.locator("button:visible").evaluate_all("all => all.map((one) => one.classList[0])")
        name = next((name for name in names if name not in pressed), None)
        if name is None:
            break
        pressed.add(name)
        widget.locator(f".{name}:visible").first.press("Enter")
        assert page.evaluate("document.activeElement.localName") == "breaking-ticker"
    assert {"pause", "dismiss", "retry"} <= pressed
    assert page.url == address
    assert opened == []


def test_a_press_that_the_pointer_leaves_before_it_ends_does_nothing(page: Page, ticker: FakeTicker) -> None:
    widget = show(page, ticker)
    pause = widget.get_by_role("button", name="Pause")
    box = pause.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"], box["y"] + 300)
    page.mouse.up()
    expect(pause).to_be_visible()


def test_escape_hides_what_the_pointer_shows_over_a_crawl_until_it_comes_again(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "One"))
    widget = show(page, ticker, 'layout="crawl"')
    expect_controls(widget)
    expect(widget).to_have_js_property("state", "live")
    tools = widget.locator(".tools")
    page.mouse.move(5, 400)
    expect(tools).to_have_css("opacity", "0")
    widget.hover()
    expect(tools).to_have_css("opacity", "1")
    # The pointer can go to them, and they stay.
    widget.get_by_role("button", name="Pause").hover()
    expect(tools).to_have_css("opacity", "1")
    page.keyboard.press("Escape")
    expect(tools).to_have_css("opacity", "0")
    page.mouse.move(5, 400)
    widget.hover()
    expect(tools).to_have_css("opacity", "1")
    page.keyboard.press("Escape")
    # A focus that could not be seen would be worse.
    page.keyboard.press("Tab")
    expect(tools).to_have_css("opacity", "1")


@pytest.mark.parametrize("height", ["", "--ticker-height: 200px"])
def test_a_message_does_not_lie_over_the_link_that_has_the_focus(page: Page, ticker: FakeTicker, height: str) -> None:
    page.set_viewport_size({"width": 320, "height": 400})
    ticker.publish(*(an_item(number, f"Line {number}", link=LINK) for number in range(1, 11)))
    widget = show(page, ticker, f'style="{height}"')
    expect_controls(widget)
    ticker.stale = True
    ticker.send_heartbeat()
    expect(widget.locator(".why")).to_be_visible()
    covered = """host => {
      const at = host.shadowRoot.activeElement;
      const { left, right, top, bottom } = at.getBoundingClientRect();
      const found = host.shadowRoot.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      return found && (at.contains(found) || found.contains(at)) ? "" : at.textContent;
    }"""
    hidden = []
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.localName") != "breaking-ticker":
            break
        if name := widget.evaluate(covered):
            hidden.append(name)
    assert hidden == []
