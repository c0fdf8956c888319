"""One key, one item: however often it is sent, at once or again, and whatever became of the answer.

The mutant, a plain XADD with redis-py's defaults, is in tests/publisher/stream/test_store.py: it doubles the item.
"""

import asyncio
import json
from functools import partial
from pathlib import Path
from typing import Final

import pytest
import redis.asyncio
from anyio import to_thread

from tests.acceptance.service import Editor, make_token, running, start, stop
from tests.acceptance.truth import read_mark, read_stream
from tests.support.lossy_proxy import lossy
from ticker.stream.redis_stream import Keys

pytestmark = pytest.mark.anyio


# Only the call that writes carries a sealed body; the look-up before it does not.
_WRITES: Final = b"fw1."


def line(number: int = 0) -> dict[str, str]:
    return {"text": f"Civil Defence: Bridge {number} in the old town closed", "edition": "en"}


async def test_fifty_posts_at_once_with_one_key_are_one_item_and_one_answer(folder: Path) -> None:
    with running(folder) as service:
        token = make_token(folder, "hasty")
        async with Editor(service.desk, token, at_once=50) as editor:
            answers = await asyncio.gather(*(editor.post(line(), "the same") for _ in range(50)))
            assert {answer.status_code for answer in answers} == {201}
            assert len({answer.content for answer in answers}) == 1
            assert {answer.headers["etag"] for answer in answers} == {'"1"'}
            assert len({answer.headers["location"] for answer in answers}) == 1
            [entry] = read_stream(service.data)
            assert json.loads(answers[0].content)["item"] == entry.item

            # Fifty different bodies under one key: one is published, and no answer claims another.
            mixed = await asyncio.gather(*(editor.post(line(number), "another") for number in range(50)))
            accepted = [answer for answer in mixed if answer.status_code == 201]
            assert len(accepted) == 1
            assert {answer.status_code for answer in mixed if answer is not accepted[0]} == {422}
            assert len(read_stream(service.data)) == 2

            # Fifty acts on one version: one is accepted, the others are too late.
            uri = entry.item["uri"]
            acts = await asyncio.gather(*(_hold(editor, uri) for _ in range(50)))
            assert sorted(acts) == [200] + [412] * 49
        assert len(read_stream(service.data)) == 3
        assert "Traceback" not in service.errors()


async def _hold(editor: Editor, uri: str) -> int:
    answer = await editor.http.post(f"/v1/items/{uri}/acts", json={"act": "hold"}, headers={"If-Match": '"1"'})
    return answer.status_code


@pytest.mark.slow
async def test_a_key_is_remembered_by_a_service_that_was_killed(folder: Path) -> None:
    with running(folder) as service:
        token = make_token(folder, "patient")
        async with Editor(service.desk, token) as editor:
            first = await editor.post(line(), "one")
        service.process.kill()
        service.process.wait()
    with running(folder) as service:
        async with Editor(service.desk, token) as editor:
            again = await editor.post(line(), "one")
        assert (again.status_code, again.content) == (201, first.content)
        assert read_mark(service.data).entries == 1


@pytest.mark.deep
async def test_a_lost_reply_is_retried_and_never_publishes_twice(folder: Path, redis_url: str, brand: str) -> None:
    async with (
        lossy(redis_url, folder, _WRITES) as (address, proxy),
        redis.asyncio.Redis.from_url(redis_url, legacy_responses=False) as store,
    ):
        begin = partial(start, folder, REDIS_URL=address, FLASHWIRE_BRAND=brand)
        # In a thread, because the proxy lives in this one's loop.
        service = await to_thread.run_sync(begin)
        try:
            token = await to_thread.run_sync(make_token, folder, "unlucky")
            async with Editor(service.desk, token) as editor:
                warm = await editor.post(line(1), "warm")
                assert warm.status_code == 201

                proxy.losses = 1
                healed = await editor.post(line(2), "healed")
                assert healed.status_code == 201 and proxy.lost == 1
                assert await store.xlen(Keys(brand).items) == 2

                # Every attempt of one request is carried out and its reply lost.
                proxy.losses = 3
                lost = await editor.post(line(3), "lost")
                assert lost.status_code == 503 and lost.headers["retry-after"].isdigit() and proxy.lost == 4
                assert await store.xlen(Keys(brand).items) == 3
                answers = [await editor.post(line(3), "lost") for _ in range(3)]
                assert {answer.status_code for answer in answers} == {201}
                assert len({answer.content for answer in answers}) == 1
                assert await store.xlen(Keys(brand).items) == 3
        finally:
            await to_thread.run_sync(stop, service)
