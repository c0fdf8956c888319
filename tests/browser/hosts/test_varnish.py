"""The recipe of docs/embed.md for Varnish: a page with the current items, and with the element alone."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx2
import pytest

from tests.deploy.test_include import expect_stub
from tests.docs.pages import code_blocks, read
from tests.support.serving import serving
from tests.support.waiting import free_port, until_async

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
GetPage = Callable[[str], Awaitable[str]]
HEADERS = {"Cookie": "session=secret", "If-None-Match": '"x"', "Range": "bytes=0-3"}


@asynccontextmanager
async def listening(handle: Handler) -> AsyncIterator[str]:
    """A server of loopback; returns its address."""
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@asynccontextmanager
async def cached_site(folder: Path, ticker: str) -> AsyncIterator[GetPage]:
    """Varnish by the recipe in front of a site, whose page `wrong` asks for an edition that there is not."""
    program = shutil.which("varnishd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    assert program, "Varnish is not installed here; run `make hosts`"
    recipe = read("embed.md").partition("## Varnish (ESI)")[2]
    [html, *_], [vcl, *_] = code_blocks(recipe, "html"), code_blocks(recipe, "vcl")

    async def serve_page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            page = html.replace("edition=en", "edition=xx") if b"/wrong" in head else html
            body = f"<!doctype html><title>t</title>{page}".encode()
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nCache-Control: max-age=60\r\nConnection: close\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
            )
        writer.close()

    async with listening(serve_page) as site:
        for own, address in (("8080", site), ("8000", ticker)):
            vcl = vcl.replace(f'"{own}"', f'"{address.rpartition(":")[2]}"')
        (folder / "vcl").write_text(vcl)
        port = free_port()
        command = [program, "-F", "-j", "none", "-n", str(folder / "varnish"), "-a", f"127.0.0.1:{port}"]
        command += ["-f", str(folder / "vcl"), "-s", "malloc,16m"]
        with (folder / "log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
        transport = httpx2.AsyncHTTPTransport(verify=False)
        try:
            async with httpx2.AsyncClient(transport=transport, timeout=30) as client:

                async def get(name: str = "index") -> str:
                    headers = {"Host": "site.example:8080", **HEADERS}
                    return (await client.get(f"http://127.0.0.1:{port}/{name}.html", headers=headers)).text

                await until_async(lambda: is_open(port) or process.returncode is not None, "Varnish listens")
                assert process.returncode is None, (folder / "log").read_text()
                yield get
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


def is_open(port: int) -> bool:
    """Whether a server of this machine listens at `port`."""
    listening_sockets = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(fields[1].endswith(f":{port:04X}") and fields[3] == "0A" for fields in map(str.split, listening_sockets))


async def test_varnish_puts_the_current_items_into_a_page_and_drops_a_withdrawn_one(
    redis_url: str, brand: str, tmp_path: Path
) -> None:
    async with serving(redis_url, brand) as node, cached_site(tmp_path, node.url) as get:
        line = await node.publish("Wards open & <b>safe</b> <esi:include src='/secret'/>")
        page = await get("index")
        assert line.uri in page and "Wards open &amp; &lt;b&gt;" in page and "data-cursor" in page
        assert 'src="http://site.example:8080/v1/live"' in page, "the address that the reader's browser knows"
        assert len(re.findall("<breaking-ticker", page)) == 1 and "<esi:include" not in page
        await node.act(line, "withdraw")
        for _ in range(300):
            if line.uri not in await get("index"):
                break
            await asyncio.sleep(0.1)
        else:
            pytest.fail("the withdrawn line stays")


async def test_the_page_has_the_element_alone_if_the_ticker_refuses_or_is_away(
    redis_url: str, brand: str, tmp_path: Path
) -> None:
    async with serving(redis_url, brand) as node, cached_site(tmp_path, node.url) as get:
        expect_stub(await get("wrong"))
        node_url = node.url
    (tmp_path / "away").mkdir()
    async with cached_site(tmp_path / "away", node_url) as get:
        expect_stub(await get("index"))


async def test_a_silent_ticker_leaves_the_element_and_gets_no_cookie_and_no_condition(tmp_path: Path) -> None:
    heads: list[bytes] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).lower())
        await reader.read()
        writer.close()

    async with listening(hear) as address, cached_site(tmp_path, address) as get:
        expect_stub(await get("index"))
    assert heads and b"host: site.example:8080" in heads[0]
    for name in (b"cookie", b"range:", b"if-none-match"):
        assert name not in heads[0], name
