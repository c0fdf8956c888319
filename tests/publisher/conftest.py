"""One desk per test: real Valkey, real database, the application without a socket."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import redis.asyncio
from starlette.applications import Starlette

from publisher.api.app import create_app
from publisher.api.parts import Parts, open_parts
from publisher.core.permission import Editions
from publisher.core.roles import Role
from publisher.settings import DeskSettings
from publisher.stream.store import Store
from tests.support.postgresql import Server
from ticker.contract.entry import Keyring
from ticker.stream.redis_stream import connect

ClientFor = Callable[..., httpx2.AsyncClient]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """None for the file in the data directory, or an empty schema of PostgreSQL; a test runs with each."""
    if request.param == "sqlite":
        yield None
        return
    server: Server = request.getfixturevalue("postgresql")
    with server.new_url() as url:
        yield url


@pytest.fixture
def settings(tmp_path: Path, redis_url: str, brand: str) -> DeskSettings:
    """The desk's settings: this test's brand and folder, and a rate that few tests reach."""
    return DeskSettings.model_validate(
        {"redis_url": redis_url, "brand": brand, "data": tmp_path, "rate_per_minute": 1000}
    )


@pytest.fixture
async def raw(redis_url: str) -> AsyncIterator[Any]:  # Any: redis-py's types cover text and bytes
    """A client of the server that does not use the store."""
    client = redis.asyncio.Redis.from_url(redis_url, legacy_responses=False)
    yield client
    await client.aclose()


@pytest.fixture
def keyring(brand: str) -> Keyring:
    """A keyring with one key for this test's brand."""
    return Keyring("k1", {"k1": b"k" * 32}, brand)


@pytest.fixture
async def store(redis_url: str, keyring: Keyring) -> AsyncIterator[Store]:
    """The store that the desk writes with."""
    opened = Store(connect(redis_url, timeout=1.2), keyring)
    yield opened
    await opened.aclose()


@pytest.fixture
async def parts(settings: DeskSettings) -> AsyncIterator[Parts]:
    """The desk's parts, opened as the server opens them."""
    opened = open_parts(settings)
    yield opened
    await opened.store.aclose()
    await opened.audit.aclose()
    await opened.bylines.aclose()
    opened.database.close()


@pytest.fixture
def app(parts: Parts) -> Starlette:
    """The desk's application."""
    return create_app(parts)


@pytest.fixture
async def client_for(app: Starlette, parts: Parts) -> AsyncIterator[ClientFor]:
    """Makes clients: `client_for("editor")` holds a new token of that role, `client_for(None)` none."""
    clients: list[httpx2.AsyncClient] = []

    def make(
        role: Role | None, *, unlimited: bool = False, editions: Editions = None, **headers: str
    ) -> httpx2.AsyncClient:
        if role:
            token = parts.tokens.create(f"{role} {len(clients)}", role, unlimited=unlimited, editions=editions)
            headers["Authorization"] = f"Bearer {token}"
        transport = httpx2.ASGITransport(app)
        clients.append(httpx2.AsyncClient(transport=transport, base_url="http://desk.test", headers=headers))
        return clients[-1]

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
def page(client_for: ClientFor) -> Callable[[], httpx2.AsyncClient]:
    """Makes browsers with the desk's page at http://localhost."""

    def make() -> httpx2.AsyncClient:
        client = client_for(None, Origin="http://localhost", **{"Sec-Fetch-Site": "same-origin"})
        client.base_url = httpx2.URL("http://localhost")
        return client

    return make


@pytest.fixture
async def editor(client_for: ClientFor) -> httpx2.AsyncClient:
    """A client with an editor's token."""
    return client_for("editor")


@pytest.fixture
async def chief(client_for: ClientFor) -> httpx2.AsyncClient:
    """A client with a chief's token."""
    return client_for("chief")
