"""A page of current items is built once for all clients and never shows an expired item."""

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


class CountingListing:
    """A node with a clock that the test sets, and its listing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOW
        self.builds = 0
        self.node = Node(TickerSettings(), load_site(None), wall=lambda: self.now)
        self.node.backlog.rebuild((), "e", 0)
        self.node.filled = True
        self.listing = Listing(self.node)
        for name in ("current", "page"):
            monkeypatch.setattr(Backlog, name, self._counted(getattr(Backlog, name)))

    def _counted(self, plain: Callable[..., T]) -> Callable[..., T]:
        def count_and_call(*parameters: object) -> T:
            self.builds += 1
            return plain(*parameters)

        return count_and_call

    def add(self, **changes: object) -> Item:
        number = self.node.backlog.newest.seq + 1
        added = item(**{"uri": f"urn:flashwire:{number:026d}", "edition": "en", **changes})
        self.node.backlog.add(Entry(Cursor("e", number, "c"), added, encode_item(added), self.now))
        return added

    async def __call__(self, query: str = "") -> list[str]:
        scope = {"type": "http", "method": "GET", "path": "/v1/items", "query_string": query.encode(), "headers": []}
        answer = await self.listing.answer(Request(scope))
        assert answer.status_code == 200
        page_items: list[dict[str, str]] = msgspec.json.decode(answer.body)["items"]
        return [item["uri"] for item in page_items]


@pytest.fixture
def listing(monkeypatch: pytest.MonkeyPatch) -> CountingListing:
    return CountingListing(monkeypatch)


async def test_the_same_page_is_built_once_until_an_entry_arrives(listing: CountingListing) -> None:
    first = listing.add()
    assert [await listing(), await listing("limit=10"), await listing()] == [[first.uri]] * 3
    assert listing.builds == 1
    assert await listing("urgency=1") == [] and listing.builds == 2
    second = listing.add()
    assert await listing() == [second.uri, first.uri]


async def test_an_item_expires_on_time_without_a_new_entry(listing: CountingListing) -> None:
    cached = listing.add()
    short = listing.add(expires=moment(NOW + 0.5))
    assert await listing() == [short.uri, cached.uri]
    listing.now += 0.5
    assert await listing() == [cached.uri]


async def test_a_pin_ends_on_time_on_every_page(listing: CountingListing) -> None:
    pinned = listing.add(pinned_until=moment(NOW + 0.5))
    others = [listing.add().uri for _ in range(3)]
    assert await listing("limit=1") == [pinned.uri]
    assert await listing(f"before={pinned.uri}") == others[::-1]
    listing.now += 0.5
    assert await listing("limit=1") == [others[2]]
    assert await listing(f"before={others[0]}") == [pinned.uri]


async def test_the_number_of_cached_pages_is_bounded(listing: CountingListing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(items, "CACHE_LIMIT", 20)
    for number in range(200):
        await listing(f"before={number}")
    assert len(listing.listing._cache) <= 20


async def test_the_bytes_of_cached_pages_are_bounded(listing: CountingListing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(items, "CACHE_LIMIT_BYTES", 5000)
    for _ in range(5):
        listing.add()
    for number in range(200):
        await listing(f"before={number}")
    cached = listing.listing._cache
    assert sum(len(body) for body, _ in cached.values()) < 10_000 and len(cached) < 200
