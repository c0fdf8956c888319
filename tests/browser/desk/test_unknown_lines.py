"""A line whose answer is lost is never shown as refused: the page says so, finds out, and offers to withdraw it."""

import re
import secrets

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.desk.conftest import Service, SignIn
from tests.browser.desk.editing import (
    UNKNOWN,
    Line,
    TickerSwitch,
    accept_dialogs,
    ask_again,
    line,
    lose_answers,
    publish,
    row_with,
    sent_line,
    sign_in_again,
    ticker,
    unique_text,
)
from tests.browser.desk.frozen import frozen
from tests.support.waiting import until

__all__ = ["line", "ticker"]  # fixtures

pytestmark = pytest.mark.browser

ON_AIR = "This line is on air."
# The page repeats the request by itself, with a wait of 15 s at most.
REPEATED_MS = 20_000


def publish_unknown(page: Page, text: str) -> None:
    """Publishes while no answer can be read, and waits until the page says so."""
    publish(page, text)
    expect(page.locator("#outbox")).to_contain_text(UNKNOWN)


def publish_unseen(page: Page, text: str) -> None:
    """Publishes while neither the answer nor the desk's list reaches the page, and waits until it says so."""
    page.route("**/v1/items?*", lambda route: route.abort())
    lose_answers(page)
    publish_unknown(page, text)


def open_unseen(ticker: TickerSwitch, open_desk: SignIn, token: str | None = None) -> tuple[Page, str]:
    """A page that cannot see the line it published, and the line's text; the ticker is away."""
    ticker.take_away()
    page, text = open_desk(token=token), unique_text()
    publish_unseen(page, text)
    return page, text


def open_expired(service: Service, ticker: TickerSwitch, open_desk: SignIn) -> tuple[Page, str, str]:
    """A page whose session ended while the outcome of its line is unknown, the line's text, and the person's token.

    The page shows the sign-in, and answers arrive again.
    """
    token = service.token(f"M {secrets.token_hex(4)}", "chief")
    page, text = open_unseen(ticker, open_desk, token)
    service.end_sessions()
    ask_again(page)
    expect(page.get_by_text("It is not known yet whether it is done")).to_be_visible(timeout=REPEATED_MS)
    expect(page.get_by_text("It is not published")).to_have_count(0)
    page.unroute_all(behavior="ignoreErrors")
    return page, text, token


def expect_found_on_air(page: Page, service: Service, text: str, times: int = 1) -> None:
    """The page finds out that the line is on air, and it was published `times` times."""
    page.unroute_all(behavior="ignoreErrors")
    expect(page.locator("#outbox")).to_contain_text(ON_AIR, timeout=REPEATED_MS)
    until(lambda: service.headlines().count(text) >= times, "the ticker has the line")
    assert service.headlines().count(text) == times


def test_a_line_sent_to_a_frozen_server_is_unknown_and_then_on_air(
    service: Service, open_desk: SignIn, redis_url: str
) -> None:
    page, text = open_desk(), unique_text()
    with frozen(redis_url):
        publish_unknown(page, text)
        expect(page.locator("#outbox")).not_to_contain_text("Not published")
        expect(page.locator("#composer")).not_to_contain_text("Idempotency-Key")
    expect_found_on_air(page, service, text)
    sent_line(page, text).get_by_role("button", name="Withdraw").click()
    row = row_with(page, text)
    row.get_by_label("Note").fill("Sent by mistake.")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Enter")
    expect(row).to_contain_text("Withdrawn")
    assert text not in service.headlines()


@pytest.mark.deep
def test_clearing_an_unknown_line_asks_first_and_the_same_line_sent_again_is_not_published_twice(
    service: Service, open_desk: SignIn, redis_url: str
) -> None:
    page, text = open_desk(), unique_text()
    with frozen(redis_url):
        publish_unknown(page, text)
        sent_line(page, text).get_by_role("button", name="Remove").click()
        expect(page.get_by_role("dialog")).to_contain_text("may be on air already")
        page.keyboard.press("Escape")
        expect(sent_line(page, text)).to_have_count(1)
        sent_line(page, text).get_by_role("button", name="Remove").click()
        page.get_by_role("button", name="Clear it anyway").click()
        expect(sent_line(page, text)).to_have_count(0)
        expect(page.locator("#line")).to_be_focused()
    publish(page, text)
    expect(page.locator("#outcome")).to_contain_text("ublished.")
    expect(row_with(page, text)).to_have_count(1)
    assert service.headlines().count(text) == 1


@pytest.mark.deep
@pytest.mark.parametrize("status", [0, 200, 500, 502, 504])
def test_an_answer_that_cannot_be_read_is_unknown_until_the_ticker_shows_the_line(
    service: Service, open_desk: SignIn, status: int
) -> None:
    page, text = open_desk(), unique_text()
    expect(page.locator("#state-ticker .words")).to_have_text("Ticker: live")
    lose_answers(page, status)
    publish(page, text)
    expect(page.locator("#composer")).to_contain_text(re.compile(r"(Published|This line is on air)\."))
    expect(row_with(page, text)).to_have_count(1)
    expect(page.locator("#line")).to_have_value("")
    assert service.headlines().count(text) == 1


