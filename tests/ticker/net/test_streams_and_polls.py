"""Server-sent events, long polls and plain JSON: the same path and messages as over WebSocket."""

import asyncio
import time

import msgspec
import pytest

from tests.support.serving import Serving, Start, request
from tests.support.waiting import until_async as until
from ticker.contract.item import Text

pytestmark = pytest.mark.anyio

STREAM = {"Accept": "text/event-stream"}


async def test_an_event_stream_opens_with_a_head_a_time_to_retry_and_the_snapshot(node: Serving) -> None:
    line = await node.publish("One")
    async with node.wire(request(**STREAM)) as wire:
        status, headers = await wire.head()
        assert status == 200 and headers["content-type"] == "text/event-stream; charset=utf-8"
        assert headers["cache-control"] == "no-store" and headers["x-accel-buffering"] == "no"
        assert "content-length" not in headers and headers["access-control-allow-origin"] == "*"
        assert headers["transfer-encoding"] == "chunked"
        # `retry` is part of the first event, because several libraries report a block without data as an event.
        snapshot = await wire.event()
        assert 1000 <= int(snapshot["retry"]) <= 4000
        assert snapshot["event"] == "snapshot" and snapshot["id"] == snapshot["data"]["cursor"]
        assert [item["uri"] for item in snapshot["data"]["items"]] == [line.uri]
        await node.publish("Two")
        live = await wire.event()
        assert live["event"] == "item" and live["data"]["item"]["headline"]["value"] == "Two"
        cursor = live["id"]
    await node.publish("Three")
    async with node.wire(request(Last_Event_ID=cursor, **STREAM)) as wire:
        await wire.head()
        replay = await wire.event()
        assert replay["event"] == "replay"
        assert [item["headline"]["value"] for item in replay["data"]["items"]] == ["Three"]
    for lost in ("", "nonsense", "\xff"):
        async with node.wire(request(Last_Event_ID=lost, **STREAM)) as wire:
            await wire.head()
            assert (await wire.event())["data"]["complete"] is False
    await until(lambda: not len(node.node.hub), "all have left")
    assert node.count("flashwire_connections", transport="sse") == 0


async def test_a_cursor_in_the_query_goes_before_the_last_event_id(node: Serving) -> None:
    await node.publish("One")
    async with node.wire(request("cursor=nonsense", Last_Event_ID=str(node.node.backlog.newest), **STREAM)) as wire:
        await wire.head()
        assert (await wire.event())["event"] == "snapshot"


async def test_a_refused_event_stream_is_a_problem(start: Start) -> None:
    node = await start(allowed_origins="https://news.example")
    cases = [
        (request("edition=xx", **STREAM), 400, "edition"),
        (request("backlog=101&urgency=0", **STREAM), 400, "backlog"),
        (request(Origin="null", **STREAM), 403, "origin"),
    ]
    for data, status, text in cases:
        async with node.wire(data) as wire:
            reply_status, headers, body = await wire.reply()
            assert (reply_status, headers["content-type"]) == (status, "application/problem+json")
            assert text in body["detail"]
            assert await wire.read_to_end() == b""
    async with node.wire(request(Origin="https://news.example", **STREAM)) as wire:
        status, headers = await wire.head()
        assert (status, headers["access-control-allow-origin"], headers["vary"]) == (
            200,
            "https://news.example",
            "Origin",
        )


async def test_a_request_behind_an_event_stream_is_not_read(node: Serving) -> None:
    # The bug: its answer was written into the stream, and a timeout then closed the whole connection.
    for behind in (request(path="/version"), request(**STREAM), b"\0garbage\r\n\r\n", b"POST / HTTP/1.1\r\n"):
        async with node.wire(request(**STREAM) + behind) as wire:
            await wire.head()
            assert (await wire.event())["event"] == "snapshot"
            assert not node.node.pending
            wire.send(b"more of it")
            await node.publish("Still a stream")
            assert (await wire.event())["event"] == "item"
        await until(lambda: not len(node.node.hub), "it has left")


async def test_an_event_stream_after_a_complete_reply_works(node: Serving) -> None:
    async with node.wire(request(path="/version")) as wire:
        assert (await wire.reply())[0] == 200
        wire.send(request(**STREAM))
        status, headers = await wire.head()
        assert status == 200 and headers["content-type"].startswith("text/event-stream")


async def test_an_http_1_0_client_gets_an_event_stream(node: Serving) -> None:
    async with node.wire(request(**{"Accept": "Text/Event-Stream"}).replace(b"HTTP/1.1", b"HTTP/1.0")) as wire:
        status, _headers = await wire.head()
        assert status == 200 and "retry" in await wire.event()


