"""`follow` against a ticker that misbehaves: it resumes, waits, gives up, and never misses what came."""

import asyncio
import time
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection

from flashwire.client import (
    Connecting,
    Event,
    FileCursorStore,
    Gap,
    ItemEvent,
    Live,
    MemoryCursorStore,
    Reconnecting,
    Replay,
    SkippedItem,
    Snapshot,
    Stale,
    Subscription,
    SubscriptionRefusedError,
    follow,
)
from flashwire.client.retry_after import retry_after_seconds
from tests.support.fake_ticker import (
    SNAPSHOT,
    fake_ticker,
    http_answer,
    no_connection,
    raw_ticker,
    text_frame,
)
from tests.support.items import item
from ticker.contract.item import encode_item

pytestmark = pytest.mark.anyio

PROBLEM = "application/problem+json; charset=utf-8"


def item_message(cursor: str, body: str | None = None, **changes: object) -> str:
    body = encode_item(item(**changes)).decode() if body is None else body
    return f'{{"type":"item","cursor":"{cursor}","item":{body}}}'


async def collect(events: Subscription, until: Callable[[Event], bool]) -> list[Event]:
    """The events up to the first that fits."""
    collected: list[Event] = []
    async with asyncio.timeout(20), events:
        async for event in events:
            collected.append(event)
            if until(event):
                return collected
    raise AssertionError("a subscription never ends by itself")


def nth(kind: type[Event], count: int) -> Callable[[Event], bool]:
    """Whether an event is the `count`th of its kind."""
    seen: list[Event] = []

    def is_it(event: Event) -> bool:
        seen.extend([event] if isinstance(event, kind) else [])
        return len(seen) == count

    return is_it


async def test_it_reconnects_with_the_cursor_of_the_newest_message() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await connection.send(SNAPSHOT if number == 1 else SNAPSHOT.replace("snapshot", "replay"))
        await connection.send(f'{{"type":"heartbeat","cursor":"e.{number}.b","time":"","stale":false}}')

    async with fake_ticker(script) as ticker:
        events = await collect(Subscription(ticker.url, [("edition", "en")], chance=lambda: 0), until=nth(Replay, 2))
    assert ticker.cursors == [None, "e.1.b", "e.2.b"]
    assert all(query["edition"] == ["en"] for query in ticker.queries)
    assert [type(event) for event in events] == [
        Connecting, Live, Snapshot, Reconnecting,
        Connecting, Live, Replay, Reconnecting,
        Connecting, Live, Replay,
    ]  # fmt: skip
    assert [event.is_resuming for event in events if isinstance(event, Connecting)] == [False, True, True]


async def test_reconnects_slow_down_for_a_ticker_that_hangs_up_after_its_snapshot() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await connection.send(SNAPSHOT)

    async with fake_ticker(script) as ticker:
        events = await collect(Subscription(ticker.url, chance=lambda: 0.01), until=nth(Reconnecting, 5))
    waits = [event.seconds for event in events if isinstance(event, Reconnecting)]
    assert waits == pytest.approx([0.01, 0.02, 0.04, 0.08, 0.16])


async def test_after_a_bye_it_waits_as_long_as_the_node_says_and_gives_its_reason() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await connection.send(SNAPSHOT)
        await connection.send('{"type":"bye","reason":"This node is stopping.","reconnect":7}')
        await connection.close(4000, "drain")

    async with fake_ticker(script) as ticker:
        events = await collect(Subscription(ticker.url, chance=lambda: 0), until=nth(Reconnecting, 1))
    last = events[-1]
    assert isinstance(last, Reconnecting) and last.reason == "This node is stopping." and 6 < last.seconds <= 7


async def test_a_node_that_says_bye_and_stays_is_left() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await connection.send(SNAPSHOT)
        await connection.send('{"type":"bye","reason":"","reconnect":0}')
        await connection.wait_closed()

    async with fake_ticker(script) as ticker:
        events = await collect(Subscription(ticker.url, chance=lambda: 0), until=nth(Reconnecting, 1))
    assert isinstance(events[-1], Reconnecting)


