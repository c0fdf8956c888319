"""An unknown outcome is never shown as a refusal: the page says so, finds out, and offers to withdraw."""

import os
import re
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis
from playwright.sync_api import BrowserContext, Dialog, Locator, Page, Route, expect

from tests.browser.desk.conftest import Service, SignIn

pytestmark = pytest.mark.browser

UNKNOWN = "We do not know yet whether this line is on air."


@contextmanager
def frozen(redis_url: str) -> Iterator[None]:
    """The server stands still inside, as in a long pause of its machine; its connections stay open."""
    with redis.Redis.from_url(redis_url) as client:
        process = int(client.info("server")["process_id"])
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def some_text() -> str:
    return f"Two people pulled alive from the rubble {secrets.token_hex(4)}"


def publish(page: Page, text: str) -> None:
    page.locator("#line").fill(f"Civil Defence: {text}")
    page.keyboard.press("Control+Enter")


def lose_answers(page: Page, path: str = "**/v1/items", status: int = 0) -> None:
    """From now on publications arrive, and their answers do not; with `status` a proxy's own answer comes instead."""

    sent: list[Route] = []

    def lose(route: Route) -> None:
        if route.request.method != "POST" or "dryRun" in (route.request.post_data or ""):
            route.continue_()
            return
        # A repeat would be answered like the first one; it is not sent, so that a test can end meanwhile.
        if not sent:
            sent.append(route)
            route.fetch()
        if status:
            route.fulfill(status=status, content_type="text/html", body="<h1>Proxy</h1>")
        else:
            route.abort("connectionreset")

    page.route(path, lose)


def publish_unknown(page: Page, text: str) -> None:
    """Publishes while no answer can be read, and waits until the page says so."""
    publish(page, text)
    expect(page.locator("#outcome")).to_contain_text(UNKNOWN)


def publish_unseen(page: Page, text: str) -> None:
    """Publishes while neither the answer nor the desk's list reaches the page, and waits until it says so."""
    page.route("**/v1/items?*", lambda route: route.abort())
    lose_answers(page)
    publish_unknown(page, text)


def unseen(service: Service, open_desk: SignIn, token: str | None = None) -> tuple[Page, str]:
    """A page that sees nothing of the line that it published, and the line; the ticker stands still meanwhile."""
    service.ticker.stop()
    page, text = open_desk(token=token), some_text()
    publish_unseen(page, text)
    return page, text


def test_a_line_sent_to_a_frozen_server_is_unknown_and_then_on_air(
    service: Service, open_desk: SignIn, redis_url: str
) -> None:
    page, text = open_desk(), some_text()
    with frozen(redis_url):
        publish_unknown(page, text)
        expect(page.locator("#outcome")).not_to_contain_text("Not published")
        expect(page.locator("#composer")).not_to_contain_text("Idempotency-Key")
        expect(page.locator("#line")).to_have_attribute("readonly", "")
    expect(page.locator("#outcome")).to_have_text("This line is on air.", timeout=20_000)
    assert service.headlines().count(text) == 1
    page.locator("#take-back").click()
    row = page.locator(".row", has_text=text)
    row.get_by_label("Note").fill("Sent by mistake.")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Enter")
    expect(row).to_contain_text("Withdrawn")
    assert text not in service.headlines()


def test_clearing_an_unknown_line_asks_first_and_the_same_line_sent_again_is_not_a_second_one(
    service: Service, open_desk: SignIn, redis_url: str
) -> None:
    page, text = open_desk(), some_text()
    with frozen(redis_url):
        publish_unknown(page, text)
        page.get_by_role("button", name="Clear").click()
        expect(page.get_by_role("dialog")).to_contain_text("may be on air already")
        page.keyboard.press("Escape")
        expect(page.locator("#line")).to_have_value(f"Civil Defence: {text}")
        page.get_by_role("button", name="Clear", exact=True).click()
        page.get_by_role("button", name="Clear it anyway").click()
        expect(page.locator("#line")).to_have_value("")
    publish(page, text)
    expect(page.locator("#outcome")).to_contain_text("ublished.")
    expect(page.locator(".row", has_text=text)).to_have_count(1)
    assert service.headlines().count(text) == 1


