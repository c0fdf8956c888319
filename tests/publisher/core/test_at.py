"""The list at a moment, from stored versions: every rule by itself. `test_at_api` compares it with a real node."""

from typing import Any

import pytest

from publisher.core.at import Stored, list_at, newest_at, stream_at
from tests.support.sample_items import NOW, a_uri, an_item
from ticker.contract.item import Item, moment


def stored(added: float, item: Item | None, uri: str | None = None) -> Stored:
    return Stored(NOW + added, item.uri if item else uri, item)


def shown(versions: list[Stored], at: float, limit: int = 10) -> list[tuple[str, int]]:
    newest, _ = newest_at(versions, NOW + at)
    return [(item.uri, item.version) for item in list_at(newest, NOW + at, lambda item: True, limit)]


def at_second(number: int, **changes: Any) -> Item:
    return an_item(a_uri(), first_created=moment(NOW + number), **changes)


def test_the_version_of_the_moment_is_shown_and_nothing_later() -> None:
    first = at_second(0)
    second = an_item(first.uri, version=2, act="update", first_created=first.first_created)
    versions = [stored(0, first), stored(5, second)]
    assert shown(versions, -1) == []
    assert shown(versions, 4.999) == [(first.uri, 1)]
    assert shown(versions, 5) == [(first.uri, 2)]


def test_an_older_version_that_comes_later_changes_nothing() -> None:
    first = at_second(0)
    second = an_item(first.uri, version=2, act="hold", pub_status="withheld")
    assert shown([stored(0, first), stored(1, second), stored(2, first)], 3) == []


def test_pins_and_expiry_hold_as_of_the_moment() -> None:
    pinned = at_second(0, pinned_until=moment(NOW + 10))
    expiring = at_second(1, expires=moment(NOW + 20))
    newest = at_second(2)
    versions = [stored(0, pinned), stored(1, expiring), stored(2, newest)]
    assert [uri for uri, _ in shown(versions, 9)] == [pinned.uri, newest.uri, expiring.uri]
    assert [uri for uri, _ in shown(versions, 10)] == [newest.uri, expiring.uri, pinned.uri]
    assert [uri for uri, _ in shown(versions, 20)] == [newest.uri, pinned.uri]
    assert [uri for uri, _ in shown(versions, 9, limit=1)] == [pinned.uri]


@pytest.mark.parametrize("uri", ["known", None])
def test_a_version_that_cannot_be_read_hides_its_item_and_is_told(uri: str | None) -> None:
    item = at_second(0)
    versions = [stored(0, item), stored(1, None, item.uri if uri else None)]
    newest, is_complete = newest_at(versions, NOW + 2)
    assert not is_complete and (item.uri in newest) == (uri is None)
    assert newest_at(versions, NOW + 0.5) == ({item.uri: item}, True)


def test_a_later_readable_version_ends_the_doubt() -> None:
    item = at_second(0)
    later = an_item(item.uri, version=3, act="update")
    versions = [stored(0, item), stored(1, None, item.uri), stored(2, later)]
    assert newest_at(versions, NOW + 3) == ({item.uri: later}, True)


def test_the_stream_of_a_moment_is_found_again_from_ledgers() -> None:
    items = [at_second(number) for number in range(6)]
    later = an_item(items[1].uri, version=2, act="update", first_created=items[1].first_created)
    versions = [*(stored(number, item) for number, item in enumerate(items)), stored(6, later)]
    # A stream of three entries, and the ledgers of all items.
    now, ledgers = versions[-3:], versions
    for at in range(7):
        kept = stream_at(now, ledgers, NOW + at, length=3)
        assert kept == versions[max(0, at - 2) : at + 1]
