"""A desk with its own clocks, whose scheduled lines are published when the test says so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from starlette.applications import Starlette

from publisher.api.app import create_app
from publisher.api.firing import Firing
from publisher.api.parts import Parts, open_parts
from publisher.core.roles import Role
from publisher.settings import DeskSettings
from tests.publisher.flow.conftest import Clocks
from tests.support.sample_items import line
from ticker.contract.item import moment


class Desk:
    """One desk process: its parts, its application and its schedule."""

    def __init__(self, parts: Parts, clocks: Clocks) -> None:
        self.parts = parts
        self.clocks = clocks
        self.app: Starlette = create_app(parts)
        self.firing = Firing(parts)
        self._clients: dict[str, httpx2.AsyncClient] = {}

    def client(self, name: str, role: Role = "editor") -> httpx2.AsyncClient:
        """A client with the token of `name`, which is made once."""
        if name not in self._clients:
            self._clients[name] = self.with_token(self.parts.tokens.create(name, role))
        return self._clients[name]

    def with_token(self, token: str) -> httpx2.AsyncClient:
        """A client with that token."""
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(self.app),
            base_url="http://desk.test",
            headers={"Authorization": f"Bearer {token}"},
        )

    async def pass_time(self, seconds: float = 0.1) -> None:
        """Time passes, and the desk looks at the clock."""
        self.clocks.go_on(seconds)
        await self.firing.look()
        await self.firing.settled()

    def in_seconds(self, seconds: float) -> str:
        """A time in RFC 3339, by the desk's wall clock."""
        return moment(self.clocks.wall + seconds)

    async def schedule(self, name: str = "editor", *, seconds: float = 60, **fields: Any) -> dict[str, Any]:
        """A line that is published in `seconds`."""
        body = line(publishAt=self.in_seconds(seconds), **fields)
        response = await self.client(name).post("/v1/items", json=body)
        assert response.status_code == 202, response.text
        waiting: dict[str, Any] = response.json()["waiting"]
        return waiting

    async def state(self, waiting: dict[str, Any], name: str = "editor") -> dict[str, Any]:
        """The line as the desk shows it now."""
        found: dict[str, Any] = (await self.client(name).get(f"/v1/schedule/{waiting['id']}")).json()["waiting"]
        return found

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()
        await self.parts.store.aclose()
        await self.parts.audit.aclose()
        await self.parts.bylines.aclose()
        self.parts.database.close()


@asynccontextmanager
async def open_desk(settings: DeskSettings, clocks: Clocks) -> AsyncIterator[Desk]:
    """A desk until the end of the block."""
    desk = Desk(open_parts(settings, clock=lambda: clocks.wall, steady=lambda: clocks.steady), clocks)
    try:
        yield desk
    finally:
        await desk.close()


async def ask(client: httpx2.AsyncClient, body: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The line that waits for a second person, as the answer has it."""
    response = await client.post("/v1/approvals", json={"request": body, **fields})
    assert response.status_code == 201, response.text
    waiting: dict[str, Any] = response.json()["waiting"]
    return waiting


async def decide(client: httpx2.AsyncClient, waiting: dict[str, Any], what: str, **fields: Any) -> httpx2.Response:
    """The answer to a decision about the content that `waiting` shows."""
    body = {"digest": waiting["digest"], **fields}
    return await client.post(f"/v1/approvals/{waiting['id']}/{what}", json=body)


def problem(response: httpx2.Response) -> tuple[int, str]:
    """The status and the problem type of an answer."""
    return response.status_code, response.json()["type"].rpartition(":")[2]
