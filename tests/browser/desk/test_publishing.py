"""Publishing from the page: fast, never twice, and never lost."""

import secrets
from datetime import datetime
from typing import Any

import msgspec
import pytest
from playwright.sync_api import BrowserContext, Request, Route, expect

from tests.browser.desk.conftest import Service, SignIn
from tests.browser.desk.editing import (
    ask_again,
    confirm_publishing,
    expect_on_air_after,
    is_publication,
    lose_answers,
    publish,
    row_with,
    sent_line,
    unique_text,
)
from tests.support.waiting import until

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


@pytest.mark.deep
def test_a_line_that_cannot_be_sent_is_kept_and_published_once_when_the_desk_is_back(
    service: Service, open_desk: SignIn
) -> None:
    page, text = open_desk(), unique_text()
    service.desk.stop()
    publish(page, text)
    expect(sent_line(page, text)).to_contain_text("We do not know yet")
    expect(page.locator("#state-desk .words")).to_have_text("Desk: not reachable")
    service.desk.start()
    expect(sent_line(page, text)).to_contain_text("This line is on air.", timeout=20_000)
    expect_on_air_after(page, text)
    assert count(service, text) == 1


def test_a_lost_answer_never_doubles_the_line_and_its_time_is_measured_from_publish(
    service: Service, open_desk: SignIn
) -> None:
    page, text = open_desk(), unique_text()
    expect(page.locator("#state-ticker .words")).to_have_text("Ticker: live")
    lose_answers(page)
    publish(page, text)
    # The ticker tells the page that the line is on air, before the desk's answer is lost or after it.
    outcome = page.get_by_text("Published.", exact=True).or_(sent_line(page, text).get_by_text("This line is on air."))
    expect(outcome).to_be_visible()
    expect_on_air_after(page, text)
    assert count(service, text) == 1


@pytest.mark.deep
def test_a_line_that_the_page_first_sees_in_a_snapshot_is_on_air_too(service: Service, open_desk: SignIn) -> None:
    service.ticker.stop()
    page, text = open_desk(), unique_text()
    publish(page, text)
    timing = row_with(page, text).locator(".timing")
    expect(timing).to_contain_text("not yet seen on the ticker")
    service.ticker.start()
    expect(timing).to_contain_text("on air after", timeout=30_000)


@pytest.mark.deep
def test_the_next_line_is_written_and_published_while_the_outcome_of_the_first_is_unknown(
    service: Service, open_desk: SignIn
) -> None:
    service.ticker.stop()
    page, first, second = open_desk(), unique_text(), unique_text()
    page.route("**/v1/items?*", lambda route: route.abort())
    lose_answers(page)
    publish(page, first)
    expect(sent_line(page, first)).to_contain_text("We do not know yet")
    expect(page.locator("#line")).to_be_focused()
    page.unroute_all(behavior="ignoreErrors")
    page.keyboard.type(f"Civil Defence: {second}")
    confirm_publishing(page)
    expect(sent_line(page, second)).to_have_count(0)
    ask_again(page)
    expect(sent_line(page, first)).to_contain_text("This line is on air.", timeout=20_000)
    service.ticker.start()
    assert (count(service, first), count(service, second)) == (1, 1)


def test_lines_published_while_the_first_is_being_sent_go_out_once_and_in_their_order(
    service: Service, open_desk: SignIn
) -> None:
    page, texts = open_desk(), [unique_text() for _ in range(3)]
    waiting: list[Route] = []

    def hold_first(route: Route) -> None:
        if is_publication(route) and not waiting:
            waiting.append(route)
        else:
            route.continue_()

    page.route("**/v1/items", hold_first)
    for text in texts:
        publish(page, text)
        page.keyboard.press("Control+Enter")
    expect(page.locator("#outbox-lines > li")).to_have_count(3)
    assert [text for text in service.headlines() if text in texts] == []
    waiting[0].continue_()
    expect(page.locator("#outbox-lines > li")).to_have_count(0)
    expect(page.locator("#outcome")).to_have_text("Published.")
    for text in texts:
        expect_on_air_after(page, text)
    assert [text for text in service.headlines() if text in texts] == texts[::-1]


