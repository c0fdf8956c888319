"""Signing in with passkeys and passwords, from the invitation on, with a software authenticator."""

import httpx2
import pytest

from publisher.api.parts import Parts
from tests.publisher.api.people import (
    PASSWORD,
    Page,
    invitation,
    kind,
    next_code,
    send,
    sign_in,
    with_passkey,
    with_password,
)
from tests.publisher.conftest import ClientFor
from tests.support.authenticator import Authenticator
from tests.support.sample_items import line

pytestmark = pytest.mark.anyio


async def test_an_invited_user_adds_a_passkey_publishes_and_signs_in_with_it_again(page: Page, parts: Parts) -> None:
    code = await invitation(parts, "Amal", "editor", frozenset({"en"}))
    browser = page()
    invited = await send(browser, "/v1/invitation", {"code": code})
    assert (invited["kind"], invited["name"], invited["role"], invited["editions"]) == (
        "invite",
        "Amal",
        "editor",
        ["en"],
    )
    key, answer = await with_passkey(browser, code)
    assert (answer["name"], answer["way"], answer["kind"]) == ("Amal", "invitation", "user")
    assert len(answer["recoveryCodes"]) == 10 and answer["endsIn"] <= 7200
    assert (await browser.post("/v1/items", json=line())).status_code == 201
    assert kind(await browser.post("/v1/items", json=line(edition="ar"))) == "edition-act"
    # The link is used up.
    assert kind(await page().post("/v1/invitation", json={"code": code})) == "invitation-refused"
    another = page()
    assert (await sign_in(another, key)).json()["way"] == "passkey"
    assert (await another.get("/v1/session")).json()["name"] == "Amal"


async def test_the_first_chief_sets_up_a_passkey_and_the_link_counts_until_then(page: Page, parts: Parts) -> None:
    codes = [parts.welcome.code() or "" for _ in range(2)]
    for _ in range(2):
        options = await send(page(), "/v1/invitation/passkey/options", {"code": codes[0], "name": "Amal"})
        assert options["publicKey"]["user"]["name"] == "Amal"
    nameless = await page().post("/v1/invitation/passkey/options", json={"code": codes[0]})
    assert nameless.status_code == 422 and nameless.json()["errors"][0]["field"] == "name"
    browser = page()
    _, answer = await with_passkey(browser, codes[1], name="Amal")
    assert answer["role"] == "chief" and answer["editions"] is None
    assert (await browser.get("/v1/users")).json()["users"][0]["name"] == "Amal"
    for code in codes:
        assert kind(await page().post("/v1/invitation", json={"code": code})) == "invitation-refused"


async def test_a_challenge_counts_once_and_only_for_what_it_was_made(page: Page, parts: Parts) -> None:
    browser = page()
    key, _ = await with_passkey(browser, await invitation(parts, "Amal"))
    options = (await send(browser, "/v1/session/passkey/options", {}))["publicKey"]
    assert options["allowCredentials"] == [] and options["userVerification"] == "required"
    credential = key.get(options)
    first, again = [await browser.post("/v1/session/passkey", json={"credential": credential}) for _ in range(2)]
    assert first.status_code == 200 and kind(again) == "sign-in-refused"
    registration = await send(browser, "/v1/account/passkeys/options", {})
    crossed = key.get({**options, "challenge": registration["publicKey"]["challenge"]})
    assert kind(await browser.post("/v1/session/passkey", json={"credential": crossed})) == "sign-in-refused"


@pytest.mark.parametrize("fault", ["count", "origin", "unverified", "signature", "unknown"])
async def test_a_passkey_that_proves_nothing_signs_no_one_in(page: Page, parts: Parts, fault: str) -> None:
    browser = page()
    key, _ = await with_passkey(browser, await invitation(parts, "Amal"))
    assert (await sign_in(page(), key)).status_code == 200
    if fault == "count":
        # A copy of the authenticator, from before the last sign-in.
        key.count = 0
    elif fault == "origin":
        key.origin = "https://evil.example"
    elif fault == "unverified":
        key.verifies = False
    elif fault == "signature":
        key.get = lambda options: Authenticator().create({**options, "user": {"id": ""}, "rp": {"id": "localhost"}})  # type: ignore[method-assign]  # a wrong answer
    else:
        key.id = b"another"
    refused = await sign_in(page(), key)
    assert kind(refused) == "sign-in-refused" and "set-cookie" not in refused.headers


