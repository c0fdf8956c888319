"""An act whose answer is lost is never shown as refused: the page asks until it knows, also after a reload."""

import secrets

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.desk.conftest import Service, SignIn
from tests.browser.desk.editing import UNKNOWN_ACT, Line, TickerSwitch, accept_dialogs, line, ticker
from tests.browser.desk.frozen import frozen
from tests.support.waiting import until

__all__ = ["line", "ticker"]  # fixtures

pytestmark = pytest.mark.browser

# The page repeats the request by itself, with a wait of 15 s at most.
REPEATED_MS = 20_000
STORED_ACTS = "Object.keys(localStorage).filter((name) => name.startsWith('flashwire.act.'))"


def expect_on_hold(page: Page, line: Line) -> None:
    """The page finds out that the line is on hold."""
    page.unroute_all(behavior="ignoreErrors")
    expect(line.row(page)).to_contain_text("On hold", timeout=REPEATED_MS)


def test_an_act_sent_to_a_frozen_server_is_unknown_and_then_done_without_a_conflict(
    open_desk: SignIn, line: Line, redis_url: str
) -> None:
    page = open_desk()
    form = line.open_form(page, "Withdraw")
    form.get_by_label("Note").fill("The report was wrong.")
    with frozen(redis_url):
        page.keyboard.press("Control+Enter")
        page.keyboard.press("Enter")
        expect(form.get_by_role("status")).to_contain_text(UNKNOWN_ACT)
        expect(form).not_to_contain_text("Not done")
        expect(form).not_to_contain_text("Idempotency-Key")
        expect(form.get_by_label("Note")).to_have_attribute("readonly", "")
    expect(line.row(page)).to_contain_text("Withdrawn", timeout=REPEATED_MS)
    expect(line.row(page)).to_have_attribute("data-version", "2")
    expect(page.get_by_text("Somebody was faster")).to_have_count(0)


@pytest.mark.deep
def test_the_row_shows_the_outcome_of_an_act_whose_form_is_closed_before_it_is_known(
    open_desk: SignIn, line: Line, redis_url: str
) -> None:
    page = open_desk()
    form = line.open_form(page, "Hold")
    with frozen(redis_url):
        page.keyboard.press("Control+Enter")
        expect(form.get_by_role("status")).to_contain_text("We do not know yet")
        page.keyboard.press("Escape")
        expect(line.row(page).locator(".act-outcome")).to_contain_text(UNKNOWN_ACT)
    expect_on_hold(page, line)
    expect(line.row(page).locator(".act-outcome")).to_be_hidden()


@pytest.mark.deep
@pytest.mark.parametrize("listed", [True, False], ids=["in the list", "in no list"])
def test_an_act_is_still_asked_for_after_a_reload(
    service: Service, ticker: TickerSwitch, open_desk: SignIn, line: Line, listed: bool
) -> None:
    ticker.take_away()
    page = open_desk()
    line.send_unknown(page, "Hold")
    accept_dialogs(page)
    if not listed:
        page.route("**/v1/items?*", lambda route: route.fulfill(json={"items": []}))
    page.reload()
    expect(line.row(page).locator(".act-outcome")).to_contain_text(UNKNOWN_ACT)
    expect_on_hold(page, line)
    until(lambda: line.text not in service.headlines(), "readers do not see the line")


@pytest.mark.deep
def test_an_act_is_still_asked_for_by_a_page_that_was_opened_while_nothing_could_be_read(
    ticker: TickerSwitch, open_desk: SignIn, line: Line, redis_url: str
) -> None:
    ticker.take_away()
    page = open_desk()
    form = line.open_form(page, "Hold")
    accept_dialogs(page)
    with frozen(redis_url):
        page.keyboard.press("Control+Enter")
        expect(form.get_by_role("status")).to_contain_text("We do not know yet")
        page.reload()
        expect(page.get_by_text("This list could not be loaded again")).to_be_visible()
        # The act is not forgotten while its row is missing.
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("dialog")).to_contain_text("We do not know yet whether what you sent is done")
        page.keyboard.press("Escape")
    expect_on_hold(page, line)
    assert page.evaluate(STORED_ACTS) == []


@pytest.mark.deep
def test_an_act_that_is_too_old_to_be_sent_stays_with_its_words_until_it_is_removed(
    service: Service, open_desk: SignIn, line: Line
) -> None:
    name = f"M {secrets.token_hex(4)}"
    page = open_desk(token=service.token(name, "chief"))
    body = {
        "act": "correction",
        "headline": "Typed words",
        "note": "Typed note",
        "infoSources": [{"name": "Typed name"}],
    }
    act = {"uri": line.uri, "version": 1, "body": body, "key": "0" * 32}
    page.evaluate(
        "([name, act]) => localStorage.setItem(`flashwire.act.${name}.${act.key}`,"
        " JSON.stringify({...act, sent: Date.now() - 25 * 3600 * 1000}))",
        [name, act],
    )
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url) if request.url.endswith("/acts") else None)
    entries = page.locator("#unlisted-acts li")
    for _ in range(2):
        page.reload()
        for text in ("Typed words", "Typed note", "Typed name", "too old to be sent by itself", "do it again there"):
            expect(entries).to_contain_text(text)
        expect(line.row(page).first).to_be_visible()
    assert requests == [] and len(page.evaluate(STORED_ACTS)) == 1
    entries.get_by_role("button", name="Remove from this list").click()
    expect(entries).to_have_count(0)
    expect(page.locator("#unlisted")).to_be_hidden()
    page.reload()
    expect(page.locator("#line")).to_be_visible()
    expect(entries).to_have_count(0)
    assert page.evaluate(STORED_ACTS) == []


def test_the_row_shows_the_refusal_of_an_act_whose_form_was_closed(open_desk: SignIn, line: Line) -> None:
    page = open_desk()
    requests: list[Route] = []
    page.route("**/acts", lambda route: requests.append(route))
    line.open_form(page, "Hold")
    with page.expect_request("**/acts"):
        page.keyboard.press("Control+Enter")
    line.open_form(page, "Withdraw")
    line.act(1, act="update", urgency=2)
    requests[0].continue_()
    expect(line.row(page).locator(".act-outcome")).to_contain_text("Not done")
