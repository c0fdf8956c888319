"""What a reader can do with the widget: pause, step, use a screen reader, a keyboard or reduced motion."""

import json

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.fake_ticker import FakeTicker, an_item
from tests.browser.test_widget_items import english, later
from tests.browser.widget_page import context, page, rows, show, ticker, without_notifications
from ticker.shared.http.assets import WEB

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = pytest.mark.browser

RELEASE = json.loads((WEB / "dist" / "manifest.json").read_text("utf-8"))["release"]

HOVERABLE = 'edition="en" layout="line"'


def test_a_paused_widget_holds_new_items_back_until_the_reader_shows_them(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "One"))
    widget = show(page, ticker)
    expect(rows(widget)).to_have_count(1)
    widget.get_by_role("button", name="Pause").click()
    ticker.publish(an_item(2, "Two"), an_item(3, "Three"))
    fresh = widget.get_by_role("button", name="2 new")
    expect(fresh).to_be_visible()
    expect(rows(widget)).to_have_count(1)
    fresh.click()
    expect(rows(widget)).to_have_count(3)
    expect(fresh).to_be_hidden()
    ticker.publish(an_item(4, "Four"))
    expect(widget.get_by_role("button", name="1 new")).to_be_visible()
    widget.get_by_role("button", name="Resume").click()
    expect(rows(widget)).to_have_count(4)
    ticker.publish(an_item(5, "Five"))
    expect(rows(widget)).to_have_count(5)


def test_withdrawals_and_corrections_reach_a_paused_reader(page: Page, ticker: FakeTicker) -> None:
    first, second = an_item(1, "Wrong"), an_item(2, "Ten are missing")
    ticker.publish(first, second)
    widget = show(page, ticker, 'tombstone="0"')
    expect(rows(widget)).to_have_count(2)
    widget.get_by_role("button", name="Pause").click()
    third = an_item(3, "Held back")
    ticker.publish(third, an_item(4, "Held back too"))
    ticker.publish(later(first, "withdraw", note=english("Not so.")), later(third, "withdraw", note=english("Not so.")))
    ticker.publish(later(second, "correction", headline=english("Two are missing"), note=english("Two, not ten.")))
    expect(rows(widget)).to_have_count(1)
    expect(rows(widget)).to_contain_text("Two are missing")
    expect(rows(widget)).to_contain_text("Correction: Two, not ten.")
    expect(widget.get_by_role("button", name="1 new")).to_be_visible()


def test_a_snapshot_does_not_break_a_pause(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "One"), an_item(2, "Two"))
    widget = show(page, ticker)
    expect(rows(widget)).to_have_count(2)
    widget.get_by_role("button", name="Pause").click()
    ticker.knows_cursors = False
    ticker.entries = [an_item(2, "Two"), an_item(3, "Three")]
    ticker.close_all()
    expect(widget.get_by_role("button", name="1 new")).to_be_visible()
    expect(rows(widget)).to_have_count(1)


def test_a_pause_outlives_a_change_of_layout(page: Page, ticker: FakeTicker) -> None:
    widget = show(page, ticker)
    widget.get_by_role("button", name="Pause").click()
    widget.evaluate("ticker => ticker.setAttribute('layout', 'line')")
    expect(widget.get_by_role("button", name="Resume")).to_be_visible()


def test_a_line_shows_one_item_and_steps_both_ways(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "One"), an_item(2, "Two"), an_item(3, "Three"))
    widget = show(page, ticker, HOVERABLE)
    expect(rows(widget)).to_have_count(1)
    expect(rows(widget)).to_contain_text("Three")
    widget.get_by_role("button", name="Next").click()
    expect(rows(widget)).to_contain_text("Two")
    expect(widget).to_contain_text("2/3")
    for text in ("Three", "One"):
        widget.get_by_role("button", name="Previous").click()
        expect(rows(widget)).to_contain_text(text)


def test_a_line_moves_on_by_itself_until_it_is_paused(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "One"), an_item(2, "Two"))
    page.clock.install()
    widget = show(page, ticker, HOVERABLE)
    expect(rows(widget)).to_contain_text("Two")
    page.clock.run_for(7000)
    expect(rows(widget)).to_contain_text("One")
    widget.get_by_role("button", name="Pause").click()
    page.mouse.move(0, 700)
    page.evaluate("document.activeElement.blur()")
    page.clock.run_for(20_000)
    expect(rows(widget)).to_contain_text("One")


