"""Stories of a real stream, and their titles in siblings."""

import asyncio

import httpx2
import pytest

from publisher.api.parts import Parts
from tests.publisher.conftest import ClientFor
from tests.support.sample_items import line

pytestmark = pytest.mark.anyio


async def test_a_published_story_is_offered_and_siblings_use_the_title_of_their_edition(
    editor: httpx2.AsyncClient, parts: Parts
) -> None:
    arabic = {"edition": "ar", "text": "Civil Defence: إغلاق الجسر", "story": {"id": "bridge", "title": "الجسر"}}
    assert (await editor.post("/v1/items", json=arabic)).status_code == 201
    following = asyncio.create_task(parts.adviser.recent.run())
    try:
        offered: list[dict[str, object]] = []
        async with asyncio.timeout(10):
            while not offered:
                await asyncio.sleep(0.05)
                answer = await editor.get("/v1/stories", params={"edition": "en", "text": "Bridge in the old town"})
                offered = answer.json()["stories"]
        assert (offered[0]["id"], offered[0]["edition"]) == ("bridge", "ar")
        story = {"id": "bridge", "title": "The bridge"}
        sent = {**line(story=story), "siblings": [{"edition": "ar", "text": "Civil Defence: فتح الجسر"}]}
        published = (await editor.post("/v1/items", json=sent)).json()
        assert published["item"]["story"]["title"]["value"] == "The bridge"
        assert published["siblings"][0]["item"]["story"]["title"]["value"] == "الجسر"
    finally:
        following.cancel()


@pytest.mark.parametrize("query", ["", "edition=xx", "edition=en&edition=ar", "edition=en&limit=0"])
async def test_a_wrong_query_is_refused(editor: httpx2.AsyncClient, client_for: ClientFor, query: str) -> None:
    assert (await editor.get(f"/v1/stories?{query}")).status_code == 400
    assert (await client_for(None).get("/v1/stories?edition=en")).status_code == 401
