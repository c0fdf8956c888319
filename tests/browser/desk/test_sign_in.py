"""Signing in as a person: passkeys of a virtual authenticator, passwords with an app, invitations, and refusals."""

import secrets
import sqlite3
import time
from contextlib import closing

import pyotp
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from publisher.records.sessions import IDLE_SECONDS
from publisher.records.sqlite import FILE
from tests.browser.desk.conftest import Service, SignIn
from tests.support.axe import expect_accessible

pytestmark = pytest.mark.browser

PASSWORD = "harbour lights at dawn"


def named_url(service: Service) -> str:
    """The desk at an address with a name: an IP address cannot have passkeys."""
    return service.desk.url.replace("127.0.0.1", "localhost")


def add_authenticator(page: Page) -> None:
    """Gives the page's browser a device that confirms every ceremony at once."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "automaticPresenceSimulation": True}
    options |= {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def invite(service: Service, role: str = "editor") -> tuple[str, str]:
    """A new person's name and the code of their invitation."""
    name = f"Person {secrets.token_hex(4)}"
    chief = service.token(f"Chief {secrets.token_hex(4)}", "chief")
    answer = service.post(chief, "/v1/users", {"name": name, "role": role})
    invitation = answer["invitation"]
    assert isinstance(invitation, dict)
    return name, invitation["code"]


def set_up_password(page: Page, url: str, code: str) -> list[str]:
    """Follows an invitation and sets a password with an app; returns the recovery codes."""
    page.goto(f"{url}/#invite={code}")
    page.get_by_role("button", name="Use a password and an app").click()
    secret = page.locator(".secret code").inner_text().replace(" ", "")
    page.locator("#setup-password").fill(PASSWORD)
    page.locator("#setup-code").fill(pyotp.TOTP(secret).now())
    page.keyboard.press("Enter")
    expect(page.locator("#codes-list li")).to_have_count(10)
    return page.locator("#codes-list code").all_inner_texts()


def test_the_first_person_makes_a_passkey_and_signs_in_with_it(new_service: Service, context: BrowserContext) -> None:
    page = context.new_page()
    add_authenticator(page)
    page.goto(f"{named_url(new_service)}/#welcome={new_service.welcome()}")
    expect(page.locator("#invitation-name")).to_be_focused()
    # The code counts until the last step, so a reload loses nothing.
    page.reload()
    page.locator("#invitation-name").fill("Maha")
    expect_accessible(page)
    page.keyboard.press("Enter")
    expect(page.locator("#codes-list li")).to_have_count(10)
    assert "welcome" not in page.url
    page.get_by_role("button", name="I have kept them").click()
    expect(page.locator("#user")).to_have_text("\u2068Maha\u2069 · chief")
    page.reload()
    expect(page.locator("#line")).to_be_focused()
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("#passkey-go")).to_be_focused()
    expect_accessible(page)
    page.keyboard.press("Enter")
    expect(page.locator("#line")).to_be_focused()
    expect(page.locator("#user")).to_have_text("\u2068Maha\u2069 · chief")


@pytest.mark.deep
def test_a_second_person_signs_in_with_a_passkey_of_their_own(service: Service, context: BrowserContext) -> None:
    name, code = invite(service, "reporter")
    page = context.new_page()
    add_authenticator(page)
    page.goto(f"{named_url(service)}/#invite={code}")
    page.get_by_role("button", name="Make a passkey").click()
    page.get_by_role("button", name="I have kept them").click()
    expect(page.locator("#user")).to_have_text(f"\u2068{name}\u2069 · reporter")
    # The link is used up.
    page.goto("about:blank")
    page.goto(f"{named_url(service)}/#invite={code}")
    expect(page.get_by_role("heading", name="This link is no longer valid")).to_be_visible()


