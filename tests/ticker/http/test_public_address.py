"""Pages and oEmbed below a public address, and requests with an invalid Host."""

from urllib.parse import quote

import pytest

from tests.support.serving import Start, request

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
    oembed = (await node.get(f"/oembed?url={quote(PUBLIC + '/embed?section=politics&section=world', safe='')}")).json()
    assert oembed["provider_url"] == f"{PUBLIC}/" and f'src="{PUBLIC}/embed?' in oembed["html"]
    assert "section=politics&amp;section=world" in oembed["html"]
    for address in (f"http://127.0.0.1:{node.port}/", "https://news.example/", "https://news.example/tickers/", ""):
        assert (await node.get(f"/oembed?url={quote(address, safe='')}")).status_code == 404, address
    for address in (PUBLIC, f"{PUBLIC}/", f"{PUBLIC}/embed", "https://News.Example:443/ticker/embed"):
        assert (await node.get(f"/oembed?url={quote(address, safe='')}")).status_code == 200, address


async def test_oembed_keeps_within_the_bounds_of_the_page_that_asks(start: Start) -> None:
    node = await start(public_url=PUBLIC)
    address = quote(f"{PUBLIC}/embed?layout=list", safe="")
    for bounds, size in (
        ("", (400, 480)),
        ("&maxwidth=300&maxheight=2000", (300, 480)),
        ("&maxwidth=150&maxheight=90", (150, 90)),
        ("&maxwidth=0&maxheight=-1", (400, 480)),
    ):
        described = (await node.get(f"/oembed?url={address}{bounds}")).json()
        assert (described["width"], described["height"]) == size
        assert f'width="{size[0]}" height="{size[1]}"' in described["html"]


async def test_an_address_in_another_script_is_named_as_browsers_send_it(start: Start) -> None:
    node = await start(public_url="https://müller.example/é b".replace(" ", "%20"))
    sent = "https://xn--mller-kva.example/%C3%A9%20b"
    page = (await node.get("/embed?edition=en")).text
    assert f"{sent}/oembed?" in page and "é" not in page
    for address in (sent, sent.lower(), "https://müller.example/é%20b/embed", "http://MÜLLER.example/%C3%A9%20b/"):
        oembed = await node.get(f"/oembed?url={quote(address, safe='')}")
        assert oembed.status_code == 200 and f'src="{sent}/embed?' in oembed.json()["html"], address
    for address in ("https://müller.example/è%20b/", "https://muller.example/é%20b/", f"{sent}%2Fembed", "https://[/"):
        assert (await node.get(f"/oembed?url={quote(address, safe='')}")).status_code in (400, 404), address


@pytest.mark.parametrize(
    "host",
    [
        "a; script-src *",
        "a b",
        'a"><b>',
        "a,b",
        "a/b",
        "[::1",
        "a:b",
        "user@t.example",
        "t.example:99999999",
        "é.example",
    ],
)
async def test_a_malformed_host_is_refused(start: Start, host: str) -> None:
    node = await start()
    for path in ("/", "/embed"):
        async with node.wire(request(path=path, Host=host)) as wire:
            status, headers, _body = await wire.reply()
            assert status == 400 and "*" not in headers["content-security-policy"], path


PROTOS = [
    ("https", "https"),
    ("https,http", "https"),
    ("HTTPS, http", "https"),
    ("http, https", "http"),
    ("wss", "https"),
    ("https\nhttp", "https"),
    ("", "http"),
    ("junk", "http"),
]


async def test_a_page_names_the_scheme_of_the_proxy_that_the_browser_talks_to(start: Start) -> None:
    node = await start()
    for proto, scheme in PROTOS:
        async with node.wire(request(path="/", Host="t.example", X_Forwarded_Proto=proto)) as wire:
            _status, headers = await wire.head()
            page = (await wire.reader.readexactly(int(headers["content-length"]))).decode()
        assert f"{scheme}://t.example/widget/breaking-ticker.js" in page, proto
        live = {"http": "ws", "https": "wss"}[scheme]
        assert f" {live}://t.example;" in headers["content-security-policy"], proto


async def test_only_the_host_of_the_request_itself_is_named(start: Start) -> None:
    """A proxy that does not set X-Forwarded-Host passes on the client's own header."""
    node = await start()
    reply = await node.get("/", Host="t.example", X_Forwarded_Host="evil.example", Forwarded="host=evil.example")
    assert "evil" not in reply.text and "t.example" in reply.text
    async with node.wire(b"GET / HTTP/1.0\r\n\r\n") as wire:
        status, headers = await wire.head()
        page = await wire.reader.readexactly(int(headers["content-length"]))
        assert status == 200 and f"http://127.0.0.1:{node.port}/widget/".encode() in page


LANGUAGES = [
    ("ar", "ar"),
    ("fr, es;q=0.5", "es"),
    ("en;q=0.1, ar-EG;q=0.9", "ar"),
    ("ar;q=0, es", "es"),
    ("ar;q=0", "en"),
    ("ES-mx", "es"),
    ("", "en"),
    ("*", "en"),
    ("ar;q=x, es;q=0.2", "es"),
]


async def test_the_page_has_the_preferred_language(start: Start) -> None:
    node = await start()
    for accepted, language in LANGUAGES:
        page = (await node.get("/", Accept_Language=accepted)).text
        assert f'<html lang="{language}"' in page, accepted
