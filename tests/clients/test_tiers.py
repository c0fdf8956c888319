"""Unmodified clients of others decode all compression that they agree to: shared, fresh and off."""

import shutil
import sys

import pytest

from tests.clients.test_foreign_clients import BUILT, CHROMIUM, HERE, INSTALLED, PROGRAMS
from tests.clients.trial import Client, client, versions
from tests.support.serving import serving
from ticker.core.frame import Format

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

FIREFOX = (sys.executable, "-m", "tests.clients.programs.firefox")
PROGRAMS_OF = {
    **HERE,
    **INSTALLED,
    "WebSocket of Chromium": [*CHROMIUM, str(PROGRAMS), "websocket.html"],
    "fetch of Chromium": [*CHROMIUM, str(PROGRAMS), "fetch.html"],
    "EventSource of Firefox": [*FIREFOX, str(PROGRAMS), "event_source.html"],
    "WebSocket of Firefox": [*FIREFOX, str(PROGRAMS), "websocket.html"],
    "curl --compressed": ["bash", str(PROGRAMS / "curl.sh"), "--compressed"],
    "fetch of Node.js": ["node", str(BUILT / "with_fetch.mjs")],
    "net/http (Go)": [str(BUILT / "with_net_http")],
    "coder/websocket, context takeover": [str(BUILT / "with_coder"), "takeover"],
    "coder/websocket, no context takeover": [str(BUILT / "with_coder"), "no-takeover"],
}
# What each gets with `shared`, by what it offers.
SHARED = {
    **dict.fromkeys(["websockets", "ws", "WebSocket of Chromium", "WebSocket of Firefox"], Format.SHARED),
    "coder/websocket, context takeover": Format.SHARED,
    **dict.fromkeys(["okhttp", "coder/websocket, no context takeover"], Format.DEFLATED),
    **dict.fromkeys(["aiohttp", "coder/websocket", "java.net.http.WebSocket", "websocat"], Format.PLAIN),
    **dict.fromkeys(
        ["EventSource", "fetch of Chromium", "EventSource of Firefox", "curl --compressed", "eventsource"],
        Format.SSE_SHARED,
    ),
    **dict.fromkeys(["httpx-sse", "fetch of Node.js"], Format.SSE_SHARED),
    **dict.fromkeys(["curl", "java.net.http", "okhttp-sse", "net/http (Go)"], Format.SSE),
}
FRESH = {Format.SHARED: Format.DEFLATED, Format.SSE_SHARED: Format.SSE_GZIP}
OFF = {Format.SHARED: Format.PLAIN, Format.DEFLATED: Format.PLAIN, Format.SSE_SHARED: Format.SSE}


def expected_form(name: str, deflate: str) -> Format:
    shared = SHARED[name]
    return {"shared": shared, "fresh": FRESH.get(shared, shared), "off": OFF.get(shared, shared)}[deflate]


async def next_item(running: Client) -> tuple[str, int]:
    [version] = versions(await running.message("item"))
    return version


@pytest.mark.parametrize("deflate", ["shared", "fresh", "off"])
@pytest.mark.parametrize("name", PROGRAMS_OF)
async def test_a_client_decodes_items_bursts_and_heartbeats(
    redis_url: str, brand: str, name: str, deflate: str
) -> None:
    assert (BUILT / "installed").exists(), "the clients are not installed: run `make clients`"
    if "Firefox" in name and not (shutil.which("firefox-esr") or shutil.which("firefox")):
        pytest.skip("install Firefox: make browsers")
    for program in PROGRAMS.glob("with_*.mjs"):
        # Node.js looks for packages next to the program.
        shutil.copy(program, BUILT)
    variables = {"PYTHONPATH": str(BUILT / "python"), "WEBSOCAT": str(BUILT / "bin/websocat")}
    command = PROGRAMS_OF[name]
    async with serving(redis_url, brand, deflate=deflate, heartbeat_seconds=60) as node:
        async with client([*command, node.url], variables if name in INSTALLED else None) as running:
            await running.message("snapshot")
            [member] = node.node.hub.members()
            assert member.form is expected_form(name, deflate)
            # One by one, so that each step of the references is used.
            for number in range(12):
                line = await node.publish(f"One by one {number}")
                assert await next_item(running) == (line.uri, 1)
                if number % 4 == 3:
                    node.node.send_heartbeat()
            burst = [await node.desk.publish(f"Together {number}") for number in range(10)]
            assert [await next_item(running) for _ in burst] == [(line.uri, 1) for line in burst]
            assert [one.form for one in node.node.hub.members()] == [member.form] and running.reopened == 0