@pytest.mark.deep
def test_a_refused_line_comes_back_into_an_empty_field_and_waits_behind_a_line_being_written(
    service: Service, open_desk: SignIn
) -> None:
    page, first, second = open_desk(), unique_text(), unique_text()
    problem = {"type": "urn:flashwire:problem:invalid", "status": 422, "detail": "Not this one."}
    waiting: list[Route] = []

    def refuse(route: Route) -> None:
        if is_publication(route):
            waiting.append(route)
        else:
            route.continue_()

    page.route("**/v1/items", refuse)
    for text in (first, second):
        publish(page, text)
    page.keyboard.type("Being written")
    waiting[0].fulfill(status=422, json=problem)
    expect(sent_line(page, first)).to_contain_text("Not this one.")
    expect(page.locator("#line")).to_have_value("Being written")
    page.locator("#line").fill("")
    waiting[1].fulfill(status=422, json=problem)
    expect(page.locator("#line")).to_have_value(f"Civil Defence: {second}")
    expect(page.locator("#outcome")).to_contain_text("Not this one.")
    page.unroute_all(behavior="ignoreErrors")
    confirm_publishing(page)
    expect(page.locator("#outcome")).to_have_text("Published.")
    sent_line(page, first).get_by_role("button", name="Edit").click()
    expect(page.locator("#line")).to_have_value(f"Civil Defence: {first}")
    expect(page.locator("#outbox-lines > li")).to_have_count(0)
    assert (count(service, first), count(service, second)) == (0, 1)


@pytest.mark.deep
def test_a_line_that_was_refused_is_not_sent_again_by_a_page_that_is_opened_later(
    service: Service, open_desk: SignIn
) -> None:
    """The reason for the refusal may be gone by then, such as a stop; the person was told that it is not published."""
    page, text, other = open_desk(), unique_text(), unique_text()
    problem = {"type": "urn:flashwire:problem:publishing-stopped", "status": 403, "detail": "Publishing is stopped."}
    held: list[Route] = []
    page.route("**/v1/items", lambda route: held.append(route) if is_publication(route) else route.continue_())
    publish(page, text)
    # While it is being sent, the next one is written.
    page.keyboard.type("Civil Defence: Being written")
    until(lambda: page.evaluate("1") and held, "the line is sent")
    held[0].fulfill(status=403, json=problem)
    expect(sent_line(page, text)).to_contain_text("Publishing is stopped.")
    page.unroute_all(behavior="ignoreErrors")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
    page.reload()
    expect(page.locator("#line")).to_have_value("Civil Defence: Being written")
    expect(sent_line(page, text).get_by_role("button", name="Edit")).to_be_visible()
    publish(page, other)
    expect_on_air_after(page, other)
    assert [body for body in sent if text in body and "dryRun" not in body] == []
    assert count(service, text) == 0
    sent_line(page, text).get_by_role("button", name="Edit").click()
    confirm_publishing(page)
    expect_on_air_after(page, text)
    assert count(service, text) == 1


def test_a_question_that_cannot_be_shown_publishes_nothing(service: Service, open_desk: SignIn) -> None:
    page, text = open_desk(), unique_text()
    sent: list[str] = []

    def record(request: Request) -> None:
        # The desk gives advice on a line that is typed, and stores nothing.
        if request.method == "POST" and not request.url.endswith("/v1/similar"):
            sent.append(request.post_data or "")

    page.on("request", record)
    page.evaluate("""() => {
      document.getElementById("confirm").showModal = () => { throw new DOMException("no", "InvalidStateError"); };
    }""")
    publish(page, text)
    expect(page.locator("#outcome")).to_contain_text(
        "Not published: the question before publishing could not be shown."
    )
    expect(page.locator("#line")).to_have_value(f"Civil Defence: {text}")
    assert [body for body in sent if "dryRun" not in body] == []
    page.evaluate("() => { delete document.getElementById('confirm').showModal; }")
    confirm_publishing(page)
    expect(page.locator("#outcome")).to_have_text("Published.")
    assert count(service, text) == 1


