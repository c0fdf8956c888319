"""Passkeys in Chromium with its virtual authenticator: the ceremonies of the page against a real desk."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page

from tests.browser.desk.conftest import Service

pytestmark = pytest.mark.browser

_CALL = """async ([method, path, body]) => {
  const answer = await fetch(path, {
    method, headers: {"Content-Type": "application/json"}, ...(body ? {body: JSON.stringify(body)} : {}),
  });
  return {status: answer.status, ...(answer.status === 204 ? {} : await answer.json())};
}"""
_CREATE = """async (options) => {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  try { return (await navigator.credentials.create({publicKey})).toJSON(); }
  catch (error) { return {error: error.name}; }
}"""
_GET = """async (options) => {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  try { return (await navigator.credentials.get({publicKey})).toJSON(); }
  catch (error) { return {error: error.name}; }
}"""


class Person:
    """A browser with a separate authenticator, at the desk's page."""

    def __init__(self, page: Page, cdp: CDPSession) -> None:
        self.page = page
        self.cdp = cdp
        cdp.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True,
        }  # fmt: skip
        self.authenticator = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def call(self, method: str, path: str, body: object = None) -> Any:  # Any: JSON
        return self.page.evaluate(_CALL, [method, path, body])

    def accept(self, code: str, **fields: str) -> Any:  # Any: as above
        """Adds a passkey with the code of a link."""
        answer = self.call("POST", "/v1/invitation/passkey/options", {"code": code, "name": fields.get("name", "")})
        assert answer["status"] == 200, answer
        options = answer["publicKey"]
        credential = self.page.evaluate(_CREATE, options)
        return self.call("POST", "/v1/invitation/passkey", {"code": code, "credential": credential, **fields})

    def sign_in(self) -> Any:  # Any: as above
        options = self.call("POST", "/v1/session/passkey/options", {})["publicKey"]
        credential = self.page.evaluate(_GET, options)
        return (
            credential
            if "error" in credential
            else self.call("POST", "/v1/session/passkey", {"credential": credential})
        )

    def verifies(self, *, is_verified: bool) -> None:
        """Whether the next finger is the right one."""
        state = {"authenticatorId": self.authenticator, "isUserVerified": is_verified}
        self.cdp.send("WebAuthn.setUserVerified", state)


@pytest.fixture
def people(chromium: Browser, new_service: Service) -> Iterator[tuple[Person, Person]]:
    """Two people, each with a browser, at a desk on its first run."""
    contexts = [chromium.new_context() for _ in range(2)]
    created = []
    for context in contexts:
        page = context.new_page()
        page.goto(new_service.desk.url.replace("127.0.0.1", "localhost"))
        created.append(Person(page, context.new_cdp_session(page)))
    yield created[0], created[1]
    for context in contexts:
        context.close()


def test_two_people_set_up_passkeys_sign_in_and_are_told_apart(
    people: tuple[Person, Person], new_service: Service
) -> None:
    chief, editor = people
    first = chief.accept(new_service.welcome(), name="Amal")
    assert (first["status"], first["role"], first["way"]) == (201, "chief", "invitation")
    created = chief.call("POST", "/v1/users", {"name": "Bea", "role": "editor", "editions": ["en"]})
    second = editor.accept(created["invitation"]["code"], label="Phone")
    assert (second["name"], second["editions"]) == ("Bea", ["en"])
    for person, name in ((chief, "Amal"), (editor, "Bea")):
        assert person.call("DELETE", "/v1/session")["status"] == 204
        again = person.sign_in()
        assert (again["status"], again["name"], again["way"]) == (200, name, "passkey")
    # The page's scripts never see the session.
    assert "flashwire" not in editor.page.evaluate("document.cookie")
    [cookie] = editor.page.context.cookies()
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict" and not cookie["secure"]
    line = {"text": "Police: Road reopens", "role": "official", "edition": "en"}
    assert editor.call("POST", "/v1/items", line)["status"] == 201
    assert editor.call("POST", "/v1/items", line | {"edition": "ar"})["type"].endswith(":edition-act")
    assert editor.call("GET", "/v1/users")["type"].endswith(":role-action")
    # One person is disabled by the other one, and is out at the next request.
    path = f"/v1/users/{second['user']}"
    assert chief.call("PATCH", path, {"state": "disabled"})["user"]["state"] == "disabled"
    assert editor.call("GET", "/v1/session")["status"] == 401
    assert editor.sign_in()["status"] == 401


@pytest.mark.deep
def test_a_passkey_verifies_its_user_counts_its_uses_and_stays_at_its_address(
    people: tuple[Person, Person], new_service: Service
) -> None:
    chief, _ = people
    chief.accept(new_service.welcome(), name="Amal")
    listed = {"authenticatorId": chief.authenticator}
    [key] = chief.cdp.send("WebAuthn.getCredentials", listed)["credentials"]
    assert key["isResidentCredential"] and key["rpId"] == "localhost"
    chief.verifies(is_verified=False)
    assert chief.sign_in() == {"error": "NotAllowedError"}
    chief.verifies(is_verified=True)
    assert [chief.sign_in()["status"] for _ in range(2)] == [200, 200]
    # A copy of the authenticator from before these sign-ins.
    chief.cdp.send("WebAuthn.removeCredential", listed | {"credentialId": key["credentialId"]})
    chief.cdp.send("WebAuthn.addCredential", listed | {"credential": key | {"signCount": 0}})
    assert chief.sign_in()["type"].endswith(":sign-in-refused")
    # At an IP address the desk offers none, and the browser would refuse.
    chief.page.goto(new_service.desk.url)
    assert chief.call("GET", "/v1/sign-in")["passkey"] is False
    assert chief.call("POST", "/v1/session/passkey/options", {})["type"].endswith(":no-passkeys")