@pytest.mark.deep
def test_a_person_without_a_passkey_signs_in_with_a_password_and_a_code(
    service: Service, context: BrowserContext
) -> None:
    name, code = invite(service)
    page = context.new_page()
    codes = set_up_password(page, service.desk.url, code)
    page.get_by_role("button", name="I have kept them").click()
    expect(page.locator("#user")).to_have_text(f"\u2068{name}\u2069 · editor")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="With password and code").click()
    page.locator("#password-name").fill(name)
    page.locator("#password-value").fill("wrong password")
    page.locator("#password-code").fill(codes[0])
    page.keyboard.press("Enter")
    expect(page.locator("#signin-error")).not_to_be_empty()
    expect_accessible(page)
    page.locator("#password-value").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#line")).to_be_focused()
    # Each recovery code counts once.
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("#password-name")).to_be_focused()
    for field, value in (("name", name), ("value", PASSWORD), ("code", codes[0])):
        page.locator(f"#password-{field}").fill(value)
    page.keyboard.press("Enter")
    expect(page.locator("#signin-error")).not_to_be_empty()


@pytest.mark.deep
def test_a_wrong_code_of_the_app_is_marked_at_its_field_and_the_setup_goes_on(
    service: Service, context: BrowserContext
) -> None:
    _, code = invite(service)
    page = context.new_page()
    page.goto(f"{service.desk.url}/#invite={code}")
    page.get_by_role("button", name="Use a password and an app").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    expect_accessible(page)
    page.locator("#setup-password").fill("short")
    page.locator("#setup-code").fill("000000")
    page.keyboard.press("Enter")
    expect(page.locator("#setup-password")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#setup-code-error")).not_to_be_empty()


@pytest.mark.deep
def test_a_passkey_ceremony_that_fails_says_so_and_offers_the_other_ways(
    service: Service, context: BrowserContext
) -> None:
    page = context.new_page()
    add_authenticator(page)
    page.goto(named_url(service))
    page.locator("#passkey-go").click()
    expect(page.locator("#signin-error")).to_have_text("No passkey was used. Try again, or choose another way.")
    page.get_by_role("button", name="With a token").click()
    expect(page.locator("#signin-value")).to_be_focused()


@pytest.mark.deep
def test_too_many_failures_say_when_to_try_again(service: Service, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(service.desk.url)
    page.get_by_role("button", name="With password and code").click()
    name = f"Nobody {secrets.token_hex(4)}"
    for field in ("name", "value", "code"):
        page.locator(f"#password-{field}").fill(name)
    for _ in range(30):
        with page.expect_response("**/v1/session/password") as answer:
            page.locator("#password-code").press("Enter")
        if answer.value.status == 429:
            break
    expect(page.locator("#signin-error")).to_contain_text("min")
    assert answer.value.status == 429


@pytest.mark.deep
def test_a_session_that_is_about_to_end_is_announced_and_can_be_kept(service: Service, open_desk: SignIn) -> None:
    page = open_desk("editor")
    with closing(sqlite3.connect(service.data / FILE, isolation_level=None)) as database:
        database.execute("UPDATE sessions SET used = ?", (time.time() - IDLE_SECONDS + 300,))
    notice = page.locator("#session-notice")
    expect(notice).to_contain_text("Your session ends at")
    page.get_by_role("button", name="Stay signed in").click()
    expect(notice).to_be_hidden()


@pytest.mark.deep
def test_a_tab_ends_when_another_person_signs_in_with_the_same_browser(service: Service, open_desk: SignIn) -> None:
    page = open_desk("chief")
    page.locator("#line").fill("A neighbour: Half a line")
    # As another tab does it: all tabs have the same cookie.
    answer = page.context.request.post(
        f"{service.desk.url}/v1/session",
        data={"token": service.token(f"B {secrets.token_hex(4)}", "chief")},
        headers={"Origin": service.desk.url},
    )
    assert answer.ok
    expect(page.locator("#signin-value")).to_be_visible()
    assert page.locator("#line").is_hidden()