@pytest.mark.deep
def test_a_flash_asks_first_and_names_edition_and_urgency(service: Service, open_desk: SignIn) -> None:
    page, text = open_desk(), unique_text()
    page.keyboard.press("Alt+1")
    page.locator("#line").fill(f"Civil Defence: {text}")
    page.keyboard.press("Control+Enter")
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Flash")
    expect(question).to_contain_text("English")
    expect(question).to_contain_text(text)
    page.keyboard.press("Escape")
    expect(page.locator("#line")).to_have_value(f"Civil Defence: {text}")
    confirm_publishing(page)
    expect(page.locator("#outcome")).to_have_text("Published.")
    expect(row_with(page, text).locator(".urgency")).to_contain_text("Flash")
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


@pytest.mark.deep
def test_a_refused_character_is_named_and_selected(service: Service, open_desk: SignIn) -> None:
    page, text = open_desk(), unique_text()
    publish(page, f"{text} a\u200bb")
    expect(page.locator("#line-error")).to_contain_text("U+200B")
    expect(page.locator("#line")).to_have_attribute("aria-invalid", "true")
    assert page.evaluate("line.value.slice(line.selectionStart, line.selectionEnd)") == "\u200b"
    publish(page, text)
    expect(page.locator("#outcome")).to_have_text("Published.")
    expect(page.locator("#line-error")).to_be_empty()


@pytest.mark.deep
def test_an_unknown_source_needs_a_role_which_the_keyboard_can_choose(service: Service, open_desk: SignIn) -> None:
    page, text = open_desk(), unique_text()
    page.keyboard.type(f"A neighbour: {text}")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_label("What is “\u2068A neighbour\u2069” to the story?")).to_be_focused()
    expect(page.locator("#role-error")).to_contain_text("Choose what “\u2068A neighbour\u2069” is")
    page.keyboard.type("Eye")
    # A role belongs to the name that it was chosen for.
    chosen = page.locator("#role").input_value()
    page.locator("#line").fill(f"A neighbour of hers: {text}")
    expect(page.locator("#role")).to_have_value("")
    page.locator("#line").fill(f"A neighbour: {text}")
    expect(page.locator("#role")).to_have_value(chosen)
    assert chosen
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Enter")
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


@pytest.mark.deep
def test_a_line_typed_without_the_network_is_sent_only_by_publish(
    service: Service, open_desk: SignIn, context: BrowserContext
) -> None:
    page, text = open_desk(), unique_text()
    page.locator("#line").fill(f"Civil Defence: {text}")
    context.set_offline(True)
    expect(page.locator("#outcome")).to_contain_text("not sent until you press Publish")
    confirm_publishing(page)
    expect(page.locator("#outcome")).to_contain_text("not sent until you press Publish")
    context.set_offline(False)
    expect(page.locator("#state-desk .words")).to_have_text("Desk: connected")
    expect(page.locator("#line")).to_have_value(f"Civil Defence: {text}")
    assert count(service, text) == 0
    confirm_publishing(page)
    expect(page.locator("#outcome")).to_have_text("Published.")
    expect_on_air_after(page, text)
    assert count(service, text) == 1


@pytest.mark.deep
def test_a_source_that_looks_like_a_registered_one_is_shown_before_and_after_publishing(open_desk: SignIn) -> None:
    page, text = open_desk(), unique_text()
    page.locator("#line").fill(f"Неalth ministry: {text}")
    page.locator("#role").select_option("official")
    warning = page.locator("#warnings li", has_text="looks like the registered source")
    expect(warning).to_contain_text("looks like the registered source “Health ministry”")
    expect(page.locator("#check-result")).to_be_empty()
    confirm_publishing(page)
    expect(page.locator("#outcome")).to_have_text("Published.")
    expect(warning).to_contain_text("looks like the registered source")
    page.locator("#line").fill("Civil Defence: Another line")
    expect(warning).to_have_count(0)


