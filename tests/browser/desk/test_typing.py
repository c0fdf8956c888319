"""Typing a line by the keyboard: sources, pasted lines, invisible marks, undo, and text of another edition."""

import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk.conftest import Service, SignIn
from tests.browser.desk.editing import confirm_publishing, unique_text
from tests.support.waiting import until

pytestmark = pytest.mark.browser


def paste(page: Page, text: str) -> None:
    """Pastes `text` as the browser does, with what a word processor puts on the clipboard."""
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+V")


@pytest.fixture
def page(open_desk: SignIn) -> Page:
    page = open_desk()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return page


def test_arabic_text_in_the_english_edition_asks_first_and_one_key_switches_the_edition(
    service: Service, page: Page
) -> None:
    text = f"انتشال شخصين من تحت أنقاض مبنى {secrets.token_hex(3)}"
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
    page.keyboard.type(f"الدفاع المدني: {text}")
    expect(page.locator("#warnings .ask")).to_contain_text("looks like one for")
    page.keyboard.press("Control+Enter")
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("It would go to \u2068English\u2069")
    switch = question.get_by_role("button", name="Switch to \u2068العربية\u2069")
    expect(switch).to_be_focused()
    # What Enter does is said and is the filled button.
    expect(page.locator("#confirm-words")).to_contain_text("Enter switches the edition and publishes nothing")
    expect(page.locator("#confirm .primary")).to_have_count(1)
    expect(switch).to_have_class("primary")
    page.keyboard.press("Enter")
    expect(question).to_be_hidden()
    expect(page.get_by_role("radio", name="العربية")).to_be_checked()
    assert [body for body in sent if "dryRun" not in body and text in body and "direction" in body] == []
    confirm_publishing(page)
    expect(page.locator("#outcome")).to_have_text("Published.")
    until(lambda: text in service.headlines(), "the line is on air")
    # The edition stays for the next line, also after a reload.
    page.reload()
    expect(page.get_by_role("radio", name="العربية")).to_be_checked()


def test_a_latin_name_in_an_arabic_line_is_not_asked_about(page: Page) -> None:
    page.get_by_role("radio", name="العربية").check()
    page.locator("#line").fill(f"الدفاع المدني: هبوط طائرة Airbus بسلام في المطار الدولي {secrets.token_hex(3)}")
    page.locator("#line").press("Control+Enter")
    question = page.get_by_role("dialog")
    expect(question).to_be_visible()
    expect(question.locator("#confirm-notices")).to_be_hidden()
    page.keyboard.press("Escape")


@pytest.mark.deep
def test_pasted_lines_become_drafts_with_their_own_sources_and_each_is_published_with_one_key(
    service: Service, page: Page
) -> None:
    texts = [unique_text() for _ in range(4)]
    sources = ["Civil Defence", "Health ministry", "Our correspondent", "Civil Defence"]
    paste(page, "\r\n".join(f"• {source}: {text}" for source, text in zip(sources, texts, strict=True)) + "\n\n")
    expect(page.locator("#line")).to_have_value(f"Civil Defence: {texts[0]}")
    expect(page.locator("#queue-lines > li")).to_have_count(3)
    expect(page.locator("#queue-lines .attribution").nth(1)).to_have_text("Correspondent · known source")
    # The second one is edited; what was in the field takes its place.
    page.locator("#queue-lines > li").first.get_by_role("button", name="Edit").click()
    page.locator("#line").press("End")
    page.keyboard.type(" today")
    page.locator("#queue-lines > li").first.get_by_role("button", name="Edit").click()
    page.reload()
    expect(page.locator("#queue-lines > li")).to_have_count(3)
    page.locator("#line").press("Control+Enter")
    for _ in texts:
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#outbox")).to_be_hidden()
    expected = [texts[0], f"{texts[1]} today", *texts[2:]]
    until(lambda: len([text for text in service.headlines() if text in expected]) == 4, "all lines are on air")
    assert [text for text in service.headlines() if text in expected] == expected[::-1]


