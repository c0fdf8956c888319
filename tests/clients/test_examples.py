"""The programs in examples/, each as its user runs it, on a real node."""

import asyncio
import hashlib
import hmac
import json
import runpy
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from flashwire.client import ItemEvent
from tests.clients.trial import client, uri
from tests.docs.pages import ROOT, read
from tests.support.items import item
from tests.support.serving import Serving, serving
from tests.support.waiting import free_port, until_async
from ticker.contract.item import Text, moment

pytestmark = pytest.mark.anyio

EXAMPLES = ROOT / "examples"
ADDRESS = "http://127.0.0.1:8000"
NOTE = Text("The wards stay closed.", "en", "ltr")
CLOSED = Text("Wards closed", "en", "ltr")


def test_the_page_about_apps_has_every_example() -> None:
    names = {path.name for path in EXAMPLES.iterdir() if path.name != "__pycache__"}
    assert {name for name in names if f"(../examples/{name}" in read("apps.md")} == names


@pytest.mark.parametrize("language", ["python", "node"])
async def test_the_terminal_shows_lines_and_resumes(
    redis_url: str, brand: str, package: Path, tmp_path: Path, language: str
) -> None:
    cursor = str(tmp_path / "cursor")

    def command(url: str) -> list[str]:
        if language == "python":
            return [sys.executable, str(EXAMPLES / "terminal.py"), url, "--edition", "en", "--cursor", cursor]
        return ["node", str(shutil.copy(EXAMPLES / "terminal.mjs", package)), url, "en", cursor]

    async with serving(redis_url, brand) as node:
        await node.publish("Old line", uri=uri("FIRST"))
        async with client(command(node.url)) as terminal:
            assert (await terminal.line("Old line")).endswith("Our reporter: Old line")
            line = await node.publish("Wards \x1b[31mopen 👩\u200d🚒", uri=uri("SECOND"))
            assert (await terminal.line("Wards")).endswith("Our reporter: Wards [31mopen 👩\u200d🚒")
            await node.act(line, "withdraw", note=NOTE)
            assert NOTE.value in await terminal.line(line.uri)
            await node.publish("Last line", uri=uri("THIRD"))
            await terminal.line("Last line")
        await node.publish("While it was away", uri=uri("AWAY"))
        async with client(command(node.url)) as terminal:
            await terminal.line("While it was away", without="Old line")
        wrong = ["unknown" if word == "en" else word for word in command(node.url)]
        process = await asyncio.create_subprocess_exec(
            *wrong, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        _, errors = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 1 and len(errors.decode().splitlines()) == 1 and b"unknown" in errors


class Webhook:
    """An HTTP server that keeps what it gets, and refuses the first `refusals` deliveries."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.deliveries: list[dict[str, Any]] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        body = await reader.readexactly(int(headers["content-length"]))
        signature = hmac.new(b"secret", body, hashlib.sha256).hexdigest()
        assert headers["x-signature"] == f"sha256={signature}"
        # The body of an answer does not count, and this one cannot be decoded.
        status = "200 OK\r\nContent-Encoding: gzip"
        if self.refusals:
            self.refusals -= 1
            status = "503 Away"
        else:
            self.deliveries.append(json.loads(body))
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK".encode())
        writer.close()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self.answer, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"

    @property
    def versions(self) -> list[tuple[str, int]]:
        items = [delivery["item"] for delivery in self.deliveries if delivery["type"] == "item"]
        return [(item["uri"], item["version"]) for item in items]


async def test_the_webhook_relay_delivers_each_version_also_after_refusals_and_a_kill(
    redis_url: str, brand: str, tmp_path: Path
) -> None:
    webhook = Webhook(refusals=2)
    variables = {"WEBHOOK_SECRET": "secret"}
    async with serving(redis_url, brand) as node, webhook.serving() as address:
        command = [sys.executable, str(EXAMPLES / "webhook_relay.py"), node.url, address, str(tmp_path / "cursor")]
        line = await node.publish("Wards open", uri=uri("FIRST"))
        async with client(command, variables):
            await until_async(lambda: webhook.versions == [(line.uri, 1)], "the first delivery")
            assert webhook.deliveries[0] == {"type": "snapshot", "uris": [line.uri]}
            line = await node.act(line, "correction", headline=CLOSED, note=NOTE)
            last = await node.publish("Last line", uri=uri("SECOND"))
            await until_async(lambda: len(webhook.versions) == 3, "the next deliveries")
        assert webhook.versions == [(line.uri, 1), (line.uri, 2), (last.uri, 1)]
        away = await node.publish("While it was away", uri=uri("AWAY"))
        async with client(command, variables):
            await until_async(lambda: (away.uri, 1) in webhook.versions, "the delivery after a kill")
    # The one that it was handling when it was killed may come twice.
    assert webhook.versions[3:] in ([(away.uri, 1)], [(last.uri, 1), (away.uri, 1)])


async def test_the_first_list_of_the_webhook_relay_has_all_current_items(
    redis_url: str, brand: str, tmp_path: Path
) -> None:
    webhook = Webhook(refusals=0)
    async with serving(redis_url, brand) as node, webhook.serving() as address:
        uris = [(await node.publish(f"Line {number}", uri=uri(f"N{number:02}Z"))).uri for number in range(12)]
        command = [sys.executable, str(EXAMPLES / "webhook_relay.py"), node.url, address, str(tmp_path / "cursor")]
        async with client(command, {"WEBHOOK_SECRET": "secret"}):
            await until_async(lambda: len(webhook.versions) == 12, "the first list")
    assert sorted(webhook.deliveries[0]["uris"]) == sorted(uris)


@pytest.mark.parametrize("answer", ["<!doctype html><title>Free Wi-Fi</title>", "[]", ""])
async def test_the_background_fetch_ends_with_a_sentence_if_no_ticker_answers(tmp_path: Path, answer: str) -> None:
    async def portal(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if answer:
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(answer)}\r\n\r\n{answer}".encode())
        writer.close()

    server = await asyncio.start_server(portal, "127.0.0.1", 0)
    async with server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(EXAMPLES / "background_fetch.py"), address, "en", str(tmp_path / "news.json"),
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, errors = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 1 and not (tmp_path / "news.json").exists()
    assert errors.startswith(b"The ticker cannot be reached: ") and len(errors.splitlines()) == 1


def test_the_web_page_keeps_and_shows_no_more_than_it_needs() -> None:
    news = runpy.run_path(str(EXAMPLES / "web_page.py"), run_name="web_page")["News"]()
    for number in range(1100):
        news.read(ItemEvent(item(uri=f"urn:flashwire:{number:026d}", first_created=moment(number)), "c"))
    assert len(news.items) == 1000
    assert [line.first_created for line in news.current()] == [moment(1099 - number) for number in range(100)]


async def test_the_background_fetch_prints_what_changed_since_its_last_run(
    redis_url: str, brand: str, tmp_path: Path
) -> None:
    async def run(url: str) -> list[str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(EXAMPLES / "background_fetch.py"), url, "en", str(tmp_path / "news.json"),
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, _ = await asyncio.wait_for(process.communicate(), 30)
        return output.decode().splitlines()

    async with serving(redis_url, brand) as node:
        line = await node.publish("Wards open", uri=uri("FIRST"))
        gone = await node.publish("Wrong line", uri=uri("SECOND"))
        assert await run(node.url) == ["New: Our reporter: Wrong line", "New: Our reporter: Wards open"]
        await node.act(line, "correction", headline=CLOSED, note=NOTE)
        await node.act(gone, "withdraw", note=NOTE)
        assert await run(node.url) == ["Changed: Our reporter: Wards closed", f"Removed: {gone.uri}"]
        waiting = asyncio.create_task(run(node.url))
        await node.publish("Third line", uri=uri("THIRD"))
        assert await waiting == ["New: Our reporter: Third line"]
        state = json.loads((tmp_path / "news.json").read_text("utf-8"))
        state["cursor"] = "lost"
        (tmp_path / "news.json").write_text(json.dumps(state))
        assert "Some items may have been missed." in await run(node.url)


async def test_the_web_page_shows_the_current_list_and_corrections(redis_url: str, brand: str) -> None:
    port = free_port()
    async with serving(redis_url, brand) as node, httpx2.AsyncClient(trust_env=False, verify=False) as http:
        line = await node.publish("Wards <b>open</b>", uri=uri("FIRST"))
        command = [sys.executable, str(EXAMPLES / "web_page.py"), node.url, "--edition", "en", "--port", str(port)]

        async def page(*, until_it_has: str = "", until_it_lacks: str = "\0") -> str:
            async with asyncio.timeout(30):
                while True:
                    try:
                        text = (await http.get(f"http://127.0.0.1:{port}/")).text
                    except httpx2.TransportError:
                        text = "\0"
                    if until_it_has in text and until_it_lacks not in text:
                        return text
                    await asyncio.sleep(0.05)

        async with client(command):
            text = await page(until_it_has="Wards")
            assert "Wards &lt;b&gt;open&lt;/b&gt;" in text and "Our reporter" in text and "role=status" not in text
            line = await node.act(line, "correction", headline=CLOSED, note=NOTE)
            assert f"Correction: <bdi>{NOTE.value}" in await page(until_it_has="Wards closed")
            line = await node.act(line, "update", headline=Text("Wards shut", "en", "ltr"), note=NOTE)
            assert f"Update: <bdi>{NOTE.value}" in await page(until_it_has="Wards shut")
            await node.act(line, "withdraw", note=NOTE)
            assert "<li" not in await page(until_it_has="<ul>", until_it_lacks="Wards")
        command[command.index("en")] = "unknown"
        async with client(command):
            await page(until_it_has="The list is no longer updated: ")


async def test_notifications_are_shown_replaced_and_closed_also_by_a_background_fetch(
    redis_url: str, brand: str, package: Path
) -> None:
    folder = package / "notify"
    shutil.copytree(EXAMPLES / "notifications", folder, dirs_exist_ok=True)
    shutil.copytree(package / "node_modules/@flashwire/client", folder / "client", dirs_exist_ok=True)
    command = [sys.executable, "-m", "tests.clients.programs.notifications", str(folder)]
    async with serving(redis_url, brand) as node:
        for file in (folder / "page.js", folder / "worker.js"):
            text = file.read_text("utf-8")
            assert text.count(ADDRESS) == 1 and "searchParams.get(" not in text
            slow = SLOW_NOTIFICATIONS if file.name == "worker.js" else ""
            file.write_text(slow + text.replace(ADDRESS, node.url), "utf-8")
        await follow_notifications(node, command)


# A busy machine takes its time to show one. The page hears what is shown, and does not look: Chromium forgets a
# notification that it is about to show if a page asks for all of them at that moment.
SLOW_NOTIFICATIONS = """
const shown = new Map();
const channel = new BroadcastChannel("shown");
const { showNotification } = ServiceWorkerRegistration.prototype;
const { close } = Notification.prototype;
ServiceWorkerRegistration.prototype.showNotification = async function (title, options) {
  await new Promise((resolve) => setTimeout(resolve, 200));
  await showNotification.call(this, title, options);
  shown.set(options.tag, `${title}: ${options.body.replace("\\n", " ")}`);
  channel.postMessage([...shown.values()]);
};
Notification.prototype.close = function () {
  close.call(this);
  shown.delete(this.tag);
  channel.postMessage([...shown.values()]);
};
"""


async def follow_notifications(node: Serving, command: list[str]) -> None:
    """What the notifications of a real browser are after each act."""
    async with client(command) as browser:
        await browser.line("live")
        line = await node.publish("Wards open", uri=uri("FIRST"), urgency=1)
        assert await browser.line("open") == "1 Our reporter: Wards open"
        await node.publish("Routine", uri=uri("SECOND"), urgency=4)
        line = await node.act(line, "correction", headline=CLOSED, note=NOTE)
        assert await browser.line("closed") == f"1 Our reporter: Wards closed {NOTE.value}"
        await node.act(line, "withdraw", note=NOTE)
        assert await browser.line("0") == "0"
        wrong = await node.publish("Wrong", uri=uri("FAST"), urgency=1)
        await node.act(wrong, "withdraw", note=NOTE)
        line = await node.publish("Right", uri=uri("NEXT"), urgency=1)
        assert await browser.line("Right") == "1 Our reporter: Right", "the withdrawn one is gone"
        await node.act(line, "withdraw", note=NOTE)
        assert await browser.line("0") == "0"
        browser.send("close the page and fetch in the background")
        await browser.line("closed the page")
        line = await node.publish("Third line", uri=uri("THIRD"), urgency=2)
        browser.send("fetch in the background")
        assert await browser.line("Third") == "1 Our reporter: Third line"
        await node.act(line, "correction", headline=CLOSED, note=NOTE)
        browser.send("open the page again")
        assert await browser.line("closed") == f"1 Our reporter: Wards closed {NOTE.value}"