@pytest.mark.parametrize("status", [0, 200, 500, 502, 504])
def test_an_answer_that_cannot_be_read_is_unknown_until_the_ticker_shows_the_line(
    service: Service, open_desk: SignIn, status: int
) -> None:
    page, text = open_desk(), some_text()
    expect(page.locator("#state-ticker")).to_have_text("Ticker: live")
    lose_answers(page, status=status)
    publish(page, text)
    expect(page.locator("#outcome")).to_have_text(re.compile("^(Published|This line is on air)\\.$"))
    expect(page.locator(".row", has_text=text)).to_have_count(1)
    expect(page.locator("#line")).to_have_value("")
    assert service.headlines().count(text) == 1


def test_a_reload_goes_on_asking_and_warns_before_it(service: Service, open_desk: SignIn) -> None:
    page, text = unseen(service, open_desk)
    dialogs: list[str] = []

    def accept(dialog: Dialog) -> None:
        dialogs.append(dialog.type)
        dialog.accept()

    page.on("dialog", accept)
    page.reload()
    assert dialogs == ["beforeunload"]
    expect(page.locator("#outcome")).to_contain_text(UNKNOWN)
    expect(page.locator("#line")).to_have_value(f"Civil Defence: {text}")
    page.unroute_all(behavior="ignoreErrors")
    expect(page.locator("#outcome")).to_have_text("This line is on air.", timeout=20_000)
    service.ticker.start()
    assert service.headlines().count(text) == 1


def test_a_session_that_ends_while_the_outcome_is_unknown_does_not_say_not_published(
    service: Service, open_desk: SignIn
) -> None:
    token = service.token(f"M {secrets.token_hex(4)}", "chief")
    page, text = unseen(service, open_desk, token)
    service.end_sessions()
    expect(page.get_by_text("It is not known yet whether it is done")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("It is not published")).to_have_count(0)
    page.unroute_all(behavior="ignoreErrors")
    page.locator("#signin-value").fill(token)
    page.keyboard.press("Enter")
    expect(page.locator("#outcome")).to_have_text("This line is on air.", timeout=20_000)
    service.ticker.start()
    assert service.headlines().count(text) == 1


def test_signing_in_again_days_later_does_not_send_an_unknown_line_that_the_desk_may_have_forgotten(
    service: Service, open_desk: SignIn
) -> None:
    token = service.token(f"M {secrets.token_hex(4)}", "chief")
    page, _ = unseen(service, open_desk, token)
    service.end_sessions()
    expect(page.get_by_text("It is not known yet whether it is done")).to_be_visible(timeout=20_000)
    page.evaluate("() => { const now = Date.now; Date.now = () => now() + 3 * 86_400_000 }")
    page.unroute_all(behavior="ignoreErrors")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method) if request.url.endswith("/v1/items") else None)
    page.locator("#signin-value").fill(token)
    page.keyboard.press("Enter")
    expect(page.locator("#outcome")).to_contain_text("we cannot find out any more", timeout=20_000)
    service.ticker.start()
    assert "POST" not in sent


def test_another_person_who_signs_in_does_not_send_the_line_again(
    service: Service, open_desk: SignIn, context: BrowserContext
) -> None:
    page, text = unseen(service, open_desk)
    # The cookie is shared by all tabs: from here on every request of the first tab is the other person's.
    other = context.new_page()
    other.goto(service.desk.url)
    other.get_by_role("button", name="Sign out").click()
    other.locator("#signin-value").fill(service.token(f"O {secrets.token_hex(4)}", "chief"))
    other.keyboard.press("Enter")
    expect(other.locator("#line")).to_be_focused()
    page.unroute_all(behavior="ignoreErrors")
    expect(page.locator("#signin-value")).to_be_visible(timeout=20_000)
    service.ticker.start()
    assert service.headlines().count(text) == 1


