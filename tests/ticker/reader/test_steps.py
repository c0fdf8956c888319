"""A node handles a whole stream in steps, between which the loop serves all clients."""

import asyncio

import msgspec
import pytest

from tests.support.entries import entry
from tests.support.resume_node import Clock, WatchedNode
from tests.support.resume_stream import Model
from ticker.core.doubts import Doubt
from ticker.reader.ledger_check import fold_in_steps

pytestmark = pytest.mark.anyio
COUNT = 2_000
# Entries are folded one by one; 10,000 of them without a pause took 220 ms.
LARGEST_STEP = 100


async def test_versions_that_the_ledgers_add_are_folded_in_steps() -> None:
    entries = [entry(number) for number in range(1, COUNT + 1)]
    doubts = {}
    for original in entries:
        newer = msgspec.structs.replace(original, item=msgspec.structs.replace(original.item, version=2))
        doubts[original.item.uri] = Doubt(2, newer)
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    records = await fold_in_steps(entries, doubts)
    counting.cancel()
    assert all(record.entry.item.version == 2 for record in records.values()) and len(records) == COUNT
    assert turns >= 2 * COUNT / LARGEST_STEP - 2


@pytest.mark.parametrize("loss", ["wipe", "roll back", "roll back and publish"])
def test_a_stream_that_is_replaced_between_position_and_entries_is_read_again(loss: str) -> None:
    model = Model()
    published = [model.publish({}) for _ in range(3)]

    def replace() -> None:
        if loss == "wipe":
            model.wipe()
        else:
            model.restore(2)
        if loss != "roll back":
            model.publish({})
            model.publish({})

    node = WatchedNode(model, Clock(), 100)
    node.view.on_answer = replace
    node.read()
    assert node.position() == (model.state.epoch, model.state.seq)
    newest = published[0] if loss == "roll back" else model.state.entries[-1][1]
    assert newest is not None and node.backlog.newest == newest.cursor
    assert len(node.backlog) == len(model.state.entries)


def test_a_stream_that_is_replaced_again_and_again_is_stale_and_then_read() -> None:
    model = Model()
    model.publish({})
    node = WatchedNode(model, Clock(), 100)
    losses = 0

    def replace() -> None:
        nonlocal losses
        losses += 1
        model.wipe()
        model.publish({})
        if losses < 10:
            node.view.on_answer = replace

    node.view.on_answer = replace
    while losses < 10:
        node.read()
        assert node.stale == (losses < 10)
    assert not node.stale and str(node.backlog.newest) in model.by_cursor


def test_an_unreadable_entry_where_a_hole_was_is_a_gap_also_if_a_readable_one_follows() -> None:
    model = Model()
    model.publish({})
    model.publish({})
    model.hole()
    node = WatchedNode(model, Clock(), 100)
    node.read()
    before = node.backlog.newest
    assert before.seq == 3
    # A failover: the number 3 is given again, to an entry that may be a withdrawal.
    model.restore(2)
    model.poison(counted=True)
    model.publish({})
    for _ in range(2):
        node.read()
    assert node.backlog.newest.seq == 4 and not node.backlog.can_resume(before)
