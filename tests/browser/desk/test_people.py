"""The page of people and a person's own account, used by two people in two browsers."""

import secrets
from contextlib import closing

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from publisher.records.database import open_database
from publisher.records.tokens import Tokens
from publisher.records.users import Users
from tests.browser.desk.conftest import Service, SignIn
from tests.browser.desk.editing import sign_in_again
from tests.browser.desk.test_sign_in import PASSWORD, add_authenticator, invite, named_url, set_up_password
from tests.support.axe import expect_accessible

pytestmark = pytest.mark.browser


def open_people(page: Page) -> None:
    """Goes to the page of people by its link."""
    page.get_by_role("navigation", name="Pages of the desk").get_by_role("link", name="People").click()
    expect(page.get_by_role("heading", name="People", exact=True)).to_be_visible()


def join(context: BrowserContext, service: Service, code: str) -> Page:
    """A page of the person with this invitation, signed in with a new passkey."""
    page = context.new_page()
    add_authenticator(page)
    page.goto(f"{named_url(service)}/#invite={code}")
    page.get_by_role("button", name="Make a passkey").click()
    page.get_by_role("button", name="I have kept them").click()
    expect(page.locator("#user")).to_be_visible()
    return page


def test_a_chief_invites_a_person_changes_their_role_and_disables_them(
    service: Service, chromium: Browser, open_desk: SignIn
) -> None:
    chief = open_desk("chief")
    open_people(chief)
    name = f"Omar {secrets.token_hex(4)}"
    chief.locator("#person-name").fill(name)
    chief.locator("#person-role").select_option("reporter")
    chief.locator("#person-form").get_by_role("checkbox", name="Español").check()
    chief.locator("#person-name").press("Enter")
    expect(chief.locator("#person-link")).to_be_visible()
    code = chief.locator("#person-link-value").input_value().partition("#invite=")[2]
    row = chief.locator("#person-rows li", has_text=name)
    expect(row).to_contain_text("reporter · editions: \u2068Español\u2069")
    expect(row).to_contain_text("Invited until")
    expect_accessible(chief)

    other = chromium.new_context(locale="en-GB")
    omar = join(other, service, code)
    expect(omar.locator("#user")).to_have_text(f"\u2068{name}\u2069 · reporter")
    # People are no page of a reporter's, neither in the navigation nor by its address.
    expect(omar.get_by_role("link", name="People")).to_have_count(0)
    omar.goto(f"{named_url(service)}/people")
    expect(omar.get_by_role("heading", name="This page needs another role")).to_be_visible()
    expect(omar.locator("#people")).to_be_hidden()

    chief.reload()
    row.get_by_role("button", name="Change").click()
    chief.locator("#person-role").select_option("editor")
    chief.locator("#person-save").click()
    expect(row).to_contain_text("editor · editions")
    row.get_by_role("button", name="Disable").click()
    expect(chief.get_by_role("dialog")).to_contain_text("Disable this person?")
    chief.keyboard.press("Enter")
    expect(row).to_contain_text("Disabled")
    # The button is gone; the focus stays in the row.
    expect(row.get_by_role("button", name="Enable")).to_be_focused()
    # The other browser notices within seconds.
    expect(omar.locator("#signin-reason")).to_have_text("Your session has ended. Sign in again to go on.")
    other.close()


@pytest.mark.deep
def test_a_person_adds_a_passkey_makes_new_codes_and_ends_a_session_elsewhere(
    service: Service, chromium: Browser, context: BrowserContext
) -> None:
    name, code = invite(service)
    page = context.new_page()
    add_authenticator(page)
    codes = set_up_password(page, named_url(service), code)
    page.get_by_role("button", name="I have kept them").click()
    expect(page.locator("#user")).to_be_visible()

    other = chromium.new_context(locale="en-GB")
    elsewhere = other.new_page()
    elsewhere.goto(service.desk.url)
    elsewhere.get_by_role("button", name="With password and code").click()
    for field, value in (("name", name), ("value", "harbour lights at dawn"), ("code", codes[0])):
        elsewhere.locator(f"#password-{field}").fill(value)
    elsewhere.keyboard.press("Enter")
    expect(elsewhere.locator("#line")).to_be_focused()

    page.locator("#user").click()
    expect(page.get_by_role("heading", name="My account")).to_be_visible()
    expect(page.locator("#recovery-state")).to_have_text("Codes left: 9")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("#passkeys li")).to_have_count(1)
    expect_accessible(page)
    page.get_by_role("button", name="Make new codes").click()
    page.keyboard.press("Enter")
    expect(page.locator("#new-codes-list li")).to_have_count(10)
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#recovery-state")).to_have_text("Codes left: 10")
    expect(page.locator("#sessions li")).to_have_count(2)
    page.locator("#sessions").get_by_role("button", name="End").click()
    expect(page.locator("#sessions li")).to_have_count(1)
    expect(page.locator("#sessions-title")).to_be_focused()
    expect(elsewhere.locator("#signin-reason")).to_have_text("Your session has ended. Sign in again to go on.")
    other.close()


