"""Signing in and writing through proxies that change scheme, host or port, and the attacks that are still refused."""

import base64
import time

import httpx2
import pytest

from publisher.api.app import create_app
from publisher.api.caller import _tokens
from publisher.api.cookie import OLD_NAME, cookie_name
from publisher.api.parts import Parts, open_parts
from publisher.records.welcome import welcome_link
from publisher.settings import DeskSettings
from tests.publisher.conftest import ClientFor
from tests.support.sample_items import line

pytestmark = pytest.mark.anyio

_BASIC = "Basic " + base64.b64encode(b"night:desk").decode()
_SAME = {"Sec-Fetch-Site": "same-origin"}

# The headers that reach the desk when a browser signs in through a proxy that changes them.
_THROUGH_PROXIES: dict[str, dict[str, str]] = {
    "none": {"Host": "desk.test", "Origin": "http://desk.test"},
    "two proxies, the inner without TLS": {
        "Host": "desk.test", "Origin": "https://desk.test", "X-Forwarded-Proto": "https,http"
    },
    "the same with spaces": {"Host": "desk.test", "Origin": "https://desk.test", "X-Forwarded-Proto": " https , http"},
    "upper case": {"Host": "DESK.test", "Origin": "https://desk.test", "X-Forwarded-Proto": "HTTPS"},
    "a scheme that is not one": {"Host": "desk.test", "Origin": "https://desk.test", "X-Forwarded-Proto": "on"},
    "the host without its port": {"Host": "desk.test", "Origin": "https://desk.test:8443", **_SAME},
    "another port": {"Host": "desk.test:8001", "Origin": "https://desk.test", **_SAME},
    "the backend's host": {"Host": "127.0.0.1:8001", "Origin": "https://desk.test", **_SAME},
    "TLS ended without a word": {"Host": "desk.test", "Origin": "https://desk.test"},
    "TLS ended without a word, with the port": {"Host": "desk.test:8443", "Origin": "https://desk.test:8443"},
    "no Origin": {"Host": "127.0.0.1:8001", **_SAME},
    "Origin: null, as no-referrer makes it": {"Host": "desk.test", "Origin": "null", **_SAME},
    "IPv6": {"Host": "[::1]:8001", "Origin": "http://[::1]:8001"},
    "IPv6, long": {"Host": "[0:0:0:0:0:0:0:1]:8001", "Origin": "http://[::1]:8001"},
    "a final dot": {"Host": "desk.test.", "Origin": "http://desk.test"},
    "the default port": {"Host": "desk.test:80", "Origin": "http://desk.test"},
    "the host forwarded": {
        "Host": "127.0.0.1:8001", "Origin": "http://desk.test:8080", "X-Forwarded-Host": "desk.test:8080"
    },
    "the hosts forwarded": {
        "Host": "inner", "Origin": "http://desk.test:8080", "X-Forwarded-Host": "desk.test:8080, inner"
    },
    "the port forwarded": {"Host": "desk.test", "Origin": "http://desk.test:8080", "X-Forwarded-Port": "8080"},
    "the host in the standard header": {
        "Host": "inner", "Origin": "http://desk.test:8080",
        "Forwarded": 'For="[2001:db8::17]:4711";Proto=HTTP;Host="desk.test:8080", for=10.0.0.5;host=inner',
    },
    "TLS in the standard header": {
        "Host": "inner", "Origin": "https://desk.test", "Forwarded": "by=10.0.0.1; host=desk.test; proto=https"
    },
    "IPv6 in the standard header": {
        "Host": "inner", "Origin": "http://[::1]:8080", "Forwarded": 'host="[::1]:8080"'
    },
    "a standard header that is none": {"Host": "desk.test", "Origin": "http://desk.test", "Forwarded": '="";;, host='},
    "the host forwarded in capitals with its default port": {
        "Host": "inner", "Origin": "https://desk.test",
        "X-Forwarded-Host": "DESK.Test:443", "X-Forwarded-Proto": "HTTPS"
    },
    "the port of IPv6 forwarded": {"Host": "[::1]", "Origin": "http://[::1]:8080", "X-Forwarded-Port": "8080"},
    "a further origin": {"Host": "127.0.0.1:8001", "Origin": "http://Press.test.:80"},
}  # fmt: skip

