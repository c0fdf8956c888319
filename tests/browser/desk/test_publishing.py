"""Publishing from the page: fast, never twice, and never lost."""

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from tests.browser.desk.conftest import Service, SignIn
from tests.browser.desk.editing import (
    ask_again,
    expect_on_air_after,
    is_publication,
    lose_answers,
    publish,
    row_with,
    unique_text,
)

pytestmark = pytest.mark.browser


def count(service: Service, text: str) -> int:
    return service.headlines().count(text)


def test_ctrl_enter_publishes_and_the_row_says_how_fast_the_line_was_on_air(
    service: Service, open_desk: SignIn
) -> None:
    page, text = open_desk(), unique_text()
    publish(page, text)
    expect(page.locator("#outcome")).to_have_text("Published.")
    expect(page.locator("#line")).to_have_value("")
    expect(page.locator("#line")).to_be_focused()
    row = page.locator(".row").first
    expect(row.locator(".audience")).to_have_text(f"Civil Defence: {text}")
    expect_on_air_after(page, text)
    assert count(service, text) == 1


def test_a_line_that_cannot_be_sent_is_kept_and_published_once_when_the_desk_is_back(
    service: Service, open_desk: SignIn
) -> None:
    page, text = open_desk(), unique_text()
    service.desk.stop()
    publish(page, text)
    expect(page.locator("#outcome")).to_contain_text("We do not know yet")
    expect(page.locator("#state-desk")).to_have_text("Desk: not reachable")
    expect(page.locator("#line")).to_have_value(f"Civil Defence: {text}")
    service.desk.start()
    expect(page.locator("#outcome")).to_have_text("This line is on air.", timeout=20_000)
    expect_on_air_after(page, text)
    assert count(service, text) == 1


def test_a_lost_answer_never_doubles_the_line_and_its_time_is_measured_from_publish(
    service: Service, open_desk: SignIn
) -> None:
    page, text = open_desk(), unique_text()
    expect(page.locator("#state-ticker")).to_have_text("Ticker: live")
    lose_answers(page)
    publish(page, text)
    expect(page.locator("#outcome")).to_contain_text("ublished")
    expect_on_air_after(page, text)
    assert count(service, text) == 1


def test_a_line_that_the_page_first_sees_in_a_snapshot_is_on_air_too(service: Service, open_desk: SignIn) -> None:
    service.ticker.stop()
    page, text = open_desk(), unique_text()
    publish(page, text)
    timing = row_with(page, text).locator(".timing")
    expect(timing).to_contain_text("not yet seen on the ticker")
    service.ticker.start()
    expect(timing).to_contain_text("on air after", timeout=30_000)


def test_a_line_cannot_be_changed_until_its_outcome_is_known(service: Service, open_desk: SignIn) -> None:
    service.ticker.stop()
    page, text = open_desk(), unique_text()
    page.route("**/v1/items?*", lambda route: route.abort())
    lose_answers(page)
    publish(page, text)
    expect(page.locator("#outcome")).to_contain_text("We do not know yet")
    page.locator("#line").press("End")
    page.keyboard.type(" alive")
    page.keyboard.press("Alt+2")
    expect(page.locator("#line")).to_have_value(f"Civil Defence: {text}")
    expect(page.get_by_role("radio", name="Routine")).to_be_checked()
    page.unroute_all(behavior="ignoreErrors")
    ask_again(page)
    expect(page.locator("#outcome")).to_have_text("This line is on air.", timeout=20_000)
    service.ticker.start()
    assert (count(service, text), count(service, text + " alive")) == (1, 0)


def test_a_second_press_while_a_line_is_being_sent_sends_nothing(service: Service, open_desk: SignIn) -> None:
    page, text = open_desk(), unique_text()
    waiting: list[Route] = []
    page.route(
        "**/v1/items", lambda route: waiting.append(route) if route.request.method == "POST" else route.continue_()
    )
    publish(page, text)
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("#outcome")).to_have_text("Publishing …")
    sent = [route for route in waiting if is_publication(route)]
    assert len(sent) == 1
    sent[0].continue_()
    expect(page.locator("#outcome")).to_have_text("Published.")
    expect_on_air_after(page, text)
    assert count(service, text) == 1