@pytest.mark.deep
def test_the_browser_warns_before_a_reload_and_the_page_then_goes_on_asking(
    service: Service, ticker: TickerSwitch, open_desk: SignIn
) -> None:
    page, text = open_unseen(ticker, open_desk)
    dialogs = accept_dialogs(page)
    page.reload()
    assert dialogs == ["beforeunload"]
    expect(page.locator("#outbox")).to_contain_text(UNKNOWN)
    expect(sent_line(page, text)).to_have_count(1)
    expect_found_on_air(page, service, text)


@pytest.mark.deep
def test_a_session_that_ends_while_the_outcome_is_unknown_does_not_say_not_published(
    service: Service, ticker: TickerSwitch, open_desk: SignIn
) -> None:
    page, text, token = open_expired(service, ticker, open_desk)
    sign_in_again(page, token)
    expect_found_on_air(page, service, text)


@pytest.mark.deep
def test_signing_in_again_days_later_does_not_send_a_line_that_the_desk_may_have_forgotten(
    service: Service, ticker: TickerSwitch, open_desk: SignIn
) -> None:
    page, _, token = open_expired(service, ticker, open_desk)
    page.evaluate("() => { const now = Date.now; Date.now = () => now() + 3 * 86_400_000 }")
    methods: list[str] = []
    page.on("request", lambda request: methods.append(request.method) if request.url.endswith("/v1/items") else None)
    sign_in_again(page, token)
    expect(page.locator("#outbox")).to_contain_text("we cannot find out any more", timeout=REPEATED_MS)
    assert "POST" not in methods


@pytest.mark.deep
def test_another_person_who_signs_in_does_not_send_the_line_again(
    service: Service, ticker: TickerSwitch, open_desk: SignIn, context: BrowserContext
) -> None:
    page, text = open_unseen(ticker, open_desk)
    # All tabs share the cookie: from here on every request of the first tab is the other person's.
    other = context.new_page()
    other.goto(service.desk.url)
    other.get_by_role("button", name="Sign out").click()
    sign_in_again(other, service.token(f"O {secrets.token_hex(4)}", "chief"))
    expect(other.locator("#line")).to_be_focused()
    page.unroute_all(behavior="ignoreErrors")
    ask_again(page)
    expect(page.locator("#signin-value")).to_be_visible(timeout=REPEATED_MS)
    assert service.headlines().count(text) == 1


def test_an_unknown_line_that_another_chief_withdrew_is_not_called_on_air(
    service: Service, ticker: TickerSwitch, open_desk: SignIn, line: Line
) -> None:
    page, text = open_unseen(ticker, open_desk)
    newest = service.get(line.token, "/v1/items?limit=1")["items"]
    assert isinstance(newest, list) and newest[0]["headline"]["value"] == text
    note = {"act": "withdraw", "note": "Sent by mistake."}
    service.post(line.token, f"/v1/items/{newest[0]['uri']}/acts", note, If_Match='"1"')
    page.unroute_all(behavior="ignoreErrors")
    ask_again(page)
    expect(page.locator("#outbox")).to_contain_text(
        "This line was published, and it has been taken off the screens since.", timeout=REPEATED_MS
    )
    expect(sent_line(page, text).get_by_role("button", name="Withdraw")).to_have_count(0)
    expect(row_with(page, text)).to_contain_text("Withdrawn")


@pytest.mark.deep
def test_an_older_line_with_the_same_words_does_not_settle_an_unknown_one(
    service: Service, ticker: TickerSwitch, open_desk: SignIn, context: BrowserContext, line: Line
) -> None:
    ticker.take_away()
    context.route("**/v1/items?*", lambda route: route.abort())
    page = open_desk()
    page.route("**/v1/items", lambda route: route.abort("connectionreset"))
    publish_unknown(page, line.text)
    context.unroute("**/v1/items?*")
    # A list comes now, with the older line.
    ticker.bring_back()
    expect(row_with(page, line.text)).to_be_visible(timeout=15_000)
    expect(page.locator("#outbox")).to_contain_text(UNKNOWN)
    page.unroute_all(behavior="ignoreErrors")
    ask_again(page)
    expect_found_on_air(page, service, line.text, times=2)


@pytest.mark.deep
def test_a_line_and_an_act_of_one_person_are_not_sent_by_another_whose_name_is_the_beginning_of_theirs(
    service: Service, ticker: TickerSwitch, open_desk: SignIn, line: Line
) -> None:
    name = f"M {secrets.token_hex(4)}"
    first, second = service.token(f"{name}.K", "chief"), service.token(name, "chief")
    ticker.take_away()
    page, text = open_desk(token=first), unique_text()
    line.send_unknown(page, "Hold")
    publish_unseen(page, text)
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign out anyway").click()
    page.unroute_all(behavior="ignoreErrors")
    sign_in_again(page, second)
    expect(page.locator("#line")).to_be_focused()
    expect(page.locator("#line")).to_have_value("")
    expect(row_with(page, text)).to_have_count(1)
    page.wait_for_timeout(1500)  # longer than the first repeat would wait
    expect(line.row(page)).not_to_contain_text("On hold")
    assert service.headlines().count(text) == 1


def test_signing_out_while_the_outcome_is_unknown_asks_first(
    service: Service, ticker: TickerSwitch, open_desk: SignIn
) -> None:
    page, _ = open_unseen(ticker, open_desk)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("dialog")).to_contain_text("We do not know yet whether what you sent is done")
    page.keyboard.press("Escape")
    expect(page.locator("#line")).to_be_visible()
