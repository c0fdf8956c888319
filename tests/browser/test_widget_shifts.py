"""Nothing on the page moves by itself: Chromium's layout shifts are 0 whatever the desk and the network do."""

import itertools
import os
import time
from collections.abc import Callable
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_ticker import FakeTicker, Json, an_item
from tests.browser.hosts.checks import english, later
from tests.browser.widget_page import context, page, show_page, ticker
from ticker.contract.item import moment

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = pytest.mark.browser

MINUTES: Final = float(os.environ.get("SHIFT_MINUTES", "5"))
WIDTHS: Final = (320, 640, 1024, 1920)
LAYOUTS: Final = ("list", "line", "card", "crawl", "fixed")
# Each shift that no input of the reader explains, as [value, the nodes that moved].
COLLECT: Final = """
  window.shifts = [];
  window.events = 0;
  addEventListener("ticker-item", () => window.events++);
  // The names of what is in a shadow tree are not in an entry, so what is there now is looked up.
  const deepest = (x, y, scope = document) => {
    const found = scope.elementFromPoint(x, y);
    return found?.shadowRoot && found.shadowRoot !== scope ? deepest(x, y, found.shadowRoot) : found;
  };
  const nameOf = (node, { x, y, width, height }) => {
    const found = node ?? deepest(x + Math.min(width, 20) / 2, y + height / 2) ?? document.body;
    const { host } = found.getRootNode();
    return [host?.className, found.nodeName, found.className, found.textContent.trim().slice(0, 30)].join(" ");
  };
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries())
      if (!hadRecentInput) window.shifts.push([value, ...sources.map(({ node, previousRect: a, currentRect: b }) =>
        `${nameOf(node, b)} [${[a.x, a.y, a.width, a.height]} > ${[b.x, b.y, b.width, b.height]}]`)]);
  }).observe({ type: "layout-shift", buffered: true });
"""
# Two frames, so that the browser has compared the layout before the act with the one after it.
FRAMES: Final = (
    "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
)
STILL: Final = """() => [...document.querySelectorAll("breaking-ticker")].every((ticker) =>
  [...ticker.shadowRoot.querySelectorAll("li, .piece")].every((node) => !node.style.translate))"""
STYLE: Final = """<style>
  body { margin: 8px; font: 16px/1.5 sans-serif } .columns { display: flex; gap: 16px; flex-wrap: wrap }
  .columns > * { flex: 1 1 250px } .fixed { --ticker-height: 20rem }
</style>"""
LONG: Final = "The bridge over the river is closed to lorries until the engineers have looked at every pillar of it"
WORDS: Final = "Words of the page that the ticker is in, and that a reader may be reading. " * 4
NO_WORDS: Final[Json] = {"headline": None, "infoSources": [], "note": english("Not so.")}


def page_of_all_layouts(direction: str) -> str:
    tickers = {
        name: f'<breaking-ticker class="{name}" state tombstone="2" src="/v1/live" edition="en" backlog="30" '
        f'{"" if name in ("list", "fixed") else f"layout={name}"} dir="{direction}"></breaking-ticker>'
        for name in LAYOUTS
    }
    text = f"<p>{WORDS}</p>"
    return (
        f'<div dir="{direction}">{tickers["line"]}{text}<div class="columns">'
        f"<div>{tickers['list']}{text}</div><div>{tickers['card']}{text}{tickers['fixed']}{text}</div></div>"
        f"{tickers['crawl']}{text}</div>"
    )


