"""The list of the desk page: how much it shows, who did what, and that nothing moves while it is read."""

import secrets

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.desk.conftest import Service, SignIn
from tests.browser.desk.editing import Line, confirm_act, is_publication, line, publish, row_with, unique_text

__all__ = ["line"]  # fixtures

pytestmark = pytest.mark.browser

# As long as the median of such lines.
LONG = "Rescue teams reach the two villages that the flood had cut off since the night, and bring out forty people"


def fill(service: Service, count: int, edition: str = "en", urgency: int = 4) -> list[str]:
    """Publishes that many lines and returns their texts."""
    token = service.token(f"Ana {secrets.token_hex(3)}", "editor")
    texts = [f"{LONG} {secrets.token_hex(4)}" for _ in range(count)]
    for text in texts:
        service.publish(token, {"text": f"Civil Defence: {text}", "edition": edition, "urgency": urgency})
    return texts


def visible_rows(page: Page) -> int:
    """Rows that are whole within the window."""
    count: int = page.evaluate(
        """() => [...document.querySelectorAll("#items .row")].filter((row) => {
             const { top, bottom } = row.getBoundingClientRect();
             return top >= 0 && bottom <= innerHeight;
           }).length"""
    )
    return count


@pytest.mark.parametrize(
    ("width", "height", "rows"), [(1920, 1080, 15), (1366, 648, 6)], ids=["1080p screen", "laptop's window"]
)
def test_a_screen_shows_many_rows(service: Service, open_desk: SignIn, width: int, height: int, rows: int) -> None:
    fill(service, 18)
    page = open_desk()
    page.set_viewport_size({"width": width, "height": height})
    expect(page.locator("#items .row").nth(17)).to_be_attached()
    assert visible_rows(page) >= rows