@pytest.mark.deep
def test_the_last_way_to_sign_in_stays_and_own_tokens_are_revoked(service: Service, context: BrowserContext) -> None:
    name, code = invite(service)
    page = join(context, service, code)
    page.locator("#user").click()
    page.get_by_role("button", name="Remove the passkey").click()
    page.keyboard.press("Enter")
    expect(page.locator("#account-outcome")).to_contain_text("Not done:")
    expect(page.locator("#passkeys li")).to_have_count(1)

    # A person without the role of chief revokes own tokens here.
    expect(page.locator("#own-tokens")).to_be_hidden()
    with closing(open_database(service.data)) as database:
        for owner in (name, "somebody else"):
            Tokens(database).create(f"Feed of {owner}", "reporter", owner=owner)
        page.reload()
        expect(page.locator("#own-token-rows li")).to_have_count(1)
        page.locator("#own-token-rows").get_by_role("button", name="Revoke").click()
        page.keyboard.press("Enter")
        expect(page.locator("#own-tokens")).to_be_hidden()
        in_force = {token.name for token in Tokens(database).all() if token.revoked is None}
    assert f"Feed of {name}" not in in_force and "Feed of somebody else" in in_force


@pytest.mark.deep
def test_a_chief_makes_a_token_by_keyboard_that_is_shown_once_and_revokes_it(
    service: Service, open_desk: SignIn
) -> None:
    chief = open_desk("chief")
    open_people(chief)
    name = f"Feed {secrets.token_hex(4)}"
    chief.locator("#token-name").focus()
    chief.keyboard.press("Enter")
    expect(chief.locator("#token-name-error")).to_have_text("Write the name.")
    chief.keyboard.type(name)
    chief.keyboard.press("Tab")
    chief.keyboard.type("rep")
    chief.keyboard.press("Tab")
    chief.keyboard.press("Space")
    chief.keyboard.press("Enter")
    secret = chief.locator("#token-secret-value")
    expect(secret).to_be_focused()
    token = secret.input_value()
    row = chief.locator("#token-rows li", has_text=name)
    expect(row).to_contain_text("reporter · editions:")
    expect(row).to_contain_text("Made by")
    expect(row).to_contain_text("Never used")
    expect_accessible(chief)

    def status() -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx2.get(f"{service.desk.url}/v1/session", headers=headers, trust_env=False).status_code

    assert status() == 200
    chief.reload()
    expect(row).to_contain_text("Last used")
    expect(chief.locator("#token-secret")).to_be_hidden()
    assert token not in chief.content()
    row.get_by_role("button", name="Revoke").focus()
    chief.keyboard.press("Enter")
    expect(chief.get_by_role("dialog")).to_contain_text("Revoke this token?")
    chief.keyboard.press("Enter")
    expect(row).to_have_count(0)
    assert status() == 401
    # A name that was used once stays with its token, also a revoked one.
    chief.locator("#token-name").fill(name)
    chief.keyboard.press("Enter")
    expect(chief.locator("#token-name-error")).not_to_be_empty()
    expect(chief.locator("#token-outcome")).to_have_text("Not done. Correct what is marked.")


