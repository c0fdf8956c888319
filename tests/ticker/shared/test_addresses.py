"""Origins, proxies and addresses in settings: one form where the meaning is clear, a sentence where it is not."""

import time

import pytest

from ticker.shared.http.addresses import http_address, origins, page_origin, proxies


@pytest.mark.parametrize(
    ("value", "normalized"),
    [
        ("*", "*"),
        ('"*"', "*"),
        ("https://news.example", "https://news.example"),
        ("https://news.example/", "https://news.example"),
        ('"https://news.example"', "https://news.example"),
        ("'https://news.example/' , \"https://b.example\"", "https://news.example,https://b.example"),
        ("'https://a.example','https://b.example'", "https://a.example,https://b.example"),
        ("'https://a.example, https://b.example'", "https://a.example,https://b.example"),
        ("HTTPS://News.Example:443", "https://news.example"),
        ("http://news.example:80,http://news.example:8080", "http://news.example,http://news.example:8080"),
        ("https://a.example https://b.example", "https://a.example,https://b.example"),
        ("https://a.example,\nhttps://b.example,,", "https://a.example,https://b.example"),
        ("https://a.example,https://a.example/", "https://a.example"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://مثال.إختبار", "https://xn--mgbh0fb.xn--kgbechtv"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://[0:0:0:0:0:0:0:1]", "http://[::1]"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://news.example.", "https://news.example"),
        ("capacitor://localhost,chrome-extension://abc", "capacitor://localhost,chrome-extension://abc"),
        ("", ""),
    ],
)
def test_an_origin_is_normalized_to_the_form_that_browsers_send(value: str, normalized: str) -> None:
    assert origins(value) == normalized


@pytest.mark.parametrize(
    "value",
    [
        "news.example",
        "https://a.example, *",
        "https://*.example",
        "https://news.example/page",
        "https://news.example?x",
        "https://user@news.example",
        "wss://news.example",
        "https://",
        "https://a.example;https://b.example",
        "https://news.example:99999",
        "https://news.example:port",
        "https://[::1",
        "https://straße.example",
        "null",
        "https:news.example",
        "//news.example",
        "https://ne ws.example",
        "https://news.example#top",
        *(f"{scheme}://news.example" for scheme in ("htp", "htps", "ttps", "hhtp", "httpss", "ftp", "sftp")),
    ],
)
def test_an_invalid_origin_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"write|host|pattern"):
        origins(value)


@pytest.mark.parametrize(
    ("header", "normalized"),
    [
        ("https://Desk.Example:443/", "https://desk.example"),
        (" http://desk.example. ", "http://desk.example"),
        ("http://[0:0::1]:80", "http://[::1]"),
        ("http://exämple.test:8080", "http://xn--exmple-cua.test:8080"),
        ("capacitor://localhost", "capacitor://localhost"),
        *((text, None) for text in ("null", "", "*", "desk.example", "https://", "https://a/b", "https://u@a", "a:1")),
        *((text, None) for text in ("http://a:99999", "http://[::1", "http://a?b", "file:///a", "http://a:b")),
    ],
)
def test_the_origin_of_a_request_has_the_form_of_the_setting(header: str, normalized: str | None) -> None:
    assert page_origin(header) == normalized


def test_a_long_origin_is_refused_without_parsing() -> None:
    start = time.process_time()
    assert page_origin("http://" + "é" * 16_000 + ".test") is None
    assert time.process_time() - start < 0.05


@pytest.mark.parametrize(
    ("value", "normalized"),
    [
        ("127.0.0.1,::1", "127.0.0.1,::1"),
        (" 10.0.0.5 , 10.1.2.3/8 ", "10.0.0.5,10.0.0.0/8"),
        ("*", "*"),
        ("[::1]", "::1"),
        ('"10.0.0.0/24"', "10.0.0.0/24"),
        ("", ""),
    ],
)
def test_proxies_are_addresses_and_networks(value: str, normalized: str) -> None:
    assert proxies(value) == normalized


@pytest.mark.parametrize(
    "value",
    ["junk", "nginx", "10.0.0.0/33", "10.0.0", "*,10.0.0.1", "10.0.0.1:80", "10.0.0.*", "0.0.0.0", "10.0.0.1,[::]"],
)
def test_an_invalid_proxy_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="write"):
        proxies(value)


@pytest.mark.parametrize(
    ("value", "normalized"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://News.Example:443/live/", "https://news.example/live"),
        ("'https://news.example/'", "https://news.example"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
    ],
)
def test_an_address_is_normalized(value: str, normalized: str) -> None:
    assert http_address(value) == normalized


@pytest.mark.parametrize(
    "value",
    [
        "", "news.example", "ftp://news.example", "ws://news.example", "https://", "https://a.example; script-src *",
        "https://a.example/?x=1", "https://u:p@a.example", "https://a.example:0", "https://a.example:70000",
        "https://a.example/a b", "https://a.example/'", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_an_invalid_address_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"address|host"):
        http_address(value)


DOTS = ["/.", "/..", "/live/..", "/../live", "/live/../news", "/live/./", "/live/../", "//..", "/./"]


@pytest.mark.parametrize("path", [*DOTS, *(path.replace(".", "%2e") for path in DOTS), "/.%2E", "/live/%2e./news"])
def test_an_address_with_segments_of_dots_is_refused_as_browsers_resolve_them(path: str) -> None:
    with pytest.raises(ValueError, match=r"path with \. or \.\."):
        http_address(f"https://news.example{path}")


@pytest.mark.parametrize("path", ["/.well-known", "/...", "/live.", "/a..b", "/..live", "/%252e", "/%2e%2e%2e"])
def test_a_path_with_dots_inside_its_names_is_accepted(path: str) -> None:
    assert http_address(f"https://news.example{path}") == f"https://news.example{path}"
