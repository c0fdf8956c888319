"""Security headers, CORS, preflights, own origins, and requests that are unusual but valid."""

import gzip

import pytest

from tests.support.serving import Serving, Start, request, upgrade
from ticker.net.origins import cors_headers, is_allowed
from ticker.settings import TickerSettings
from ticker.shared.http.conditional import matches
from ticker.shared.http.headers import SECURITY_HEADERS
from ticker.shared.http.negotiate import takes_gzip

pytestmark = pytest.mark.anyio

STREAM = {"Accept": "text/event-stream"}
READS = ("/v1/live", "/v1/items", "/v1/items/urn:flashwire:0", "/v1/items/urn:flashwire:0/history")


async def test_every_reply_carries_the_security_headers(start: Start) -> None:
    node = await start(allowed_origins="https://news.example")
    line = await node.publish("One")
    paths = ["/", "/embed", "/oembed", "/widget/breaking-ticker.js", "/widget/none", "/health/live", "/health/ready"]
    paths += ["/metrics", "/version", "/openapi.json", "/nothing", "/v1/live/", f"/v1/items/{line.uri}", *READS]
    for path in paths:
        for headers in ({}, {"If_None_Match": "*"}, {"Origin": "https://evil.example"}):
            reply = await node.get(path, **headers)
            for name in SECURITY_HEADERS:
                assert len(reply.headers.get_list(name)) == 1, (path, name, reply.status_code)
            assert reply.headers["x-content-type-options"] == "nosniff"
    wires = [upgrade(), upgrade("edition=xx"), b"\0\0\r\n\r\n"]
    wires += [request(X="y" * 20_000), request("edition=xx", **STREAM)]
    for data in (*wires, request(**STREAM), request(method="POST"), request(method="OPTIONS")):
        async with node.wire(data) as wire:
            status, response = await wire.head()
            assert all(name.lower() in response for name in SECURITY_HEADERS), (data[:60], status)


async def test_only_reads_and_the_widget_are_for_other_origins(node: Serving) -> None:
    for path in (*READS, "/widget/breaking-ticker.js"):
        reply = await node.get(path)
        assert reply.headers.get_list("access-control-allow-origin") == ["*"], path
        assert reply.headers["cross-origin-resource-policy"] == "cross-origin"
    # A refusal can be read, too.
    for query, status in ((f"?url=http%3A%2F%2F127.0.0.1%3A{node.port}%2F", 200), ("", 400), ("?format=xml", 501)):
        reply = await node.get(f"/oembed{query}")
        assert reply.status_code == status and reply.headers.get_list("access-control-allow-origin") == ["*"]
    for path in ("/", "/health/live", "/health/ready", "/metrics", "/version", "/openapi.json", "/nothing"):
        reply = await node.get(path, Origin="https://a.example")
        assert "access-control-allow-origin" not in reply.headers, path
        assert reply.headers["cross-origin-resource-policy"] == "same-origin", path
    # The embed page may stand in any page, and loads these; no script of another page reads them.
    for path in ("/embed", "/demo/demo.css", "/demo/icon.svg", "/shared/tokens.css"):
        reply = await node.get(path, Origin="https://a.example")
        assert reply.status_code == 200 and "access-control-allow-origin" not in reply.headers, path
        assert reply.headers["cross-origin-resource-policy"] == "cross-origin", path


async def test_a_preflight_is_answered_with_the_headers_that_it_asks_for(start: Start) -> None:
    node = await start(allowed_origins="https://news.example")
    requested = "cache-control, traceparent, last-event-id, authorization, x-anything"
    for path in (*READS, "/oembed", "/widget/words-es.js"):
        for method in ("GET", "HEAD"):
            headers = {"Access_Control_Request_Method": method, "Access_Control_Request_Headers": f"{requested}, b@d"}
            async with node.wire(
                request(path=path, method="OPTIONS", Origin="https://news.example", **headers)
            ) as wire:
                status, response = await wire.head()
            assert status == 204 and response["access-control-allow-headers"] == requested, path
            assert response["access-control-allow-origin"] in ("https://news.example", "*")
            assert "GET" in response["access-control-allow-methods"] and int(response["access-control-max-age"]) > 0
    async with node.wire(request(method="OPTIONS", Origin="https://evil.example")) as wire:
        status, response, _body = await wire.reply()
        assert status == 403 and "access-control-allow-origin" not in response
    for target in ("/v1/live", "*"):
        async with node.wire(request(path=target, method="OPTIONS")) as wire:
            status, response = await wire.head()
            assert status == 204 and response["allow"] == "GET, HEAD, OPTIONS"
            assert "access-control-allow-methods" not in response


