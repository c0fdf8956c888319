"""A node handles a whole stream in steps, between which the loop serves all clients."""

import asyncio

import msgspec
import pytest

from tests.support.entries import entry
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
