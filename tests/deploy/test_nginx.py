"""deploy/nginx.conf and deploy/redis.conf with two real nodes, a real desk, nginx and Redis."""

import re
import signal
import ssl
import subprocess
import time
from collections.abc import Iterator

import anyio
import anyio.to_thread
import httpx2
import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.deploy.stack import NODE_PASSWORD, Stack, answers, program, two_nodes
from tests.support.waiting import until

pytestmark = pytest.mark.anyio


class Service:
    """The running stack and a chief's token."""

    def __init__(self, stack: Stack, token: str) -> None:
        self.stack = stack
        self.token = token

    def publish(self, headline: str) -> str:
        """Publishes through nginx; returns the item's uri."""
        reply = httpx2.post(
            f"http://{self.stack.desk}/v1/items",
            json={"text": f"Health ministry: {headline}", "edition": "en"},
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=10,
        )
        assert reply.status_code == 201, reply.text
        uri: str = reply.json()["item"]["uri"]
        return uri


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with two_nodes(tmp_path_factory.mktemp("stack")) as stack:
        yield Service(stack, stack.start_desk())


async def message(socket: ClientConnection, kind: str, limit: float = 10) -> dict[str, object]:
    """The next message of type `kind`."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        received = msgspec.json.decode(await socket.recv(), type=dict[str, object])
        if received["type"] == kind:
            return received
    raise AssertionError(f"no {kind} within {limit:g} s")


def uri_of(live: dict[str, object]) -> object:
    """The uri of the item in a live message."""
    return msgspec.convert(live["item"], dict[str, object])["uri"]


@pytest.mark.deep
async def test_an_item_goes_from_the_desk_through_nginx_to_a_websocket(service: Service) -> None:
    async with connect(f"ws://{service.stack.front}/v1/live?edition=en") as socket:
        snapshot = await message(socket, "snapshot")
        assert snapshot["complete"] is True
        uri = service.publish("Wards open")
        assert uri_of(await message(socket, "item")) == uri


async def test_an_item_reaches_the_clients_of_both_nodes(service: Service) -> None:
    ports = [service.stack.ports[name] for name in ("ticker-1", "ticker-2")]
    async with (
        connect(f"ws://127.0.0.1:{ports[0]}/v1/live") as first_socket,
        connect(f"ws://127.0.0.1:{ports[1]}/v1/live") as second_socket,
    ):
        for socket in (first_socket, second_socket):
            await message(socket, "snapshot")
        uri = service.publish("For both nodes")
        first, second = await message(first_socket, "item"), await message(second_socket, "item")
        assert uri_of(first) == uri_of(second) == uri
        assert first["cursor"] == second["cursor"]


async def test_nginx_spreads_clients_over_both_nodes(service: Service) -> None:
    sockets = [await connect(f"ws://{service.stack.front}/v1/live") for _ in range(8)]
    try:
        counts = []
        for name in ("ticker-1", "ticker-2"):
            reply = httpx2.get(f"http://127.0.0.1:{service.stack.ports[name]}/health/ready", timeout=5)
            counts.append(reply.json()["connections"])
        assert all(count >= 3 for count in counts) and sum(counts) >= 8
    finally:
        for socket in sockets:
            await socket.close()


async def test_events_leave_nginx_at_once(service: Service) -> None:
    headers = {"Accept": "text/event-stream"}
    async with (
        httpx2.AsyncClient(timeout=10) as client,
        client.stream("GET", f"http://{service.stack.front}/v1/live", headers=headers) as reply,
    ):
        assert reply.status_code == 200
        assert reply.headers["content-type"].startswith("text/event-stream")
        lines = reply.aiter_lines()
        joined = time.monotonic()
        async for line in lines:
            if line.startswith("event: snapshot"):
                break
        assert time.monotonic() - joined < 1
        uri = service.publish("Unbuffered")
        published = time.monotonic()
        async for line in lines:
            if line.startswith("data: ") and uri in line:
                break
        assert time.monotonic() - published < 1


async def test_a_long_poll_waits_behind_nginx_until_there_is_news(service: Service) -> None:
    async with httpx2.AsyncClient(base_url=f"http://{service.stack.front}", timeout=20) as client:
        cursor = (await client.get("/v1/live")).json()["cursor"]
        quiet = await client.get("/v1/live", params={"cursor": cursor, "wait": "0.3"})
        assert (quiet.json()["type"], quiet.json()["items"]) == ("replay", [])
        polled: list[httpx2.Response] = []

        async def poll() -> None:
            polled.append(await client.get("/v1/live", params={"cursor": cursor, "wait": "15"}))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(poll)
            # The answer is the same whether the poll or the item is first.
            uri = await anyio.to_thread.run_sync(service.publish, "Polled")
        assert [item["uri"] for item in polled[0].json()["items"]] == [uri]


async def test_tls_ends_at_nginx_and_the_desk_marks_its_cookie_secure(service: Service) -> None:
    certificate = service.stack.folder / "tls" / "certificate.pem"
    trusted = ssl.create_default_context(cafile=str(certificate))
    port = service.stack.ports["tls"]
    async with connect(f"wss://localhost:{port}/v1/live", ssl=trusted) as socket:
        assert (await message(socket, "snapshot"))["complete"] is True
    desk = service.stack.ports["tls-desk"]
    async with httpx2.AsyncClient(verify=trusted, base_url=f"https://localhost:{desk}", timeout=10) as client:
        origin = {"Origin": f"https://localhost:{desk}"}
        reply = await client.post("/v1/session", json={"token": service.token}, headers=origin)
        assert reply.status_code == 200, reply.text
        # Secure, because the desk trusts the X-Forwarded-Proto of nginx.
        assert "secure" in reply.headers["set-cookie"].lower()


def test_event_streams_are_served_over_http_2(service: Service) -> None:
    certificate = service.stack.folder / "tls" / "certificate.pem"
    url = f"https://localhost:{service.stack.ports['tls']}/v1/live"
    # More streams than the six connections that a browser opens to a host over HTTP/1.1.
    streams = [argument for _ in range(8) for argument in ("-o", "-", url)]
    options = ["--http2", "--no-buffer", "--silent", "--cacert", str(certificate), "--max-time", "3", "--parallel"]
    command = [program("curl"), *options, "-H", "Accept: text/event-stream", "-w", "http=%{http_version}\\n", *streams]
    answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert answer.count("event: snapshot") == 8
    assert answer.count("http=2\n") == 8


async def test_nginx_does_not_serve_metrics(service: Service) -> None:
    for side in (service.stack.front, service.stack.desk):
        reply = httpx2.get(f"http://{side}/metrics", timeout=5)
        assert reply.status_code == 404
        assert "nginx/" not in reply.headers["server"]


async def test_a_body_over_the_limit_does_not_reach_the_desk(service: Service) -> None:
    reply = httpx2.post(f"http://{service.stack.desk}/v1/items", content=b"x" * 70_000, timeout=10)
    assert reply.status_code == 413


async def test_nginx_caches_items_no_longer_than_a_node_allows(service: Service) -> None:
    uri = service.publish("Soon withdrawn")
    url = f"http://{service.stack.front}/v1/items/{uri}"
    until(lambda: answers(url), "the item is there")
    act = httpx2.post(
        f"http://{service.stack.desk}/v1/items/{uri}/acts",
        json={"act": "withdraw", "note": "This was not so."},
        headers={"Authorization": f"Bearer {service.token}", "If-Match": '"1"'},
        timeout=10,
    )
    assert act.status_code == 200, act.text
    until(lambda: httpx2.get(url, timeout=5).status_code == 410, "the item is gone", seconds=3)


@pytest.mark.deep
async def test_a_client_of_a_node_that_stops_resumes_on_the_other(service: Service) -> None:
    stack = service.stack
    async with connect(f"ws://{stack.front}/v1/live?edition=en") as socket:
        cursor = (await message(socket, "snapshot"))["cursor"]
        # The node with more connections has this client.
        counts = {}
        for name in ("ticker-1", "ticker-2"):
            reply = httpx2.get(f"http://127.0.0.1:{stack.ports[name]}/health/ready", timeout=5)
            counts[name] = reply.json()["connections"]
        holder = max(counts, key=lambda name: counts[name])
        stack.stop(holder)
        try:
            assert "reconnect" in await message(socket, "bye")
            await socket.wait_closed()
            assert socket.close_code == 4000
            uri = service.publish("While one node is stopped")
            async with connect(f"ws://{stack.front}/v1/live?edition=en&cursor={cursor}") as again:
                replay = await message(again, "replay")
                items = msgspec.convert(replay["items"], list[dict[str, object]])
                if not items:
                    # The node had not read the item when the client joined; then it follows at once.
                    items = [msgspec.convert((await message(again, "item"))["item"], dict[str, object])]
                assert [item["uri"] for item in items] == [uri]
        finally:
            stack.start_node(holder)


async def test_redis_requires_its_password_and_refuses_dangerous_commands(service: Service) -> None:
    stack = service.stack
    assert "NOAUTH" in stack.redis_cli("PING", password="") or "WRONGPASS" in stack.redis_cli("PING", password="x")
    for command in (("CONFIG", "GET", "dir"), ("FLUSHALL",), ("KEYS", "*")):
        assert "NOPERM" in stack.redis_cli(*command)
    # Redis 7 refuses DEBUG to every user before it checks rights.
    assert re.search("NOPERM|not allowed", stack.redis_cli("DEBUG", "SLEEP", "0"))
    node = {"password": NODE_PASSWORD, "user": "node"}
    assert stack.redis_cli("XLEN", "flashwire:{news}:items", **node).startswith("NOPERM")
    assert "NOPERM" in stack.redis_cli("XADD", "flashwire:{news}:items", "*", "a", "b", **node)
    assert "NOPERM" in stack.redis_cli("GET", "another:key")
    info = stack.redis_cli("INFO", "all", **node)
    assert "aof_enabled:1" in info and "maxmemory_policy:noeviction" in info
    arguments = stack.arguments("redis")
    assert b"redis-server" in arguments and b"0123456789abcdef" not in arguments


async def test_a_confirmed_item_survives_a_kill_of_redis(service: Service) -> None:
    stack = service.stack
    uri = service.publish("Written through")
    stack.stop("redis", signal.SIGKILL)
    stack.start_redis()
    url = f"http://{stack.front}/v1/items/{uri}/history"
    until(lambda: answers(url), "the ledger has it")
    until(lambda: answers(f"http://{stack.desk}/health/ready"), "the desk is ready again")
    async with connect(f"ws://{stack.front}/v1/live") as socket:
        # The node that answers may not have read the stream since the kill. Then the item follows.
        received: set[object] = set()
        deadline = time.monotonic() + 20
        while uri not in received:
            assert time.monotonic() < deadline, "the item is lost"
            news = msgspec.json.decode(await socket.recv(), type=dict[str, object])
            if news["type"] == "item":
                received.add(uri_of(news))
            else:
                items = msgspec.convert(news.get("items", []), list[dict[str, object]])
                received.update(item["uri"] for item in items)
