"""Signing in at an OpenID provider that runs on loopback."""

from collections.abc import Iterator

import httpx2
import pytest
from joserfc.jwk import ECKey

from publisher.api.parts import Parts
from publisher.settings import DeskSettings
from tests.publisher.api.people import Page
from tests.support.openid_provider import CLIENT, SECRET, Provider
from tests.support.openid_provider import provider as running_provider

pytestmark = pytest.mark.anyio

MAIL = {"email": "amal@example.org", "email_verified": True}


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture
def settings(settings: DeskSettings, provider: Provider) -> DeskSettings:
    fields = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    return settings.model_copy(update=fields)


async def begin(browser: httpx2.AsyncClient) -> str:
    """The address to which the desk sends the browser."""
    answer = await browser.get("/v1/session/oidc")
    assert answer.status_code == 303
    return str(answer.headers["location"])


async def come_back(browser: httpx2.AsyncClient, code: str, state: str) -> str:
    """Where the desk sends the browser after the provider; the browser comes from another site then."""
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = await browser.get("/v1/session/oidc/callback", params={"code": code, "state": state}, headers=headers)
    assert answer.status_code == 303
    return str(answer.headers["location"])


async def test_a_user_signs_in_by_verified_address_and_then_by_subject(
    page: Page, parts: Parts, provider: Provider
) -> None:
    user = parts.people.users.create("Amal", "editor", frozenset({"ar"}), "amal@example.org")
    browser = page()
    assert (await browser.get("/v1/sign-in")).json()["oidc"] == {"name": "Single sign-on"}
    assert await come_back(browser, *provider.authorize(await begin(browser), **MAIL)) == "/"
    shown = (await browser.get("/v1/session")).json()
    assert (shown["name"], shown["role"], shown["editions"], shown["way"]) == ("Amal", "editor", ["ar"], "oidc")
    another = page()
    assert await come_back(another, *provider.authorize(await begin(another), email="new@example.org")) == "/"
    assert (await another.get("/v1/session")).json()["user"] == user.id
    parts.people.users.change(user.id, state="disabled")
    assert await come_back(another, *provider.authorize(await begin(another))) == "/#sign-in=unknown-user"
    assert (await another.get("/v1/session")).status_code == 401


@pytest.mark.deep
@pytest.mark.parametrize(
    "claims",
    [
        {"email": "amal@example.org"}, MAIL | {"email_verified": False}, MAIL | {"email_verified": "true"},
        MAIL | {"email": "bea@example.org"},
    ],
)  # fmt: skip
async def test_an_address_that_is_not_verified_or_not_known_signs_no_one_in(
    page: Page, parts: Parts, provider: Provider, claims: dict[str, object]
) -> None:
    parts.people.users.create("Amal", "editor", email="amal@example.org")
    browser = page()
    assert await come_back(browser, *provider.authorize(await begin(browser), **claims)) == "/#sign-in=unknown-user"
    assert (await browser.get("/v1/session")).status_code == 401


@pytest.mark.deep
@pytest.mark.parametrize("claim", [{"nonce": "x"}, {"aud": "another"}, {"iss": "https://evil.example"}, {"exp": 1}])
async def test_an_id_token_for_something_else_signs_no_one_in(
    page: Page, parts: Parts, provider: Provider, claim: dict[str, object]
) -> None:
    parts.people.users.create("Amal", "editor", email="amal@example.org")
    browser = page()
    assert await come_back(browser, *provider.authorize(await begin(browser), **MAIL, **claim)) == "/#sign-in=refused"


async def test_a_token_that_another_key_signed_signs_no_one_in(page: Page, parts: Parts, provider: Provider) -> None:
    parts.people.users.create("Amal", "editor", email="amal@example.org")
    browser = page()
    provider.key = ECKey.generate_key("P-256", {"kid": "k1"})
    assert await come_back(browser, *provider.authorize(await begin(browser), **MAIL)) == "/#sign-in=refused"


@pytest.mark.deep
async def test_a_state_counts_once_and_in_the_browser_that_began(page: Page, parts: Parts, provider: Provider) -> None:
    parts.people.users.create("Amal", "editor", email="amal@example.org")
    browser, victim = page(), page()
    code, state = provider.authorize(await begin(browser), **MAIL)
    # An attacker sends the victim the address with his own code.
    assert await come_back(victim, code, state) == "/#sign-in=refused"
    assert (await victim.get("/v1/session")).status_code == 401
    assert await come_back(browser, code, state) == "/"
    assert await come_back(browser, code, state) == "/#sign-in=refused"
    assert await come_back(page(), "", "") == "/#sign-in=refused"


async def test_a_provider_that_does_not_answer_is_a_refusal(page: Page, parts: Parts, provider: Provider) -> None:
    provider.issuer = "https://another.example"
    browser = page()
    assert (await browser.get("/v1/session/oidc")).headers["location"] == "/#sign-in=refused"


async def test_a_desk_without_the_extra_does_not_offer_it(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = page()
    assert (await browser.get("/v1/sign-in")).json()["oidc"]
    monkeypatch.setattr("publisher.api.oidc_client.find_spec", lambda _: None)
    assert (await browser.get("/v1/sign-in")).json()["oidc"] is None
