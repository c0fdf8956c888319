"""Event streams as other clients read them: chunks, temporary refusals, and parameters that libraries add."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest
import requests

from tests.support.serving import Serving, Start, request
from tests.support.waiting import until_async as until
from ticker.contract.closes import CloseCode

pytestmark = pytest.mark.anyio

STREAM = {"Accept": "text/event-stream"}


class EventSource:
    """Parses a reply's body as WHATWG HTML 9.2.6 does, with the buffers that it names."""

    def __init__(self) -> None:
        self.last_event_id = ""
        self.retry: int | None = None
        self.events: list[tuple[str, str]] = []

    def read(self, body: bytes) -> None:
        kind, data, event_id = "", "", ""
        for line in body.decode().split("\n")[:-1]:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if not line:
                self.last_event_id = event_id
                if data:
                    self.events.append((kind or "message", data))
                kind, data = "", ""
            elif name == "event":
                kind = value
            elif name == "data":
                data += value
            elif name == "id":
                event_id = value
            elif name == "retry":
                self.retry = int(value)


async def stream(node: Serving, *, seconds: float = 5, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Returns status, headers and body of a stream that the node ends."""
    async with node.wire(request(**STREAM, **headers)) as wire:
        status, headers = await wire.head()
        length = headers.get("content-length")
        async with asyncio.timeout(seconds):
            body = await wire.content() if length is None else await wire.reader.readexactly(int(length))
        return status, headers, body


@pytest.mark.parametrize("state", ["starting", "stopping", "full"])
async def test_a_temporary_refusal_ends_cleanly_and_keeps_the_cursor(start: Start, state: str) -> None:
    if state == "starting":
        node = await start(ready=False, stream_url="unix:///nowhere/s")
    else:
        node = await start()
        node.node.capacity = 0 if state == "full" else node.node.capacity
        node.node.draining = state == "stopping"
    source = EventSource()
    source.read(b"id: e.1.c\ndata: x\n\n")
    # A new stream begins with an empty last event id, and a blank line would store that.
    status, headers, body = await stream(node, Last_Event_ID="e.1.c", Origin="https://a.example")
    assert (status, headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert headers["cache-control"] == "no-store" and headers["access-control-allow-origin"] == "*"
    source.read(body)
    assert source.last_event_id == "e.1.c" and source.events == [("message", "x")]
    assert source.retry is not None and 1000 <= source.retry <= 4000
    assert state in body.decode()
    assert node.count("flashwire_refused_total", status="503") == 1
    # A proxy that tries the next node on a 503 gets a 503, like a WebSocket and a JSON client.
    for headers_of in ({**STREAM, "X_Temporary_Refusal": "503"}, {}):
        async with node.wire(request(**headers_of)) as wire:
            reply_status, headers, problem = await wire.reply()
            assert reply_status == 503 and int(headers["retry-after"]) > 0
            assert problem["type"] == "urn:flashwire:problem:unavailable"


@pytest.mark.parametrize("version", [b"HTTP/1.1", b"HTTP/1.0"])
async def test_a_busy_node_refuses_like_any_other(
    node: Serving, monkeypatch: pytest.MonkeyPatch, version: bytes
) -> None:
    monkeypatch.setattr("ticker.node.work_queue.LIMIT", 0)
    monkeypatch.setattr(node.node, "may_answer", lambda _subscription: False)
    async with node.wire(request(X_Temporary_Refusal="503", **STREAM).replace(b"HTTP/1.1", version)) as wire:
        status, headers, problem = await wire.reply()
        assert status == 503 and int(headers["retry-after"]) > 0 and "busy" in problem["detail"]
    async with node.wire(request(**STREAM).replace(b"HTTP/1.1", version)) as wire:
        assert (await wire.head())[0] == 200
        body = await wire.content() if wire.is_chunked else await wire.reader.read()
        assert body.startswith(b"retry: ") and b"\n\n" not in body
    assert node.count("flashwire_refused_total", status="503") == 2
    assert node.node.entering == 0


async def test_times_to_retry_of_temporary_refusals_differ(node: Serving) -> None:
    node.node.draining = True
    bodies = await asyncio.gather(*(stream(node) for _ in range(20)))
    assert len({body.split(b"\n")[0] for _status, _headers, body in bodies}) > 10


async def test_a_permanent_refusal_stays_a_problem(start: Start) -> None:
    node = await start(allowed_origins="https://news.example")
    for data, expected in (
        (request("edition=xx", **STREAM), 400),
        (request(Origin="https://a.example", **STREAM), 403),
        (request(path="/v1/nothing", **STREAM), 404),
    ):
        async with node.wire(data) as wire:
            status, headers, _body = await wire.reply()
            assert (status, headers["content-type"]) == (expected, "application/problem+json")
            assert "access-control-allow-origin" not in headers


async def test_an_event_stream_that_the_node_ends_has_the_last_chunk(node: Serving) -> None:
    async with node.wire(request(**STREAM)) as wire:
        await wire.head()
        assert (await wire.event())["event"] == "snapshot"
        await node.publish("One")
        assert (await wire.event())["event"] == "item"
        (member,) = node.node.hub.members()
        member.close_with(CloseCode.SLOW)
        assert await wire.content() == b""


async def test_a_client_of_http_1_0_gets_no_chunks(node: Serving) -> None:
    await node.publish("One")
    async with node.wire(request(**STREAM).replace(b"HTTP/1.1", b"HTTP/1.0")) as wire:
        _status, headers = await wire.head()
        assert "transfer-encoding" not in headers
        snapshot = await wire.event()
        assert "retry" in snapshot and len(snapshot["data"]["items"]) == 1
        await node.publish("Two")
        assert (await wire.event())["event"] == "item"
        node.server.should_exit = True
        assert (await wire.event())["event"] == "bye"
        assert await wire.read_to_end() == b""


async def test_a_long_replay_keeps_its_chunks(start: Start) -> None:
    node = await start(write_limit_bytes=16_384)
    cursor = str(node.node.backlog.newest)
    headlines = [(await node.publish(f"{number} " + "x" * 450)).headline.value for number in range(120)]
    async with node.wire(request(f"cursor={cursor}", **STREAM)) as wire:
        await wire.head()
        replay = await wire.event()
        assert [item["headline"]["value"] for item in replay["data"]["items"]] == headlines
        await node.publish("After it")
        assert (await wire.event())["data"]["item"]["headline"]["value"] == "After it"
        node.server.should_exit = True
        assert b"event: bye" in await wire.content()


@pytest.mark.alone
async def test_a_library_that_reads_chunks_gets_each_event_at_once(node: Serving) -> None:
    """`iter_lines` of requests waits for 512 bytes if a reply has neither a length nor chunks."""
    lines: list[tuple[float, str]] = []

    def read() -> None:
        with requests.get(f"{node.url}/v1/live", headers=STREAM, stream=True, timeout=10) as reply:
            for line in reply.iter_lines(decode_unicode=True):
                lines.append((time.monotonic(), str(line)))
                if "Short" in line:
                    return

    reader = threading.Thread(target=read)
    reader.start()
    try:
        await until(lambda: any("snapshot" in line for _at, line in lines), "the snapshot is read")
        published = time.monotonic()
        await node.publish("Short")
        await until(lambda: "Short" in lines[-1][1], "the item is read")
        assert lines[-1][0] - published < 1
    finally:
        await asyncio.to_thread(reader.join, 15)


def ignored() -> Iterator[str]:
    for path in ("/v1/live", "/v1/items", "/embed", "/"):
        for query in ("_=1700000000", "utm_source=x&utm_medium=y", "_=1&utm_campaign=%C3%A9"):
            yield f"{path}?{query}"


async def test_cache_busters_and_tracking_names_are_ignored_on_reads(node: Serving) -> None:
    line = await node.publish("One")
    for path in (*ignored(), f"/v1/items/{line.uri}?_=1", f"/v1/items/{line.uri}/history?_=1&utm_id=2"):
        assert (await node.get(path)).status_code == 200, path
    async with node.wire(request("_=1&utm_source=x", **STREAM)) as wire:
        assert (await wire.head())[0] == 200
    async with node.joined("utm_source=x&_=1") as socket:
        assert (await socket.message())["type"] == "snapshot"
    for name in ("__", "utm", "UTM_source", "fbclid", "callback"):
        for path in ("/v1/live", "/v1/items"):
            assert (await node.get(f"{path}?{name}=1")).status_code == 400, name


async def test_last_event_id_in_the_query_is_the_cursor(node: Serving) -> None:
    await node.publish("One")
    old = str(node.node.backlog.newest)
    await node.publish("Two")
    new = str(node.node.backlog.newest)
    cases = [
        (f"lastEventId={old}", None, 1),
        (f"cursor={old}&lastEventId={new}", None, 0),
        (f"lastEventId={new}&cursor={old}", None, 1),
        (f"lastEventId={old}&_=5", None, 1),
        (f"lastEventId={old}", new, 1),
        ("edition=en", new, 0),
    ]
    for query, header, count in cases:
        headers = STREAM if header is None else {**STREAM, "Last_Event_ID": header}
        async with node.wire(request(query, **headers)) as wire:
            await wire.head()
            first = await wire.event()
            assert (first["event"], len(first["data"]["items"])) == ("replay", count), query
    assert len((await node.get(f"/v1/live?lastEventId={old}")).json()["items"]) == 1