class ActsOnALine:
    """A published line, its row on the page, and the form of an act on it."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.token = service.token(f"Other {secrets.token_hex(4)}", "chief")
        self.text = some_text()
        answer = service.post(self.token, "/v1/items", {"text": f"Civil Defence: {self.text}", "edition": "en"})
        item = answer["item"]
        assert isinstance(item, dict)
        self.uri: str = item["uri"]

    def row(self, page: Page) -> Locator:
        return page.locator(f"[data-uri='{self.uri}']")

    def form(self, page: Page, act: str) -> Locator:
        self.row(page).get_by_role("toolbar").get_by_role("button", name=act, exact=True).click()
        return self.row(page).locator("form")


@pytest.fixture
def line(service: Service) -> ActsOnALine:
    return ActsOnALine(service)


def test_an_act_sent_to_a_frozen_server_is_unknown_and_then_done_and_nobody_was_faster(
    open_desk: SignIn, line: ActsOnALine, redis_url: str
) -> None:
    page = open_desk()
    form = line.form(page, "Withdraw")
    form.get_by_label("Note").fill("The report was wrong.")
    with frozen(redis_url):
        page.keyboard.press("Control+Enter")
        page.keyboard.press("Enter")
        expect(form.get_by_role("status")).to_contain_text("We do not know yet whether this is done.")
        expect(form).not_to_contain_text("Not done")
        expect(form).not_to_contain_text("Idempotency-Key")
        expect(form.get_by_label("Note")).to_have_attribute("readonly", "")
    expect(line.row(page)).to_contain_text("Withdrawn", timeout=20_000)
    expect(line.row(page)).to_have_attribute("data-version", "2")
    expect(page.get_by_text("Somebody was faster")).to_have_count(0)


def test_an_act_whose_form_is_closed_before_its_outcome_is_known_is_told_on_the_row(
    service: Service, open_desk: SignIn, line: ActsOnALine, redis_url: str
) -> None:
    page = open_desk()
    form = line.form(page, "Hold")
    with frozen(redis_url):
        page.keyboard.press("Control+Enter")
        expect(form.get_by_role("status")).to_contain_text("We do not know yet")
        page.keyboard.press("Escape")
        expect(line.row(page).locator(".late")).to_contain_text("We do not know yet whether this is done.")
        page.on("dialog", lambda dialog: dialog.accept())
        # The desk cannot even list its items now: after the reload the act is found again with its row.
    expect(line.row(page)).to_contain_text("On hold", timeout=20_000)
    expect(line.row(page).locator(".late")).to_be_hidden()


def test_an_act_is_still_asked_for_after_a_reload(service: Service, open_desk: SignIn, line: ActsOnALine) -> None:
    service.ticker.stop()
    page = open_desk()
    form = line.form(page, "Hold")
    page.route("**/acts", lambda route: route.abort("connectionreset"))
    page.keyboard.press("Control+Enter")
    expect(form.get_by_role("status")).to_contain_text("We do not know yet")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(line.row(page).locator(".late")).to_contain_text("We do not know yet whether this is done.")
    page.unroute_all(behavior="ignoreErrors")
    expect(line.row(page)).to_contain_text("On hold", timeout=20_000)
    service.ticker.start()
    assert line.text not in service.headlines()


def test_an_act_is_found_again_by_a_page_that_was_opened_while_nothing_could_be_read(
    service: Service, open_desk: SignIn, line: ActsOnALine, redis_url: str
) -> None:
    page = open_desk()
    form = line.form(page, "Hold")
    service.ticker.stop()
    page.on("dialog", lambda dialog: dialog.accept())
    with frozen(redis_url):
        page.keyboard.press("Control+Enter")
        expect(form.get_by_role("status")).to_contain_text("We do not know yet")
        page.reload()
        expect(page.get_by_text("This list could not be renewed")).to_be_visible()
        # It is not forgotten meanwhile.
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("dialog")).to_contain_text("We do not know yet whether what you sent is done")
        page.keyboard.press("Escape")
    expect(line.row(page)).to_contain_text("On hold", timeout=20_000)
    assert page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('flashwire.act.'))") == []
    service.ticker.start()


def test_an_act_on_a_line_that_is_in_no_list_any_more_is_found_again(
    service: Service, open_desk: SignIn, line: ActsOnALine
) -> None:
    service.ticker.stop()
    page = open_desk()
    form = line.form(page, "Hold")
    page.route("**/acts", lambda route: route.abort("connectionreset"))
    page.keyboard.press("Control+Enter")
    expect(form.get_by_role("status")).to_contain_text("We do not know yet")
    page.on("dialog", lambda dialog: dialog.accept())
    page.route("**/v1/items?*", lambda route: route.fulfill(json={"items": []}))
    page.reload()
    expect(line.row(page).locator(".late")).to_contain_text("We do not know yet whether this is done.")
    page.unroute_all(behavior="ignoreErrors")
    expect(line.row(page)).to_contain_text("On hold", timeout=20_000)
    service.ticker.start()


def test_an_act_that_is_too_old_to_be_sent_stays_with_what_was_entered_until_it_is_removed(
    service: Service, open_desk: SignIn, line: ActsOnALine
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
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/acts") else None)
    kept = page.locator("#rowless-acts li")
    for _ in range(2):
        page.reload()
        for words in ("Typed words", "Typed note", "Typed name", "too old to be sent by itself", "do it again there"):
            expect(kept).to_contain_text(words)
        expect(line.row(page).first).to_be_visible()
    assert sent == [] and page.evaluate("Object.keys(localStorage).filter((key) => key.includes('.act.')).length") == 1
    kept.get_by_role("button", name="Remove from this list").click()
    expect(kept).to_have_count(0)
    expect(page.locator("#rowless")).to_be_hidden()
    page.reload()
    expect(page.locator("#line")).to_be_visible()
    expect(kept).to_have_count(0)
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('.act.')).length") == 0


def test_what_one_person_sent_is_not_sent_by_another_whose_name_begins_alike(
    service: Service, open_desk: SignIn, line: ActsOnALine
) -> None:
    name = f"M {secrets.token_hex(4)}"
    first, second = service.token(f"{name}.K", "chief"), service.token(name, "chief")
    service.ticker.stop()
    page, text = open_desk(token=first), some_text()
    form = line.form(page, "Hold")
    page.route("**/acts", lambda route: route.abort("connectionreset"))
    page.keyboard.press("Control+Enter")
    expect(form.get_by_role("status")).to_contain_text("We do not know yet")
    publish_unseen(page, text)
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign out anyway").click()
    page.unroute_all(behavior="ignoreErrors")
    page.locator("#signin-value").fill(second)
    page.keyboard.press("Enter")
    expect(page.locator("#line")).to_be_focused()
    expect(page.locator("#line")).to_have_value("")
    expect(page.locator(".row", has_text=text)).to_have_count(1)
    page.wait_for_timeout(1500)
    expect(line.row(page)).not_to_contain_text("On hold")
    service.ticker.start()
    assert service.headlines().count(text) == 1


def test_an_unknown_line_that_another_chief_took_off_is_not_called_on_air(
    service: Service, open_desk: SignIn, line: ActsOnALine
) -> None:
    page, text = unseen(service, open_desk)
    newest = service.get(line.token, "/v1/items?limit=1")["items"]
    assert isinstance(newest, list) and newest[0]["headline"]["value"] == text
    note = {"act": "withdraw", "note": "Sent by mistake."}
    service.post(line.token, f"/v1/items/{newest[0]['uri']}/acts", note, If_Match='"1"')
    page.unroute_all(behavior="ignoreErrors")
    expect(page.locator("#outcome")).to_have_text(
        "This line was published, and it has been taken off the screens since.", timeout=20_000
    )
    expect(page.locator("#take-back")).to_be_hidden()
    expect(page.locator(".row", has_text=text)).to_contain_text("Withdrawn")
    service.ticker.start()


def test_an_older_line_with_the_same_words_does_not_settle_an_unknown_one(
    service: Service, open_desk: SignIn, context: BrowserContext, line: ActsOnALine
) -> None:
    service.ticker.stop()
    context.route("**/v1/items?*", lambda route: route.abort())
    page = open_desk()
    page.route("**/v1/items", lambda route: route.abort("connectionreset"))
    publish(page, line.text)
    expect(page.locator("#outcome")).to_contain_text(UNKNOWN)
    context.unroute("**/v1/items?*")
    # A list comes now, with the older line.
    service.ticker.start()
    expect(page.locator(".row", has_text=line.text)).to_be_visible(timeout=15_000)
    expect(page.locator("#outcome")).to_contain_text(UNKNOWN)
    page.unroute_all(behavior="ignoreErrors")
    expect(page.locator("#outcome")).to_have_text("This line is on air.", timeout=20_000)
    assert service.headlines().count(line.text) == 2


def test_an_act_that_is_refused_after_its_form_was_closed_says_so_on_the_row(
    service: Service, open_desk: SignIn, line: ActsOnALine
) -> None:
    page, held = open_desk(), list[Route]()
    page.route("**/acts", lambda route: held.append(route))
    line.form(page, "Hold")
    with page.expect_request("**/acts"):
        page.keyboard.press("Control+Enter")
    line.form(page, "Withdraw")
    service.post(line.token, f"/v1/items/{line.uri}/acts", {"act": "update", "urgency": 2}, If_Match='"1"')
    held[0].continue_()
    expect(line.row(page).locator(".late")).to_contain_text("Not done")


def test_signing_out_while_the_outcome_is_unknown_asks_first(service: Service, open_desk: SignIn) -> None:
    page, _ = unseen(service, open_desk)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("dialog")).to_contain_text("We do not know yet whether what you sent is done")
    page.keyboard.press("Escape")
    expect(page.locator("#line")).to_be_visible()
