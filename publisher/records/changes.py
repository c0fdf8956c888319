"""Counts the changes of each topic in the database, so that the pages of every desk learn of them.

A number is raised in the transaction of the change itself: a page never hears of a change that was rolled back, and
never misses one. Nothing is lost while a connection is down, unlike with LISTEN and NOTIFY.
"""

import asyncio

from sqlalchemy import Connection, select

from publisher.core.topics import TOPICS
from publisher.records.database import Database
from publisher.records.tables.flow import TOPICS_CHANGED


class Changes:
    """The numbers of the topics. `touch` and `numbers` block and raise `DatabaseError`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiters: set[asyncio.Event] = set()
        self.wakes = 0
        """How often `wake` was called."""

    def touch(self, connection: Connection, *topics: str) -> None:
        """Counts a change of `topics` within the transaction of `connection`."""
        # In one order: two transactions that lock rows in different orders would wait for each other.
        for topic in sorted(topics):
            if topic not in TOPICS:
                raise ValueError(topic)
            insertion = self._database.insert(TOPICS_CHANGED).values(topic=topic, number=1)
            number = TOPICS_CHANGED.c.number + 1
            connection.execute(insertion.on_conflict_do_update(index_elements=["topic"], set_={"number": number}))

    def numbers(self) -> dict[str, int]:
        """The number of each topic that has ever changed."""
        with self._database.connect() as connection:
            rows = connection.execute(select(TOPICS_CHANGED.c.topic, TOPICS_CHANGED.c.number))
            return {topic: number for topic, number in rows}

    async def announce(self, *topics: str) -> None:
        """Counts a change of `topics` in a separate transaction, and wakes the waiting requests of this desk."""

        def count() -> None:
            with self._database.begin() as connection:
                self.touch(connection, *topics)

        await self._database.call(count)
        self.wake()

    def wake(self) -> None:
        """Wakes the waiting requests of this desk after a change was committed; other desks look within 0.25 s."""
        self.wakes += 1
        for waiter in self._waiters:
            waiter.set()

    async def wait(self, seconds: float) -> None:
        """Returns after `wake`, or after `seconds`."""
        waiter = asyncio.Event()
        self._waiters.add(waiter)
        try:
            async with asyncio.timeout(seconds):
                await waiter.wait()
        except TimeoutError:
            pass
        finally:
            self._waiters.discard(waiter)