@pytest.mark.deep
@pytest.mark.parametrize("how", ["hover", "focus", "reduced motion"])
def test_a_line_stands_still_for_pointer_focus_and_reduced_motion(page: Page, ticker: FakeTicker, how: str) -> None:
    ticker.publish(an_item(1, "One"), an_item(2, "Two"))
    page.clock.install()
    if how == "reduced motion":
        page.emulate_media(reduced_motion="reduce")
    widget = show(page, ticker, HOVERABLE)
    expect(rows(widget)).to_contain_text("Two")
    if how == "hover":
        widget.hover()
    elif how == "focus":
        widget.get_by_role("button", name="Next").focus()
    page.clock.run_for(30_000)
    expect(rows(widget)).to_contain_text("Two")


@pytest.mark.deep
def test_a_new_item_takes_the_line_but_not_under_a_reader_s_pointer(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "One"), an_item(2, "Two"))
    widget = show(page, ticker, HOVERABLE)
    widget.get_by_role("button", name="Next").click()
    expect(rows(widget)).to_contain_text("One")
    ticker.publish(an_item(3, "Three"))
    expect(widget).to_contain_text("3/3")
    expect(rows(widget)).to_contain_text("One")
    page.mouse.move(0, 700)
    page.evaluate("document.querySelector('breaking-ticker').shadowRoot.activeElement.blur()")
    expect(rows(widget)).to_contain_text("Three")


def test_an_empty_list_with_items_that_wait_does_not_say_that_there_is_no_news(page: Page, ticker: FakeTicker) -> None:
    widget = show(page, ticker)
    nothing = widget.get_by_text("No breaking news right now.")
    expect(nothing).to_be_visible()
    widget.get_by_role("button", name="Pause").click()
    ticker.publish(an_item(1, "One"))
    fresh = widget.get_by_role("button", name="1 new")
    expect(fresh).to_be_visible()
    expect(nothing).to_be_hidden()
    fresh.press("Enter")
    expect(rows(widget)).to_have_count(1)
    expect(widget.get_by_role("button", name="Resume")).to_be_focused()


def test_a_corrected_flash_is_spoken_as_loud_as_the_flash_and_leaves_no_old_wording(
    page: Page, ticker: FakeTicker
) -> None:
    without_notifications(page)
    widget = show(page, ticker)
    expect(widget).to_have_js_property("state", "live")
    flash = an_item(1, "Ten are missing", urgency=1)
    ticker.publish(flash)
    alert = widget.get_by_role("alert")
    expect(alert).to_have_text("Flash: Civil Defence: Ten are missing")
    ticker.publish(later(flash, "correction", headline=english("Two are missing"), note=english("Two, not ten.")))
    expect(alert).not_to_contain_text("Ten are missing")
    expect(alert).to_have_text("Correction: Two, not ten. Civil Defence: Two are missing")


def test_a_line_whose_item_is_withdrawn_and_leaves_no_row_shows_another_at_once(page: Page, ticker: FakeTicker) -> None:
    first, second = an_item(1, "One"), an_item(2, "Two")
    ticker.publish(first, second)
    widget = show(page, ticker, f'{HOVERABLE} tombstone="0"')
    expect(rows(widget)).to_contain_text("Two")
    widget.get_by_role("button", name="Pause").click()
    ticker.publish(later(second, "withdraw", note=english("Not so.")))
    expect(rows(widget)).to_contain_text("One")


@pytest.mark.deep
def test_only_a_flash_interrupts_a_screen_reader_and_other_items_are_announced_together(
    page: Page, ticker: FakeTicker
) -> None:
    without_notifications(page)
    ticker.publish(an_item(1, "Backlog", urgency=1))
    widget = show(page, ticker)
    expect(rows(widget)).to_have_count(1)
    alert, status = widget.get_by_role("alert"), widget.locator("div[role=status]")
    ticker.publish(an_item(2, "Two"), an_item(3, "Three"))
    expect(status).to_have_text("2 new:  Civil Defence: Three", timeout=8000)
    expect(alert).to_be_empty()
    ticker.publish(an_item(4, "Four", urgency=1))
    expect(alert).to_contain_text("Flash:  Civil Defence: Four")
    expect(status).not_to_contain_text("Four")
    expect(widget.locator("[role=log], [aria-live]")).to_have_count(0)


