"""A page of current items is made once for all who ask for it, and never shows what is over."""

from collections.abc import Callable
from typing import TypeVar

import msgspec
import pytest
from starlette.requests import Request

from tests.support.items import item
from ticker.contract.cursor import Cursor
from ticker.contract.entry import Entry
from ticker.contract.item import Item, encode_item, moment
from ticker.contract.site import load_site
from ticker.core.backlog import Backlog
from ticker.http import items
from ticker.http.items import Listing
from ticker.node.node import Node
from ticker.settings import TickerSettings

pytestmark = pytest.mark.anyio

T = TypeVar("T")

NOW = 1_800_000_000.0


class Asked:
    """A node with a clock of the test's own, and its listing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOW
        self.folds = 0
        self.node = Node(TickerSettings(), load_site(None), wall=lambda: self.now)
        self.node.backlog.rebuild((), "e", 0)
        self.node.filled = True
        self.listing = Listing(self.node)
        for name in ("current", "page"):
            monkeypatch.setattr(Backlog, name, self._counted(getattr(Backlog, name)))

    def _counted(self, plain: Callable[..., T]) -> Callable[..., T]:
        def counted(*parameters: object) -> T:
            self.folds += 1
            return plain(*parameters)

        return counted

    def add(self, **changes: object) -> Item:
        number = self.node.backlog.newest.seq + 1
        listing = item(**{"uri": f"urn:flashwire:{number:026d}", "edition": "en", **changes})
        self.node.backlog.add(Entry(Cursor("e", number, "c"), listing, encode_item(listing), self.now))
        return listing

    async def __call__(self, query: str = "") -> list[str]:
        scope = {"type": "http", "method": "GET", "path": "/v1/items", "query_string": query.encode(), "headers": []}
        answer = await self.listing.answer(Request(scope))
        assert answer.status_code == 200
        result: list[dict[str, str]] = msgspec.json.decode(answer.body)["items"]
        return [entry["uri"] for entry in result]


@pytest.fixture
def response(monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(monkeypatch)


async def test_the_same_page_is_folded_once_until_something_arrives(response: Asked) -> None:
    first = response.add()
    assert [await response(), await response("limit=10"), await response()] == [[first.uri]] * 3
    assert response.folds == 1
    assert await response("urgency=1") == [] and response.folds == 2
    second = response.add()
    assert await response() == [second.uri, first.uri]


async def test_an_item_leaves_the_list_when_it_expires_without_a_new_entry(response: Asked) -> None:
    cached = response.add()
    short = response.add(expires=moment(NOW + 0.5))
    assert await response() == [short.uri, cached.uri]
    response.now += 0.5
    assert await response() == [cached.uri]


async def test_a_pin_falls_at_its_time_on_every_page(response: Asked) -> None:
    pinned = response.add(pinned_until=moment(NOW + 0.5))
    others = [response.add().uri for _ in range(3)]
    assert await response("limit=1") == [pinned.uri]
    assert await response(f"before={pinned.uri}") == others[::-1]
    response.now += 0.5
    assert await response("limit=1") == [others[2]]
    assert await response(f"before={others[0]}") == [pinned.uri]


async def test_the_number_of_cached_pages_is_limited(response: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(items, "CACHE_LIMIT", 20)
    for number in range(200):
        await response(f"before={number}")
    assert len(response.listing._cache) <= 20


async def test_the_bytes_of_cached_pages_are_limited(response: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(items, "CACHE_LIMIT_BYTES", 5000)
    for _ in range(5):
        response.add()
    for number in range(200):
        await response(f"before={number}")
    cached = response.listing._cache
    assert sum(len(body) for body, _ in cached.values()) < 10_000 and len(cached) < 200
