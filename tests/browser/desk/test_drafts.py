"""A draft survives reloads and crashes, and no other person finds it."""

import secrets

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.desk.conftest import Service, SignIn
from tests.browser.desk.editing import confirm_publishing, sent_line, sign_in_again

pytestmark = pytest.mark.browser

LINE = "A neighbour: Heavy smoke over the port"


def write(page: Page) -> None:
    page.locator("#line").fill(LINE)
    page.locator("#role").select_option("eyewitness")
    page.get_by_role("radio", name="Español").check()
    page.get_by_role("radio", name="Bulletin").check()
    page.get_by_text("Sections, places, link").click()
    page.get_by_role("checkbox", name="Politics").check()
    page.get_by_label("Link to the full story").fill("https://example.org/a")
    page.locator("#direction").click()


def expect_written(page: Page) -> None:
    expect(page.locator("#line")).to_have_value(LINE)
    expect(page.locator("#role")).to_have_value("eyewitness")
    expect(page.get_by_role("radio", name="Español")).to_be_checked()
    expect(page.get_by_role("radio", name="Bulletin")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Politics")).to_be_checked()
    expect(page.get_by_label("Link to the full story")).to_have_value("https://example.org/a")
    expect(page.locator("#preview")).to_have_attribute("dir", "rtl")


def stored_key(page: Page) -> str:
    key: str = page.evaluate(
        "JSON.parse(Object.entries(localStorage).find(([name]) => name.startsWith('flashwire.draft.'))[1]).key"
    )
    return key


def test_every_field_of_a_draft_and_its_key_survive_a_reload(open_desk: SignIn) -> None:
    page = open_desk()
    write(page)
    key = stored_key(page)
    page.reload()
    expect_written(page)
    expect(page.locator("#outcome")).to_contain_text("It is not published")
    assert stored_key(page) == key


@pytest.mark.deep
def test_a_new_tab_takes_over_the_draft_of_a_closed_one(open_desk: SignIn, context: BrowserContext) -> None:
    page = open_desk()
    write(page)
    address = page.url
    page.close()
    second = context.new_page()
    second.goto(address)
    expect_written(second)


@pytest.mark.deep
def test_two_open_tabs_never_share_a_draft(open_desk: SignIn, context: BrowserContext) -> None:
    page = open_desk()
    write(page)
    # A duplicated tab inherits the session storage, and with it the name of the slot.
    slot = page.evaluate("sessionStorage.getItem('flashwire.slot')")
    second = context.new_page()
    second.add_init_script(
        f"sessionStorage.getItem('flashwire.slot') ?? sessionStorage.setItem('flashwire.slot', {slot!r})"
    )
    second.goto(page.url)
    expect(second.locator("#line")).to_be_focused()
    expect(second.locator("#line")).to_have_value("")
    second.locator("#line").fill("Another tab: another line")
    page.reload()
    expect_written(page)


@pytest.mark.deep
def test_a_session_that_ends_leads_to_the_sign_in_and_the_draft_stays(service: Service, open_desk: SignIn) -> None:
    token = service.token(f"M {secrets.token_hex(4)}", "chief")
    page = open_desk(token=token)
    page.locator("#line").fill("Civil Defence: Two injured in the harbour")
    service.end_sessions()
    confirm_publishing(page)
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    expect(page.get_by_text("Your text is kept. It is not published.")).to_be_visible()
    expect(page.locator("#signin-value")).to_be_focused()
    sign_in_again(page, token)
    expect(page.locator("#line")).to_have_value("Civil Defence: Two injured in the harbour")
    assert "Two injured in the harbour" not in service.headlines()


def test_a_no_that_comes_while_the_sign_in_loads_is_told_as_a_no(service: Service, open_desk: SignIn) -> None:
    token = service.token(f"M {secrets.token_hex(4)}", "chief")
    page = open_desk(token=token)
    waiting: dict[str, Route] = {}

    def hold(route: Route) -> None:
        if '"dryRun"' in (route.request.post_data or ""):
            return route.continue_()
        waiting[route.request.url.rpartition("/")[2]] = route

    page.route("**/v1/items", hold)
    page.route("**/v1/sign-in", hold)
    page.locator("#line").fill("Civil Defence: Three injured in the harbour")
    confirm_publishing(page)
    expect(page.locator("#outbox-lines > li")).to_have_count(1)
    service.end_sessions()
    with page.expect_request("**/v1/sign-in"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    waiting["items"].continue_()
    expect(page.locator("#line")).to_have_value("Civil Defence: Three injured in the harbour")
    waiting["sign-in"].continue_()
    expect(page.locator("#signin-value")).to_be_focused()
    expect(page.locator("#signin-unsent")).to_have_text("Your text is kept. It is not published.")


def test_a_no_that_comes_after_the_sign_in_with_the_next_line_in_the_field_is_told(
    service: Service, open_desk: SignIn
) -> None:
    token = service.token(f"M {secrets.token_hex(4)}", "chief")
    page = open_desk(token=token)
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        if '"dryRun"' in (route.request.post_data or ""):
            return route.continue_()
        waiting.append(route)

    page.route("**/v1/items", hold)
    page.locator("#line").fill("Civil Defence: Four injured in the harbour")
    confirm_publishing(page)
    expect(page.locator("#outbox-lines > li")).to_have_count(1)
    page.locator("#line").fill("Civil Defence: The harbour is closed")
    service.end_sessions()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#signin-unsent")).to_contain_text("It is not known yet whether it is done")
    waiting[0].continue_()
    expect(page.locator("#signin-unsent")).to_have_text("Your text is kept. It is not published.")
    sign_in_again(page, token)
    expect(page.locator("#line")).to_have_value("Civil Defence: The harbour is closed")
    sent = sent_line(page, "Four injured in the harbour")
    expect(sent).to_contain_text("It is not published.")
    expect(sent.get_by_role("button")).to_have_text(["Edit", "Remove"])


def test_another_person_on_the_same_machine_does_not_find_the_draft(service: Service, open_desk: SignIn) -> None:
    page = open_desk()
    page.locator("#line").fill("Civil Defence: Embargoed until noon")
    page.get_by_role("button", name="Sign out").click()
    sign_in_again(page, service.token(f"O {secrets.token_hex(4)}", "editor"))
    expect(page.locator("#line")).to_be_focused()
    expect(page.locator("#line")).to_have_value("")
    expect(page.locator("#preview")).not_to_contain_text("Embargoed")


@pytest.mark.deep
def test_clearing_a_draft_asks_first(open_desk: SignIn) -> None:
    page = open_desk()
    page.locator("#line").fill(LINE)
    page.get_by_role("button", name="Clear").click()
    page.keyboard.press("Escape")
    expect(page.locator("#line")).to_have_value(LINE)
    page.get_by_role("button", name="Clear", exact=True).click()
    page.keyboard.press("Enter")
    expect(page.locator("#line")).to_have_value("")


@pytest.mark.deep
def test_the_newest_letters_survive_a_reload_that_cut_off_the_second_copy(open_desk: SignIn) -> None:
    page = open_desk()
    page.locator("#line").fill("Civil Defence: Fire in the por")
    expect(page.locator("#preview")).to_contain_text("Fire in the por")
    # From here on the copy in IndexedDB stays as it is.
    page.evaluate("() => { IDBObjectStore.prototype.put = () => { throw new DOMException('closed'); }; }")
    page.locator("#line").press("End")
    page.keyboard.type("t")
    expect(page.locator("#preview")).to_contain_text("Fire in the port")
    page.reload()
    expect(page.locator("#line")).to_have_value("Civil Defence: Fire in the port")
