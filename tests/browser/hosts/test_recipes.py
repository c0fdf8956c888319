"""The recipe of docs/embed.md for Drupal and other systems with Twig, run by PHP."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.docs.pages import code_blocks, read
from tests.support.serving import serving

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def ticker_of(address: str) -> str:
    """What the recipe puts into the page with the ticker at `address`."""
    php = shutil.which("php")
    assert php, "PHP is not installed here; run `make hosts`"
    [recipe, *_] = code_blocks(read("embed.md").partition("## Drupal")[2], "php")
    code = f"{recipe.replace('https://ticker.example', address)} echo $variables['ticker'];"
    process = await asyncio.create_subprocess_exec(php, "-r", code, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert process.returncode == 0
    return output.decode()


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[str]:
    """A server that gives each request the same answer."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        if not answer:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_php_gets_the_current_items(redis_url: str, brand: str) -> None:
    async with serving(redis_url, brand) as node:
        line = await node.publish("Wards open & <b>safe</b>")
        html = await ticker_of(node.url)
    assert line.uri in html and "Wards open &amp; &lt;b&gt;" in html and "data-cursor" in html


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy",
        b"HTTP/1.1 301 Moved\r\nLocation: https://a.example/\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>",
    ],
    ids=["silent", "busy", "redirect", "portal"],
)
async def test_php_gets_the_element_alone_if_something_else_answers(answer: bytes) -> None:
    async with answering(answer) as address:
        html = await ticker_of(address)
    assert html == f'<breaking-ticker src="{address}/v1/live" edition="en"></breaking-ticker>'
