"""Signing in to the desk page: the cookie, from where it speaks, and the first welcome."""

import httpx2
import pytest

from publisher.api.parts import Parts
from tests.publisher.api.people import Page, invitation, with_passkey
from tests.publisher.conftest import ClientFor
from tests.support.authenticator import Authenticator
from tests.support.sample_items import line

pytestmark = pytest.mark.anyio

_PAGE = {"Origin": "http://desk.test", "Sec-Fetch-Site": "same-origin"}


async def signed_in(client_for: ClientFor, parts: Parts, name: str = "ed") -> httpx2.AsyncClient:
    client = client_for(None)
    token = parts.tokens.create(name, "editor")
    answer = await client.post("/v1/session", json={"token": token}, headers=_PAGE)
    assert answer.status_code == 200 and (answer.json()["name"], answer.json()["role"]) == (name, "editor")
    return client


async def test_a_session_speaks_for_its_token_until_it_is_closed(client_for: ClientFor, parts: Parts) -> None:
    client = await signed_in(client_for, parts)
    assert (await client.get("/v1/session")).json()["name"] == "ed"
    assert (await client.post("/v1/items", json=line(), headers=_PAGE)).status_code == 201
    cookies = dict(client.cookies)
    assert (await client.delete("/v1/session", headers=_PAGE)).status_code == 204
    assert not client.cookies
    # The cookie is worth nothing any more, also to someone who kept a copy.
    client.cookies.update(cookies)
    assert (await client.get("/v1/session")).status_code == 401


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client_for: ClientFor, parts: Parts) -> None:
    token = parts.tokens.create("ed", "editor")
    answer = await client_for(None).post("/v1/session", json={"token": token}, headers=_PAGE)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "max-age=43200" in cookie and "secure" not in cookie
    assert token.lower() not in cookie
    secure = await client_for(None).post("https://desk.test/v1/session", json={"token": token})
    assert "secure" in secure.headers["set-cookie"].lower()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://desk.test.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://desk.test", "Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_a_foreign_page_cannot_write_with_the_cookie(
    client_for: ClientFor, parts: Parts, headers: dict[str, str]
) -> None:
    client = await signed_in(client_for, parts)
    for method, path in (("POST", "/v1/items"), ("POST", "/v1/canary"), ("DELETE", "/v1/session")):
        assert (await client.request(method, path, json=line(), headers=headers)).status_code == 403
    assert (await client.get("/v1/session", headers=headers)).status_code == 200


