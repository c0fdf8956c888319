"""`/v1/at` against what a real node sent at each of many moments, while items are published and acted on at random."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import httpx2
import pytest

from publisher.api.parts import Parts
from publisher.settings import DeskSettings
from tests.publisher.conftest import ClientFor
from tests.support.sample_items import line
from tests.support.waiting import until_async
from ticker.contract.item import moment
from ticker.node.node import Node
from ticker.server import limit_buffers, make_server
from ticker.settings import TickerSettings
from ticker.shared.process.listen import bind
from ticker.stream.redis_stream import Keys

pytestmark = pytest.mark.anyio

LENGTH = 100


@pytest.fixture
def settings(settings: DeskSettings) -> DeskSettings:
    """A short stream, so that items leave it."""
    return settings.model_copy(update={"stream_length": LENGTH})


@asynccontextmanager
async def node_of(parts: Parts) -> AsyncIterator[tuple[Node, str]]:
    """A node of the desk's stream, and its address."""
    settings = TickerSettings(
        drain_seconds=0.0, redis_url=parts.settings.redis_url, brand=parts.settings.brand, stream_length=LENGTH
    )
    server = make_server(settings, parts.store.keyring)
    [sock] = bind("127.0.0.1", 0, 1, "--port")
    limit_buffers(sock)
    task = asyncio.create_task(server._serve([sock]))
    try:
        await until_async(lambda: server.started and server.node.filled, "the node follows")
        yield server.node, f"http://127.0.0.1:{sock.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


class Newsroom:
    """Publishes and acts at random."""

    def __init__(self, client: httpx2.AsyncClient, chance: random.Random) -> None:
        self._client = client
        self._chance = chance
        self._items: list[dict[str, Any]] = []

    async def publish(self) -> str:
        fields: dict[str, Any] = {"edition": self._chance.choice(["en", "ar", "es"])}
        if self._chance.random() < 0.3:
            fields["expires"] = moment(time.time() + self._chance.uniform(0.2, 3))
        if self._chance.random() < 0.3:
            fields["pinnedUntil"] = moment(time.time() + self._chance.uniform(0.2, 3))
        answer = await self._client.post("/v1/items", json=line(**fields))
        assert answer.status_code == 201, answer.text
        self._items.append(answer.json()["item"])
        return str(answer.json()["cursor"])

    async def act(self) -> str | None:
        if not self._items:
            return None
        item = self._chance.choice(self._items[-40:])
        act = self._chance.choice(["update", "refile", "correction", "hold", "release", "withdraw"])
        body: dict[str, Any] = {"act": act}
        if act in ("correction", "withdraw"):
            body["note"] = "It was wrong."
        if act in ("update", "refile"):
            body["headline"] = f"Bridge closed {self._chance.random()}"
        answer = await self._client.post(
            f"/v1/items/{item['uri']}/acts", json=body, headers={"If-Match": f'"{item["version"]}"'}
        )
        if answer.status_code != 200:
            return None
        item.update(answer.json()["item"])
        return str(answer.json()["cursor"])


def _has(node: Node, cursor: str) -> bool:
    return str(node.backlog.newest) == cursor


@pytest.mark.deep
async def test_the_list_at_each_moment_is_the_one_that_a_node_sent(
    parts: Parts, client_for: ClientFor, raw: Any, brand: str
) -> None:
    chief = client_for("chief", unlimited=True)
    newsroom = Newsroom(chief, random.Random(7))
    for _ in range(LENGTH - 20):
        await newsroom.publish()
    seen: list[tuple[str, str, list[dict[str, Any]]]] = []
    async with (
        node_of(parts) as (node, url),
        httpx2.AsyncClient(verify=False, trust_env=False, timeout=20) as reader,
    ):
        for step in range(110):
            cursor = await (newsroom.publish() if step % 3 == 0 else newsroom.act())
            if cursor is None:
                continue
            await until_async(partial(_has, node, cursor), "the node has the entry")
            edition = ("en", "ar", "es")[step % 3]
            message = (await reader.get(f"{url}/v1/live", params={"edition": edition, "backlog": "100"})).json()
            seen.append((message["time"], edition, message["items"]))
            # The next entry gets a later millisecond.
            await asyncio.sleep(0.003)
    assert len(seen) > 60 and any(len(items) > 5 for _, _, items in seen)
    first = await raw.xrange(Keys(brand).items, count=1)
    assert int(first[0][1][b"seq"]) > 1, "entries have left the stream"
    for moment_seen, edition, items in seen:
        parameters = {"edition": edition, "time": moment_seen, "limit": "100"}
        answer = (await chief.get("/v1/at", params=parameters)).json()
        listed, sent = ([(item["uri"], item["version"]) for item in each] for each in (answer["items"], items))
        assert listed == sent, (moment_seen, set(listed) ^ set(sent))
        assert answer["items"] == items
        assert answer["complete"]
    before = await chief.get("/v1/at", params={"edition": "en", "time": "2020-01-01T00:00:00Z"})
    assert before.json()["items"] == []


@pytest.mark.deep
async def test_what_stream_and_ledgers_no_longer_have_is_said(
    parts: Parts, client_for: ClientFor, raw: Any, brand: str
) -> None:
    chief = client_for("chief", unlimited=True)
    newsroom = Newsroom(chief, random.Random(3))
    await newsroom.publish()
    [(entry_id, fields)] = await raw.xrange(Keys(brand).items)
    assert (await chief.get("/v1/at", params={"time": moment(time.time())})).json()["complete"]
    await raw.xadd(Keys(brand).items, {**fields, b"seq": b"2", b"body": fields[b"body"][:-1] + b" "})
    answer = (await chief.get("/v1/at", params={"time": moment(time.time())})).json()
    assert answer["items"] == [] and not answer["complete"]
    assert answer["earliest"] == moment(int(entry_id.split(b"-")[0]) / 1000)
    await raw.delete(Keys(brand).items)
    await newsroom.publish()
    kept = await chief.get("/v1/at", params={"time": moment(time.time() - 500 * 86_400)})
    assert kept.json() == {**kept.json(), "items": [], "complete": False}


@pytest.mark.deep
@pytest.mark.parametrize("query", ["", "time=", "time=yesterday", "time=2100-01-01T00:00:00Z", "edition=xx"])
async def test_a_wrong_moment_is_refused(editor: httpx2.AsyncClient, client_for: ClientFor, query: str) -> None:
    assert (await editor.get(f"/v1/at?{query}")).status_code == 400
    assert (await client_for(None).get("/v1/at?time=2026-01-01T00:00:00Z")).status_code == 401