async def test_a_close_code_from_4500_is_a_refusal_and_one_below_is_not() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await connection.send(SNAPSHOT)
        await connection.close(4001 if number == 1 else 4503, "not for you")

    async with fake_ticker(script) as ticker:
        with pytest.raises(SubscriptionRefusedError, match="not for you") as refused:
            await collect(Subscription(ticker.url, chance=lambda: 0), until=nth(Gap, 1))
    assert len(ticker.queries) == 2 and refused.value.status == 4503


async def test_a_bad_parameter_is_a_refusal_with_the_tickers_sentence() -> None:
    body = b'{"type":"x","title":"t","status":400,"detail":"d","errors":[{"field":"edition","message":"No such."}]}'
    answer = http_answer(HTTPStatus.BAD_REQUEST, body, Content_Type=PROBLEM)
    async with fake_ticker(no_connection, lambda number: answer) as ticker:
        with pytest.raises(SubscriptionRefusedError, match=r"edition: No such\.") as refused:
            await collect(Subscription(ticker.url), until=nth(Gap, 1))
    assert refused.value.status == 400 and len(ticker.queries) == 1


async def test_a_portal_that_answers_instead_of_the_ticker_is_no_refusal() -> None:
    answer = http_answer(HTTPStatus.FORBIDDEN, b"<h1>Sign in</h1>", Content_Type="text/html")
    async with fake_ticker(no_connection, lambda number: answer) as ticker:
        await collect(Subscription(ticker.url, chance=lambda: 0), until=nth(Reconnecting, 3))
    assert len(ticker.queries) == 3


@pytest.mark.parametrize("location", ["http://portal.example/login", "http://[", "ws://portal.example:99999/"])
async def test_a_portal_that_redirects_to_its_page_is_no_refusal_and_no_error(location: str) -> None:
    answer = http_answer(HTTPStatus.FOUND, b"<html>", Content_Type="text/html", Location=location)

    async def script(connection: ServerConnection, number: int) -> None:
        await connection.send(SNAPSHOT)

    async with fake_ticker(script, lambda number: answer if number == 1 else None) as ticker:
        events = await collect(Subscription(ticker.url, chance=lambda: 0), until=nth(Snapshot, 1))
    [refused] = [event for event in events if isinstance(event, Reconnecting)]
    assert refused.reason.startswith("no ticker answers there (")


async def test_retry_after_of_a_full_node_is_kept() -> None:
    answer = http_answer(HTTPStatus.SERVICE_UNAVAILABLE, b"", Retry_After="30")
    async with fake_ticker(no_connection, lambda number: answer) as ticker:
        events = await collect(Subscription(ticker.url, chance=lambda: 0.5), until=nth(Reconnecting, 1))
    assert isinstance(events[-1], Reconnecting) and events[-1].seconds == 30.5


async def test_retry_after_may_be_a_date_by_the_clock_of_its_sender() -> None:
    dates = {"Retry_After": "Thu, 01 Jan 2026 00:01:30 GMT", "Date": "Thu, 01 Jan 2026 00:00:00 GMT"}
    answer = http_answer(HTTPStatus.TOO_MANY_REQUESTS, b"", **dates)
    async with fake_ticker(no_connection, lambda number: answer) as ticker:
        events = await collect(Subscription(ticker.url, chance=lambda: 0.5), until=nth(Reconnecting, 1))
    assert isinstance(events[-1], Reconnecting) and events[-1].seconds == 90.5


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("30", "", 30),
        ("Wed, 31 Dec 2025 23:59:00 GMT", "Thu, 01 Jan 2026 00:00:00 GMT", 0),
        ("Thu, 01 Jan 99999 00:00:00 GMT", "", 0),
        ("soon", "", 0),
        ("\u0663", "", 0),
        ("", "", 0),
    ],
)
def test_a_wait_that_cannot_be_read_is_none(value: str, date: str, seconds: float) -> None:
    assert retry_after_seconds(value, date) == seconds


def test_without_the_senders_clock_a_date_counts_by_this_one() -> None:
    assert 60 < retry_after_seconds(formatdate(time.time() + 100, usegmt=True), "no date") <= 100


