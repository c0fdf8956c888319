"""First messages: the right one, made once for all who ask alike, and never served to anyone else or too late."""

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
    made = Backlog(100)
    for seq in range(1, 6):
        made.add(entry(seq))
    return made


@pytest.fixture
def joins(backlog: Backlog) -> Joins:
    return Joins(backlog, 15.0)


def ask(
    joins: Joins,
    cursor: str | None = None,
    *,
    now: float = NOW,
    wanted: Filter = ALL,
    backlog: int = 10,
    stale: bool = False,
    heartbeat: int = 0,
) -> Encoded:
    return joins.first_message(Subscription(wanted, cursor, backlog, heartbeat), now, stale=stale)


def said(encoded: Encoded) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encoded.message.body)
    found["items"] = [int(each["uri"].rpartition(":")[2]) for each in found["items"]]
    return found


@pytest.mark.parametrize(("cursor", "kind"), [(None, "snapshot"), ("e1.3.c3", "replay"), ("lost.9.c", "snapshot")])
def test_each_client_gets_the_heartbeat_interval_that_it_asks_for(joins: Joins, cursor: str | None, kind: str) -> None:
    for heartbeat, seconds in ((0, 15), (5, 5), (60, 60), (0, 15), (5, 5)):
        found = said(ask(joins, cursor, heartbeat=heartbeat))
        assert (found["type"], found["heartbeat"]) == (kind, seconds)
    assert ask(joins, cursor, heartbeat=5) is ask(joins, cursor, heartbeat=5)


def test_a_fresh_join_gets_a_complete_snapshot_of_current_items(joins: Joins) -> None:
    assert said(ask(joins, backlog=2)) == {
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
    found = said(ask(joins, "e1.3.c3", wanted=Filter(sections=frozenset({"world"}))))
    assert (found["type"], found["complete"], found["cursor"], found["items"]) == ("replay", True, "e1.6.c6", [4, 5])
    assert said(ask(joins, "e1.6.c6"))["items"] == []


@pytest.mark.parametrize("cursor", ["", "?", "e1.3.c4", "e2.3.c3", "e1.9.c9", "e1.03.c3"])
def test_any_other_cursor_gets_an_incomplete_snapshot(joins: Joins, cursor: str) -> None:
    found = said(ask(joins, cursor))
    assert (found["type"], found["complete"], found["items"]) == ("snapshot", False, [5, 4, 3, 2, 1])


def test_equal_subscriptions_get_the_same_bytes(joins: Joins) -> None:
    for cursor in (None, "", "e1.3.c3"):
        assert ask(joins, cursor) is ask(joins, cursor, now=NOW + FRESH_SECONDS - 0.001)


def test_different_subscriptions_get_different_messages(joins: Joins) -> None:
    sport = Filter(sections=frozenset({"sport"}))
    asked = [
        (cursor, wanted, backlog)
        for cursor in (None, "", "e1.3.c3", "e1.4.c4")
        for wanted in (ALL, sport)
        for backlog in (1, 2)
    ]
    for _ in range(2):
        found = [said(ask(joins, cursor, wanted=wanted, backlog=count)) for cursor, wanted, count in asked]
        assert [(each["complete"], each["items"]) for each in found] == [
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
    assert [said(ask(joins, cursor))["cursor"] for cursor in (None, "", "e1.3.c3")] == ["e1.6.c6"] * 3


def test_a_cached_message_is_not_used_after_the_stream_was_lost(joins: Joins) -> None:
    for cursor in (None, "", "e1.3.c3"):
        assert [said(ask(joins, cursor, stale=stale))["stale"] for stale in (False, True, False)] == [
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
    assert said(ask(joins, cursor, now=NOW + later))["time"] == moment(NOW + later)


def test_a_cached_snapshot_ends_when_an_item_expires_or_a_pin_ends(joins: Joins, backlog: Backlog) -> None:
    backlog.add(entry(6, pinned_until=moment(NOW + 0.25), expires=moment(NOW + 0.5)))
    backlog.add(entry(7))
    shown = [said(ask(joins, now=NOW + after))["items"][:2] for after in (0, 0.249, 0.25, 0.499, 0.5)]
    assert shown == [[6, 7], [6, 7], [7, 6], [7, 6], [7, 5]]


def test_the_cache_is_limited(joins: Joins) -> None:
    first = ask(joins, backlog=0)
    for number in range(1, CACHE_LIMIT):
        ask(joins, wanted=Filter(sections=frozenset({str(number)})))
    assert ask(joins, backlog=0) is first
    ask(joins, wanted=Filter(sections=frozenset({"one more"})))
    assert ask(joins, backlog=0) is not first
