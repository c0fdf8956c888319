"""Text removed by a hold or a withdrawal is in no history, no replay and no older version."""

from typing import Any

import pytest

from tests.support.serving import Serving
from tests.support.waiting import until_async as until
from ticker.contract.item import Item, Text

pytestmark = pytest.mark.anyio

NOTE = Text("The court ordered it.", "en", "ltr")


async def history(node: Serving, line: Item) -> list[dict[str, object]]:
    answer = await node.get(f"/v1/items/{line.uri}/history")
    assert answer.status_code == 200
    texts: list[dict[str, object]] = answer.json()["versions"]
    return texts


@pytest.mark.parametrize("act", ["hold", "withdraw"])
async def test_removed_text_is_in_no_version_of_the_history(node: Serving, act: str) -> None:
    line = await node.publish("Victim named", link="https://news.example/victim", sections=("world",))
    line = await node.act(line, "correction", note=NOTE)
    assert "Victim" in str(await history(node, line))
    removed = await node.act(line, act, note=NOTE)
    versions = await history(node, removed)
    assert "ictim" not in str(versions) and [change["act"] for change in versions] == ["publish", "correction", act]
    for change in versions:
        public = change["item"]
        assert isinstance(public, dict) and (public["headline"], public["infoSources"], public["link"]) == (
            None,
            [],
            None,
        )
        assert public["sections"] == ["world"] and change["versionCreated"]
    assert change["note"] == {"value": NOTE.value, "language": "en", "direction": "ltr"}
    for query in ("", "?version=1", "?version=2"):
        assert "ictim" not in (await node.get(f"/v1/items/{line.uri}{query}")).text
    if act == "hold":
        await node.act(removed, "release")
        assert all(change["item"]["headline"] for change in await history(node, line))  # type: ignore[index]  # JSON


async def test_a_replay_on_every_transport_has_no_removed_text(node: Serving) -> None:
    cursor = str(node.node.backlog.newest)
    line = await node.publish("Victim named")
    await node.act(line, "withdraw", note=NOTE)
    async with node.joined(f"cursor={cursor}") as wire:
        message = await wire.message()
    polled = (await node.get(f"/v1/live?cursor={cursor}")).json()
    for texts in (message, polled):
        assert texts["type"] == "replay" and texts["complete"] and "Victim" not in str(texts)
        assert [(change["version"], change["pubStatus"], change["headline"]) for change in texts["items"]] == [
            (2, "canceled", None)
        ]


async def test_a_version_without_text_and_an_unreadable_one_are_numbers_in_the_history(node: Serving) -> None:
    line = await node.publish("Wards open")
    keys = node.desk.store.keys
    raw = node.desk.client
    await raw.rpush(keys.ledger(line.uri), b"")
    await node.desk.act(line, "update", version=3)
    assert [(change["version"], change["act"]) for change in await history(node, line)] == [
        (1, "publish"),
        (2, None),
        (3, "update"),
    ]
    await raw.rpush(keys.ledger(line.uri), b"fw1.k9.x.{}")
    assert "Wards" not in str(await history(node, line)), "the newest version may be a withdrawal"
    for version in ("1", "2"):
        answer = await node.get(f"/v1/items/{line.uri}?version={version}")
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:flashwire:problem:unreadable")


async def test_a_withdrawal_lost_by_a_restored_backup_leaves_no_text_in_the_history(node: Serving) -> None:
    line = await node.publish("Victim named")
    keys = node.desk.store.keys
    raw: Any = node.desk.client  # Any: redis-py types its replies as all they might be
    names = [keys.items, keys.meta, keys.newest, keys.ledger(line.uri)]
    aside = [await raw.dump(name) for name in names]
    await node.act(line, "withdraw", note=NOTE)
    for name, dump in zip(names, aside, strict=True):
        await raw.restore(name, 0, dump, replace=True)
    await until(lambda: node.node.backlog.hidden == {line.uri}, "the node notices")
    assert "Victim" not in str(await history(node, line))
    for query in ("", "?version=1", "?version=2"):
        answer = await node.get(f"/v1/items/{line.uri}{query}")
        assert answer.status_code == 404 and "Victim" not in answer.text
    assert "Victim" not in (await node.get("/v1/items")).text + (await node.get("/v1/live")).text
