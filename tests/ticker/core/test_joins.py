"""First messages: made once for equal subscriptions, and not used for others or after a second."""

import json
from typing import Any

import pytest

from tests.support.entries import entry
from ticker.contract.item import moment
from ticker.core.backlog import Backlog
from ticker.core.filter import Filter
from ticker.core.frame import Encoded
from ticker.core.joins import CACHE_LIMIT, FRESH_SECONDS, Joins, Subscription

NOW = 1_800_000_000.0
ALL = Filter()


@pytest.fixture
def backlog() -> Backlog:
    entries = Backlog(100)
    for seq in range(1, 6):
        entries.add(entry(seq))
    return entries


@pytest.fixture
def joins(backlog: Backlog) -> Joins:
    return Joins(backlog, 15.0)


def ask(
    joins: Joins,
    cursor: str | None = None,
    *,
    now: float = NOW,
    filter: Filter = ALL,
    backlog: int = 10,
    stale: bool = False,
    heartbeat: int = 0,
) -> Encoded:
    return joins.first_message(Subscription(filter, cursor, backlog, heartbeat), now, stale=stale)


def content(encoded: Encoded) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(encoded.message.body)
    message["items"] = [int(shown_item["uri"].rpartition(":")[2]) for shown_item in message["items"]]
    return message


@pytest.mark.parametrize(("cursor", "kind"), [(None, "snapshot"), ("e1.3.c3", "replay"), ("lost.9.c", "snapshot")])
def test_each_client_gets_the_heartbeat_interval_that_it_asks_for(joins: Joins, cursor: str | None, kind: str) -> None:
    for heartbeat, seconds in ((0, 15), (5, 5), (60, 60), (0, 15), (5, 5)):
        message = content(ask(joins, cursor, heartbeat=heartbeat))
        assert (message["type"], message["heartbeat"]) == (kind, seconds)
    assert ask(joins, cursor, heartbeat=5) is ask(joins, cursor, heartbeat=5)


def test_a_fresh_join_gets_a_complete_snapshot_of_current_items(joins: Joins) -> None:
    assert content(ask(joins, backlog=2)) == {
        "type": "snapshot",
        "cursor": "e1.5.c5",
        "complete": True,
        "heartbeat": 15.0,
        "time": moment(NOW),
        "stale": False,
        "items": [5, 4],
    }


def test_a_valid_cursor_gets_a_replay_of_later_changes_only(joins: Joins, backlog: Backlog) -> None:
    backlog.add(entry(6, sections=("sport",)))
    message = content(ask(joins, "e1.3.c3", filter=Filter(sections=frozenset({"world"}))))
    assert (message["type"], message["complete"], message["cursor"], message["items"]) == (
        "replay",
        True,
        "e1.6.c6",
        [4, 5],
    )
    assert content(ask(joins, "e1.6.c6"))["items"] == []


@pytest.mark.parametrize("cursor", ["", "?", "e1.3.c4", "e2.3.c3", "e1.9.c9", "e1.03.c3"])
def test_any_other_cursor_gets_an_incomplete_snapshot(joins: Joins, cursor: str) -> None:
    message = content(ask(joins, cursor))
    assert (message["type"], message["complete"], message["items"]) == ("snapshot", False, [5, 4, 3, 2, 1])


def test_equal_subscriptions_get_the_same_bytes(joins: Joins) -> None:
    for cursor in (None, "", "e1.3.c3"):
        assert ask(joins, cursor) is ask(joins, cursor, now=NOW + FRESH_SECONDS - 0.001)


def test_different_subscriptions_get_different_messages(joins: Joins) -> None:
    sport = Filter(sections=frozenset({"sport"}))
    subscriptions = [
        (cursor, filter, backlog)
        for cursor in (None, "", "e1.3.c3", "e1.4.c4")
        for filter in (ALL, sport)
        for backlog in (1, 2)
    ]
    for _ in range(2):
        message = [content(ask(joins, cursor, filter=filter, backlog=count)) for cursor, filter, count in subscriptions]
        assert [(shown_item["complete"], shown_item["items"]) for shown_item in message] == [
            (True, [5]),
            (True, [5, 4]),
            (True, []),
            (True, []),
            (False, [5]),
            (False, [5, 4]),
            (False, []),
            (False, []),
            (True, [4, 5]),
            (True, [4, 5]),
            (True, []),
            (True, []),
            (True, [5]),
            (True, [5]),
            (True, []),
            (True, []),
        ]


def test_an_entry_invalidates_every_cached_message(joins: Joins, backlog: Backlog) -> None:
    for cursor in (None, "", "e1.3.c3"):
        ask(joins, cursor)
    backlog.add(entry(6))
    assert [content(ask(joins, cursor))["cursor"] for cursor in (None, "", "e1.3.c3")] == ["e1.6.c6"] * 3


def test_a_cached_message_is_not_used_after_the_stream_was_lost(joins: Joins) -> None:
    for cursor in (None, "", "e1.3.c3"):
        assert [content(ask(joins, cursor, stale=stale))["stale"] for stale in (False, True, False)] == [
            False,
            True,
            False,
        ]


@pytest.mark.parametrize("later", [FRESH_SECONDS, 60.0, -0.001, -0.5, -3600.0])
@pytest.mark.parametrize("cursor", [None, "", "e1.3.c3"])
def test_a_message_is_cached_for_a_second_and_not_used_if_the_clock_is_set_back(
    joins: Joins, cursor: str | None, later: float
) -> None:
    ask(joins, cursor)
    assert content(ask(joins, cursor, now=NOW + later))["time"] == moment(NOW + later)


def test_a_cached_snapshot_ends_when_an_item_expires_or_a_pin_ends(joins: Joins, backlog: Backlog) -> None:
    backlog.add(entry(6, pinned_until=moment(NOW + 0.25), expires=moment(NOW + 0.5)))
    backlog.add(entry(7))
    uris = [content(ask(joins, now=NOW + seconds))["items"][:2] for seconds in (0, 0.249, 0.25, 0.499, 0.5)]
    assert uris == [[6, 7], [6, 7], [7, 6], [7, 6], [7, 5]]


def test_the_cache_is_limited(joins: Joins) -> None:
    first = ask(joins, backlog=0)
    for number in range(1, CACHE_LIMIT):
        ask(joins, filter=Filter(sections=frozenset({str(number)})))
    assert ask(joins, backlog=0) is first
    ask(joins, filter=Filter(sections=frozenset({"one more"})))
    assert ask(joins, backlog=0) is not first