def test_a_flash_asks_first_and_names_edition_and_urgency(service: Service, open_desk: SignIn) -> None:
    page, text = open_desk(), unique_text()
    page.keyboard.press("Alt+1")
    publish(page, text)
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Flash")
    expect(question).to_contain_text("English")
    expect(question).to_contain_text(text)
    page.keyboard.press("Escape")
    expect(page.locator("#line")).to_have_value(f"Civil Defence: {text}")
    page.locator("#line").press("Control+Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#outcome")).to_have_text("Published.")
    expect(row_with(page, text).locator(".urgency")).to_have_text("Flash")
    expect(page.get_by_role("radio", name="Routine")).to_be_checked()


def test_a_key_that_is_held_down_does_not_answer_the_question_about_a_flash(
    service: Service, open_desk: SignIn
) -> None:
    page, text = open_desk(), unique_text()
    page.keyboard.press("Alt+1")
    page.locator("#line").fill(f"Civil Defence: {text}")
    page.keyboard.down("Control")
    for _ in range(4):
        page.keyboard.down("Enter")
    page.keyboard.up("Control")
    page.keyboard.down("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.up("Enter")
    page.keyboard.press("Escape")
    assert count(service, text) == 0


def test_a_refused_character_is_named_and_selected(service: Service, open_desk: SignIn) -> None:
    page, text = open_desk(), unique_text()
    publish(page, f"{text} a\u200bb")
    expect(page.locator("#line-error")).to_contain_text("U+200B")
    expect(page.locator("#line")).to_have_attribute("aria-invalid", "true")
    assert page.evaluate("line.value.slice(line.selectionStart, line.selectionEnd)") == "\u200b"
    publish(page, text)
    expect(page.locator("#outcome")).to_have_text("Published.")
    expect(page.locator("#line-error")).to_be_empty()


def test_an_unknown_source_needs_a_role_which_the_keyboard_can_choose(service: Service, open_desk: SignIn) -> None:
    page, text = open_desk(), unique_text()
    page.keyboard.type(f"A neighbour: {text}")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_label("What is “\u2068A neighbour\u2069” to the story?")).to_be_focused()
    expect(page.locator("#role-error")).to_contain_text("Choose what “\u2068A neighbour\u2069” is")
    page.keyboard.type("Eye")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#outcome")).to_have_text("Published.")
    assert count(service, text) == 1


def test_a_registered_source_is_suggested_by_its_beginning(open_desk: SignIn) -> None:
    page = open_desk()
    page.keyboard.type("civ")
    option = page.locator("#line-sources [role=option]")
    expect(option).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#line")).to_have_value("Civil Defence: ")
    expect(page.locator("#attribution")).to_have_text("Official · known source")
    expect(page.locator("#line-sources")).to_be_hidden()


def test_a_line_typed_without_the_network_is_sent_only_by_publish(
    service: Service, open_desk: SignIn, context: BrowserContext
) -> None:
    page, text = open_desk(), unique_text()
    page.locator("#line").fill(f"Civil Defence: {text}")
    context.set_offline(True)
    expect(page.locator("#outcome")).to_contain_text("not sent until you press Publish")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#outcome")).to_contain_text("not sent until you press Publish")
    context.set_offline(False)
    expect(page.locator("#state-desk")).to_have_text("Desk: connected")
    expect(page.locator("#line")).to_have_value(f"Civil Defence: {text}")
    assert count(service, text) == 0
    page.locator("#line").press("Control+Enter")
    expect(page.locator("#outcome")).to_have_text("Published.")
    expect_on_air_after(page, text)
    assert count(service, text) == 1


def test_a_source_that_looks_like_a_registered_one_is_shown_before_and_after_publishing(open_desk: SignIn) -> None:
    page, text = open_desk(), unique_text()
    page.locator("#line").fill(f"Неalth ministry: {text}")
    page.locator("#role").select_option("official")
    warning = page.locator("#warnings li")
    expect(warning).to_contain_text("looks like the registered source “Health ministry”")
    expect(page.locator("#check-result")).to_be_empty()
    page.locator("#line").press("Control+Enter")
    expect(page.locator("#outcome")).to_have_text("Published.")
    expect(warning).to_contain_text("looks like the registered source")
    page.locator("#line").fill("Civil Defence: Another line")
    expect(warning).to_have_count(0)