@pytest.mark.deep
def test_a_line_with_a_time_is_scheduled_with_its_options_and_the_next_one_has_none(
    service: Service, open_desk: SignIn
) -> None:
    token = service.token(f"M {secrets.token_hex(4)}", "chief")
    page, text, title = open_desk(token=token), unique_text(), f"Earthquake {secrets.token_hex(3)}"
    page.locator("#line").fill(f"Civil Defence: {text}")
    page.keyboard.press("Alt+O")
    expect(page.locator("#publishAt")).to_be_focused()
    page.locator("#publishAt").fill("2037-01-02T14:30")
    page.locator("#story").fill(title)
    expect(page.locator("#story-state")).to_have_text("A new story")
    page.locator("#digitalSourceType").select_option("trainedAlgorithmicMedia")
    page.locator("#reviewedBy").fill("Night editor")
    page.reload()
    expect(page.locator("#publishAt")).to_have_value("2037-01-02T14:30")
    expect(page.locator("#story")).to_have_value(title)
    expect(page.locator("#publish")).to_contain_text("Schedule")
    page.locator("#line").press("Control+Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Schedule this line?")
    page.keyboard.press("Enter")
    expect(page.locator("#outcome")).to_contain_text("Scheduled for \u2068Jan 2, 14:30")
    expect(page.locator("#outbox")).to_be_hidden()
    expect(page.locator("#publish")).to_contain_text("Publish")
    for selector in ("#publishAt", "#story", "#digitalSourceType", "#reviewedBy"):
        expect(page.locator(selector)).to_have_value("")
    assert text not in service.headlines()
    expect(row_with(page, text)).to_have_count(0)
    schedule = msgspec.convert(service.get(token, "/v1/schedule")["schedule"], list[dict[str, Any]])
    (line,) = [line for line in schedule if line["item"]["headline"]["value"] == text]
    instant = page.evaluate("new Date('2037-01-02T14:30').getTime()")
    assert datetime.fromisoformat(line["due"]).timestamp() * 1000 == instant
    item = line["item"]
    assert item["story"]["title"]["value"] == title
    assert (item["digitalSourceType"], item["reviewedBy"]) == ("trainedAlgorithmicMedia", "Night editor")


@pytest.mark.deep
def test_a_story_on_air_is_offered_and_a_time_that_has_passed_is_refused_at_its_field(
    service: Service, open_desk: SignIn
) -> None:
    token = service.token(f"M {secrets.token_hex(4)}", "chief")
    title = f"Flood {secrets.token_hex(3)}"
    first = service.publish(
        token, {"text": f"Civil Defence: {unique_text()}", "edition": "en", "urgency": 4, "story": {"title": title}}
    )
    page, text = open_desk(token=token), unique_text()
    page.locator("#line").fill(f"Civil Defence: {text}")
    page.keyboard.press("Alt+O")
    page.locator("#story").fill("flood")
    expect(page.locator(f"#stories option[value='{title}']")).to_have_count(1)
    page.locator("#story").fill(title)
    expect(page.locator("#story-state")).to_have_text("Joins a story on air")
    page.locator("#expires").fill("2020-01-02T14:30")
    expect(page.locator("#expires-error")).not_to_be_empty()
    page.locator("#expires").fill("")
    page.locator("#line").press("Control+Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#outcome")).to_have_text("Published.")
    items = msgspec.convert(
        service.get(token, f"/v1/items?story={first['story']['id']}")["items"], list[dict[str, Any]]
    )
    assert text in [item["headline"]["value"] for item in items]