@pytest.mark.deep
def test_a_withdrawal_is_spoken_with_its_line_which_does_not_stay_for_a_screen_reader_to_find(
    page: Page, ticker: FakeTicker
) -> None:
    without_notifications(page)
    widget = show(page, ticker)
    # An item that is withdrawn before the list has come is not announced.
    expect(widget).to_have_js_property("state", "live")
    alert, status = widget.get_by_role("alert"), widget.locator("div[role=status]")
    short, flash, line = an_item(1, "Short"), an_item(2, "Flash", urgency=1), an_item(3, "Line")
    # Withdrawn before it was announced: there is one announcement, not two.
    ticker.publish(short, later(short, "withdraw", note=english("Not so.")))
    expect(status).to_have_text("Withdrawn: Not so. Civil Defence: Short", timeout=8000)
    ticker.publish(flash, line)
    expect(alert).to_contain_text("Flash")
    expect(status).to_have_text("Civil Defence: Line", timeout=8000)
    ticker.publish(
        *(later(item, "withdraw", headline=None, infoSources=[], note=english("No.")) for item in (line, flash))
    )
    expect(alert).to_have_text("Withdrawn: No. Civil Defence: Flash")
    expect(status).to_have_text("Withdrawn: No. Civil Defence: Line", timeout=8000)
    expect(status).to_be_empty()
    expect(alert).to_be_empty()


def test_the_words_of_a_language_are_loaded_when_it_is_chosen(page: Page, ticker: FakeTicker) -> None:
    files: list[str] = []
    page.on("request", lambda request: files.append(request.url.rsplit("/", 1)[-1]))
    widget = show(page, ticker, 'edition="en"')
    expect(widget.get_by_role("button", name="Pause")).to_be_visible()
    assert [name for name in files if name.startswith("words-")] == []
    widget.evaluate("ticker => { ticker.lang = 'ar'; ticker.lang = 'es' }")
    expect(widget.get_by_role("button", name="Pausar")).to_be_visible()
    widget.evaluate("ticker => { ticker.lang = 'ar' }")
    expect(widget.get_by_role("button", name="إيقاف مؤقت")).to_be_visible()
    assert widget.locator("section").evaluate("root => getComputedStyle(root).direction") == "rtl"
    widget.evaluate("ticker => { ticker.lang = 'de' }")
    expect(widget.get_by_role("button", name="Pause")).to_be_visible()
    assert sorted(name for name in files if name.startswith("words-")) == [
        f"words-ar-{RELEASE}.js",
        f"words-es-{RELEASE}.js",
    ]


def test_the_served_list_is_shown_while_words_load_and_english_is_used_without_them(
    page: Page, ticker: FakeTicker
) -> None:
    waiting: list[Route] = []
    page.route("**/words-ar-*.js", lambda route: waiting.append(route))
    page.route("**/words-ar.js", lambda route: route.abort())
    ticker.publish(an_item(1, "Live"))
    widget = show(page, ticker, 'edition="en" lang="ar"', inside="<p>From the server</p>")
    expect(widget).to_have_js_property("state", "live")
    expect(widget.get_by_text("From the server")).to_be_visible()
    expect(rows(widget)).to_have_count(0)
    waiting[0].abort()
    expect(widget.get_by_role("button", name="Pause")).to_be_visible()
    expect(rows(widget)).to_contain_text("Live")
    expect(widget.get_by_text("From the server")).to_be_hidden()


@pytest.mark.deep
def test_a_correction_is_announced_to_screen_readers(page: Page, ticker: FakeTicker) -> None:
    without_notifications(page)
    first = an_item(1, "Ten")
    ticker.publish(first)
    widget = show(page, ticker)
    expect(rows(widget)).to_have_count(1)
    ticker.publish(later(first, "correction", headline=english("Two"), note=english("Two, not ten.")))
    expect(widget.locator("div[role=status]")).to_have_text(
        "Correction: Two, not ten. Civil Defence: Two", timeout=8000
    )