@pytest.mark.parametrize("name", ["Retry-After", "Content-Type", "Location"])
async def test_a_header_that_a_proxy_has_sent_twice_ends_no_subscription(name: str) -> None:
    status = HTTPStatus.FOUND if name == "Location" else HTTPStatus.SERVICE_UNAVAILABLE
    answer = http_answer(status, b"")
    for value in ("text/plain", "text/html") if name == "Content-Type" else ("/one", "/two"):
        answer.headers[name] = value

    async def script(connection: ServerConnection, number: int) -> None:
        await connection.send(SNAPSHOT)

    async with fake_ticker(script, lambda number: answer if number == 1 else None) as ticker:
        events = await collect(Subscription(ticker.url, chance=lambda: 0), until=nth(Snapshot, 1))
    assert [type(event) for event in events[:3]] == [Connecting, Reconnecting, Connecting]


async def test_a_silent_connection_is_left_after_two_and_a_half_heartbeats() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await connection.send(SNAPSHOT.replace('"heartbeat":15', '"heartbeat":0.2'))
        await connection.wait_closed()

    async with fake_ticker(script) as ticker:
        events = await collect(Subscription(ticker.url, chance=lambda: 0), until=nth(Reconnecting, 1))
    assert isinstance(events[-1], Reconnecting) and "silent" in events[-1].reason


async def test_a_server_that_never_answers_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flashwire.client.subscription.OPEN_SECONDS", 0.2)
    monkeypatch.setattr("flashwire.client.subscription.FIRST_MESSAGE_SECONDS", 0.2)
    monkeypatch.setattr("flashwire.client.subscription._CLOSE_SECONDS", 0.1)
    # Neither a handshake, nor a first message after it, nor one that is whole.
    for answers in ((None,), (b"", None), (text_frame(SNAPSHOT)[:40], None)):
        async with raw_ticker(*answers) as url:
            events = await collect(Subscription(url, chance=lambda: 0), until=nth(Reconnecting, 1))
        assert [type(event) for event in events] == [Connecting, Reconnecting], answers


async def test_invalid_messages_keep_no_connection_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flashwire.client.subscription.FIRST_MESSAGE_SECONDS", 0.3)

    async def script(connection: ServerConnection, number: int) -> None:
        while True:
            await connection.send("<html>")
            await connection.send("[]")
            await connection.send(item_message("e.9.z"))
            await connection.send('{"type":"snapshot","cursor":"e.8.z","items":7}')
            await asyncio.sleep(0.01)

    async with fake_ticker(script) as ticker:
        events = await collect(Subscription(ticker.url, chance=lambda: 0), until=nth(Reconnecting, 2))
    assert {type(event) for event in events} == {Connecting, Reconnecting}
    assert ticker.cursors == [None, None], "a cursor before the first message is not the ticker's"


async def test_messages_of_a_later_protocol_are_passed_over() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await connection.send(SNAPSHOT)
        await connection.send('{"type":"poem","cursor":"e.2.a","lines":3}')
        await connection.send(item_message("e.3.a"))

    async with fake_ticker(script) as ticker:
        events = await collect(Subscription(ticker.url), until=nth(ItemEvent, 1))
    assert [type(event) for event in events] == [Connecting, Live, Snapshot, ItemEvent]


async def test_half_a_frame_changes_nothing() -> None:
    whole = text_frame(SNAPSHOT) + text_frame(item_message("e.2.b"))
    async with raw_ticker(whole + text_frame(item_message("e.3.c", version=2))[:-9]) as url:
        events = await collect(Subscription(url, chance=lambda: 0), until=nth(Reconnecting, 1))
    [only] = [event for event in events if isinstance(event, ItemEvent)]
    assert only.cursor == "e.2.b"


async def test_an_item_that_cannot_be_read_is_announced_and_does_not_end_the_subscription() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await connection.send(SNAPSHOT)
        await connection.send(item_message("e.2.b", '{"uri":7}'))
        await connection.send(item_message("e.3.c"))

    async with fake_ticker(script) as ticker:
        events = await collect(Subscription(ticker.url), until=nth(ItemEvent, 1))
    assert [event.data for event in events if isinstance(event, SkippedItem)] == [b'{"uri":7}']


async def test_a_gap_is_announced_before_the_snapshot_that_may_lack_items() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await connection.send(SNAPSHOT.replace('"complete":true', '"complete":false'))

    async with fake_ticker(script) as ticker:
        events = await collect(Subscription(ticker.url), until=nth(Snapshot, 1))
    assert [type(event) for event in events] == [Connecting, Live, Gap, Snapshot]