@pytest.mark.parametrize(
    ("settings", "headers", "allowed"),
    [
        ({}, {"Host": "t.example", "Origin": "http://t.example"}, True),
        ({}, {"Host": "T.example:443", "Origin": "https://t.example"}, True),
        ({}, {"Host": "t.example:8000", "Origin": "http://t.example:8000"}, True),
        ({}, {"Host": "t.example", "Origin": "https://t.example:8443", "Sec_Fetch_Site": "same-origin"}, True),
        ({}, {"Host": "t.example", "Origin": "https://t.example.evil.example"}, False),
        ({}, {"Host": "t.example", "Origin": "http://t.example:8000"}, False),
        ({}, {"Host": "t.example", "Origin": "null", "Sec_Fetch_Site": "cross-site"}, False),
        ({}, {"Host": "t.example", "Origin": "file://t.example"}, False),
        ({"public_url": "https://t.example/live"}, {"Host": "inside", "Origin": "https://t.example"}, True),
        ({"public_url": "https://t.example/live"}, {"Host": "evil", "Origin": "http://evil"}, False),
        (
            {"public_url": "https://t.example/live"},
            {"Host": "127.0.0.1:8000", "Origin": "http://127.0.0.1:8000", "Sec_Fetch_Site": "same-origin"},
            True,
        ),
        ({}, {"Host": "t.example", "Origin": "http://a.example", "X_Forwarded_Host": "a.example"}, False),
        ({}, {"Host": "user@t.example", "Origin": "http://t.example"}, False),
    ],
)
async def test_a_nodes_own_origin_is_always_allowed(
    start: Start, settings: dict[str, str], headers: dict[str, str], allowed: bool
) -> None:
    node = await start(allowed_origins="https://news.example", **settings)
    for data, ready in ((upgrade(**headers), 101), (request(**STREAM, **headers), 200), (request(**headers), 200)):
        async with node.wire(data) as wire:
            status, response = await wire.head()
            assert status == (ready if allowed else 403), data
            if ready == 200:
                assert response.get("access-control-allow-origin") == (headers["Origin"] if allowed else None)


async def test_unusual_but_valid_requests_are_answered(node: Serving) -> None:
    sockets = [
        upgrade(Connection="keep-alive\nUpgrade"),
        upgrade(Connection="Upgrade\nkeep-alive"),
        upgrade(Connection="UPGRADE ,  Keep-Alive"),
        upgrade(path="http://t.example/v1/live"),
        upgrade(path="/v1/%6Cive"),
        upgrade(Upgrade="h2c, WebSocket"),
    ]
    for data in sockets:
        async with node.wire(data) as wire:
            assert (await wire.head())[0] == 101, data
    for data in (request(path="http://t.example/v1/live", **STREAM), request(path="/v1/%6Cive", **STREAM)):
        async with node.wire(data) as wire:
            assert (await wire.head())[1]["content-type"].startswith("text/event-stream"), data
    refusing = {"Accept": "text/event-stream;q=0, application/json"}
    async with node.wire(request(**refusing)) as wire:
        assert (await wire.head())[1]["content-type"] == "application/json"
    for accept, kind in (("text/event-stream", "text/event-stream"), ("*/*", "application/json")):
        async with node.wire(request(method="HEAD", Accept=accept)) as wire:
            status, response = await wire.head()
            assert status == 200 and response["content-type"].startswith(kind)
            assert "content-length" not in response and "transfer-encoding" not in response
            # No body follows the head, so the connection can be used for the next request.
            wire.send(request(path="/version"))
            assert (await wire.reply())[0] == 200
    async with node.wire(request(path="/v1/live/", Host="evil.example")) as wire:
        status, response, _body = await wire.reply()
        assert status == 404 and "location" not in response


