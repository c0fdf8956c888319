"""The recipes of docs/embed.md for nginx and static sites: the current items, or the element alone."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from tests.docs.pages import code_blocks, read
from tests.support.serving import serving
from tests.support.waiting import until_async

pytestmark = pytest.mark.anyio

PageOf = Callable[[str], Awaitable[str]]


@pytest.fixture
def page_of(tmp_path: Path) -> PageOf:
    """The page that nginx makes by the recipe with the ticker at an address."""
    page = read("embed.md").partition("## nginx (SSI)")[2]
    [html, *_], [locations, *_] = code_blocks(page, "html"), code_blocks(page, "nginx")
    (tmp_path / "site").mkdir()
    for name, edition in (("index", "en"), ("wrong", "xx")):
        text = f"<!doctype html><title>t</title>{html.replace('edition=en', f'edition={edition}')}"
        (tmp_path / f"site/{name}.html").write_text(text, "utf-8")
    locations = locations.replace("/var/www/site", str(tmp_path / "site"))
    # Started by root, nginx would read the folder as another user.
    user = "user root;" if os.geteuid() == 0 else ""
    folders = "".join(
        f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )

    async def get(ticker: str, name: str = "index") -> str:
        (tmp_path / "conf").write_text(
            f"{user} daemon off; pid {tmp_path}/pid; error_log {tmp_path}/log; events {{}} "
            f"http {{ {folders} access_log off; types {{ text/html html; }} server {{ listen unix:{tmp_path}/s; "
            f"{locations.replace('http://127.0.0.1:8000', ticker)} }} }}",
            "utf-8",
        )
        listening = tmp_path / "s"
        listening.unlink(missing_ok=True)
        process = await asyncio.create_subprocess_exec(
            "nginx", "-c", str(tmp_path / "conf"), "-e", str(tmp_path / "log")
        )
        try:
            await until_async(listening.exists, "nginx listens")
            transport = httpx2.AsyncHTTPTransport(uds=str(listening))
            headers = {"Cookie": "session=secret", "If-None-Match": '"x"', "Range": "bytes=0-3"}
            async with httpx2.AsyncClient(transport=transport, timeout=30) as client:
                return (await client.get(f"http://site.example:8080/{name}.html", headers=headers)).text
        finally:
            process.terminate()
            await process.wait()

    return get


def expect_stub(page: str) -> None:
    """The page has the element once, without a list, and nothing of an answer of the ticker."""
    assert len(re.findall("<breaking-ticker", page)) == 1 and "data-cursor" not in page
    assert "<!--#" not in page and "<script type" in page and "problem" not in page and "<html>" not in page


async def test_nginx_puts_the_current_items_into_a_page_and_the_element_if_the_ticker_is_away(
    redis_url: str, brand: str, page_of: PageOf
) -> None:
    async with serving(redis_url, brand) as node:
        line = await node.publish("Wards open & <b>safe</b> <!--#echo var=http_cookie -->")
        body = await page_of(node.url)
    assert line.uri in body and "Wards open &amp; &lt;b&gt;" in body and "data-cursor" in body
    assert 'src="http://site.example:8080/v1/live"' in body, "the address that the reader's browser knows"
    assert len(re.findall("<breaking-ticker", body)) == 1 and "<!--#" not in body and "secret" not in body
    expect_stub(await page_of(node.url))


@pytest.mark.parametrize("name", ["index", "wrong"])
async def test_the_page_has_the_element_and_no_problem_if_the_ticker_refuses(
    redis_url: str, brand: str, page_of: Callable[[str, str], Awaitable[str]], name: str
) -> None:
    is_ready = name == "wrong"
    stream_url = None if is_ready else "unix:///nowhere/s"
    async with serving(redis_url, brand, ready=is_ready, stream_url=stream_url) as node:
        expect_stub(await page_of(node.url, name))


async def test_a_ticker_that_accepts_and_is_silent_holds_the_page_for_a_second_and_gets_no_cookie(
    page_of: PageOf,
) -> None:
    heads = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).lower())
        await reader.read()
        writer.close()

    async with _listening(hear) as address:
        expect_stub(await page_of(address))
    assert heads and b"host: site.example:8080" in heads[0]
    for name in (b"cookie", b"range", b"if-none-match", b"accept-encoding"):
        assert name not in heads[0], name


@pytest.mark.parametrize("is_moved", [False, True])
async def test_a_static_site_has_the_current_items_or_the_element_alone(
    redis_url: str, brand: str, tmp_path: Path, is_moved: bool
) -> None:
    [command, *_] = code_blocks(read("embed.md").partition("## Static sites")[2], "sh")

    async def build(ticker: str) -> str:
        process = await asyncio.create_subprocess_exec(
            "bash", "-ec", command.replace("https://ticker.example", ticker), cwd=tmp_path,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert await process.wait() == 0
        return (tmp_path / "ticker.html").read_text("utf-8")

    async with serving(redis_url, brand) as node:
        line = await node.publish("Wards open")

        async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
            location = f"Location: {node.url}{path}\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>"
            writer.write(f"HTTP/1.1 301 Moved\r\n{location}".encode())
            writer.close()

        async with _listening(redirect) as moved:
            html = await build(moved if is_moved else node.url)
        assert line.uri in html and "data-cursor" in html and "<html>" not in html
    html = await build(node.url)
    assert html.strip() == f'<breaking-ticker src="{node.url}/v1/live" edition="en"></breaking-ticker>'


@asynccontextmanager
async def _listening(
    hear: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