# The headers that another site's page can make a browser send, with Sec-Fetch-Site from browsers that have it.
_ATTACKS: dict[str, dict[str, str]] = {
    "another site": {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    "another site, old browser": {"Origin": "https://evil.example"},
    "a subdomain": {"Origin": "http://evil.desk.test", "Sec-Fetch-Site": "same-site"},
    "a subdomain, old browser": {"Origin": "http://evil.desk.test"},
    "a sandboxed frame": {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    "a sandboxed frame, old browser": {"Origin": "null"},
    "another port, old browser": {"Origin": "http://desk.test:9000"},
    "another port": {"Origin": "http://desk.test:9000", "Sec-Fetch-Site": "same-site"},
    "the host as a user name": {"Origin": "http://desk.test@evil.example"},
    "the host in a longer name": {"Origin": "http://desk.test.evil.example"},
    "typed into the address bar": {"Sec-Fetch-Site": "none"},
    "neither header": {},
    "an empty Origin": {"Origin": ""},
    "not an origin": {"Origin": "desk.test"},
    "a broken port": {"Origin": "http://desk.test:x"},
    "another scheme": {"Origin": "ftp://desk.test"},
    "an override": {"Origin": "https://evil.example", "X-HTTP-Method-Override": "GET"},
}


@pytest.fixture
def settings(settings: DeskSettings) -> DeskSettings:
    return settings.model_copy(update={"desk_origins": "https://press.test/, http://press.test"})


async def _signed_in(client_for: ClientFor, parts: Parts, headers: dict[str, str]) -> httpx2.AsyncClient:
    client = client_for(None, **headers)
    answer = await client.post("/v1/session", json={"token": parts.tokens.create("ed", "editor")})
    assert answer.status_code == 200, answer.text
    # As a browser does, whose address is not the one that the desk sees.
    client.headers["Cookie"] = answer.headers["set-cookie"].partition(";")[0]
    return client


@pytest.mark.parametrize("proxy", _THROUGH_PROXIES)
@pytest.mark.parametrize("basic", [False, True])
async def test_an_editor_signs_in_and_writes_through(
    client_for: ClientFor, parts: Parts, proxy: str, basic: bool
) -> None:
    headers = _THROUGH_PROXIES[proxy] | ({"Authorization": _BASIC} if basic else {})
    client = await _signed_in(client_for, parts, headers)
    assert (await client.get("/v1/session")).json()["name"] == "ed"
    assert (await client.post("/v1/items", json=line())).status_code == 201
    assert (await client.delete("/v1/session")).status_code == 204
    assert (await client.get("/v1/session")).status_code == 401


@pytest.mark.deep
@pytest.mark.parametrize("attack", _ATTACKS)
async def test_a_foreign_page_writes_nothing(client_for: ClientFor, parts: Parts, attack: str) -> None:
    signed = await _signed_in(client_for, parts, _THROUGH_PROXIES["none"])
    cookie = signed.headers["Cookie"]
    client = client_for(None, Host="desk.test", Cookie=cookie, **_ATTACKS[attack])
    previous = len((await client.get("/v1/items")).json()["items"])
    for method, path in (("POST", "/v1/items"), ("POST", "/v1/canary"), ("DELETE", "/v1/session")):
        refused = await client.request(method, path, json=line())
        assert refused.status_code == 403 and "FLASHWIRE_DESK_ORIGINS" in refused.json()["detail"], path
    assert len((await client.get("/v1/items")).json()["items"]) == previous
    if _ATTACKS[attack]:
        answer = await client.post("/v1/session", json={"token": parts.tokens.create("another", "editor")})
        assert answer.status_code == 403 and "set-cookie" not in answer.headers


@pytest.mark.deep
@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_the_media_types_of_a_form_are_not_read(client_for: ClientFor, parts: Parts, media_type: str) -> None:
    client = await _signed_in(client_for, parts, _THROUGH_PROXIES["none"])
    for path in ("/v1/items", "/v1/canary", "/v1/split", "/v1/session"):
        answer = await client.post(path, content=b'{"text": "A: b"}', headers={"Content-Type": media_type})
        assert answer.status_code == 415, path


@pytest.mark.deep
@pytest.mark.parametrize("language", ["en", "ar", "es"])
async def test_the_refusal_names_the_setting_and_the_origin(client_for: ClientFor, language: str) -> None:
    client = client_for(None, Host="10.0.0.5", Origin="http://desk.lan:8080")
    refused = await client.post("/v1/session", json={"token": "x"}, headers={"Accept-Language": language})
    detail = refused.json()["detail"]
    assert refused.status_code == 403 and refused.headers["content-language"] == language
    assert "FLASHWIRE_DESK_ORIGINS" in detail and "http://desk.lan:8080" in detail


@pytest.mark.deep
@pytest.mark.parametrize(
    "forwarded", [{"X-Forwarded-Host": "desk.example"}, {"Forwarded": "host=desk.example"}], ids=["common", "standard"]
)
@pytest.mark.parametrize(
    ("peer", "status"), [("192.0.2.7", 403), ("::ffff:192.0.2.7", 403), ("127.0.0.1", 200), ("::ffff:127.0.0.1", 200)]
)
async def test_forwarded_headers_count_only_from_a_trusted_proxy(
    client_for: ClientFor, parts: Parts, forwarded: dict[str, str], peer: str, status: int
) -> None:
    client = client_for(None, Host="127.0.0.1", Origin="http://desk.example", **forwarded)
    client._transport.client = (peer, 1)  # type: ignore[attr-defined]  # the address that the application sees
    answer = await client.post("/v1/session", json={"token": parts.tokens.create("ed", "editor")})
    assert answer.status_code == status


@pytest.mark.deep
@pytest.mark.parametrize(
    ("headers", "secure"),
    [
        ({"Origin": "http://desk.test"}, False),
        ({"Origin": "https://desk.test", "X-Forwarded-Proto": "https,http"}, True),
        ({"Origin": "http://desk.test", "X-Forwarded-Proto": "http,https"}, False),
        ({"Origin": "https://desk.test"}, True),
        ({"X-Forwarded-Proto": "https"}, True),
    ],
)
async def test_the_cookie_is_secure_where_the_browser_uses_https(
    client_for: ClientFor, parts: Parts, headers: dict[str, str], secure: bool
) -> None:
    client = client_for(None, Host="desk.test", **headers)
    answer = await client.post("/v1/session", json={"token": parts.tokens.create("ed", "editor")})
    cookie = answer.headers["set-cookie"]
    assert answer.status_code == 200
    assert ("; Secure" in cookie, cookie.startswith("__Host-")) == (secure, secure)
    assert "Domain" not in cookie and "; Path=/;" in cookie


@pytest.mark.deep
@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic",
        _BASIC,
        "basic  " + _BASIC[6:],
        "Negotiate abc",
        'Digest username="a", realm="b"',
        'Digest username="a", realm="Front, Bearer of news", opaque="\\", Bearer x"',
        "NTLM TlRMTVNTUAAB",
        "fw_x",
        "Bearerfw_x",
    ],
)
async def test_another_scheme_is_the_proxys_and_the_cookie_counts(
    client_for: ClientFor, parts: Parts, authorization: str
) -> None:
    client = await _signed_in(client_for, parts, _THROUGH_PROXIES["none"] | {"Authorization": authorization})
    assert (await client.get("/v1/items")).status_code == 200
    stranger = await client_for(None, Authorization=authorization).get("/v1/items")
    assert stranger.status_code == 401 and stranger.json()["type"].endswith(":unauthorized")
    assert stranger.headers["www-authenticate"] == 'Bearer realm="flashwire"'


