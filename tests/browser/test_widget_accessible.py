"""The widget with assistive technology: axe finds nothing in any state, and a screen reader is told what happens."""

from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.fake_ticker import FakeTicker, an_item
from tests.browser.hosts.checks import english, later, save_screen
from tests.browser.widget_page import context, page, rows, show_page, ticker
from tests.support.axe import findings_of

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = pytest.mark.browser

FIRST: Final = an_item(1, "Ten are missing", urgency=1, link="https://a.example/")
SECOND: Final = an_item(2, "Roads are open", urgency=3)
BODY: Final = '<main><h1>News</h1><breaking-ticker src="/v1/live" edition="en" {attributes}></breaking-ticker></main>'
Step = Callable[[Page, FakeTicker, Locator], None]


def connecting(page: Page, ticker: FakeTicker, widget: Locator) -> None:
    ticker.behave(ws="silent", sse="silent", json="silent")
    page.reload()
    expect(widget.locator(".state")).to_be_visible()


def live(page: Page, ticker: FakeTicker, widget: Locator) -> None:
    expect(rows(widget).first).to_be_visible()


def stale(page: Page, ticker: FakeTicker, widget: Locator) -> None:
    live(page, ticker, widget)
    ticker.stale = True
    ticker.send_heartbeat()
    expect(widget.locator(".why")).to_be_visible()


def catching_up(page: Page, ticker: FakeTicker, widget: Locator) -> None:
    live(page, ticker, widget)
    ticker.behave(ws="silent", sse="silent", json="silent")
    ticker.close_all()
    expect(widget).to_have_js_property("state", "catching-up")


def offline(page: Page, ticker: FakeTicker, widget: Locator) -> None:
    live(page, ticker, widget)
    ticker.behave(ws="busy", sse="busy", json="busy")
    ticker.close_all()
    expect(widget.locator(".why")).to_be_visible()


def gap(page: Page, ticker: FakeTicker, widget: Locator) -> None:
    live(page, ticker, widget)
    ticker.knows_cursors = False
    ticker.close_all()
    expect(widget.locator(".notice")).to_be_visible()


def empty(page: Page, ticker: FakeTicker, widget: Locator) -> None:
    ticker.entries.clear()
    page.reload()
    expect(widget.locator(".empty")).to_be_visible()


def paused(page: Page, ticker: FakeTicker, widget: Locator) -> None:
    live(page, ticker, widget)
    widget.locator(".pause").click()
    ticker.publish(an_item(3, "Trains run"))
    expect(widget.locator(".fresh")).to_be_visible()


def flash(page: Page, ticker: FakeTicker, widget: Locator) -> None:
    live(page, ticker, widget)
    ticker.publish(an_item(4, "Dam breaks", urgency=1))
    expect(rows(widget).filter(has_text="Dam breaks")).to_be_visible()


def correction(page: Page, ticker: FakeTicker, widget: Locator) -> None:
    live(page, ticker, widget)
    ticker.publish(later(FIRST, "correction", headline=english("Two are missing"), note=english("Two, not ten.")))
    expect(widget.locator("li", has_text="Two, not ten.")).to_have_count(1)


def withdrawal(page: Page, ticker: FakeTicker, widget: Locator) -> None:
    live(page, ticker, widget)
    ticker.publish(later(SECOND, "withdraw", headline=None, infoSources=[], note=english("Not so.")))
    expect(widget.locator("li", has_text="Roads are open")).to_have_count(0)
    # What moves past leaves nothing.
    expect(widget.locator("li.gone")).to_have_count(0 if widget.get_attribute("layout") == "crawl" else 1)


def many(page: Page, ticker: FakeTicker, widget: Locator) -> None:
    live(page, ticker, widget)
    ticker.publish(*(an_item(10 + number, f"Line {number}", urgency=1 + number % 5) for number in range(15)))
    expect(rows(widget).filter(has_text="Line 14").first).to_be_visible()


def whole_text(page: Page, ticker: FakeTicker, widget: Locator) -> None:
    live(page, ticker, widget)
    ticker.publish(an_item(5, "The bridge is closed to lorries until every pillar is safe " * 12))
    expect(rows(widget).filter(has_text="The bridge").first).to_be_visible()
    if widget.get_attribute("layout") in ("line", "card"):
        widget.locator(".all:visible").first.click()
        expect(widget.locator(".whole")).to_be_visible()


STATES: Final[tuple[Step, ...]] = (
    connecting, live, stale, catching_up, offline, gap, empty, paused, flash, correction, withdrawal, many, whole_text,
)  # fmt: skip
ATTRIBUTES: Final = (
    "", 'layout="line"', 'layout="card"', 'layout="crawl"',
    'lang="ar"', 'layout="line" lang="es"', 'layout="card" lang="ar"',
)  # fmt: skip


@pytest.mark.deep
@pytest.mark.parametrize("attributes", ATTRIBUTES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(page: Page, ticker: FakeTicker, scheme: str, attributes: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    # axe takes a page without a background for a white one, also where the browser's own is dark.
    head = "<style>:root { color-scheme: light dark } body { background: Canvas }</style>"
    findings = {}
    for step in STATES:
        ticker.close_all()
        ticker.entries = [FIRST, SECOND]
        ticker.behave()
        ticker.stale, ticker.knows_cursors = False, True
        widget = show_page(page, ticker, BODY.format(attributes=attributes), head=head)
        step(page, ticker, widget)
        # A pause would be kept for the next state.
        page.evaluate("sessionStorage.clear()")
        # The colour of a new row fades for two seconds; what is read is the row after it.
        page.evaluate("""() => document.querySelector("breaking-ticker").shadowRoot.getAnimations()
            .forEach((animation) => animation.finish())""")
        if found := findings_of(page):
            findings[step.__name__] = found
        save_screen(page, f"state {step.__name__} {attributes} {scheme}".replace('"', "").replace("=", " "))
    assert findings == {}


def tree_of(page: Page) -> list[tuple[str, str]]:
    """Role and name of each node that the browser gives to assistive technology."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"] and "role" in node
    ]


def names(page: Page) -> str:
    return "\n".join(name for _, name in tree_of(page))


@pytest.mark.deep
def test_the_accessibility_tree_says_what_the_list_shows(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(FIRST, SECOND)
    widget = show_page(page, ticker, BODY.format(attributes=""))
    expect(rows(widget)).to_have_count(2)
    burst = [an_item(20 + number, f"Bridge {number} closed", urgency=1) for number in range(4)]
    ticker.publish(*burst)
    expect(rows(widget)).to_have_count(6)
    tree = tree_of(page)
    assert [role for role, _ in tree].count("list") == 1
    assert [role for role, _ in tree].count("listitem") == 6
    assert ("region", "Breaking") in tree or any(role == "region" and name for role, name in tree)
    assert all(name for role, name in tree if role in ("button", "link", "heading"))
    assert all(f"Bridge {number} closed" in names(page) for number in range(4))
    corrected = later(burst[0], "correction", headline=english("Bridge 0 open"), note=english("It was another one."))
    ticker.publish(corrected)
    expect(widget.locator("li", has_text="Bridge 0 open")).to_have_count(1)
    assert "It was another one." in names(page)
    assert "Bridge 0 closed" not in "".join(name for role, name in tree_of(page) if role == "StaticText")
    ticker.publish(later(burst[1], "withdraw", headline=None, infoSources=[], note=english("Not so.")))
    expect(widget.locator("li", has_text="Bridge 1 closed")).to_have_count(0)
    assert "Bridge 1 closed" not in names(page)
