"""Finding lines on the desk: by words, also of an earlier version, and by state for the next shift."""

import secrets

import pytest
from playwright.sync_api import expect

from tests.browser.desk.conftest import Service, SignIn
from tests.browser.desk.editing import Line, line

__all__ = ["line"]  # fixtures

pytestmark = pytest.mark.browser


def test_a_line_is_found_by_words_of_an_earlier_version_and_esc_shows_everything_again(
    service: Service, open_desk: SignIn, line: Line
) -> None:
    other = service.publish(line.token, {"text": f"Civil Defence: Málaga {secrets.token_hex(4)}", "edition": "es"})
    line.act(1, act="correction", headline=f"Lights back {secrets.token_hex(4)}", note="The power is back.")
    page = open_desk()
    expect(line.row(page)).to_be_visible()
    page.get_by_role("button", name="Keys").focus()
    page.keyboard.press("/")
    page.keyboard.type(line.text.split()[-1])
    expect(page.locator("#search-status")).to_have_text("Found: 1")
    expect(page.locator("#items .row")).to_have_count(1)
    expect(line.row(page)).to_be_visible()
    page.locator("#search").fill("MALAGA " + other["headline"]["value"].split()[-1])
    expect(page.locator("#items .row")).to_have_count(1)
    expect(page.locator(f"[data-uri='{other['uri']}']")).to_be_visible()
    page.keyboard.press("Escape")
    expect(line.row(page)).to_be_visible()


@pytest.mark.deep
def test_the_next_shift_sees_what_is_on_hold_and_what_is_pinned(
    service: Service, open_desk: SignIn, line: Line
) -> None:
    line.act(1, act="hold")
    body = {"text": f"Civil Defence: Pinned {secrets.token_hex(4)}", "edition": "en"}
    pinned = service.publish(line.token, {**body, "pinnedUntil": "2099-01-01T00:00:00Z"})
    plain = service.publish(line.token, body)
    page = open_desk()
    expect(page.locator(f"[data-uri='{plain['uri']}']")).to_be_visible()
    page.get_by_label("State").select_option("handover")
    expect(line.row(page)).to_be_visible()
    expect(page.locator(f"[data-uri='{pinned['uri']}']")).to_be_visible()
    expect(page.locator(f"[data-uri='{plain['uri']}']")).to_have_count(0)
    page.locator("#filter-urgency").select_option("3")
    expect(page.locator(f"[data-uri='{pinned['uri']}']")).to_have_count(0)
    # The key to the last line shows it whatever the filter is.
    page.locator("#line").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(".row:focus-within")).to_have_count(1)


@pytest.mark.deep
def test_filters_are_in_the_address_say_how_many_they_hide_and_are_cleared_by_one_key(
    service: Service, open_desk: SignIn, line: Line
) -> None:
    story = {"id": f"dam-{secrets.token_hex(4)}", "title": "The dam"}
    body = {"edition": "en", "story": story}
    bank = service.publish(line.token, {**body, "text": f"Central bank: Rates stay {secrets.token_hex(4)}"})
    other = service.publish(line.token, {**body, "text": f"Civil Defence: The dam holds {secrets.token_hex(4)}"})
    page = open_desk()
    rows = page.locator("#items .row")
    shown = page.locator(f"[data-uri='{bank['uri']}']")
    expect(line.row(page)).to_be_visible()
    page.get_by_role("button", name="Keys").focus()
    page.keyboard.press("f")
    expect(page.locator("#filter")).to_be_focused()
    page.locator("#filter-more summary").press("Enter")
    page.locator("#filter-story").focus()
    page.locator("#filter-story").select_option(story["id"])
    expect(rows).to_have_count(2)
    page.locator("#filter-source").fill("central BANK")
    expect(rows).to_have_count(1)
    expect(shown).to_be_visible()
    expect(page.locator("#filter-hidden")).to_contain_text("Hidden by the filters:")
    expect(page.locator("#search-status")).to_have_text("Found: 1")
    # Another person opens the address, and sees the same.
    address = page.url
    assert f"story={story['id']}" in address
    page.goto("about:blank")
    page.goto(address)
    expect(rows).to_have_count(1)
    expect(page.locator("#filter-source")).to_have_value("central BANK")
    page.get_by_role("button", name="Keys").focus()
    page.keyboard.press("a")
    expect(page.locator(f"[data-uri='{other['uri']}']")).to_be_visible()
    expect(line.row(page)).to_be_visible()
    expect(page.locator("#filter-clear")).to_be_hidden()
    assert "?" not in page.url


@pytest.mark.deep
def test_a_range_of_time_is_part_of_a_shared_address(service: Service, open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    created = service.get(line.token, f"/v1/items/{line.uri}")["firstCreated"]
    page.goto(f"{service.desk.url}/?from={created}&until=2099-01-01T00:00:00Z&edition=nowhere")
    expect(line.row(page)).to_be_visible()
    expect(page.locator("#filter")).to_have_value("")
    # Feeds publish with urgencies that the composer does not offer.
    page.goto(f"{service.desk.url}/?urgency=6")
    expect(page.locator("#filter-urgency")).to_have_value("6")
    expect(line.row(page)).to_have_count(0)
    page.goto(f"{service.desk.url}/?until={created}")
    expect(page.locator("#filter-clear")).to_be_visible()
    expect(line.row(page)).to_have_count(0)


@pytest.mark.deep
def test_the_history_of_a_withdrawn_line_says_that_its_words_are_not_to_be_used(
    service: Service, open_desk: SignIn, line: Line
) -> None:
    line.act(1, act="withdraw", note="The report was wrong.")
    page = open_desk("editor")
    # The list has what readers may see; a search finds all that the desk holds.
    page.goto(f"{service.desk.url}/?q={line.text.split()[-1]}&state=withdrawn")
    row = line.row(page)
    row.locator(".version").click()
    history = row.locator(".history")
    expect(history).to_contain_text("WITHDRAWN. These words are no longer published")
    expect(history.locator(".diff").first).to_have_css("text-decoration-line", "line-through")
