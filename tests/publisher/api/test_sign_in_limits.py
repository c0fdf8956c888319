"""Limits of failed sign-ins, and the time that a refusal takes."""

import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx2
import pytest
from starlette.applications import Starlette

from publisher.api import secrets_work
from publisher.api.app import create_app
from publisher.api.parts import Parts, open_parts
from publisher.records.attempts import ADDRESS_FACTOR, WINDOW_SECONDS
from publisher.settings import DeskSettings
from tests.publisher.api.people import (
    PAGE,
    PASSWORD,
    Page,
    invitation,
    kind,
    next_code,
    sign_in,
    with_passkey,
    with_password,
)

pytestmark = pytest.mark.anyio

LIMIT = 3
From = Callable[..., httpx2.AsyncClient]


@pytest.fixture
def settings(settings: DeskSettings) -> DeskSettings:
    return settings.model_copy(update={"sign_in_failures": LIMIT})


@pytest.fixture
async def client_from(app: Starlette) -> AsyncIterator[From]:
    """Makes browsers at other addresses, of this desk or of another `app`."""
    clients: list[httpx2.AsyncClient] = []

    def make(address: str, app: Starlette = app) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(app, client=(address, 1234))
        clients.append(httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=PAGE))
        return clients[-1]

    yield make
    for client in clients:
        await client.aclose()


def wrong(name: str) -> dict[str, str]:
    return {"name": name, "password": "not the password", "code": "000000"}


async def test_an_account_is_limited_for_every_address_and_its_passkey_still_signs_in(
    page: Page, parts: Parts, client_from: From
) -> None:
    key, _ = await with_passkey(page(), await invitation(parts, "Amal"))
    for number in range(LIMIT):
        refused = await client_from(f"198.51.100.{number}").post("/v1/session/password", json=wrong("amal"))
        assert kind(refused) == "sign-in-refused"
    limited = await client_from("203.0.113.1").post("/v1/session/password", json=wrong(" AMAL"))
    assert limited.status_code == 429 and kind(limited) == "sign-in-rate"
    assert 0 < int(limited.headers["retry-after"]) <= WINDOW_SECONDS
    assert kind(await client_from("203.0.113.1").post("/v1/session/password", json=wrong("Bea"))) == "sign-in-refused"
    assert (await sign_in(page(), key)).status_code == 200
    metrics = parts.metrics.page(parts.steady()).decode()
    assert 'flashwire_desk_sign_ins_total{result="limited",way="password"} 1.0' in metrics
    assert f'flashwire_desk_sign_ins_total{{result="refused",way="password"}} {LIMIT + 1}.0' in metrics


@pytest.mark.deep
async def test_an_address_is_limited_for_all_accounts_tokens_passkeys_and_links(client_from: From) -> None:
    attacker = client_from("2001:db8::1")
    for number in range(LIMIT * ADDRESS_FACTOR):
        path, body = (
            ("/v1/session/password", wrong(f"user {number}")), ("/v1/session", {"token": "fw_x"}),
            ("/v1/session/passkey", {"credential": {}}), ("/v1/invitation", {"code": "x"}),
        )[number % 4]  # fmt: skip
        assert (await attacker.post(path, json=body)).status_code in (401, 403)
    # The rest of the network is the same client.
    for address in ("2001:db8::1", "2001:db8::ffff:2"):
        for path, body in (("/v1/session", {"token": "fw_x"}), ("/v1/invitation", {"code": "x"})):
            assert kind(await client_from(address).post(path, json=body)) == "sign-in-rate"
    assert kind(await client_from("2001:db8:0:1::1").post("/v1/session", json={"token": "fw_x"})) == "token-refused"


