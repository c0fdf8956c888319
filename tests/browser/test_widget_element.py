"""The element as a page's developer uses it: properties, states, moves, words, and parts that cannot be loaded."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_ticker import FakeTicker, an_item
from tests.browser.widget_page import context, page, rows, show, show_page, ticker
from ticker.shared.http.assets import WEB

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = pytest.mark.browser

DECLARED = json.loads((WEB / "dist" / "custom-elements.json").read_text("utf-8"))["modules"][0]["declarations"][0]
CONTRAST = """
  label => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d");
    const luminance = (color) => {
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
        .map((byte) => byte / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const { color, backgroundColor } = getComputedStyle(label);
    const [low, high] = [luminance(color), luminance(backgroundColor)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  }
"""


def names(kind: str) -> list[str]:
    return sorted(row["name"] for row in DECLARED[kind])


def test_the_manifest_names_the_attributes_and_properties_that_the_element_has_and_no_others(
    page: Page, ticker: FakeTicker
) -> None:
    show(page, ticker)
    attributes, properties = page.evaluate(
        """() => {
          const { observedAttributes, prototype } = customElements.get("breaking-ticker");
          const fields = Object.entries(Object.getOwnPropertyDescriptors(prototype)).filter(([, field]) => field.get);
          return [observedAttributes.toSorted(), fields.map(([name]) => name).toSorted()];
        }"""
    )
    assert attributes == names("attributes")
    assert properties == names("members")


def test_properties_are_the_attributes_and_several_changes_lead_to_one_join(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "Cup drawn", sections=["sport"]))
    page.add_init_script("window.early = true")
    show_page(
        page,
        ticker,
        "<div id='here'></div><script>const early = document.createElement('breaking-ticker');"
        "early.section = ['sport', 'arts']; here.append(early)</script>",
    )
    widget = page.locator("breaking-ticker")
    expect(rows(widget)).to_have_count(1)
    expect(widget).to_have_attribute("section", "sport,arts")
    changed = widget.evaluate(
        "t => { t.edition = 'es'; t.urgency = 3; t.section = null; t.backlog = 5; t.src = '/v1/live';"
        " return [t.urgency, t.section, t.outerHTML] }"
    )
    assert changed[:2] == ["3", None] and 'backlog="5"' in changed[2]
    expect(widget).to_have_js_property("state", "live")
    page.wait_for_function("document.querySelector('breaking-ticker').state === 'live'")
    assert [request.query for request in ticker.requests] == [
        {"section": "arts"},
        {"edition": "es", "urgency": "3", "backlog": "5"},
    ]


def test_a_moved_element_keeps_its_connection_and_takes_the_language_of_its_new_place(
    page: Page, ticker: FakeTicker
) -> None:
    ticker.publish(an_item(1, "One"))
    widget = show_page(
        page, ticker, '<breaking-ticker src="/v1/live"></breaking-ticker><div id="there" lang="es"></div>'
    )
    expect(rows(widget)).to_have_count(1)
    page.evaluate("there.moveBefore(document.querySelector('breaking-ticker'), null)")
    expect(widget.locator(".label span").first).to_have_text("Última hora")
    ticker.publish(an_item(2, "Two"))
    expect(rows(widget)).to_have_count(2)
    assert len(ticker.requests) == 1


def test_an_element_that_is_adopted_by_another_document_keeps_its_style(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "One"))
    widget = show_page(page, ticker, '<breaking-ticker src="/v1/live"></breaking-ticker><iframe></iframe>')
    expect(rows(widget)).to_have_count(1)
    page.evaluate("frames[0].document.body.append(document.querySelector('breaking-ticker'))")
    framed = page.frame_locator("iframe").locator("breaking-ticker")
    expect(rows(framed)).to_have_count(1)
    expect(framed.get_by_role("button", name="Pause")).to_be_visible()
    assert framed.locator(".label").evaluate("label => getComputedStyle(label).fontWeight") == "800"
    ticker.publish(an_item(2, "Two"))
    expect(rows(framed)).to_have_count(2)


def test_the_state_is_a_custom_state_and_an_attribute_only_where_the_page_has_one(
    page: Page, ticker: FakeTicker
) -> None:
    show_page(
        page,
        ticker,
        '<breaking-ticker src="/v1/live"></breaking-ticker><breaking-ticker src="/v1/live" state=""></breaking-ticker>',
    )
    live = page.locator("breaking-ticker:state(live)")
    expect(live).to_have_count(2)
    assert live.first.evaluate("ticker => ticker.outerHTML") == '<breaking-ticker src="/v1/live"></breaking-ticker>'
    expect(live.last).to_have_attribute("state", "live")


def test_the_page_gives_the_label_and_the_words_of_a_further_language(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "One"))
    words = '{"breaking": "Urgent", "live": "En direct", "pause": "Suspendre"}'
    widget = show_page(
        page,
        ticker,
        '<breaking-ticker src="/v1/live" lang="fr">'
        f'<script type="application/json">{words}</script></breaking-ticker>'
        '<breaking-ticker src="/v1/live" label="Flood" lang="es"></breaking-ticker>',
    )
    expect(widget.locator(".label span:visible")).to_have_text("Urgent")
    expect(widget.locator(".state")).to_have_text("En direct")
    expect(widget.get_by_role("button", name="Suspendre")).to_be_visible()
    expect(widget.locator("li time")).to_have_text("il y a 1 min")
    expect(page.get_by_role("region", name="Flood").locator(".label span:visible")).to_have_text("Flood")
    widget.evaluate("ticker => { ticker.words = { breaking: 'Alerte' } }")
    expect(widget.locator(".label span:visible")).to_have_text("Alerte")


@pytest.mark.parametrize("lang", ["", "en_US"])
def test_words_of_the_page_need_no_usable_language(page: Page, ticker: FakeTicker, lang: str) -> None:
    ticker.publish(an_item(1, "One"))
    words = '{"live": "On air", "lang": "x_y"}'
    body = f'<breaking-ticker src="/v1/live"><script type="application/json">{words}</script></breaking-ticker>'
    widget = show_page(page, ticker, f"<script>document.documentElement.lang = '{lang}'</script>{body}")
    expect(rows(widget)).to_have_count(1)
    expect(widget.locator(".state")).to_have_text("On air")


def test_an_invalid_address_is_refused_with_its_reason(page: Page, ticker: FakeTicker) -> None:
    widget = show_page(page, ticker, '<breaking-ticker src="https://"></breaking-ticker>')
    expect(widget).to_have_js_property("state", "offline")
    expect(widget.get_by_text("This ticker cannot be shown here.")).to_have_attribute("title", re.compile("URL"))
    widget.evaluate("ticker => { ticker.src = '/v1/live' }")
    expect(widget).to_have_js_property("state", "live")


def test_the_list_of_another_edition_goes_at_once_and_none_of_the_new_one_waits(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "One"))
    widget = show(page, ticker)
    expect(rows(widget)).to_have_count(1)
    widget.get_by_role("button", name="Pause").click()
    ticker.publish(an_item(2, "Two"))
    expect(widget.get_by_role("button", name="1 new")).to_be_visible()
    ticker.behave(ws="silent", sse="silent", json="silent")
    widget.evaluate("ticker => { ticker.edition = 'es' }")
    expect(rows(widget)).to_have_count(0)
    expect(widget.get_by_text("No breaking news right now.")).to_be_hidden()
    ticker.entries = [an_item(3, "Tres", edition="es")]
    ticker.send(ticker.first_message({}))
    expect(rows(widget)).to_contain_text("Tres")
    expect(widget.locator(".fresh")).to_be_hidden()


def test_a_notice_of_a_gap_stays_until_the_reader_dismisses_it(page: Page, ticker: FakeTicker) -> None:
    widget = show(page, ticker)
    expect(widget).to_have_js_property("state", "live")
    ticker.knows_cursors = False
    ticker.close_all()
    expect(widget.locator(".notice")).to_be_visible()
    widget.evaluate("ticker => { ticker.label = 'Flood' }")
    expect(widget.locator(".label span:visible")).to_have_text("Flood")
    expect(widget.locator(".notice")).to_be_visible()
    widget.get_by_role("button", name="Dismiss").click()
    widget.evaluate("ticker => { ticker.label = 'Fire' }")
    expect(widget.locator(".label span:visible")).to_have_text("Fire")
    expect(widget.locator(".notice")).to_be_hidden()


def test_text_on_the_fill_keeps_its_contrast_whatever_colour_the_page_chooses(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "Ten are missing", urgency=1))
    widget = show(page, ticker)
    expect(rows(widget)).to_have_count(1)
    label = widget.locator(".label")
    expect(label).to_be_visible()
    for fill in ("", "#fff", "#000", "#ffd400", "#00437a", "#7a7a7a", "rebeccapurple", "oklch(0.7 0.2 140)"):
        widget.evaluate("(ticker, fill) => ticker.style.setProperty('--ticker-fill', fill)", fill)
        assert label.evaluate(CONTRAST) >= 4.5, fill


@pytest.mark.parametrize("layout", ["list", "line"])
def test_a_list_is_live_without_the_parts_that_could_not_be_loaded(page: Page, ticker: FakeTicker, layout: str) -> None:
    for part in ("controls", "steps"):
        page.route(f"**/widget/{part}*.js", lambda route: route.abort())
    ticker.publish(an_item(1, "One"))
    widget = show(page, ticker, f'layout="{layout}"')
    expect(rows(widget)).to_have_count(1)
    ticker.publish(an_item(2, "Two"))
    expect(rows(widget)).to_have_count(2 if layout == "list" else 1)
    expect(rows(widget).first).to_contain_text("Two")
    expect(widget.get_by_role("button")).to_have_count(0)


def test_a_part_of_the_release_that_is_missing_is_taken_by_its_own_name(page: Page, ticker: FakeTicker) -> None:
    page.route("**/widget/controls-*.js", lambda route: route.fulfill(status=404))
    widget = show(page, ticker)
    expect(widget.get_by_role("button", name="Pause")).to_be_visible()
