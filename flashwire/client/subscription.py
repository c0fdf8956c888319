"""Follows a ticker over WebSocket, reconnects with the cursor, and yields typed events."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlencode

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.datastructures import Headers, MultipleValuesError
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from flashwire.client.address import live_address
from flashwire.client.cursors import CursorStore, MemoryCursorStore
from flashwire.client.errors import SubscriptionRefusedError
from flashwire.client.events import (
    AnyItem,
    Connecting,
    Event,
    Gap,
    ItemEvent,
    Live,
    Reconnecting,
    Replay,
    SkippedItem,
    Snapshot,
    Stale,
)
from flashwire.client.items import decode_any_item
from flashwire.client.messages import Message, problem_sentence, read_message
from flashwire.client.reconnect import Reconnect
from flashwire.client.retry_after import retry_after_seconds
from ticker.contract.problem import MEDIA_TYPE
from ticker.shared.process.cancellation import stop_if_cancelled

# A replay may hold every entry that a node keeps.
LARGEST_MESSAGE: Final = 1 << 27
OPEN_SECONDS: Final = 10.0
# A node sends its first message at once.
FIRST_MESSAGE_SECONDS: Final = 10.0
SILENT_HEARTBEATS: Final = 2.5
# What a node may be set to (ticker.settings), whatever a server claims.
_HEARTBEAT_LIMITS: Final = (0.2, 60.0)
_CLOSE_SECONDS: Final = 2.0

Names = str | Iterable[str]


class _StoreError(Exception):
    """Carries an error of the cursor store past the handlers for errors of the connection."""


def follow(
    url: str,
    *,
    edition: Names = (),
    section: Names = (),
    place: Names = (),
    role: Names = (),
    source: Names = (),
    language: Names = (),
    story: Names = (),
    urgency: int | None = None,
    backlog: int | None = None,
    heartbeat: int | None = None,
    cursors: CursorStore | None = None,
) -> "Subscription":
    """Follows the ticker at `url` and reconnects after every break of the connection.

        async with follow("http://host:8000", edition="en", cursors=FileCursorStore("cursor")) as events:
            async for event in events:
                for item in event.items:
                    ...

    `edition` to `story` are filters: one name or several; an item must match one name of each filter that is set.
    `urgency` 2 means flash and bulletin. `backlog` is the number of items in the first snapshot (default 10), and
    `heartbeat` the most seconds between two signs of life (5 to 60, default: the node's). A shorter heartbeat notices
    a dead connection sooner. `cursors` keeps the position for the next run.

    Events arrive in the order of the stream, each entry once. A program that is slow slows only itself: the node closes
    its connection, and a replay brings what changed since, each item once in its newest version. What may be missing is
    announced by a `Gap`.

    Raises `ValueError` at once if `url` is not the address of a ticker. The iteration raises
    `SubscriptionRefusedError` if the ticker refuses the request for good, and what `cursors` raises. Otherwise it never
    ends by itself.
    """
    filters = {"edition": edition, "section": section, "place": place, "role": role, "source": source}
    filters |= {"language": language, "story": story}
    parameters = [
        (name, value) for name, values in filters.items() for value in ([values] if isinstance(values, str) else values)
    ]
    numbers = {"urgency": urgency, "backlog": backlog, "heartbeat": heartbeat}
    parameters += [(name, str(number)) for name, number in numbers.items() if number is not None]
    return Subscription(url, parameters, cursors=cursors)


class Subscription:
    """The events of one subscription; made by `follow`. Iterate over it once.

    The cursor of a `Snapshot`, `Replay` or `ItemEvent` is saved when the program asks for the next event, because it
    has then handled this one. `async with` also saves the last one when its block ends without an exception, and closes
    the connection. A program that is killed meets the event that it was handling again; no event is ever skipped.
    """

    def __init__(
        self,
        url: str,
        parameters: Sequence[tuple[str, str]] = (),
        *,
        cursors: CursorStore | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._address = live_address(url)
        self._parameters = list(parameters)
        self._cursors = MemoryCursorStore() if cursors is None else cursors
        self._reconnect = Reconnect(chance)
        self._cursor: str | None = None
        self._saved: str | None = None
        self._heartbeat = 15.0
        self._state: Live | Stale | None = None
        self._bye_reason = ""
        self._events = self._run()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        return await anext(self._events)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._save()
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Closes the connection, without saving the cursor of the event that the program may still be handling."""
        await self._events.aclose()

    async def _run(self) -> AsyncGenerator[Event, None]:
        self._cursor = self._saved = self._cursors.load()
        while True:
            stop_if_cancelled()
            yield Connecting(is_resuming=self._cursor is not None)
            self._reconnect.open()
            self._state = None
            self._bye_reason = ""
            try:
                async with self._connection() as connection, aclosing(self._read(connection)) as events:
                    async for event in events:
                        yield event
            except InvalidStatus as error:
                reason, wait = self._refused(error)
            except ConnectionClosed as error:
                reason, wait = self._closed(error)
            except _StoreError as error:
                assert error.__cause__ is not None
                raise error.__cause__ from None
            except TimeoutError:
                reason, wait = "the ticker is silent", self._reconnect.closed(time.monotonic(), 1006)
            except (OSError, WebSocketException, ValueError, MultipleValuesError) as error:
                # A portal may redirect to an address that is none (ValueError), or to two.
                reason = f"no ticker answers there ({type(error).__name__})"
                wait = self._reconnect.closed(time.monotonic(), 1006)
            assert wait is not None
            yield Reconnecting(self._bye_reason or reason, wait)
            await asyncio.sleep(wait)

    def _connection(self) -> connect:
        parameters = self._parameters + ([] if self._cursor is None else [("cursor", self._cursor)])
        # The node's heartbeat is enough: pings of the client would double it. Tickers are reached without a proxy.
        return connect(
            f"{self._address}?{urlencode(parameters)}",
            proxy=None,
            ping_interval=None,
            open_timeout=OPEN_SECONDS,
            close_timeout=_CLOSE_SECONDS,
            max_size=LARGEST_MESSAGE,
        )

    async def _read(self, connection: ClientConnection) -> AsyncGenerator[Event, None]:
        """The events of one connection. Raises `TimeoutError` for a silent server, and `ConnectionClosed`."""
        deadline = time.monotonic() + FIRST_MESSAGE_SECONDS
        has_begun = False
        while True:
            async with asyncio.timeout(deadline - time.monotonic()):
                data = await connection.recv()
            message = read_message(data)
            # Only a first message proves that a ticker answers, and only messages prove that it is alive.
            if message is None or not (has_begun or message.is_first or message.type == "bye"):
                continue
            now = time.monotonic()
            if message.type == "bye":
                self._bye_reason = message.reason
                self._reconnect.bye(now, message.reconnect)
                deadline = now + max(1.0, min(message.reconnect, OPEN_SECONDS))
                continue
            has_begun = True
            self._reconnect.message(now)
            for event in self._translate(message):
                yield event
            try:
                self._save()
            except Exception as error:
                raise _StoreError from error
            # From here, not from the message on: the program may have taken its time.
            deadline = time.monotonic() + SILENT_HEARTBEATS * self._heartbeat

    def _translate(self, message: Message) -> Iterable[Event]:
        """The events of one message, its content last."""
        if message.is_first:
            shortest, longest = _HEARTBEAT_LIMITS
            self._heartbeat = max(shortest, min(message.heartbeat, longest))
        if message.is_first or message.type == "heartbeat":
            state = Stale() if message.stale else Live()
            if state != self._state:
                self._state = state
                yield state
        if message.type == "snapshot" and not message.complete:
            yield Gap()
        raws = message.items or () if message.is_first else (message.item,) if message.type == "item" else ()
        items: list[AnyItem] = []
        read: list[bytes] = []
        for raw in raws:
            data = bytes(raw)
            try:
                items.append(decode_any_item(data))
            except msgspec.DecodeError:
                yield SkippedItem(data)
            else:
                read.append(data)
        self._cursor = message.cursor or self._cursor
        cursor = self._cursor or ""
        if message.type == "snapshot":
            yield Snapshot(tuple(items), cursor, message.complete, tuple(read))
        elif message.type == "replay":
            yield Replay(tuple(items), cursor, tuple(read))
        elif items:
            yield ItemEvent(items[0], cursor, tuple(read))

    def _save(self) -> None:
        if self._cursor is not None and self._cursor != self._saved:
            self._cursors.save(self._cursor)
            self._saved = self._cursor

    def _closed(self, error: ConnectionClosed) -> tuple[str, float | None]:
        code, sentence = (1006, "") if error.rcvd is None else (error.rcvd.code, error.rcvd.reason)
        wait = self._reconnect.closed(time.monotonic(), code)
        if wait is None:
            raise SubscriptionRefusedError(f"The ticker ended it: {sentence or code}.", code) from None
        return sentence or ("the connection broke" if error.rcvd is None else f"closed with {code}"), wait

    def _refused(self, error: InvalidStatus) -> tuple[str, float | None]:
        response = error.response
        kind = _header(response.headers, "Content-Type").partition(";")[0].strip().lower()
        named = retry_after_seconds(_header(response.headers, "Retry-After"), _header(response.headers, "Date"))
        wait = self._reconnect.refused(response.status_code, has_problem=kind == MEDIA_TYPE, retry_after=named)
        reason = problem_sentence(bytes(response.body or b""), response.status_code)
        if wait is None:
            raise SubscriptionRefusedError(f"The ticker refused: {reason}", response.status_code) from None
        return reason, wait


def _header(headers: Headers, name: str) -> str:
    """The last value of a header that a proxy may have added once more; empty if there is none."""
    return next(reversed(headers.get_all(name)), "")
