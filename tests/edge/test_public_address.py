"""Pages and oEmbed below a public address, and with a Host that is no host."""

from urllib.parse import quote

import pytest

from tests.edge.serving import Start, request

pytestmark = pytest.mark.anyio

PUBLIC = "https://news.example/ticker"


async def test_pages_name_the_public_address_and_link_relatively(start: Start) -> None:
    node = await start(public_url=PUBLIC)
    for path in ("/", "/embed?edition=en&section=a%20b"):
        reply = await node.get(path, Host="evil.example")
        assert reply.status_code == 200 and "evil" not in reply.text + str(reply.headers)
        assert 'href="/' not in reply.text and 'src="/' not in reply.text
        assert "connect-src 'self' wss://news.example;" in reply.headers["content-security-policy"]
    assert f'src="{PUBLIC}/widget/breaking-ticker.js"' in (await node.get("/")).text.replace("&#34;", '"')
    found = (await node.get(f"/oembed?url={quote(PUBLIC + '/embed?section=politics&section=world', safe='')}")).json()
    assert found["provider_url"] == f"{PUBLIC}/" and f'src="{PUBLIC}/embed?' in found["html"]
    assert "section=politics&amp;section=world" in found["html"]
    for address in (f"http://127.0.0.1:{node.port}/", "https://news.example/", "https://news.example/tickers/", ""):
        assert (await node.get(f"/oembed?url={quote(address, safe='')}")).status_code == 404, address
    for address in (PUBLIC, f"{PUBLIC}/", f"{PUBLIC}/embed"):
        assert (await node.get(f"/oembed?url={quote(address, safe='')}")).status_code == 200, address


@pytest.mark.parametrize("host", ["a; script-src *", "a b", 'a"><b>', "a,b", "a/b", "[::1", "a:b"])
async def test_a_host_that_is_none_is_refused(start: Start, host: str) -> None:
    node = await start()
    for path in ("/", "/embed"):
        async with node.wire(request(path=path, Host=host)) as wire:
            status, headers, _body = await wire.reply()
            assert status == 400 and "*" not in headers["content-security-policy"], path