@pytest.mark.deep
def test_a_long_list_of_a_word_processor_keeps_each_source_through_a_reload(page: Page) -> None:
    page.get_by_role("radio", name="العربية").check()
    page.locator("#line").focus()
    sources = ["الدفاع المدني", "وزارة الصحة"]
    count = 200
    lines = [f"\u200f{number}. {sources[number % 2]}: حادث رقم {number}" for number in range(1, count + 1)]
    # Word ends a paragraph with CR LF, a line within it with a vertical tab, and writes empty lines from right to left.
    paste(page, "".join(line + ("\r\n\u200f\r\n" if number % 3 else "\v") for number, line in enumerate(lines)))
    rows = page.locator("#queue-lines > li")
    expect(rows).to_have_count(count - 1, timeout=20_000)
    expect(page.locator("#line")).to_have_value(f"{sources[1]}: حادث رقم 1")
    page.reload()
    expect(rows).to_have_count(count - 1, timeout=20_000)
    expect(page.locator("#line")).to_have_value(f"{sources[1]}: حادث رقم 1")
    for row, number in ((rows.nth(0), 2), (rows.nth(98), 100), (rows.last, count)):
        expect(row.locator(".line")).to_contain_text(sources[number % 2])
        expect(row.locator(".line")).not_to_contain_text(f"{number}.")
        expect(row.locator(".attribution")).to_have_attribute("data-kind", "known")


def test_one_pasted_line_of_a_list_loses_its_bullet_and_words_in_a_line_keep_theirs(page: Page) -> None:
    paste(page, "• Civil Defence: Two people saved\n")
    expect(page.locator("#line")).to_have_value("Civil Defence: Two people saved")
    paste(page, " - one of them a child")
    expect(page.locator("#line")).to_have_value("Civil Defence: Two people saved - one of them a child")
    page.keyboard.press("Control+A")
    paste(page, "2. Health ministry: Three in hospital")
    expect(page.locator("#line")).to_have_value("Health ministry: Three in hospital")


def test_invisible_marks_are_shown_and_removed_with_one_key_and_an_emoji_stays_whole(page: Page) -> None:
    paste(page, "Civil De\u00adfence:\u200f Two\u200b people \U0001f469\u200d\U0001f692\ufeff saved")
    expect(page.locator("#warnings")).to_contain_text("Invisible marks: 4")
    page.keyboard.press("Alt+M")
    expect(page.locator("#line")).to_have_value("Civil Defence: Two people \U0001f469\u200d\U0001f692 saved")
    expect(page.locator("#attribution")).to_have_text("Official · known source")
    expect(page.locator("#warnings")).not_to_contain_text("Invisible marks")
    page.keyboard.press("Control+Z")
    expect(page.locator("#warnings")).to_contain_text("Invisible marks: 4")


def test_one_key_removes_the_invisible_marks_of_every_line_that_waits(page: Page) -> None:
    paste(
        page,
        "Civil De\u00adfence: Two people saved\nHealth ministry: One\u200b hurt\u200f\nCivil Defence: Roads\ufeff open",
    )
    expect(page.locator("#queue-lines > li")).to_have_count(2)
    page.keyboard.press("Alt+M")
    expect(page.locator("#line")).to_have_value("Civil Defence: Two people saved")
    lines = page.locator("#queue-lines .line").all_text_contents()
    assert [line.strip() for line in lines] == ["Health ministry: One hurt", "Civil Defence: Roads open"]


@pytest.mark.deep
def test_undo_takes_back_a_paste_and_a_chosen_source(page: Page) -> None:
    line = page.locator("#line")
    page.keyboard.type("Two injured")
    paste(page, " in the\tquarry\n")
    expect(line).to_have_value("Two injured in the quarry")
    page.keyboard.press("Alt+S")
    # Other tests add sources: the first one may be theirs, and a word at the caret that begins its name would go.
    offered = page.locator("#line-sources [role=option] > bdi").first
    expect(offered).to_be_visible()
    source = offered.inner_text()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(line).to_have_value(f"{source}: Two injured in the quarry")
    page.keyboard.press("Control+Z")
    expect(line).to_have_value("Two injured in the quarry")
    page.keyboard.press("Control+Z")
    expect(line).to_have_value("Two injured")
    page.keyboard.press("Control+Y")
    expect(line).to_have_value("Two injured in the quarry")


@pytest.mark.deep
def test_typed_letters_are_one_step_of_undo_and_never_join_a_paste(page: Page) -> None:
    line = page.locator("#line")
    page.keyboard.type("Civil Defence: Two injured", delay=5)
    paste(page, " in the harbour")
    page.keyboard.type(", one of them badly", delay=5)
    typed = "Civil Defence: Two injured"
    expect(line).to_have_value(f"{typed} in the harbour, one of them badly")
    page.keyboard.press("Control+Z")
    expect(line).to_have_value(f"{typed} in the harbour")
    page.keyboard.press("Control+Z")
    expect(line).to_have_value(typed)
    page.keyboard.press("Control+Z")
    expect(line).to_have_value("")
    for value in (typed, f"{typed} in the harbour", f"{typed} in the harbour, one of them badly"):
        page.keyboard.press("Control+Shift+Z")
        expect(line).to_have_value(value)
    # Letters elsewhere are another step, and so are deleted ones.
    page.keyboard.press("Control+Home")
    page.keyboard.type("The ")
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    for value in (f"The {typed}", typed):
        page.keyboard.press("Control+Z")
        expect(line).to_have_value(f"{value} in the harbour, one of them badly")
    # What was undone cannot be done again over newer letters.
    page.keyboard.press("Control+End")
    page.keyboard.type("!")
    page.keyboard.press("Control+Shift+Z")
    expect(line).to_have_value(f"{typed} in the harbour, one of them badly!")
    expect(page.locator("#preview")).to_contain_text("in the harbour, one of them badly")


