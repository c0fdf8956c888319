"""The hub: judged once a group, the same bytes for all that get them, in stream order."""

import pytest

from tests.support.entries import entry
from ticker.contract.entry import Entry
from ticker.contract.message import live
from ticker.core.backlog import Backlog
from ticker.core.filter import Filter
from ticker.core.frame import Encoded, Format
from ticker.core.hub import MERGED_GROUPS, Delivery, Hub

WORLD = Filter(sections=frozenset({"world"}))
SPORT = Filter(sections=frozenset({"sport"}))
CANARY = Filter(editions=frozenset({"canary"}))


def encoded(arrival: Entry) -> Encoded:
    return Encoded(live(arrival.cursor, arrival.item_json), arrival.item.version_created)


def make_hub() -> Hub[str]:
    return Hub(Backlog(10))


def plain(deliveries: list[Delivery[str]]) -> list[tuple[set[str], bytes, int]]:
    return [(set(members), data, entries) for members, data, entries, _ in deliveries]


def test_entries_that_arrive_together_are_one_delivery_per_group_in_stream_order() -> None:
    hub = make_hub()
    hub.join("a", WORLD, Format.PLAIN)
    hub.join("b", WORLD, Format.PLAIN)
    hub.join("c", WORLD, Format.SSE)
    hub.join("d", SPORT, Format.PLAIN)
    arrived = [(arrival, encoded(arrival)) for arrival in (entry(1), entry(2, sections=("sport",)), entry(3))]
    first, other, third = (arrival for _, arrival in arrived)
    assert plain(list(hub.deliveries(arrived))) == [
        ({"a", "b"}, first.bytes_for(Format.PLAIN) + third.bytes_for(Format.PLAIN), 2),
        ({"c"}, first.bytes_for(Format.SSE) + third.bytes_for(Format.SSE), 2),
        ({"d"}, other.bytes_for(Format.PLAIN), 1),
    ]


def test_members_of_several_groups_that_get_the_same_bytes_are_one_delivery() -> None:
    hub: Hub[object] = Hub(Backlog(10))
    members = [object() for _ in range(40)]
    for number, member in enumerate(members):
        hub.join(member, Filter(urgency=4 + number % 3), Format.PLAIN)
    stream, other = object(), object()
    hub.join(stream, WORLD, Format.SSE)
    hub.join(other, SPORT, Format.PLAIN)
    message = encoded(entry(1))
    first, second = hub.deliveries([(entry(1), message)])
    assert len(first.members) == 40 and set(first.members) == set(members)
    assert (first.data, first.entries, first.encoded) == (message.bytes_for(Format.PLAIN), 1, [message])
    assert second.members == (stream,) and second.data == message.bytes_for(Format.SSE)


def test_members_that_have_received_other_messages_before_are_another_delivery() -> None:
    hub = make_hub()
    hub.join("a", WORLD, Format.SHARED)
    hub.join("b", Filter(), Format.SHARED)
    for number, sections in enumerate((("world",), ("sport",)), 1):
        arrival = entry(number, sections=sections)
        list(hub.deliveries([(arrival, encoded(arrival))]))
    # "b" has received the second, "a" has not.
    message = encoded(entry(3))
    deliveries = list(hub.deliveries([(entry(3), message)]))
    assert [members for members, *_ in deliveries] == [("a",), ("b",)]
    assert len({data for _, data, *_ in deliveries}) == 2


@pytest.mark.parametrize("walk", ["deliveries", "broadcast"])
def test_each_of_very_many_groups_is_reached_once(walk: str) -> None:
    hub = make_hub()
    names = [str(number) for number in range(2 * MERGED_GROUPS + 1)]
    for name in names:
        hub.join(name, Filter(editions=frozenset({"ar", f"x{name}"})), Format.PLAIN)
    message = encoded(entry(1))
    made = hub.deliveries([(entry(1), message)]) if walk == "deliveries" else hub.broadcast(message)
    deliveries = [members for members, *_ in made if members]
    assert sorted(map(len, deliveries)) == [1, MERGED_GROUPS, MERGED_GROUPS]
    assert sorted(member for members in deliveries for member in members) == sorted(names)


def test_an_entry_that_no_filter_matches_makes_no_delivery() -> None:
    hub = make_hub()
    hub.join("d", SPORT, Format.PLAIN)
    assert not list(hub.deliveries([(entry(1), encoded(entry(1)))]))


def test_a_canary_goes_to_clients_that_ask_for_it_and_a_heartbeat_to_all() -> None:
    hub = make_hub()
    hub.join("a", Filter(), Format.PLAIN)
    hub.join("k", CANARY, Format.PLAIN)
    assert [members for members, *_ in hub.canary_deliveries(encoded(entry(1)))] == [("k",)]
    assert [sorted(members) for members, *_ in hub.broadcast(encoded(entry(1)))] == [["a", "k"]]
    assert sorted(hub.members()) == ["a", "k"] and len(hub) == 2


def test_an_empty_group_is_removed() -> None:
    hub = make_hub()
    group = hub.join("a", WORLD, Format.PLAIN)
    assert hub.join("b", WORLD, Format.SSE) is group
    hub.leave("a", group, Format.PLAIN)
    assert hub.groups == {WORLD: group}
    hub.leave("b", group, Format.SSE)
    hub.leave("b", group, Format.SSE)
    assert not hub.groups


def test_leaving_a_removed_group_does_not_change_a_new_group_with_the_same_filter() -> None:
    hub = make_hub()
    old = hub.join("a", WORLD, Format.PLAIN)
    hub.leave("a", old, Format.PLAIN)
    new = hub.join("b", WORLD, Format.PLAIN)
    hub.leave("a", old, Format.PLAIN)
    assert hub.groups == {WORLD: new}


def test_a_member_may_leave_with_its_whole_group_while_it_is_written_to() -> None:
    # A changed dictionary ended the walk, and the groups behind it were left without the entry.
    for walk in ("deliveries", "everyone", "canary"):
        hub = make_hub()
        groups = {
            name: hub.join(name, Filter(urgency=n, editions=frozenset({"canary", "ar"})), Format.PLAIN)
            for n, name in enumerate("abc", 3)
        }
        message = encoded(entry(1))
        walks = {
            "deliveries": hub.deliveries([(entry(1), message)]),
            "everyone": hub.broadcast(message),
            "canary": hub.canary_deliveries(message),
        }
        reached = []
        for members, *_ in walks[walk]:
            for member in tuple(members):
                reached.append(member)
                hub.leave(member, groups[member], Format.PLAIN)
        assert sorted(reached) == ["a", "b", "c"]


def test_the_count_is_right_after_repeated_joins_and_leaves() -> None:
    hub = make_hub()
    group = hub.join("a", WORLD, Format.PLAIN)
    hub.join("a", WORLD, Format.PLAIN)
    hub.join("b", SPORT, Format.SSE)
    assert len(hub) == 2
    hub.leave("b", group, Format.SSE)
    assert len(hub) == 2
    hub.leave("a", group, Format.PLAIN)
    hub.leave("a", group, Format.PLAIN)
    assert len(hub) == 1 == len(hub.members())
