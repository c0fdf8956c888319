"""Clients that others wrote, unmodified, on a real node; docs/apps.md has a table of what each of them can do."""

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.clients.trial import Outcome, client, try_client, uri, versions
from tests.docs.pages import ROOT, code_words, read, table
from tests.support.serving import serving

pytestmark = pytest.mark.anyio

PROGRAMS = Path(__file__).with_name("programs")
BUILT = ROOT / "build/clients"
CLASSES = os.pathsep.join([str(BUILT / "java/classes"), str(BUILT / "java/*")])
CHROMIUM = (sys.executable, "-m", "tests.clients.programs.chromium")

# Clients that every machine with this project has.
HERE = {
    "EventSource": [*CHROMIUM, str(PROGRAMS), "event_source.html"],
    "curl": ["bash", str(PROGRAMS / "curl.sh")],
    "websockets": [sys.executable, str(PROGRAMS / "with_websockets.py")],
}
# Those that `make clients` installs.
INSTALLED = {
    "eventsource": ["node", str(BUILT / "with_eventsource.mjs")],
    "ws": ["node", str(BUILT / "with_ws.mjs")],
    "httpx-sse": [sys.executable, str(PROGRAMS / "with_httpx_sse.py")],
    "aiohttp": [sys.executable, str(PROGRAMS / "with_aiohttp.py")],
    "coder/websocket": [str(BUILT / "with_coder")],
    "java.net.http.WebSocket": ["java", "-cp", CLASSES, "JdkWebSocket"],
    "java.net.http": ["java", "-cp", CLASSES, "JdkLines"],
    "okhttp": ["java", "-cp", CLASSES, "WithOkHttp", "socket"],
    "okhttp-sse": ["java", "-cp", CLASSES, "WithOkHttp", "events"],
    "websocat": ["bash", str(PROGRAMS / "websocat.sh")],
}


def documented() -> dict[str, Outcome]:
    """The rows of the table."""
    rows = table(read("apps.md"), "## Other clients")
    return {code_words(row[0])[0]: Outcome(row[2], row[3]) for row in rows}


def test_the_table_has_every_client_that_is_tried_and_no_other() -> None:
    assert list(documented()) == [*HERE, *INSTALLED]


@pytest.mark.parametrize("name", HERE)
async def test_a_client_gets_through_everything_as_the_table_says(redis_url: str, brand: str, name: str) -> None:
    assert await try_client(redis_url, brand, HERE[name]) == documented()[name]


@pytest.mark.slow
async def test_okhttp_stays_connected_for_longer_than_its_read_timeout(redis_url: str, brand: str) -> None:
    """10 s by default: the program asks for a heartbeat of 5 s, and the node's own is too long."""
    async with serving(redis_url, brand) as node, client([*INSTALLED["okhttp-sse"], node.url]) as running:
        await running.message("snapshot")
        await asyncio.sleep(13)
        line = await node.publish("After a silence", uri=uri("AFTER"))
        assert versions(await running.message("item")) == [(line.uri, 1)]
        assert running.reopened == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", INSTALLED)
async def test_an_installed_client_gets_through_everything_as_the_table_says(
    redis_url: str, brand: str, name: str
) -> None:
    assert (BUILT / "installed").exists(), "the clients are not installed: run `make clients`"
    for program in PROGRAMS.glob("with_*.mjs"):
        # Node.js looks for packages next to the program.
        shutil.copy(program, BUILT)
    variables = {"PYTHONPATH": str(BUILT / "python"), "WEBSOCAT": str(BUILT / "bin/websocat")}
    assert await try_client(redis_url, brand, INSTALLED[name], variables) == documented()[name]
