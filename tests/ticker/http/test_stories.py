"""`story=` on every way to read from a real node: an item that leaves the story reaches its readers, once."""

from typing import Any

import pytest

from tests.support.serving import Serving, request
from ticker.contract.item import Story, Text

pytestmark = pytest.mark.anyio

FLOOD = Story("flood", Text("Flood", "en", "ltr"))


def uris(items: list[dict[str, Any]]) -> list[str]:
    return [item["uri"] for item in items]


async def test_a_story_is_followed_on_every_transport_and_in_lists(node: Serving) -> None:
    other = await node.publish(story=Story("vote", FLOOD.title))
    line = await node.publish(story=FLOOD)
    for path in ("/v1/live", "/v1/items"):
        assert uris((await node.get(f"{path}?story=flood")).json()["items"]) == [line.uri]
        both = (await node.get(f"{path}?story=flood&story=vote")).json()["items"]
        assert set(uris(both)) == {line.uri, other.uri}
        assert (await node.get(f"{path}?story=unknown")).json()["items"] == []
        refused = await node.get(f"{path}?story=Flood%202026")
        assert refused.status_code == 400 and refused.json()["errors"][0]["field"] == "story"
    async with node.joined("story=flood") as socket, node.wire() as stream:
        stream.send(request("story=flood", Accept="text/event-stream"))
        assert (await stream.head())[0] == 200
        assert uris((await socket.message())["items"]) == [line.uri]
        first = (await stream.event())["data"]
        assert uris(first["items"]) == [line.uri]
        # An item of another story is not delivered; one that leaves this story is.
        await node.act(other, "update", urgency=1)
        left = await node.act(line, "update", story=None)
        for message in (await socket.message(), (await stream.event())["data"]):
            assert (message["item"]["uri"], message["item"]["version"]) == (left.uri, 2)
            assert message["item"]["story"] is None
    assert uris((await node.get("/v1/items?story=flood")).json()["items"]) == []
    replay = (await node.get(f"/v1/live?story=flood&cursor={first['cursor']}")).json()
    assert replay["type"] == "replay" and uris(replay["items"]) == [line.uri]


async def test_a_withdrawn_item_has_no_story_in_replay_and_history(node: Serving) -> None:
    line = await node.publish(story=FLOOD, digital_source_type="trainedAlgorithmicMedia")
    cursor = str(node.node.backlog.newest)
    await node.act(line, "withdraw", note=Text("Not so.", "en", "ltr"))
    [item] = (await node.get(f"/v1/live?story=flood&cursor={cursor}")).json()["items"]
    assert (item["story"], item["headline"]) == (None, None)
    versions = (await node.get(f"/v1/items/{line.uri}/history")).json()["versions"]
    assert [version["item"]["story"] for version in versions] == [None, None]