@pytest.mark.deep
def test_a_change_of_a_person_of_an_edition_that_is_gone_does_not_grant_every_edition(
    service: Service, open_desk: SignIn
) -> None:
    name = f"Omar {secrets.token_hex(4)}"
    with closing(open_database(service.data)) as database:
        person = Users(database).create(name, "reporter", frozenset({"gone"}))
        chief = open_desk("chief")
        open_people(chief)
        row = chief.locator("#person-rows li", has_text=name)
        row.get_by_role("button", name="Change").click()
        chief.locator("#person-role").select_option("editor")
        expect(chief.locator("#person-form").get_by_role("checkbox", name="gone")).to_be_checked()
        chief.locator("#person-save").click()
        expect(chief.locator("#person-editions-error")).to_contain_text("gone")
        assert Users(database).get(person.id) == person
        chief.locator("#person-form").get_by_role("checkbox", name="gone").uncheck()
        chief.locator("#person-form").get_by_role("checkbox", name="English").check()
        chief.locator("#person-save").click()
        expect(row).to_contain_text("editor · editions: \u2068English\u2069")


@pytest.mark.deep
@pytest.mark.parametrize("path", ["people", "account"])
def test_the_pages_fit_a_small_phone_in_every_language(open_desk: SignIn, path: str) -> None:
    page = open_desk("chief")
    page.goto(f"{page.url.rstrip('/')}/{path}")
    expect(page.locator("h1:visible")).to_be_visible()
    for language in ("en", "es", "ar"):
        page.locator("#language").select_option(language)
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") == 320, language


@pytest.mark.deep
def test_what_was_shown_to_one_chief_is_not_there_for_the_next_person_at_the_same_page(
    service: Service, open_desk: SignIn
) -> None:
    page = open_desk("chief")
    open_people(page)
    page.locator("#token-name").fill(f"Feed {secrets.token_hex(4)}")
    page.locator("#token-name").press("Enter")
    page.locator("#person-name").fill(f"Omar {secrets.token_hex(4)}")
    page.locator("#person-name").press("Enter")
    expect(page.locator("#token-secret-value")).not_to_have_value("")
    expect(page.locator("#person-link-value")).not_to_have_value("")
    service.end_sessions()
    expect(page.locator("#signin-value")).to_be_visible(timeout=20_000)
    sign_in_again(page, service.token(f"Other {secrets.token_hex(4)}", "chief"))
    expect(page.locator("#person-rows")).to_be_visible()
    for shown, value in (("#token-secret", "#token-secret-value"), ("#person-link", "#person-link-value")):
        expect(page.locator(shown)).to_be_hidden()
        expect(page.locator(value)).to_have_value("")


@pytest.mark.deep
def test_new_recovery_codes_leave_the_screen_with_the_session_and_come_back_to_their_person_alone(
    service: Service, context: BrowserContext
) -> None:
    name, code = invite(service)
    page = context.new_page()
    add_authenticator(page)
    codes = set_up_password(page, named_url(service), code)
    page.get_by_role("button", name="I have kept them").click()
    expect(page.locator("#user")).to_be_visible()
    page.locator("#user").click()
    page.get_by_role("button", name="Make new codes").click()
    page.keyboard.press("Enter")
    expect(page.locator("#new-codes-list li")).to_have_count(10)
    codes = page.locator("#new-codes-list li").all_inner_texts()
    service.end_sessions()
    expect(page.locator("#signin")).to_be_visible(timeout=20_000)
    expect(page.locator("#new-codes")).to_be_hidden()

    def sign_in_with_a_code(person: str, used: str) -> None:
        if page.get_by_role("button", name="With password and code").is_visible():
            page.get_by_role("button", name="With password and code").click()
        for field, value in (("name", person), ("value", PASSWORD), ("code", used)):
            page.locator(f"#password-{field}").fill(value)
        page.keyboard.press("Enter")
        expect(page.locator("#account")).to_be_visible()

    sign_in_with_a_code(name, codes[0])
    expect(page.locator("#new-codes")).to_be_visible()
    service.end_sessions()
    expect(page.locator("#signin")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="With a token").click()
    sign_in_again(page, service.token(f"Other {secrets.token_hex(4)}", "editor"))
    expect(page.locator("#account")).to_be_visible()
    expect(page.locator("#new-codes")).to_be_hidden()
    assert codes[1] not in page.content()