def test_every_control_can_be_reached_by_keyboard_and_shows_its_focus(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "One"), an_item(2, "Two", link="https://a.example/"))
    widget = show(page, ticker, HOVERABLE)
    expect(rows(widget)).to_contain_text("Two")
    # The controls are a part of their own, which may come after the items.
    expect(widget.get_by_role("button", name="Pause")).to_be_visible()
    names = []
    for _ in range(4):
        page.keyboard.press("Tab")
        names.append(
            page.evaluate(
                "(() => { const at = document.querySelector('breaking-ticker').shadowRoot.activeElement;"
                "return [at.ariaLabel ?? at.textContent, getComputedStyle(at).outlineStyle] })()"
            )
        )
    assert names == [["Previous", "solid"], ["Next", "solid"], ["Pause", "solid"], ["Two", "solid"]]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    expect(widget.get_by_role("button", name="Resume")).to_be_focused()


def test_focus_is_not_lost_with_the_item_that_had_it(page: Page, ticker: FakeTicker) -> None:
    first, second = an_item(1, "One", link="https://a.example/"), an_item(2, "Two", link="https://b.example/")
    ticker.publish(first, second)
    widget = show(page, ticker)
    expect(widget.get_by_role("button", name="Pause")).to_be_visible()
    widget.get_by_role("link", name="One").focus()
    ticker.publish(later(first, "update", headline=english("One and more")))
    expect(widget.get_by_role("link", name="One and more")).to_be_focused()
    ticker.publish(an_item(3, "Three"))
    expect(rows(widget)).to_have_count(3)
    expect(widget.get_by_role("link", name="One and more")).to_be_focused()
    ticker.publish(later(later(first, "update"), "withdraw", note=english("Not so.")))
    expect(widget.locator("li.gone")).to_have_count(1)
    expect(widget.get_by_role("button", name="Pause")).to_be_focused()


@pytest.mark.deep
@pytest.mark.parametrize("layout", ["line", "list"])
def test_every_target_is_24_pixels_and_nothing_overflows_at_320(page: Page, ticker: FakeTicker, layout: str) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    ticker.publish(an_item(1, "Donaudampfschifffahrtsgesellschaft" * 3), an_item(2, "Two"))
    ticker.knows_cursors = False
    widget = show(page, ticker, f'layout="{layout}"')
    widget.get_by_role("button", name="Pause").click()
    ticker.publish(an_item(3, "Three"))
    expect(widget.get_by_role("button", name="1 new")).to_be_visible()
    ticker.close_all()
    expect(widget.get_by_role("button", name="Dismiss")).to_be_visible()
    for button in widget.locator("button:visible").all():
        box = button.bounding_box()
        assert box and box["width"] >= 24 and box["height"] >= 24
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_the_scheme_is_the_page_s(chromium: Browser, ticker: FakeTicker) -> None:
    papers = set()
    for scheme in ("light", "dark"):
        context = chromium.new_context(color_scheme="light" if scheme == "light" else "dark")
        page = context.new_page()
        widget = show(page, ticker, 'style="color-scheme: light dark"')
        expect(widget).to_have_js_property("state", "live")
        papers.add(widget.locator(".box").evaluate("box => getComputedStyle(box).backgroundColor"))
        context.close()
    assert papers == {"rgb(255, 255, 255)", "rgb(21, 24, 29)"}


def test_a_page_can_set_colours_and_parts(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "One"))
    widget = show(page, ticker, 'style="--ticker-paper: rgb(1, 2, 3)"')
    page.add_style_tag(content="breaking-ticker::part(source) { color: rgb(4, 5, 6) }")
    assert widget.locator(".box").evaluate("box => getComputedStyle(box).backgroundColor") == "rgb(1, 2, 3)"
    assert widget.locator(".source").evaluate("source => getComputedStyle(source).color") == "rgb(4, 5, 6)"


def test_shapes_are_seen_with_forced_colours(page: Page, ticker: FakeTicker) -> None:
    page.emulate_media(forced_colors="active")
    ticker.publish(an_item(1, "One", urgency=1))
    widget = show(page, ticker)
    ground = "mark => [getComputedStyle(mark, '::before').backgroundColor, getComputedStyle(mark).color]"
    shape, text = widget.locator(".mark").evaluate(ground)
    assert shape == text
