"""Requests to the desk that several tests make, and the number of entries in the stream."""

from typing import Any

import httpx2
import redis.asyncio

from publisher.api.parts import Parts
from tests.support.sample_items import line
from ticker.stream.redis_stream import Keys


async def entries(parts: Parts) -> int:
    """The number of entries in the stream."""
    settings = parts.settings
    assert settings.redis_url
    async with redis.asyncio.Redis.from_url(settings.redis_url, legacy_responses=False) as client:
        return int(await client.xlen(Keys(settings.brand).items))


async def post(client: httpx2.AsyncClient, *, key: str | None = None, **fields: Any) -> httpx2.Response:
    """Publishes a valid line with `fields` changed."""
    headers = {"Idempotency-Key": key} if key else {}
    return await client.post("/v1/items", json=line(**fields), headers=headers)


async def act(
    client: httpx2.AsyncClient, uri: str, act: str, *, seen: int = 1, key: str | None = None, **fields: Any
) -> httpx2.Response:
    """Acts on an item; `seen` is the version in If-Match."""
    headers = {"If-Match": f'"{seen}"'} | ({"Idempotency-Key": key} if key else {})
    return await client.post(f"/v1/items/{uri}/acts", json={"act": act, **fields}, headers=headers)


async def published(client: httpx2.AsyncClient, **fields: Any) -> str:
    """Publishes a valid line and returns its uri."""
    return str((await post(client, **fields)).json()["item"]["uri"])