async def test_only_get_and_head_are_allowed(node: Serving) -> None:
    async with node.wire(request(method="HEAD")) as wire:
        status, headers = await wire.head()
        assert status == 200 and headers["content-type"] == "application/json"
    for method in ("POST", "PUT", "DELETE"):
        async with node.wire(request(method=method, **STREAM)) as wire:
            status, headers, body = await wire.reply()
            assert (status, body["type"]) == (405, "urn:flashwire:problem:method")
            assert set(headers["allow"].split(", ")) == {"GET", "HEAD"}


async def test_plain_json_is_the_snapshot_or_the_replay_at_once(node: Serving) -> None:
    await node.publish("One")
    reply = await node.get("/v1/live?edition=en")
    assert reply.status_code == 200 and reply.headers["cache-control"] == "no-store"
    snapshot = reply.json()
    assert snapshot["type"] == "snapshot" and snapshot["complete"] is True and len(snapshot["items"]) == 1
    await node.publish("Two")
    for path, headers in ((f"?cursor={snapshot['cursor']}", {}), ("", {"Last-Event-ID": snapshot["cursor"]})):
        replay = (await node.get(f"/v1/live{path}", **headers)).json()
        assert replay["type"] == "replay" and len(replay["items"]) == 1
    lost = (await node.get("/v1/live?cursor=nonsense&wait=30")).json()
    assert lost["type"] == "snapshot" and lost["complete"] is False


async def test_a_long_poll_is_answered_by_the_first_line_that_matches(node: Serving) -> None:
    await node.publish("One")
    cursor = (await node.get("/v1/live")).json()["cursor"]
    poll = asyncio.create_task(node.get(f"/v1/live?cursor={cursor}&edition=ar&wait=30"))
    await until(lambda: node.node.polls, "it waits")
    await node.publish("Not for it")
    finished, _waiting = await asyncio.wait([poll], timeout=0.2)
    assert not finished
    await node.publish("For it", edition="ar")
    replay = (await poll).json()
    assert [item["headline"]["value"] for item in replay["items"]] == ["For it"]
    assert replay["cursor"] == str(node.node.backlog.newest)


async def test_a_long_poll_ends_with_an_empty_replay_when_its_time_is_up(node: Serving) -> None:
    await node.publish("One")
    cursor = (await node.get("/v1/live")).json()["cursor"]
    began = time.monotonic()
    replay = (await node.get(f"/v1/live?cursor={cursor}&wait=0.5")).json()
    assert 0.4 <= time.monotonic() - began < 5
    assert (replay["type"], replay["items"], replay["cursor"]) == ("replay", [], cursor)


