"""The list of the desk: names on items, history, search through stream and ledgers, and presence."""

import secrets

import httpx2
import pytest

from publisher.api.parts import Parts
from tests.publisher.conftest import ClientFor
from tests.support.desk_requests import act, post, published

pytestmark = pytest.mark.anyio

PAGE = "0" * 32


async def found(client: httpx2.AsyncClient, **query: str) -> list[str]:
    """The uris of all parts of a search."""
    uris: list[str] = []
    after: str | None = ""
    while after is not None:
        answer = (await client.get("/v1/search", params={**query, "after": after} if after else query)).json()
        uris += [item["uri"] for item in answer["items"]]
        after = answer["next"]
    return uris


async def test_an_item_says_who_stored_each_version(client_for: ClientFor, parts: Parts) -> None:
    editor, chief = client_for("editor"), client_for("chief")
    uri = await published(editor)
    await act(chief, uri, "correction", note="The day was wrong.")
    names = [("publish", "editor 0"), ("correction", "chief 1")]
    await parts.bylines.flush()
    item = (await editor.get(f"/v1/items/{uri}?bylines=true")).json()
    assert [(byline["act"], byline["by"]) for byline in item["bylines"]] == names
    [listed] = (await editor.get("/v1/items?bylines=true")).json()["items"]
    assert listed["bylines"] == item["bylines"]
    asked = (await chief.get("/v1/bylines", params={"uri": uri})).json()
    assert asked == {"bylines": {uri: item["bylines"]}}
    assert (await chief.get("/v1/bylines", params={"uri": ["u"] * 101})).status_code == 400


async def test_the_history_has_every_version_with_its_words_also_of_a_withdrawn_item(chief: httpx2.AsyncClient) -> None:
    uri = await published(chief)
    await act(chief, uri, "update", headline="Thirteen dead")
    await act(chief, uri, "withdraw", seen=2, note="The report was wrong.")
    versions = (await chief.get(f"/v1/items/{uri}/history")).json()["versions"]
    assert [(version["version"], version["item"]["act"], version["by"]) for version in versions] == [
        (1, "publish", "chief 0"), (2, "update", "chief 0"), (3, "withdraw", "chief 0"),
    ]  # fmt: skip
    assert versions[1]["item"]["headline"]["value"] == versions[2]["item"]["headline"]["value"] == "Thirteen dead"
    assert (await chief.get("/v1/items/urn:flashwire:nothing/history")).status_code == 404


async def test_search_finds_the_newest_version_by_the_words_of_any_version(chief: httpx2.AsyncClient) -> None:
    word = secrets.token_hex(4)
    uri = (await post(chief, text=f"Civil Defence: Twelve dead in Málaga {word}")).json()["item"]["uri"]
    other = await published(chief)
    await act(chief, uri, "correction", headline=f"Thirteen dead {word}", note="The figure was wrong.")
    assert set(await found(chief, q=f"malaga {word}")) == {uri}
    assert set(await found(chief, q=f"THIRTEEN {word}")) == {uri}
    answer = (await chief.get("/v1/search", params={"q": "malaga"})).json()
    assert answer["items"][0]["version"] == 2 and answer["items"][0]["bylines"][0]["by"] == "chief 0"
    assert await found(chief, q=word, status="withheld") == []
    await act(chief, uri, "hold", seen=2)
    assert set(await found(chief, q=word, status="withheld")) == {uri}
    assert set(await found(chief, by="chief 0")) == {uri, other}
    assert await found(chief, by="somebody else") == []
    assert await found(chief, q=word, until="2001-01-01T00:00:00Z") == []


async def test_search_goes_on_in_the_ledgers_after_the_stream(chief: httpx2.AsyncClient, parts: Parts) -> None:
    word = secrets.token_hex(4)
    uri = (await post(chief, text=f"Civil Defence: Old line {word}")).json()["item"]["uri"]
    await parts.store.calls.client.delete(parts.store.keys.items)
    assert await found(chief, q=word) == [uri]


async def test_a_search_that_cannot_be_read_is_refused_by_name(chief: httpx2.AsyncClient) -> None:
    for query in ({"after": "x"}, {"from": "yesterday"}, {"q": "x" * 300}, {"edition": "xx"}, {"urgency": "9"}):
        answer = await chief.get("/v1/search", params=query)
        assert answer.status_code == 400, query


async def test_presence_is_listed_for_all_and_ends_with_its_page(client_for: ClientFor) -> None:
    ana, luis = client_for("editor"), client_for("reporter")
    uri = await published(ana)
    people = (await ana.put("/v1/presence", json={"page": PAGE, "uri": uri, "act": "update"})).json()["people"]
    assert [(person["name"], person["uri"], person["act"]) for person in people] == [("editor 0", uri, "update")]
    assert (await luis.get("/v1/presence")).json()["people"][0]["name"] == "editor 0"
    await luis.delete("/v1/presence", params={"page": PAGE})
    assert len((await luis.get("/v1/presence")).json()["people"]) == 1
    assert (await ana.delete("/v1/presence", params={"page": PAGE})).status_code == 204
    assert (await luis.get("/v1/presence")).json() == {"people": []}
    for body in ({"page": "x"}, {"page": PAGE, "uri": "x"}, {"page": PAGE, "act": "dance"}):
        assert (await ana.put("/v1/presence", json=body)).status_code == 400
    assert (await client_for(None).get("/v1/presence")).status_code == 401


async def test_the_list_of_items_with_a_time_still_to_come_leaves_out_what_has_passed(
    chief: httpx2.AsyncClient,
) -> None:
    far = "2099-01-01T00:00:00Z"
    pinned = await published(chief, pinnedUntil=far)
    expiring = await published(chief, expires=far)
    plain = await published(chief)
    await act(chief, pinned, "update", urgency=3)

    async def uris(*names: str) -> list[str]:
        items = (await chief.get("/v1/items", params={"ahead": names})).json()["items"]
        return [item["uri"] for item in items]

    assert await uris("pinnedUntil") == [pinned]
    assert await uris("expires") == [expiring]
    assert await uris("expires", "pinnedUntil") == [expiring, pinned]
    await act(chief, pinned, "update", seen=2, pinnedUntil=None)
    assert await uris("pinnedUntil") == []
    assert plain in [item["uri"] for item in (await chief.get("/v1/items")).json()["items"]]
    assert (await chief.get("/v1/items", params={"ahead": "story"})).status_code == 400


async def test_no_one_without_a_session_or_token_reads_the_words_of_a_withdrawn_item(
    chief: httpx2.AsyncClient, client_for: ClientFor
) -> None:
    uri = await published(chief)
    await act(chief, uri, "withdraw", note="The report was wrong.")
    for role in ("reporter", "editor", "chief"):
        versions = (await client_for(role).get(f"/v1/items/{uri}/history")).json()["versions"]
        assert versions[-1]["item"]["pubStatus"] == "canceled" and versions[0]["item"]["headline"]["value"], role
    chief.headers.pop("Authorization")
    assert (await chief.get(f"/v1/items/{uri}/history")).status_code == 401