class Desk:
    """Publishes acts of every kind, and waits until every layout shows each."""

    def __init__(self, page: Page, ticker: FakeTicker) -> None:
        self.page = page
        self.ticker = ticker
        self.numbers = itertools.count(1)
        self.items: list[Json] = []

    def item(self, text: str = "", **rest: Any) -> Json:  # Any: fields of an item
        number = next(self.numbers)
        now = moment(time.time())
        item = an_item(number, f"{text or 'Roads are open'} {number}", firstCreated=now, versionCreated=now, **rest)
        self.items.append(item)
        self.send(item)
        return item

    def send(self, *items: Json) -> None:
        """Returns when every ticker has them all, and no row moves any more."""
        before = self.page.evaluate("window.events")
        self.ticker.publish(*items)
        self.page.wait_for_function("count => window.events >= count", arg=before + len(items) * len(LAYOUTS))
        self.settle()

    def change(self, back: int, act: str, **rest: Any) -> None:  # Any: fields of an item
        """A later version of the item that is `back` places from the newest."""
        item = later(self.items[-back], act, versionCreated=moment(time.time()), **rest)
        self.items[-back] = item
        self.send(item)

    def settle(self) -> None:
        """Returns when no row moves any more."""
        self.page.evaluate(FRAMES)
        self.page.wait_for_function(STILL)
        self.page.evaluate(FRAMES)

    def act(self) -> None:
        """One of each."""
        self.item()
        self.item(LONG, link="https://a.example/")
        self.change(1, "correction", headline=english("Short"), note=english("It was one bridge, and not two."))
        self.change(3, "correction", note=english(LONG))
        self.change(2, "update", note=english("A second road is open."))
        self.item("Dam breaks", urgency=1)
        self.change(4, "refile")
        self.change(2, "withdraw", **NO_WORDS)
        self.item(LONG, urgency=2, pinnedUntil=moment(time.time() + 2))
        self.change(4, "hold")
        self.item()
        self.send(
            *(an_item(next(self.numbers), f"{LONG} {n}", urgency=3, firstCreated=moment(time.time())) for n in range(4))
        )
        for each in self.page.locator("breaking-ticker:not(.crawl)").all():
            expect(each.locator(".gone, .pin")).to_have_count(0)
        self.settle()

    def stale(self) -> None:
        self.ticker.stale = True
        self.ticker.send_heartbeat()
        self.in_all("stale")
        self.ticker.stale = False
        self.ticker.send_heartbeat()
        self.in_all("live")

    def offline(self) -> None:
        self.ticker.behave(ws="busy", sse="busy", json="busy")
        self.ticker.close_all()
        expect(self.page.locator("breaking-ticker[state=live]")).to_have_count(0)
        # Each loss makes the wait before the next attempt longer; a network that is back ends it.
        self.page.evaluate("dispatchEvent(new Event('online'))")
        self.in_all("offline")
        self.ticker.knows_cursors = False
        self.ticker.behave()
        self.page.evaluate("dispatchEvent(new Event('online'))")
        self.in_all("live")
        expect(self.page.locator("breaking-ticker .notice")).to_have_count(len(LAYOUTS))
        self.settle()

    def in_all(self, state: str) -> None:
        # One after the other: a failure then says which state it has.
        for name in LAYOUTS:
            expect(self.page.locator(f"breaking-ticker.{name}")).to_have_attribute("state", state)
        self.settle()


# Each in a test of its own, so that none takes long.
STEPS: Final = {"acts": Desk.act, "stale": Desk.stale, "offline": Desk.offline}


def opened(page: Page, ticker: FakeTicker, width: int, direction: str) -> Desk:
    """A page with every layout, its first list and its controls."""
    desk = Desk(page, ticker)
    page.add_init_script(COLLECT)
    # High, because what is outside the window counts for nothing.
    page.set_viewport_size({"width": width, "height": 2600})
    for number in range(1, 16):
        ticker.publish(an_item(next(desk.numbers), LONG if number % 3 else "Short", urgency=2 + number % 4))
    desk.items = ticker.entries[:]
    show_page(page, ticker, page_of_all_layouts(direction), head=STYLE)
    for name in LAYOUTS:
        expect(page.locator(f"breaking-ticker.{name} .pause")).to_have_count(1)
    expect(page.locator("breaking-ticker .turn")).to_have_count(2)
    desk.in_all("live")
    page.evaluate("window.shifts.length = 0")
    return desk


@pytest.mark.parametrize(
    ("step", "width", "direction"),
    [
        pytest.param(step, width, direction, marks=[] if direction == ("ltr", "rtl")[number % 2] else pytest.mark.deep)
        for step in STEPS
        for number, width in enumerate(WIDTHS)
        for direction in ("ltr", "rtl")
    ],
)
def test_no_act_of_the_desk_and_no_state_moves_anything(
    page: Page, ticker: FakeTicker, step: str, width: int, direction: str
) -> None:
    desk = opened(page, ticker, width, direction)
    STEPS[step](desk)
    assert page.evaluate("window.shifts") == []


def test_reduced_motion_moves_nothing_either(page: Page, ticker: FakeTicker) -> None:
    page.emulate_media(reduced_motion="reduce")
    desk = opened(page, ticker, 1024, "ltr")
    desk.act()
    assert page.evaluate("window.shifts") == []


def test_an_edition_that_the_page_changes_is_the_page_s_own_move_and_the_rest_is_still(
    page: Page, ticker: FakeTicker
) -> None:
    desk = opened(page, ticker, 640, "ltr")
    page.evaluate("for (const each of document.querySelectorAll('breaking-ticker')) each.urgency = 4")
    desk.in_all("live")
    for name in LAYOUTS:
        expect(page.locator(f"breaking-ticker.{name} li").first).to_be_attached()
    page.evaluate("window.shifts.length = 0")
    desk.item("Dam breaks", urgency=1)
    assert page.evaluate("window.shifts") == []


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_moves_in_five_minutes(page: Page, ticker: FakeTicker, width: int, say: Callable[[str], None]) -> None:
    desk = opened(page, ticker, width, "ltr")
    began, rounds = time.monotonic(), 0
    while time.monotonic() - began < MINUTES * 60:
        for step in STEPS.values():
            step(desk)
            page.evaluate(
                "document.querySelectorAll('breaking-ticker').forEach((each) => each.shadowRoot"
                ".querySelector('.dismiss')?.click())"
            )
        ticker.knows_cursors = True
        rounds += 1
    value = page.evaluate("window.shifts.reduce((sum, [value]) => sum + value, 0)")
    say(f"{width} px: {len(ticker.entries)} entries in {MINUTES:g} minutes, {rounds} rounds, layout shift {value}")
    assert page.evaluate("window.shifts") == []