@pytest.mark.deep
async def test_the_page_behind_basic_authentication_never_gets_401(client_for: ClientFor) -> None:
    # After a 401 Chromium drops the proxy's credentials and asks for them again.
    page = client_for(None, Authorization=_BASIC, **{"Flashwire-Page": "desk"})
    for answer in (await page.get("/v1/session"), await page.post("/v1/session", json={"token": "fw_x"})):
        assert answer.status_code == 403 and "www-authenticate" not in answer.headers
        assert answer.json()["status"] == 403
        assert answer.json()["type"].rpartition(":")[2] in ("unauthorized", "token-refused")
    # The same if the proxy removes its credentials from the request.
    bare = await client_for(None, **{"Flashwire-Page": "desk"}).get("/v1/session")
    assert bare.status_code == 403 and bare.json()["type"].endswith(":unauthorized")
    assert (await client_for(None).get("/v1/session")).status_code == 401


@pytest.mark.deep
@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "BEARER   {} ", "Bearer\t{}", f"{_BASIC}, Bearer {{}}"])
async def test_a_token_is_read_with_any_spelling_of_its_scheme(client_for: ClientFor, parts: Parts, form: str) -> None:
    token = parts.tokens.create("ed", "editor")
    assert (await client_for(None, Authorization=form.format(token)).get("/v1/session")).json()["name"] == "ed"


