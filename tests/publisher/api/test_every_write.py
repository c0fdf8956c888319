"""Cross-site request forgery on every route of the desk that writes: the routes are read from the application."""

import re

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from publisher.api.parts import Parts
from tests.publisher.api.people import Page, invitation, kind, with_passkey
from tests.publisher.conftest import ClientFor

pytestmark = pytest.mark.anyio

FOREIGN = [
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://evil.localhost", "Sec-Fetch-Site": "same-site"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "none"},
]
# They sign someone in, so no session is needed: a program without a page may use them, another site may not.
OPEN = {
    "POST /v1/session", "POST /v1/welcome", "POST /v1/session/passkey/options", "POST /v1/session/passkey",
    "POST /v1/session/password", "POST /v1/invitation", "POST /v1/invitation/passkey/options",
    "POST /v1/invitation/passkey", "POST /v1/invitation/password/setup", "POST /v1/invitation/password",
}  # fmt: skip


def writes(app: Starlette) -> list[tuple[str, str]]:
    """Method and path of every route that may write, with a value for each parameter."""
    write_routes = []
    for route in app.routes:
        assert isinstance(route, Route)
        for method in sorted((route.methods or set()) - {"GET", "HEAD", "OPTIONS"}):
            write_routes.append((method, re.sub(r"\{[^}]*\}", "x", route.path)))
    return write_routes


async def test_no_route_writes_for_another_sites_page(page: Page, app: Starlette, parts: Parts) -> None:
    browser = page()
    await with_passkey(browser, await invitation(parts, "Amal", "chief"))
    routes = writes(app)
    assert len(routes) >= 35 and {f"{method} {path}" for method, path in routes} >= OPEN
    for method, path in routes:
        for headers in FOREIGN:
            # Without the headers of the desk's own page, which the client sends otherwise.
            foreign = httpx2.Request(method, f"http://localhost{path}", headers=headers, json={})
            foreign.headers["Cookie"] = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
            refused = await browser.send(foreign)
            assert refused.status_code == 403 and kind(refused) == "foreign-origin", (method, path, headers)
            assert "set-cookie" not in refused.headers
    assert (await browser.get("/v1/session")).json()["name"] == "Amal"


async def test_no_route_writes_for_a_page_that_names_no_origin(page: Page, app: Starlette, parts: Parts) -> None:
    browser = page()
    await with_passkey(browser, await invitation(parts, "Amal", "chief"))
    cookie = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
    for method, path in writes(app):
        if f"{method} {path}" in OPEN:
            continue
        silent = httpx2.Request(method, f"http://localhost{path}", headers={"Cookie": cookie}, json={})
        assert kind(await browser.send(silent)) == "foreign-origin", (method, path)


async def test_every_route_that_writes_needs_a_sign_in(client_for: ClientFor, app: Starlette) -> None:
    client = client_for(None)
    for method, path in writes(app):
        if f"{method} {path}" not in OPEN:
            refused = await client.request(method, path, json={})
            assert refused.status_code == 401 and kind(refused) == "unauthorized", (method, path)


async def test_every_body_must_be_json_so_that_no_form_can_send_it(page: Page, app: Starlette, parts: Parts) -> None:
    browser = page()
    await with_passkey(browser, await invitation(parts, "Amal", "chief"))
    plain = {"Content-Type": "text/plain"}
    for method, path in writes(app):
        if method in ("POST", "PUT", "PATCH"):
            answer = await browser.request(method, path, content=b"{}", headers=plain)
            # An unknown thing may be refused before the body is read.
            assert answer.status_code in (404, 415), (method, path, answer.status_code)