@pytest.mark.deep
def test_every_row_says_who_published_and_who_changed_it(service: Service, open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    bylines = line.row(page).locator(".bylines")
    expect(bylines).to_contain_text("by \u2068Other")
    luis = f"Luis {secrets.token_hex(3)}"
    token = service.token(luis, "chief")
    service.post(
        token, f"/v1/items/{line.uri}/acts", {"act": "correction", "note": "The day was wrong."}, If_Match='"1"'
    )
    expect(bylines).to_contain_text(f"corrected by \u2068{luis}\u2069")
    page.reload()
    expect(bylines).to_contain_text(f"corrected by \u2068{luis}\u2069")


CUT = """() => [...document.querySelectorAll("#items .row .meta")].flatMap((meta) => {
  const line = meta.getBoundingClientRect();
  return [...meta.querySelectorAll("*")].filter((part) => {
    const { left, right, width } = part.getBoundingClientRect();
    return width && (left < line.left - 1 || right > line.right + 1 || part.scrollWidth > part.clientWidth + 1
      && getComputedStyle(part).display !== "inline");
  }).map((part) => `${part.className || part.tagName}: ${part.textContent}`);
})"""


def test_nothing_said_about_a_line_is_cut_at_any_width_in_any_language(service: Service, open_desk: SignIn) -> None:
    siblings = [{"edition": "es", "text": "Protección Civil: El puente de Vala está cerrado"}]
    token = service.token(f"Maximilian Featherstone {secrets.token_hex(3)}", "chief")
    body = {"text": f"Civil Defence: {unique_text()}", "edition": "en", "siblings": siblings}
    uri = service.publish(token, body)["uri"]
    act = {"act": "correction", "headline": f"The bridge is open {secrets.token_hex(4)}", "note": "It is open."}
    service.post(token, f"/v1/items/{uri}/acts", act, If_Match='"1"')
    page = open_desk()
    row = page.locator(f"[data-uri='{uri}']")
    expect(row.get_by_role("button", name="Editions")).to_be_visible()
    expect(row.locator(".receipt")).not_to_be_empty()
    for language in ("en", "es", "ar"):
        page.locator("#language").select_option(language)
        for width in (1366, 1280, 1024, 640, 320):
            page.set_viewport_size({"width": width, "height": 900})
            assert not page.evaluate(CUT), (language, width)


def test_acts_show_on_focus_and_hover_with_their_keys_and_move_nothing(open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    row = line.row(page)
    toolbar = row.get_by_role("toolbar")
    page.mouse.move(0, 0)
    expect(toolbar).to_have_css("opacity", "0")
    box = row.bounding_box()
    row.hover()
    expect(toolbar).to_have_css("opacity", "1")
    assert row.bounding_box() == box
    page.mouse.move(0, 0)
    page.keyboard.press("Alt+ArrowUp")
    toolbar = page.locator(".row:focus-within").get_by_role("toolbar")
    expect(toolbar).to_have_css("opacity", "1")
    keys = toolbar.get_by_role("button").evaluate_all("(all) => all.map((one) => one.getAttribute('data-key'))")
    assert keys == ["U", "R", "C", "H", "W"]


@pytest.mark.deep
def test_new_lines_wait_in_a_bar_while_the_list_is_read_and_nothing_shifts(service: Service, open_desk: SignIn) -> None:
    fill(service, 12)
    page = open_desk()
    page.set_viewport_size({"width": 1366, "height": 648})
    read = page.locator("#items .row").nth(2)
    read.hover()
    page.evaluate(
        """() => { globalThis.shift = 0;
             new PerformanceObserver((list) => {
               for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shift += entry.value;
             }).observe({ type: "layout-shift" }); }"""
    )
    page.wait_for_timeout(600)  # input counts as recent for half a second
    read_box = read.bounding_box()
    texts = fill(service, 3)
    bar = page.locator("#new-above")
    expect(bar).to_have_text("New above: 3")
    assert read.bounding_box() == read_box
    assert page.evaluate("globalThis.shift") == 0
    expect(row_with(page, texts[0])).to_have_count(0)
    bar.click()
    expect(page.locator("#items .row .text").first).to_have_text(texts[-1])
    expect(bar).to_be_hidden()
    page.mouse.move(0, 0)
    # At the top and left alone, the list shows new lines at once.
    [text] = fill(service, 1)
    expect(page.locator("#items .row .text").first).to_have_text(text)


def test_urgency_differs_by_more_than_colour(service: Service, open_desk: SignIn) -> None:
    for urgency in (1, 2, 3, 4):
        fill(service, 1, urgency=urgency)
    page = open_desk()
    marks = page.locator("#items .row .urgency")
    expect(marks.nth(3)).to_be_visible()
    assert [marks.nth(index).inner_text().split() for index in range(4)] == [
        ["4", "Routine"], ["3", "Urgent"], ["2", "Bulletin"], ["1", "Flash"],
    ]  # fmt: skip


@pytest.mark.deep
@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_last_line_is_withdrawn_in_four_keys_besides_its_reason(
    service: Service, open_desk: SignIn, language: str
) -> None:
    page, earlier, text = open_desk(), unique_text(), unique_text()
    page.locator("#language").select_option(language)
    page.locator("#line").focus()
    for words in (earlier, text):
        publish(page, words)
        expect(page.locator("#line")).to_have_value("")
        expect(row_with(page, words)).to_be_visible()
    fill(service, 1)  # another editor publishes in between
    page.keyboard.press("Alt+ArrowUp")
    # As an Arabic keyboard sends them: the letter differs, the position does not.
    page.keyboard.press("w") if language == "en" else press_as(page, "ص", "KeyW")
    expect(page.get_by_role("listbox", name="Ready" if language == "en" else "أسباب")).to_be_focused()
    page.keyboard.press("2") if language == "en" else press_as(page, "٢", "Digit2")
    expect(row_with(page, text).locator("form textarea")).to_have_value("The report was wrong.")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Enter")
    expect(row_with(page, text)).to_have_attribute("data-status", "canceled")
    expect(page.locator("#line")).to_be_focused()
    assert text not in service.headlines()
    # Once more: the line before it, and not the one that is already off.
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(".row:focus-within")).to_contain_text(earlier)


def press_as(page: Page, key: str, code: str) -> None:
    """A key as another keyboard sends it."""
    page.evaluate(
        """([key, code]) => document.activeElement.dispatchEvent(
             new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true }))""",
        [key, code],
    )


@pytest.mark.deep
def test_the_key_of_the_last_line_waits_for_a_line_that_is_not_confirmed(service: Service, open_desk: SignIn) -> None:
    page = open_desk()
    old, text = unique_text(), unique_text()
    publish(page, old)
    expect(row_with(page, old)).to_be_visible()
    requests: list[Route] = []
    page.route("**/v1/items", lambda route: requests.append(route) if is_publication(route) else route.continue_())
    publish(page, text)
    expect(page.locator("#outcome")).to_have_text("Publishing …")
    waiting = page.locator("#last-waiting")
    page.keyboard.press("Alt+ArrowUp")
    expect(waiting).to_be_focused()
    expect(waiting).to_contain_text("not confirmed yet")
    page.keyboard.press("Escape")
    expect(page.locator("#line")).to_be_focused()
    expect(waiting).to_be_hidden()
    # The key of an act opens its form as soon as the line is confirmed, and never goes into the next line.
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("c")
    expect(waiting).to_contain_text("Correct")
    expect(page.locator("#line")).to_have_value("")
    requests[0].continue_()
    expect(row_with(page, text).get_by_role("textbox", name="Text")).to_be_focused()
    expect(waiting).to_be_hidden()


@pytest.mark.deep
def test_the_key_of_the_last_line_goes_back_to_the_composer_if_the_line_is_refused(open_desk: SignIn) -> None:
    page, text = open_desk(), unique_text()
    requests: list[Route] = []
    page.route("**/v1/items", lambda route: requests.append(route) if is_publication(route) else route.continue_())
    publish(page, text)
    expect(page.locator("#outcome")).to_have_text("Publishing …")
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#last-waiting")).to_be_focused()
    problem = '{"type": "about:blank", "title": "No", "status": 403, "detail": "Not today."}'
    requests[0].fulfill(status=403, content_type="application/problem+json", body=problem)
    expect(page.locator("#line")).to_be_focused()
    expect(page.locator("#line")).to_have_value(f"Civil Defence: {text}")
    expect(page.locator("#outcome")).to_contain_text("Not today.")


@pytest.mark.deep
def test_other_words_than_a_prepared_note_are_typed_at_once(open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    form = line.open_form(page, "Withdraw")
    expect(form.get_by_role("listbox")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(form.get_by_label("Note")).to_have_value("The report was wrong.")
    page.keyboard.press("Control+a")
    page.keyboard.type("12 was right.")
    expect(form.get_by_label("Note")).to_have_value("12 was right.")


@pytest.mark.deep
def test_the_last_line_is_corrected_in_five_keys_besides_its_words_and_its_reason(open_desk: SignIn) -> None:
    page, text = open_desk(), unique_text()
    page.locator("#line").focus()
    publish(page, text)
    expect(page.locator("#line")).to_have_value("")
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("c")
    # The form opens once the desk has confirmed the line.
    expect(row_with(page, text).get_by_role("textbox", name="Text")).to_be_focused()
    page.keyboard.type(" today")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("1")
    confirm_act(page)
    row = row_with(page, text)
    expect(row.locator(".text")).to_have_text(f"{text} today")
    expect(row.locator(".note")).to_contain_text("An earlier version gave a wrong figure.")
    expect(page.locator("#line")).to_be_focused()