@pytest.mark.parametrize(
    ("header", "packed"),
    [
        ("gzip", True), ("x-gzip", True), ("GZIP", True), ("*", True), ("deflate, gzip;q=0.5", True),
        ("gzip;q=1.000", True), ("identity;q=0, *;q=0.1", True), ("*;q=0, gzip", True), ("br;q=1, gzip ; Q=0.8", True),
        ("", False), ("identity", False), ("gzip;q=0", False), ("gzip; q=0.000", False), ("gzip;q=0, *", False),
        ("*;q=0", False), ("identity;q=0", False), ("gzip;q=abc", False), ("gzip;q=2", False), ("gzipped", False),
        ("gzip;q=0.2, identity;q=0.5", False),
    ],
)  # fmt: skip
async def test_gzip_is_sent_only_to_clients_that_accept_it(node: Serving, header: str, packed: bool) -> None:
    assert takes_gzip(header.encode()) is packed
    async with node.wire(request(path="/widget/words-es.js", Accept_Encoding=header)) as wire:
        _status, response = await wire.head()
        body = await wire.reader.readexactly(int(response["content-length"]))
    assert response.get("content-encoding") == ("gzip" if packed else None) and response["vary"] == "Accept-Encoding"
    assert b"export" in (gzip.decompress(body) if packed else body)


async def test_tags_are_compared_weakly(node: Serving) -> None:
    await node.publish("One")
    for path in ("/v1/items", "/widget/words-es.js", "/openapi.json"):
        tag = (await node.get(path, Accept_Encoding="identity")).headers["etag"]
        for name_sent in (tag, f"W/{tag}", f'"x", W/{tag}', f'"x,y" ,{tag}', "*", f'"x"\n{tag}'):
            async with node.wire(request(path=path, If_None_Match=name_sent)) as wire:
                assert (await wire.head())[0] == 304, (path, name_sent)
        for name_sent in ('"x"', tag.strip('"'), f'{tag[:-2]}"', "x*"):
            assert (await node.get(path, If_None_Match=name_sent)).status_code == 200, (path, name_sent)
    assert not matches("", '"a"')


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("https://news.example", True),
        ("https://News.Example", True),
        ("https://news.example:443", True),
        ("https://news.example.", True),
        ("https://xn--mnchen-3ya.example", True),
        ("https://[2001:DB8:0::1]:8443", True),
        ("http://news.example", False),
        ("https://news.example:444", False),
        ("https://news.example.evil", False),
        ("https://news.example@evil.example", False),
        ("https://evil.example/https://news.example", False),
        ("https://news.example\0", False),
        ("https://" + "a" * 400, False),
        ("null", False),
        ("", False),
        ("*", False),
    ],
)
def test_an_origin_is_the_same_in_every_form_that_is_sent(origin: str, expected: bool) -> None:
    listed = "https://news.example,https://münchen.example,https://[2001:db8::1]:8443"
    settings = TickerSettings(allowed_origins=listed, redis_url="redis://t")
    name_sent = {b"origin": origin.encode()}
    assert is_allowed(settings, name_sent) is expected
    # A browser compares the answer with what it has sent.
    allowed = dict(cors_headers(settings, name_sent)).get(b"access-control-allow-origin")
    assert allowed == (origin.encode() if expected else None)


@pytest.mark.parametrize(
    ("origin", "host", "expected"),
    [
        ("http://T.example", "t.example", True),
        ("https://t.example", "t.example:443", True),
        ("https://t.example:443", "T.EXAMPLE", True),
        ("https://t.example:8443", "t.example:8443", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("https://t.example:8443", "t.example", False),
        ("https://t.example", "", False),
        ("null", "null", False),
    ],
)
def test_the_nodes_own_address_is_the_same_in_every_form(origin: str, host: str, expected: bool) -> None:
    settings = TickerSettings(allowed_origins="https://news.example", redis_url="redis://t")
    assert is_allowed(settings, {b"origin": origin.encode(), b"host": host.encode()}) is expected


def test_the_public_address_is_an_allowed_origin_in_every_form() -> None:
    for public in ("https://T.example:443/live/", "https://t.example/live", "https://t.example./"):
        settings = TickerSettings(allowed_origins="https://a.example", redis_url="redis://t", public_url=public)
        assert is_allowed(settings, {b"origin": b"https://t.example"}), public


async def test_a_request_that_names_two_hosts_is_refused(node: Serving) -> None:
    for data in (request(path="/", Host="a.example\nb.example"), upgrade(Host="t\nt"), request(Host="a\nb", **STREAM)):
        async with node.wire(data) as wire:
            assert (await wire.reply())[0] == 400, data


@pytest.mark.parametrize("path", ["/?lang=", "/embed?edition=en&lang="])
async def test_a_language_is_recognized_in_any_case_and_with_its_region(node: Serving, path: str) -> None:
    for tag, expected in (("AR", "ar"), ("ar-EG", "ar"), ("es-419", "es"), ("de", "en")):
        assert f'<html lang="{expected}"' in (await node.get(path + tag)).text, tag
