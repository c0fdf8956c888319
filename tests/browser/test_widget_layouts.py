"""The layouts that are parts of their own: `crawl` for screens and broadcasts, and `card`."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.fake_ticker import FakeTicker, an_item
from tests.browser.test_widget_items import english, later
from tests.browser.widget_page import context, page, rows, show, ticker

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = pytest.mark.browser

# The copies from the edge where reading starts, as [text, distance from that edge, width].
PIECES = """
  ticker => {
    const body = ticker.shadowRoot.querySelector(".body").getBoundingClientRect();
    const isRtl = ticker.shadowRoot.querySelector(".root").dir === "rtl";
    return [...ticker.shadowRoot.querySelectorAll(".piece")].map((piece) => {
      const box = piece.getBoundingClientRect();
      return [piece.textContent, isRtl ? body.right - box.right : box.left - body.left, box.width];
    });
  }
"""


def pieces(widget: Locator) -> list[tuple[str, float, float]]:
    return [tuple(piece) for piece in widget.evaluate(PIECES)]


def crawl(page: Page, ticker: FakeTicker, rest: str = "") -> Locator:
    """A crawl that has begun. Its clock and its frames stand still but for `run_for`, however busy the machine is."""
    for number in range(1, 4):
        ticker.publish(an_item(number, f"Item {number}"))
    now = datetime.now(UTC)
    page.clock.install(time=now)
    page.clock.pause_at(now + timedelta(seconds=1))
    page.set_viewport_size({"width": 800, "height": 300})
    widget = show(page, ticker, f'layout="crawl" speed="100" {rest}')
    expect(widget.locator("li")).to_have_count(len(ticker.entries))
    page.clock.run_for(50)
    expect(widget.locator(".piece").first).to_be_attached()
    return widget


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_a_crawl_moves_at_its_speed_without_a_gap_in_both_directions(
    page: Page, ticker: FakeTicker, direction: str
) -> None:
    widget = crawl(page, ticker, f'dir="{direction}"')
    first, began = pieces(widget)[0], page.evaluate("performance.now()")
    assert "Item 3" in first[0]
    page.clock.run_for(1000)
    moved, seconds = pieces(widget), (page.evaluate("performance.now()") - began) / 1000
    assert "Item 3" in moved[0][0]
    assert seconds == pytest.approx(1, abs=0.02)
    assert first[1] - moved[0][1] == pytest.approx(100 * seconds, abs=10)
    for _ in range(8):
        page.clock.run_for(1500)
        row = pieces(widget)
        assert row[0][1] <= 0 and row[-1][1] + row[-1][2] >= 600
        for (_, start, width), (_, following, _) in itertools.pairwise(row):
            assert following == pytest.approx(start + width, abs=0.5)
    assert widget.locator(".root").evaluate("root => getComputedStyle(root.parentElement).backgroundColor") in (
        "rgba(0, 0, 0, 0)",
    )


def test_a_new_item_comes_in_next_and_a_withdrawn_one_goes_without_a_jump(page: Page, ticker: FakeTicker) -> None:
    widget = crawl(page, ticker)
    pieces_at_start = pieces(widget)
    ticker.publish(an_item(4, "Newest"), later(an_item(2, "Item 2"), "withdraw", note=english("Not so.")))
    expect(widget.locator("li").first).to_contain_text("Newest")
    expect(widget.locator("li").filter(has_text="Item 2")).to_have_count(0)
    page.clock.run_for(16)
    row = pieces(widget)
    assert "Item 2" not in "".join(text for text, _, _ in row)
    assert [width for _, _, width in row[: len(pieces_at_start)]] == pytest.approx(
        [width for _, _, width in pieces_at_start], abs=0.1
    )
    page.clock.run_for(6000)
    texts = [text for text, _, _ in pieces(widget)]
    newest = next(index for index, text in enumerate(texts) if "Newest" in text)
    assert newest <= len(pieces_at_start) and texts.count(texts[newest]) >= 1


def test_an_item_that_newer_ones_push_out_of_the_rows_keeps_its_text_in_the_crawl(
    page: Page, ticker: FakeTicker
) -> None:
    widget = crawl(page, ticker, 'show="3"')
    assert "Item 3" in pieces(widget)[0][0]
    ticker.publish(*(an_item(number, f"Item {number}") for number in range(4, 8)))
    expect(widget.locator("li").first).to_contain_text("Item 7")
    page.clock.run_for(16)
    assert "Item 3" in pieces(widget)[0][0]


def test_the_speed_of_a_crawl_has_bounds(page: Page, ticker: FakeTicker) -> None:
    widget = crawl(page, ticker)
    for speed in ("1e9", "-1e9"):
        widget.evaluate("(ticker, speed) => ticker.setAttribute('speed', speed)", speed)
        page.clock.run_for(1000)
        assert 0 < len(pieces(widget)) < 20
        assert pieces(widget)[0][1] <= 0


def test_a_crawl_takes_steps_where_motion_is_reduced_and_stands_when_it_is_paused(
    page: Page, ticker: FakeTicker
) -> None:
    page.emulate_media(reduced_motion="reduce")
    widget = crawl(page, ticker)
    page.clock.run_for(3000)
    assert pieces(widget)[0][:2] == (pieces(widget)[0][0], 0) and "Item 3" in pieces(widget)[0][0]
    page.clock.run_for(2000)
    assert "Item 2" in pieces(widget)[0][0] and pieces(widget)[0][1] == 0
    widget.get_by_role("button", name="Pause").click()
    page.mouse.move(0, 250)
    page.evaluate("document.querySelector('breaking-ticker').shadowRoot.activeElement?.blur()")
    page.clock.run_for(20_000)
    assert "Item 2" in pieces(widget)[0][0]


def test_a_crawl_has_the_items_once_for_screen_readers_and_its_links_for_the_keyboard(
    page: Page, ticker: FakeTicker
) -> None:
    ticker.publish(an_item(9, "Linked", link="https://a.example/"))
    widget = crawl(page, ticker)
    expect(widget.get_by_role("listitem")).to_have_count(4)
    expect(widget.get_by_role("link")).to_have_count(1)
    # The controls are a part of their own, which may come after the items.
    expect(widget.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(widget.get_by_role("link", name="Linked")).to_be_focused()
    expect(widget.locator("li:focus-within")).to_be_visible()
    start = pieces(widget)[0][1]
    page.clock.run_for(2000)
    assert pieces(widget)[0][1] == start


def test_a_card_shows_three_items_the_newest_large(page: Page, ticker: FakeTicker) -> None:
    for number in range(1, 6):
        ticker.publish(an_item(number, f"Item {number}"))
    widget = show(page, ticker, 'layout="card"')
    expect(widget.locator(".card")).to_be_visible()
    expect(rows(widget)).to_have_count(3)
    sizes = widget.locator(".text").evaluate_all("texts => texts.map(t => getComputedStyle(t).fontSize)")
    assert sizes == ["24px", "16px", "16px"]
    expect(widget.get_by_role("button", name="more")).to_have_count(0)


def test_a_crawl_has_the_signs_of_the_list(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(*(an_item(number, f"Item {number}", urgency=number) for number in (1, 2, 3)))
    page.set_viewport_size({"width": 1200, "height": 300})
    widget = show(page, ticker, 'layout="crawl"')
    expect(widget.locator(".pause")).to_have_count(1)
    expect(widget.locator(".piece .mark").first).to_be_attached()
    sign = "mark => { const s = getComputedStyle(mark, '::before'); return [s.rotate, s.clipPath, s.borderRadius] }"
    for word in ("Flash", "Bulletin", "Urgent"):
        signs = [
            mark.evaluate(sign)
            for place in ("li", ".piece")
            for mark in widget.locator(f"{place} .mark", has_text=word).all()
        ]
        assert len(signs) >= 2
        assert all(each == signs[0] for each in signs)
