"""Pacing of the desk's requests: only unauthenticated ones are queued, and cancelled ones never start."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from publisher.api.caller import is_authenticated
from publisher.api.parts import Parts
from publisher.net.fair_http import FairHttp
from publisher.net.pacing import AUTHENTICATED, HOLD_SECONDS, RequestPacing
from ticker.shared.http.read_budget import ReadBudget
from ticker.shared.http.request_queue import DISCONNECTED

pytestmark = pytest.mark.anyio


class RecordingApp:
    """An application that records which requests started, and answers the authenticated ones when `end` is set."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.end = asyncio.Event()
        """Set to answer the authenticated requests."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.paths.append(scope["path"])
        if scope["state"].get(AUTHENTICATED):
            await self.end.wait()


class Requests:
    """Requests to `RequestPacing`, with a clock that the test sets."""

    def __init__(self) -> None:
        self.now = 0.0
        self.app = RecordingApp()
        self._paced = RequestPacing(self.app, lambda: self.now)
        self._tasks: list[asyncio.Task[None]] = []

    def send(self, path: str, **state: bool) -> dict[str, bool]:
        async def receive() -> Message:
            raise AssertionError

        async def send(message: Message) -> None:
            raise AssertionError

        scope = {"type": "http", "path": path, "state": state}
        self._tasks.append(asyncio.create_task(self._paced(scope, receive, send)))
        return state

    async def wait_for_first(self, count: int) -> None:
        """Waits for the first `count` requests."""
        await asyncio.gather(*self._tasks[:count])

    async def all_done(self) -> None:
        """Waits for all requests."""
        async with asyncio.timeout(5):
            await asyncio.gather(*self._tasks)


async def test_one_unauthenticated_request_and_one_health_check_start_per_iteration() -> None:
    requests = Requests()
    for path in ("/a", "/b", "/c", "/health/ready", "/health/live"):
        requests.send(path)
    await asyncio.sleep(0)
    assert requests.app.paths == ["/a", "/health/ready"]
    await requests.all_done()
    assert [path for path in requests.app.paths if len(path) == 2] == ["/a", "/b", "/c"]


async def test_no_unauthenticated_request_starts_while_an_authenticated_one_runs() -> None:
    requests = Requests()
    requests.send("/stranger")
    requests.send("/before")
    requests.send("/known", authenticated=True)
    requests.send("/health/live")
    for _ in range(5):
        await asyncio.sleep(0.002)
    assert requests.app.paths == ["/stranger", "/known", "/health/live"]
    # A long request does not block them.
    requests.now += HOLD_SECONDS
    async with asyncio.timeout(5):
        await requests.wait_for_first(2)
    assert requests.app.paths == ["/stranger", "/known", "/health/live", "/before"]
    requests.app.end.set()
    await requests.all_done()


async def test_a_request_whose_client_has_left_is_not_started() -> None:
    requests = Requests()
    requests.send("/first")
    disconnected = requests.send("/gone")
    requests.send("/last")
    await asyncio.sleep(0)
    disconnected[DISCONNECTED] = True
    await requests.all_done()
    assert requests.app.paths == ["/first", "/last"]


def test_reading_resumes_after_an_answer_only_without_unread_input() -> None:
    calls: list[str] = []
    # Any: stand-ins for the event loop's and uvicorn's classes.
    transport: Any = SimpleNamespace(
        pause_reading=lambda: calls.append("pause"), resume_reading=lambda: calls.append("resume"),
        get_extra_info=lambda name: None, is_closing=lambda: False,
    )  # fmt: skip
    config: Any = SimpleNamespace(
        loaded=True, loaded_app=None, root_path="", asgi_version="3.0", limit_concurrency=None, timeout_keep_alive=1,
        ws_protocol_class=None,
    )  # fmt: skip
    state: Any = SimpleNamespace(connections=set(), tasks=set())
    turns: list[Any] = []
    read_budget = ReadBudget(lambda: 0.0, call_soon=turns.append, piece_bytes=4)
    http = FairHttp(read_budget, lambda scope: False, config, state, {}, SimpleNamespace())
    http.connection_made(transport)
    http.data_received(b"GET / HT")
    http.flow.resume_reading()
    assert calls == ["pause"]
    turns.pop()()
    assert calls == ["pause", "resume"]


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [
        ("token", True),
        ("session", True),
        ("both", True),
        ("nothing", False),
        ("wrong", False),
        ("wrong session", False),
        ("two", False),
        ("basic", False),
        ("long", False),
    ],
)
async def test_a_valid_token_or_session_authenticates_a_request(parts: Parts, credentials: str, expected: bool) -> None:
    token = parts.tokens.create("ed", "editor")
    session = parts.sessions.open("ed")
    bearer, cookie = ("authorization", f"Bearer {token}"), ("cookie", f"{parts.cookie}={session}")
    headers = {
        "token": [bearer],
        "session": [cookie],
        "both": [bearer, cookie],
        "nothing": [("accept", token)],
        "wrong": [("authorization", "Bearer fw_wrong"), cookie],
        "wrong session": [("cookie", f"{parts.cookie}=wrong")],
        "two": [bearer, ("authorization", "Bearer fw_wrong")],
        "basic": [("authorization", f"Basic {token}")],
        "long": [bearer, ("cookie", "a=b;" * 2_000)],
    }[credentials]
    raw = [(name.encode(), value.encode()) for name, value in headers]
    scope = {"type": "http", "method": "GET", "scheme": "http", "path": "/", "query_string": b"", "headers": raw}
    assert is_authenticated(scope, parts) is expected
    parts.tokens.revoke("ed")
    assert not is_authenticated(scope, parts)
