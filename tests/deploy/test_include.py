"""The recipe of docs/embed.md for nginx: a page with the current items, and with the element alone."""

import asyncio
import os
import re
from pathlib import Path

import httpx2
import pytest

from tests.docs.pages import code_blocks, read
from tests.support.serving import serving
from tests.support.waiting import until_async

pytestmark = pytest.mark.anyio


async def test_nginx_puts_the_current_items_into_a_page_and_the_element_if_the_ticker_is_away(
    redis_url: str, brand: str, tmp_path: Path
) -> None:
    page = read("embed.md").partition("## nginx (SSI)")[2]
    [html, *_], [locations, *_] = code_blocks(page, "html"), code_blocks(page, "nginx")
    (tmp_path / "site").mkdir()
    (tmp_path / "site/index.html").write_text(f"<!doctype html><title>t</title>{html}", "utf-8")
    locations = locations.replace("/var/www/site", str(tmp_path / "site"))

    # Started by root, nginx would read the folder as another user.
    user = "user root;" if os.geteuid() == 0 else ""

    def written(ticker: str) -> str:
        temporary = "".join(
            f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        return (
            f"{user} daemon off; pid {tmp_path}/pid; error_log {tmp_path}/log; events {{}} "
            f"http {{ {temporary} access_log off; "
            f"types {{ text/html html; }} server {{ listen unix:{tmp_path}/s; "
            f"{locations.replace('http://127.0.0.1:8000', ticker)} }} }}"
        )

    async def page_of(ticker: str) -> str:
        (tmp_path / "conf").write_text(written(ticker), "utf-8")
        listening = tmp_path / "s"
        listening.unlink(missing_ok=True)
        process = await asyncio.create_subprocess_exec(
            "nginx", "-c", str(tmp_path / "conf"), "-e", str(tmp_path / "log")
        )
        try:
            await until_async(listening.exists, "nginx listens")
            transport = httpx2.AsyncHTTPTransport(uds=str(listening))
            async with httpx2.AsyncClient(transport=transport, timeout=10) as client:
                return (await client.get("http://site.example/")).text
        finally:
            process.terminate()
            await process.wait()

    async with serving(redis_url, brand) as node:
        line = await node.publish("Wards open & <b>safe</b>")
        body = await page_of(node.url)
    without = await page_of(node.url)
    assert line.uri in body and "Wards open &amp; &lt;b&gt;" in body and "data-cursor" in body
    for text in (body, without):
        assert len(re.findall("<breaking-ticker", text)) == 1 and "<!--#" not in text and "<script type" in text
    assert line.uri not in without, "the ticker is away"