async def test_a_long_poll_learns_soon_that_the_news_may_be_old(node: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    # The bug: a poll gets no heartbeat, so its reader saw old news as live until the wait was over.
    await node.publish("One")
    cursor = (await node.get("/v1/live")).json()["cursor"]
    poll = asyncio.create_task(node.get(f"/v1/live?cursor={cursor}&wait=30"))
    await until(lambda: node.node.polls, "it waits")
    # The reader may not say meanwhile that it follows the stream.
    monkeypatch.setattr(node.node, "confirm", lambda: None)
    node.node.mark_stale("the stream does not answer")
    async with asyncio.timeout(12):
        replay = (await poll).json()
        assert (replay["type"], replay["items"], replay["stale"]) == ("replay", [], True)
        # One that begins then is not held for long either: its client may have missed the change.
        assert (await node.get(f"/v1/live?cursor={cursor}&wait=30")).json()["stale"] is True


async def test_a_drain_ends_a_long_poll_at_once(node: Serving) -> None:
    await node.publish("One")
    cursor = (await node.get("/v1/live")).json()["cursor"]
    poll = asyncio.create_task(node.get(f"/v1/live?cursor={cursor}&wait=30"))
    await until(lambda: node.node.polls, "it waits")
    node.server.should_exit = True
    async with asyncio.timeout(5):
        assert (await poll).json()["items"] == []


async def test_a_wait_out_of_range_is_refused(node: Serving) -> None:
    for counted, wait in enumerate(("31", "-1", "x", "", "nan", "1e1"), 1):
        reply = await node.get(f"/v1/live?wait={wait}")
        assert (reply.status_code, reply.json()["errors"][0]["field"]) == (400, "wait"), wait
        assert node.count("flashwire_refused_total", status="400") == counted


async def test_items_are_filtered_limited_and_paged_to_the_last(node: Serving) -> None:
    pinned = await node.publish("Pinned", pinned_until="2099-01-01T00:00:00.000Z")
    lines = [await node.publish(f"Line {number}") for number in range(9)]
    await node.publish("Arabic", edition="ar")
    expected = [pinned.uri, *(line.uri for line in reversed(lines))]
    uris: list[str] = []
    path = "/v1/items?edition=en&limit=3"
    while True:
        page = (await node.get(path + (f"&before={uris[-1]}" if uris else ""))).json()
        uris += [item["uri"] for item in page["items"]]
        if page["next"] is None:
            break
        assert page["next"] == uris[-1] and len(page["items"]) == 3
        if len(uris) == 6:
            # The last item of the page is withdrawn before the next page is requested.
            last_line = next(line for line in lines if line.uri == uris[-1])
            await node.act(last_line, "withdraw", note=Text("Wrong", "en", "ltr"))
    assert uris == expected
    for query in ("limit=0", "limit=101", "limit=x", "edition=xx", "cursor=x"):
        assert (await node.get(f"/v1/items?{query}")).status_code == 400, query


async def test_paging_continues_after_the_pinned_last_item_is_withdrawn(node: Serving) -> None:
    lines = [await node.publish(f"Line {number}") for number in range(3)]
    pinned = await node.publish("Pinned", pinned_until="2099-01-01T00:00:00.000Z")
    others = [await node.publish(f"Later {number}") for number in range(3)]
    first = (await node.get("/v1/items?limit=1")).json()
    assert [item["uri"] for item in first["items"]] == [pinned.uri]
    await node.act(pinned, "withdraw", note=Text("Wrong", "en", "ltr"))
    rest = (await node.get(f"/v1/items?before={pinned.uri}")).json()
    assert [item["uri"] for item in rest["items"]] == [line.uri for line in reversed(lines + others)]


async def test_an_item_is_served_in_every_version_until_it_is_withdrawn(node: Serving) -> None:
    line = await node.publish("Frist words")
    mended = await node.act(line, "refile", headline=Text("First words", "en", "ltr"))
    path = f"/v1/items/{line.uri}"
    newest = await node.get(path)
    assert newest.json()["version"] == 2 and newest.json()["headline"]["value"] == "First words"
    assert newest.headers["cache-control"].startswith("public, max-age=")
    assert (await node.get(path, If_None_Match=newest.headers["etag"])).status_code == 304
    assert (await node.get(path, If_None_Match='"other"')).status_code == 200
    assert (await node.get(f"{path}?version=1")).json()["headline"]["value"] == "Frist words"
    for query, status in (("version=3", 404), ("version=0", 400), ("version=x", 400), ("limit=1", 400)):
        assert (await node.get(f"{path}?{query}")).status_code == status, query
    held_item = await node.act(mended, "hold")
    reply = await node.get(path)
    assert (reply.status_code, reply.json()["type"]) == (404, "urn:flashwire:problem:on-hold")
    await node.act(held_item, "withdraw", note=Text("Wrong", "en", "ltr"))
    for query in ("", "?version=1", "?version=2"):
        response = await node.get(path + query)
        assert response.status_code == 410 and response.headers["content-type"] == "application/problem+json"
        assert "words" not in response.text and response.json()["tombstone"]["note"]["value"] == "Wrong"
    ledger = (await node.get(f"{path}/history")).json()["versions"]
    assert [(version["version"], version["act"]) for version in ledger] == [
        (1, "publish"),
        (2, "refile"),
        (3, "hold"),
        (4, "withdraw"),
    ]
    for unknown in ("urn:flashwire:" + "Z" * 26, "x", "urn:flashwire:%00", "%2e%2e"):
        assert (await node.get(f"/v1/items/{unknown}")).status_code == 404, unknown


async def test_ready_and_items_answer_while_redis_is_away(start: Start) -> None:
    node = await start(ready=False, stream_url="unix:///nowhere/s")
    reply = await node.get("/health/ready")
    assert reply.status_code == 503 and reply.json()["reasons"]
    assert (await node.get("/health/live")).status_code == 200
    assert (await node.get("/v1/items")).status_code == 503
    response = await node.get("/v1/items/urn:flashwire:" + "0" * 26)
    assert response.status_code == 503 and int(response.headers["retry-after"]) > 0
    assert msgspec.json.decode(response.content)["type"] == "urn:flashwire:problem:stream-away"


async def test_ten_of_a_hundred_errors_are_listed(node: Serving) -> None:
    names = "&".join(f"place=n{number}&edition=n{number}" for number in range(45))
    for path, names_sent in (("/v1/items", names), ("/v1/live", names), ("/v1/live", names.replace("=", "x="))):
        async with node.wire(request(names_sent + "&backlog=x", path)) as wire:
            status, _, problem = await wire.reply()
        assert (status, len(problem["errors"])) == (400, 10), path