@pytest.mark.deep
def test_a_composed_word_is_typed_text_and_enter_within_it_publishes_nothing(page: Page) -> None:
    line = page.locator("#line")
    keys = page.context.new_cdp_session(page)
    page.get_by_role("radio", name="العربية").check()
    line.focus()
    page.keyboard.type("الدفاع المدني: ")
    for part in ("ا", "ان", "انت"):
        keys.send("Input.imeSetComposition", {"text": part, "selectionStart": len(part), "selectionEnd": len(part)})
    expect(line).to_have_value("الدفاع المدني: انت")
    # The Enter that ends a composition comes as key 229, or with `isComposing`.
    key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229, "modifiers": 2}
    keys.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})
    expect(page.get_by_role("dialog")).to_have_count(0)
    keys.send("Input.insertText", {"text": "انتشال"})
    expect(line).to_have_value("الدفاع المدني: انتشال")
    page.keyboard.type(" شخصين")
    for key_name in ("Enter", "Shift+Enter"):
        page.keyboard.press(key_name)
        expect(page.get_by_role("dialog")).to_have_count(0)
    expect(line).to_have_value("الدفاع المدني: انتشال شخصين")
    page.keyboard.press("Control+Z")
    expect(line).to_have_value("")
    # No browser fills a field of the desk with what was typed elsewhere.
    assert (
        page.locator("#composer")
        .locator("input, select, textarea")
        .evaluate_all("fields => fields.filter((field) => field.autocomplete !== 'off').map((field) => field.id)")
        == []
    )


@pytest.mark.deep
def test_a_source_is_chosen_in_front_of_a_text_that_was_written_first(page: Page) -> None:
    line = page.locator("#line")
    page.keyboard.type("Two injured")
    page.keyboard.press("Home")
    page.keyboard.type("heal")
    expect(page.locator("#line-sources [role=option]")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(line).to_have_value("Health ministry: Two injured")
    expect(page.locator("#attribution")).to_have_text("Official · known source")


@pytest.mark.deep
def test_each_channel_shows_the_line_as_it_cuts_it_and_each_limit_has_a_name(page: Page) -> None:
    text = "Two people pulled alive from the rubble of the old harbour, and the bridge to the island is closed now"
    page.keyboard.type(f"Civil Defence: {text}")
    expect(page.locator("#preview")).to_have_text(f"Civil Defence: {text}")
    expect(page.locator("#preview-ticker")).to_have_text(f"Civil Defence: {text[:54].rstrip()}…")
    expect(page.locator("#preview-lock .title")).to_have_text("Civil Defence")
    expect(page.locator("#preview-lock .body")).to_have_text(f"{text[:89].rstrip()}…")
    limits = page.locator("#limits > li")
    over = len(text)
    expect(limits).to_have_text(
        [f"55SMS and TV{over - 55} over", f"90Lock screen{over - 90} over", "120Longest pushfits"]
    )
    # An emoji is one character, and is not cut into its parts.
    page.locator("#line").fill("الدفاع المدني: " + "👩‍🚒" * 60)
    page.keyboard.press("Alt+E")
    page.get_by_role("radio", name="العربية").check()
    for selector in ("#preview", "#preview-ticker", "#preview-lock"):
        expect(page.locator(selector)).to_have_attribute("dir", "rtl")
        expect(page.locator(selector)).to_have_attribute("lang", "ar")
    expect(page.locator("#preview-ticker")).to_have_text(f"الدفاع المدني: {'👩‍🚒' * 54}…")
    expect(page.locator("#preview-lock .body")).to_have_text("👩‍🚒" * 60)


@pytest.mark.deep
def test_on_a_phone_the_wire_begins_below_everything_of_the_composer(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.keyboard.type("Civil Defence: Two people pulled alive from the rubble")
    page.locator("#more summary").click()
    below, wire = page.locator("#more").bounding_box(), page.locator(".items-pane").bounding_box()
    assert below and wire
    assert below["y"] + below["height"] <= wire["y"]
