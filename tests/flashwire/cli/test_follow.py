"""The follower against a ticker that misbehaves on command: resuming, waiting, ending."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from flashwire.cli.follow import EndedError, Follower, Message

pytestmark = pytest.mark.anyio

Script = Callable[[ServerConnection, int], Awaitable[None]]
SNAPSHOT = '{"type":"snapshot","cursor":"e.1.a","complete":true,"heartbeat":15,"time":"","stale":false,"items":[]}'


class FakeTicker:
    """Answers each connection by its number, and keeps what was asked."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[dict[str, list[str]]] = []
        self.url = ""

    async def handle(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.asked.append(parse_qs(urlsplit(connection.request.path).query))
        await self.script(connection, len(self.asked))


@asynccontextmanager
async def fake(script: Script, refuse: Callable[[int], Response | None] = lambda _: None) -> AsyncIterator[FakeTicker]:
    ticker = FakeTicker(script)
    requests = 0

    def process(connection: ServerConnection, request: Request) -> Response | None:
        nonlocal requests
        requests += 1
        return refuse(requests)

    async with serve(ticker.handle, "127.0.0.1", 0, process_request=process) as server:
        ticker.url = f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        yield ticker


async def collect(follower: Follower, count: int) -> list[Message]:
    found: list[Message] = []
    async with asyncio.timeout(20), aclosing(follower.messages()) as messages:
        async for message in messages:
            found.append(message)
            if len(found) == count:
                break
    return found


async def test_it_comes_back_with_the_cursor_of_the_newest_message() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await connection.send(SNAPSHOT if number == 1 else SNAPSHOT.replace("snapshot", "replay"))
        await connection.send(f'{{"type":"heartbeat","cursor":"e.{number}.b","time":"","stale":false}}')

    async with fake(script) as ticker:
        states: list[str] = []
        follower = Follower(
            ticker.url, [("edition", "en")], state=lambda state, _: states.append(state), chance=lambda: 0
        )
        await collect(follower, 6)
    assert [asked.get("cursor") for asked in ticker.asked] == [None, ["e.1.b"], ["e.2.b"]]
    assert all(asked["edition"] == ["en"] for asked in ticker.asked)
    assert states == ["connecting", "live", "offline", "catching-up", "live", "offline", "catching-up", "live"]


async def test_waits_grow_and_are_drawn_anew_each_time() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await connection.send(SNAPSHOT)

    said: list[str] = []
    draws = iter([0.02, 0.01, 0.005, 0.0025])
    async with fake(script) as ticker:
        follower = Follower(ticker.url, [], state=lambda _, sentence: said.append(sentence), chance=lambda: next(draws))
        assert [follower._wait(None) for _ in range(3)] == [0.01, 0.01, 0.01]
        await collect(follower, 2)
    assert len([line for line in said if "lost" in line]) == 1


async def test_a_bye_says_how_long_to_wait() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await connection.send(SNAPSHOT)
        await connection.send('{"type":"bye","reason":"This node is stopping.","reconnect":0.05}')
        await connection.close(4000, "drain")

    said: list[str] = []
    async with fake(script) as ticker:
        # A draw of a thousand would wait for minutes.
        follower = Follower(ticker.url, [], state=lambda _, sentence: said.append(sentence), chance=lambda: 1000.0)
        await collect(follower, 3)
    assert any("This node is stopping." in line and "0.1 s" in line for line in said)


async def test_a_close_code_from_4500_ends_it_and_one_below_comes_back() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await connection.send(SNAPSHOT)
        await connection.close(4001 if number == 1 else 4503, "not for you")

    async with fake(script) as ticker:
        with pytest.raises(EndedError, match="not for you"):
            await collect(Follower(ticker.url, [], chance=lambda: 0), 5)
    assert len(ticker.asked) == 2


async def test_a_status_that_names_a_bad_parameter_ends_it_with_the_tickers_sentence() -> None:
    body = b'{"type":"x","title":"t","status":400,"detail":"d","errors":[{"field":"edition","message":"No such."}]}'

    def refuse(_: int) -> Response:
        return _response(HTTPStatus.BAD_REQUEST, body)

    async with fake(_nothing, refuse) as ticker:
        with pytest.raises(EndedError, match=r"edition: No such\."):
            await collect(Follower(ticker.url, []), 1)


async def test_a_full_ticker_is_asked_again_after_the_time_that_it_says() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await connection.send(SNAPSHOT)

    def refuse(number: int) -> Response | None:
        return _response(HTTPStatus.SERVICE_UNAVAILABLE, b"", ("Retry-After", "0")) if number < 3 else None

    async with fake(script, refuse) as ticker:
        # A draw of a thousand would wait for minutes: the header must count.
        assert len(await collect(Follower(ticker.url, [], chance=lambda: 1000.0), 1)) == 1


async def test_a_silent_connection_is_given_up_after_two_and_a_half_heartbeats() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await connection.send(SNAPSHOT.replace('"heartbeat":15', '"heartbeat":0.05'))
        await connection.wait_closed()

    said: list[str] = []
    async with fake(script) as ticker:
        follower = Follower(ticker.url, [], state=lambda _, sentence: said.append(sentence), chance=lambda: 0)
        await collect(follower, 2)
    assert any("silent" in line for line in said)


async def test_what_is_no_message_is_passed_over() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await connection.send("<html>")
        await connection.send('{"type":"poem","cursor":"e.1.a","lines":3}')
        await connection.send(SNAPSHOT)

    async with fake(script) as ticker:
        assert [message.type for message in await collect(Follower(ticker.url, []), 2)] == ["poem", "snapshot"]


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:8000", "ws://127.0.0.1:8000/v1/live"),
        ("https://news.example/ticker/", "wss://news.example/ticker/v1/live"),
        ("wss://news.example/v1/live", "wss://news.example/v1/live"),
        ("localhost:8000", "ws://localhost:8000/v1/live"),
    ],
)
async def test_any_spelling_of_a_tickers_address_will_do(url: str, address: str) -> None:
    assert Follower(url, [])._address == address


async def _nothing(connection: ServerConnection, number: int) -> None:
    """Never reached: the upgrade was refused."""


def _response(status: HTTPStatus, body: bytes, *headers: tuple[str, str]) -> Response:
    from websockets.datastructures import Headers

    fields = Headers([("Content-Length", str(len(body))), ("Connection", "close"), *headers])
    return Response(status.value, status.phrase, fields, body)