@pytest.mark.deep
async def test_two_desks_of_one_database_count_together(
    settings: DeskSettings, client_from: From, app: Starlette
) -> None:
    another = open_parts(settings)
    apps = (app, create_app(another))
    answers = [
        await client_from("203.0.113.1", apps[number % 2]).post("/v1/session/password", json=wrong("Amal"))
        for number in range(LIMIT + 2)
    ]
    assert [answer.status_code for answer in answers] == [401] * LIMIT + [429] * 2
    await another.store.aclose()
    await another.audit.aclose()
    another.database.close()


@pytest.mark.deep
async def test_failures_count_for_15_minutes_and_a_success_does_not_count(
    page: Page, parts: Parts, client_from: From
) -> None:
    secret, answer = await with_password(page(), await invitation(parts, "Amal"))
    right = {"name": "Amal", "password": PASSWORD, "code": next_code(secret)}
    client = client_from("203.0.113.1")
    assert (await client.post("/v1/session/password", json=right)).status_code == 200
    for _ in range(LIMIT):
        assert (await client.post("/v1/session/password", json=wrong("Amal"))).status_code == 401
    recovery = right | {"code": answer["recoveryCodes"][0]}
    assert (await client.post("/v1/session/password", json=recovery)).status_code == 429
    with parts.database.begin() as connection:
        connection.exec_driver_sql(f"UPDATE sign_in_attempts SET at = at - {WINDOW_SECONDS}")
    assert (await client.post("/v1/session/password", json=recovery)).status_code == 200


@pytest.mark.deep
async def test_one_address_begins_a_bounded_number_of_ceremonies(client_from: From) -> None:
    client = client_from("203.0.113.1")
    statuses = [(await client.post("/v1/session/passkey/options", json={})).status_code for _ in range(125)]
    assert statuses == [200] * 120 + [429] * 5


async def medians(requests: dict[str, Callable[[], Awaitable[object]]], rounds: int) -> dict[str, float]:
    """The median seconds of each request; they take turns, so that a load of the machine meets all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in requests}
    for _ in range(rounds):
        for name, request in requests.items():
            started = time.perf_counter()
            await request()
            seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in seconds.items()}


@pytest.fixture
def unlimited(settings: DeskSettings) -> DeskSettings:
    return settings.model_copy(update={"sign_in_failures": 1000})


@pytest.mark.usefixtures("real_passwords")
def test_a_password_costs_what_rfc_9106_advises() -> None:
    for hashed in (secrets_work.hash_password("a password"), secrets_work._DUMMY_HASH):
        assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=1$")


@pytest.mark.alone
@pytest.mark.usefixtures("real_passwords")
@pytest.mark.deep
async def test_an_unknown_account_takes_as_long_as_a_wrong_password(unlimited: DeskSettings, client_from: From) -> None:
    parts = open_parts(unlimited)
    client = client_from("203.0.113.1", create_app(parts))
    await with_password(client, await invitation(parts, "Amal"))
    await with_passkey(client, await invitation(parts, "Bea"))

    def attempt(name: str) -> Callable[[], Awaitable[object]]:
        return lambda: client.post("/v1/session/password", json=wrong(name))

    names = ("Amal", "Bea", "nobody at all")
    times = await medians({name: attempt(name) for name in names}, 5)
    # Without the dummy hash an unknown account is answered in a tenth of the time.
    assert max(times.values()) < 1.5 * min(times.values()), times
    await parts.store.aclose()
    await parts.audit.aclose()
    parts.database.close()


async def test_a_wrong_token_takes_as_long_as_one_with_a_right_beginning(parts: Parts, client_from: From) -> None:
    token = parts.tokens.create("ed", "editor")
    client = client_from("203.0.113.1")

    def attempt(secret: str) -> Callable[[], Awaitable[object]]:
        return lambda: client.get("/v1/session", headers={"Authorization": f"Bearer {secret}"})

    tokens = {"first letters": token[:-1] + ("a" if token[-1] != "a" else "b"), "nothing": "fw_" + "x" * 43}
    times = await medians({name: attempt(secret) for name, secret in tokens.items()}, 300)
    assert max(times.values()) < 1.25 * min(times.values()), times