async def test_a_password_needs_a_fresh_code_and_each_code_works_once(page: Page, parts: Parts) -> None:
    secret, answer = await with_password(page(), await invitation(parts, "Amal"))
    codes = answer["recoveryCodes"]
    browser = page()
    body = {"name": "  AMAL ", "password": PASSWORD, "code": next_code(secret)}
    for wrong in ({"password": "x" * 20}, {"code": "000000"}, {"code": ""}, {"name": "Bea"}, {"code": "a" * 16}):
        assert kind(await browser.post("/v1/session/password", json=body | wrong)) == "sign-in-refused"
    first = await browser.post("/v1/session/password", json=body)
    assert first.status_code == 200 and first.json()["way"] == "password"
    assert kind(await page().post("/v1/session/password", json=body)) == "sign-in-refused"
    recovered = await page().post("/v1/session/password", json=body | {"code": codes[0].upper().replace("-", " ")})
    assert recovered.status_code == 200 and recovered.json()["way"] == "recovery"
    assert kind(await page().post("/v1/session/password", json=body | {"code": codes[0]})) == "sign-in-refused"
    assert kind(await page().post("/v1/session/password", json=body | {"code": codes[1], "password": ""})) == (
        "sign-in-refused"
    )


async def test_a_weak_password_or_a_wrong_code_keeps_the_link_and_the_setup(page: Page, parts: Parts) -> None:
    code, browser = await invitation(parts, "Amal Haddad"), page()
    setup = await send(browser, "/v1/invitation/password/setup", {"code": code})
    assert setup["uri"].startswith("otpauth://totp/") and setup["secret"] in setup["uri"]
    for password, reason in (("short", "password-length"), ("amal haddad 1", "password-guessed")):
        body = {"code": code, "setup": setup["setup"], "password": password, "totp": "1"}
        refused = await browser.post("/v1/invitation/password", json=body)
        assert [error["code"] for error in refused.json()["errors"]] == [reason, "code-wrong"]
    good = body | {"password": PASSWORD, "totp": next_code(setup["secret"])}
    assert (await browser.post("/v1/invitation/password", json=good)).status_code == 201


async def test_a_user_with_passkeys_alone_signs_in_with_a_recovery_code(page: Page, parts: Parts) -> None:
    _, answer = await with_passkey(page(), await invitation(parts, "Amal"))
    body = {"name": "Amal", "password": "", "code": answer["recoveryCodes"][0]}
    assert kind(await page().post("/v1/session/password", json=body | {"password": PASSWORD})) == "sign-in-refused"
    assert (await page().post("/v1/session/password", json=body)).json()["way"] == "recovery"
    assert kind(await page().post("/v1/session/password", json=body)) == "sign-in-refused"


async def test_a_sign_in_makes_a_new_session_and_ends_the_one_that_the_browser_had(page: Page, parts: Parts) -> None:
    browser = page()
    key, _ = await with_passkey(browser, await invitation(parts, "Amal"))
    first_cookies = dict(browser.cookies)
    assert (await sign_in(browser, key)).status_code == 200
    assert dict(browser.cookies).keys() == first_cookies.keys() and dict(browser.cookies) != first_cookies
    # A cookie that an attacker has set, or a copy of the old one, signs no one in.
    for session in (first_cookies, dict.fromkeys(first_cookies, "chosen by an attacker")):
        attacker = page()
        attacker.cookies.update(session)
        assert (await attacker.get("/v1/session")).status_code == 401
        options = await send(attacker, "/v1/session/passkey/options", {})
        await attacker.post("/v1/session/passkey", json={"credential": key.get(options["publicKey"])})
        assert {cookie.value for cookie in attacker.cookies.jar} > set(session.values())


async def test_an_address_without_passkeys_says_so(client_for: ClientFor) -> None:
    client = client_for(None)
    for base, party in (
        ("http://127.0.0.1:8001", None), ("http://desk.test", None), ("http://localhost:8001", "localhost"),
        ("https://desk.test", "desk.test"),
    ):  # fmt: skip
        client.base_url = httpx2.URL(base)
        answer = (await client.get("/v1/sign-in")).json()
        assert answer["rpId"] == party and answer["passkey"] == (party is not None)
        options = await client.post("/v1/session/passkey/options", json={})
        assert options.status_code == (200 if party else 409)


async def test_a_passkey_works_behind_a_proxy_that_drops_the_port_and_at_further_addresses(
    page: Page, parts: Parts, client_for: ClientFor
) -> None:
    key, _ = await with_passkey(page(), await invitation(parts, "Amal"))
    key.origin = "http://localhost:8443"
    proxied = client_for(None, Origin=key.origin, **{"Sec-Fetch-Site": "same-origin"})
    proxied.base_url = httpx2.URL("http://localhost")
    assert (await sign_in(proxied, key)).status_code == 200
    # The header must say what the authenticator has signed.
    key.origin = "http://localhost:9999"
    assert kind(await sign_in(proxied, key)) == "sign-in-refused"