@pytest.mark.deep
def test_many_quotes_in_a_header_use_little_time() -> None:
    started = time.process_time()
    assert _tokens([b'Digest "' + b'\\"' * 8_000]) == set()
    assert time.process_time() - started < 0.05


@pytest.mark.deep
async def test_two_authorization_headers_count_as_the_token_in_them(client_for: ClientFor, parts: Parts) -> None:
    token = parts.tokens.create("ed", "editor")
    client = client_for(None)
    for mine, status in ((_BASIC, 200), (f"Bearer {token}", 200), ("Bearer fw_x", 401), ("Bearer", 401)):
        for order in ((mine, f"Bearer {token}"), (f"Bearer {token}", mine)):
            answer = await client.get("/v1/session", headers=[("Authorization", value) for value in order])
            assert answer.status_code == status, order


@pytest.mark.deep
async def test_two_desks_of_one_host_keep_their_cookies_apart(client_for: ClientFor, parts: Parts) -> None:
    client = await _signed_in(client_for, parts, _THROUGH_PROXIES["none"])
    name, _, session = client.headers["Cookie"].partition("=")
    assert name == parts.cookie != cookie_name(parts.settings.brand, "another") != cookie_name("another", "another")
    # Next to the other desk's cookie, and to the cookie that both desks had in an earlier release.
    client.headers["Cookie"] = f"{OLD_NAME}=theirs; {cookie_name('b', 'c')}=theirs; {name}={session}"
    assert (await client.get("/v1/session")).status_code == 200
    client.headers["Cookie"] = f"{OLD_NAME}={session}"
    assert (await client.get("/v1/session")).status_code == 200
    # Over https a subdomain cannot set the cookie that counts.
    client.headers["X-Forwarded-Proto"] = "https"
    for sent, status in ((name, 401), (OLD_NAME, 401), (f"__Host-{name}", 200)):
        client.headers["Cookie"] = f"{sent}={session}"
        assert (await client.get("/v1/session")).status_code == status


@pytest.mark.deep
async def test_the_public_address_is_an_allowed_origin_and_used_in_links(settings: DeskSettings) -> None:
    public = settings.model_copy(update={"desk_url": "https://press.example:8443/news/desk/"})
    parts = open_parts(public)
    try:
        transport = httpx2.ASGITransport(create_app(parts))
        async with httpx2.AsyncClient(transport=transport, base_url="http://inner:8001") as client:
            token = {"token": parts.tokens.create("ed", "editor")}
            for origin, status in (("https://press.example:8443", 200), ("https://press.example", 403)):
                answer = await client.post("/v1/session", json=token, headers={"Origin": origin})
                assert answer.status_code == status, origin
            bearer = {"Authorization": f"Bearer {token['token']}"}
            created = await client.post("/v1/items", json=line(), headers=bearer)
            assert created.headers["location"] == f"/news/desk/v1/items/{created.json()['item']['uri']}"
    finally:
        await parts.store.aclose()
        await parts.audit.aclose()


@pytest.mark.deep
@pytest.mark.parametrize("address", ["https://press.example/desk/", "https://press.example/desk"])
def test_the_first_runs_link_is_below_the_public_address(settings: DeskSettings, address: str) -> None:
    cookies = welcome_link(settings.data, address)
    assert cookies is not None and cookies.startswith("https://press.example/desk/#welcome=")