async def test_a_token_next_to_the_cookie_does_not_let_a_foreign_page_sign_out(
    client_for: ClientFor, parts: Parts
) -> None:
    client = await signed_in(client_for, parts)
    token = {"Authorization": f"Bearer {parts.tokens.create('another', 'editor')}"}
    for foreign in ({}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        refused = await client.delete("/v1/session", headers=token | foreign)
        assert refused.status_code == 403 and "set-cookie" not in refused.headers
    assert (await client.get("/v1/session")).json()["name"] == "ed"
    script = client_for("editor")
    assert (await script.delete("/v1/session")).status_code == 204
    assert (await client.delete("/v1/session", headers=token | _PAGE)).status_code == 204
    assert (await client.get("/v1/session")).status_code == 401


async def test_a_foreign_page_cannot_sign_anyone_in(client_for: ClientFor, parts: Parts) -> None:
    token = parts.tokens.create("ed", "editor")
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    answer = await client_for(None).post("/v1/session", json={"token": token}, headers=foreign)
    assert answer.status_code == 403 and "set-cookie" not in answer.headers


async def test_a_wrong_token_does_not_sign_in_and_a_revoked_token_signs_out(
    client_for: ClientFor, parts: Parts
) -> None:
    wrong = await client_for(None).post("/v1/session", json={"token": "fw_x"}, headers=_PAGE)
    assert wrong.status_code == 401 and "set-cookie" not in wrong.headers
    client = await signed_in(client_for, parts)
    parts.tokens.revoke("ed")
    assert (await client.get("/v1/session")).status_code == 401


async def test_a_wrong_token_is_not_rescued_by_a_good_cookie(client_for: ClientFor, parts: Parts) -> None:
    client = await signed_in(client_for, parts)
    assert (await client.get("/v1/session", headers={"Authorization": "Bearer fw_x"})).status_code == 401


async def test_a_welcome_shows_the_first_token_once_and_signs_in(client_for: ClientFor, parts: Parts) -> None:
    code = parts.welcome.code()
    client = client_for(None)
    assert (await client.post("/v1/welcome", json={"code": "x", "name": "Amal"}, headers=_PAGE)).status_code == 403
    bad = await client.post("/v1/welcome", json={"code": code, "name": ""}, headers=_PAGE)
    assert bad.status_code == 422 and bad.json()["errors"][0]["field"] == "name"
    answer = await client.post("/v1/welcome", json={"code": code, "name": "Amal"}, headers=_PAGE)
    assert answer.status_code == 201 and answer.headers["cache-control"] == "no-store"
    session = (await client.get("/v1/session")).json()
    assert (session["name"], session["role"], session["way"]) == ("Amal", "chief", "token")
    bearer = client_for(None, Authorization=f"Bearer {answer.json()['token']}")
    assert (await bearer.post("/v1/items", json=line())).status_code == 201
    assert (await client.post("/v1/welcome", json={"code": code, "name": "Bea"}, headers=_PAGE)).status_code == 403


async def test_a_write_prolongs_the_session_and_a_read_does_not(page: Page, parts: Parts) -> None:
    browser = page()
    await with_passkey(browser, await invitation(parts, "Amal"))

    async def prolonged_by(method: str, path: str, body: object = None) -> bool:
        with parts.database.begin() as connection:
            connection.exec_driver_sql("UPDATE sessions SET used = created - 3600")
        first_session = (await browser.get("/v1/session")).json()
        assert first_session["endsIn"] < 3700 and first_session["idleExpires"] < first_session["expires"]
        assert (await browser.request(method, path, json=body)).status_code < 300
        second_session = (await browser.get("/v1/session")).json()
        assert (
            second_session["expires"] == first_session["expires"]
            and second_session["session"] == first_session["session"]
        )
        return bool(second_session["idleExpires"] > first_session["idleExpires"] and second_session["endsIn"] > 7100)

    assert not await prolonged_by("GET", "/v1/items")
    assert await prolonged_by("POST", "/v1/split", {"text": "Police: Road open"})
    assert await prolonged_by("POST", "/v1/session/keep", {})


async def test_a_session_that_was_not_used_in_time_is_over(page: Page, parts: Parts) -> None:
    browser = page()
    await with_passkey(browser, await invitation(parts, "Amal"))
    with parts.database.begin() as connection:
        connection.exec_driver_sql("UPDATE sessions SET used = used - 7200")
    for method, path in (("GET", "/v1/session"), ("POST", "/v1/session/keep"), ("POST", "/v1/items")):
        assert (await browser.request(method, path, json={})).status_code == 401


async def test_over_https_the_cookie_is_bound_to_the_host(page: Page, parts: Parts) -> None:
    browser = page()
    browser.base_url = httpx2.URL("https://localhost")
    browser.headers["Origin"] = "https://localhost"
    code = await invitation(parts, "Amal")
    key = Authenticator("https://localhost")
    options = (await browser.post("/v1/invitation/passkey/options", json={"code": code})).json()["publicKey"]
    body = {"code": code, "credential": key.create(options)}
    answer = await browser.post("/v1/invitation/passkey", json=body)
    [cookie] = answer.headers.get_list("set-cookie")
    name, _, flags = cookie.partition("=")
    assert name == f"__Host-{parts.cookie}" and answer.headers["cache-control"] == "no-store"
    parts_of_flags = {flag.strip().lower() for flag in flags.split(";")[1:]}
    assert {"httponly", "secure", "samesite=strict", "path=/", "max-age=43200"} <= parts_of_flags
    assert not any(flag.startswith("domain") for flag in parts_of_flags)
    assert (await browser.get("/v1/session")).json()["name"] == "Amal"
