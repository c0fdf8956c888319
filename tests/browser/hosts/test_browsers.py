"""The widget in Debian's Firefox and WebKitGTK, which `make browsers` installs."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from starlette.responses import HTMLResponse

from tests.browser.fake_ticker import FakeTicker, an_item
from tests.browser.hosts.checks import LONG, LOOK, SCREENS, english, later
from tests.browser.hosts.table import FRAME, HOSTS, LINE, LIST, Host
from tests.browser.widget_page import ticker
from tests.support.driven import Driven, firefox, webkit
from tests.support.waiting import until

__all__ = ["ticker"]  # fixture

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FIREFOX: Final = "firefox"
_ARABIC: Final = {"value": "فتح الطرق في الشمال", "language": "ar", "direction": "rtl"}
# What a person would see: the rows of the first ticker, each as text, and its state.
_SEEN: Final = """(() => {
  const ticker = document.querySelector("breaking-ticker");
  const root = ticker.shadowRoot;
  const rows = [...root.querySelectorAll("li")].filter((row) => row.getClientRects().length);
  return { state: root.querySelector(".state")?.textContent ?? "", rows: rows.map((row) => row.textContent) };
})()"""
_BOX: Final = """(() => {
  const { width } = document.querySelector("breaking-ticker").getBoundingClientRect();
  return { width, page: document.documentElement.scrollWidth, window: innerWidth };
})()"""
_LOOK: Final = """(() => {
  const style = getComputedStyle(document.querySelector("breaking-ticker").shadowRoot.querySelector("li .text"));
  return Object.fromEntries(%s.map((name) => [name, style[name]]));
})()"""


@pytest.fixture(scope="module", params=[FIREFOX, "webkit"])
def browser(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driven]:
    """Each browser in turn, started once."""
    with firefox(tmp_path_factory.mktemp("firefox")) if request.param == FIREFOX else webkit() as running:
        yield running


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """The name of the browser."""
    return str(request.node.callspec.params["browser"])


def seen(browser: Driven) -> dict[str, Any]:  # Any: JSON of the page
    result: dict[str, Any] = browser.evaluate(_SEEN)
    return result


def until_seen(browser: Driven, condition: Callable[[list[str]], bool], what: str) -> None:
    until(lambda: condition(seen(browser)["rows"]), f"{what}: {seen(browser)}", seconds=20)


def screen(browser: Driven, name: str) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    browser.save_screen(Path(SCREENS / f"{name.replace(' ', '-')}.png"))


def show(browser: Driven, ticker: FakeTicker, host: Host) -> None:
    """Opens a page whose ticker has one item."""
    headers = {"Content-Security-Policy": host.policy} if host.policy else {}
    ticker.pages["frame"] = FRAME.replace("{url}", ticker.url)
    ticker.pages["host"] = HTMLResponse(host.document(), headers=headers)
    browser.open(f"{ticker.url}/pages/host")


@pytest.mark.parametrize("layout", ["list", "line"])
def test_a_live_item_a_correction_a_withdrawal_and_a_restart_reach_the_page(
    browser: Driven, ticker: FakeTicker, name: str, layout: str
) -> None:
    first = an_item(1, "Ten are missing")
    ticker.publish(first)
    show(browser, ticker, Host(f"<main><h1>News</h1>{LIST if layout == 'list' else LINE}</main>"))
    until_seen(browser, lambda rows: len(rows) == 1 and "Ten are missing" in rows[0], "the first item")
    second = an_item(2, "Roads are open", urgency=1)
    ticker.publish(second)
    until_seen(browser, lambda rows: "Roads are open" in rows[0], "a live item")
    assert seen(browser)["state"] == "Live"
    screen(browser, f"{name} {layout}")
    ticker.publish(later(second, "withdraw", headline=None, infoSources=[], note=english("Not so.")))
    until_seen(browser, lambda rows: "Roads are open" not in "".join(rows), "a withdrawal")
    ticker.publish(later(first, "correction", headline=english("Two are missing"), note=english("Two, not ten.")))
    until_seen(
        browser, lambda rows: any("Two are missing" in row and "Two, not ten." in row for row in rows), "its note"
    )
    # A restart: every connection ends, and the next one brings an item.
    ticker.entries.append(an_item(3, "Trains run"))
    ticker.close_all(1012)
    until_seen(browser, lambda rows: any("Trains run" in row for row in rows), "what was missed")
    until(lambda: seen(browser)["state"] == "Live", "live again", seconds=20)
    assert browser.errors == []


def test_an_arabic_page_reads_from_right_to_left(browser: Driven, ticker: FakeTicker, name: str) -> None:
    ticker.publish(an_item(1, "", headline=_ARABIC), an_item(2, "12 injured"))
    show(browser, ticker, Host(LIST + LINE, root='lang="ar" dir="rtl"'))
    until_seen(browser, lambda rows: len(rows) == 2, "both items")
    directions = browser.evaluate(
        '[...document.querySelector("breaking-ticker").shadowRoot.querySelectorAll("section, li .text")]'
        ".map((node) => getComputedStyle(node).direction)"
    )
    assert directions == ["rtl", "ltr", "rtl"]
    assert seen(browser)["state"] == "مباشر"
    screen(browser, f"{name} rtl")


@pytest.mark.parametrize("host_name", [name for name in HOSTS if not HOSTS[name].is_framed])
def test_it_works_in_every_page_of_the_table(browser: Driven, ticker: FakeTicker, name: str, host_name: str) -> None:
    host = HOSTS[host_name]
    ticker.publish(an_item(101, LONG))
    browser.resize(1280, 700)
    show(browser, ticker, host)
    until_seen(browser, lambda rows: len(rows) == 1 and LONG in rows[0], "the item")
    look: dict[str, str] = browser.evaluate(_LOOK % list(LOOK))
    assert look == LOOK
    screen(browser, f"{name} {host_name}")
    for width in (1280, 320) if name == FIREFOX else (1280,):
        browser.resize(width, 700)
        box = browser.evaluate(_BOX)
        assert 200 <= box["width"] <= box["window"]
        # A table is as wide as its cells need: no rule of the widget can make it narrower.
        assert host_name == "table" or box["page"] <= box["window"]
    assert browser.errors == []