async def test_stale_and_live_are_announced_once_each() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await connection.send(SNAPSHOT)
        for stale in ("true", "true", "false", "false", "true"):
            await connection.send(f'{{"type":"heartbeat","cursor":"e.1.a","time":"","stale":{stale}}}')

    async with fake_ticker(script) as ticker:
        events = await collect(Subscription(ticker.url), until=nth(Stale, 2))
    assert [type(event) for event in events] == [Connecting, Live, Snapshot, Stale, Live, Stale]


async def test_a_cursor_is_saved_when_its_event_was_handled_and_not_before() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await connection.send(SNAPSHOT)
        await connection.send(item_message("e.2.b"))
        await connection.send('{"type":"heartbeat","cursor":"e.7.h","time":"","stale":false}')
        await connection.send(item_message("e.8.c", version=2))
        await connection.wait_closed()

    store = MemoryCursorStore()
    saved: list[tuple[str, str | None]] = []

    async def until_second_item(events: Subscription) -> None:
        async for event in events:
            if isinstance(event, Snapshot | ItemEvent):
                saved.append((event.cursor, store.cursor))
                if event.cursor == "e.8.c":
                    return

    async with fake_ticker(script) as ticker:
        with pytest.raises(ZeroDivisionError):
            async with follow(ticker.url, cursors=store) as events:
                await until_second_item(events)
                raise ZeroDivisionError
        # A heartbeat moves the position too: the node has nothing for this client before it.
        assert saved == [("e.1.a", None), ("e.2.b", "e.1.a"), ("e.8.c", "e.7.h")] and store.cursor == "e.7.h"
        async with follow(ticker.url, cursors=store) as events:
            await until_second_item(events)
    assert store.cursor == "e.8.c" and ticker.cursors == [None, "e.7.h"]


async def test_an_error_of_the_cursor_store_reaches_the_program(tmp_path: Path) -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await connection.send(SNAPSHOT)
        await connection.wait_closed()

    async with fake_ticker(script) as ticker:
        # Without `async with`, which saves once more at its end.
        events = follow(ticker.url, cursors=FileCursorStore(tmp_path / "no" / "cursor"))
        kinds: list[type[Event]] = []
        async with asyncio.timeout(20):
            with pytest.raises(FileNotFoundError):
                async for event in events:
                    kinds.append(type(event))
                    assert not isinstance(event, Reconnecting), "the program's own error is no lost connection"
        assert kinds[-1] is Snapshot


async def test_a_block_whose_last_cursor_cannot_be_saved_still_closes_its_connection() -> None:
    closed = asyncio.Event()

    async def script(connection: ServerConnection, number: int) -> None:
        await connection.send(SNAPSHOT)
        await connection.wait_closed()
        closed.set()

    class FullDisk(MemoryCursorStore):
        def save(self, cursor: str) -> None:
            raise OSError("disk full")

    async with fake_ticker(script) as ticker:
        events = Subscription(ticker.url, cursors=FullDisk())
        with pytest.raises(OSError, match="disk full"):
            async with events:
                async for event in events:
                    if isinstance(event, Snapshot):
                        break
        async with asyncio.timeout(10):
            await closed.wait()


async def test_filters_take_one_name_or_several() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await connection.send(SNAPSHOT)

    async with fake_ticker(script) as ticker:
        events = follow(ticker.url, edition="en", section=["health", "world"], urgency=2, backlog=0, heartbeat=5)
        await collect(events, until=nth(Snapshot, 1))
    [query] = ticker.queries
    assert query == {
        "edition": ["en"], "section": ["health", "world"], "urgency": ["2"], "backlog": ["0"], "heartbeat": ["5"]
    }  # fmt: skip


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:8000", "ws://127.0.0.1:8000/v1/live"),
        ("https://news.example/ticker/", "wss://news.example/ticker/v1/live"),
        ("wss://news.example/v1/live", "wss://news.example/v1/live"),
        ("localhost:8000", "ws://localhost:8000/v1/live"),
    ],
)
async def test_any_spelling_of_a_tickers_address_is_accepted(url: str, address: str) -> None:
    assert follow(url)._address == address


async def test_an_invalid_address_is_an_error_at_once() -> None:
    with pytest.raises(ValueError, match="write it like"):
        follow("ftp://news.example")
