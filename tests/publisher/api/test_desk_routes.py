"""The page's files as they are served: the same for all clients, under one policy, with a tag of their content."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from publisher.page import desk_routes
from publisher.page.routes import page_headers
from ticker.shared.http.assets import load_assets, make_asset


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=desk_routes("https://ticker.example/")))


def test_every_file_that_the_page_names_is_there(client: TestClient) -> None:
    page = client.get("/").text
    named = [part.split('"')[0] for part in page.replace('src="', 'href="').split('href="')[1:]]
    # Relative: a proxy may serve the page below another path.
    assert "desk/shell/main.js" in named
    assert "shared/tokens.css" in named
    assert not [path for path in named if path.startswith("/")]
    assert {path: client.get(path).status_code for path in named} == dict.fromkeys(named, 200)


@pytest.mark.parametrize(
    "path", ["/", "/desk/shell/main.js", "/desk/words/ar.js", "/client/connection.js", "/shared/tokens.css"]
)
def test_an_unchanged_file_is_answered_with_304(client: TestClient, path: str) -> None:
    first = client.get(path)
    # The test client accepts gzip, and the tag of the gzipped representation is a weak one.
    weak_tag = first.headers["etag"]
    assert first.headers["content-encoding"] == "gzip"
    tag = weak_tag.removeprefix("W/")
    for if_none_match in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.get(path, headers={"If-None-Match": if_none_match})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", weak_tag)
    assert client.get(path, headers={"If-None-Match": '"other"'}).content == first.content
    assert first.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/desk/",
        "/desk/none.js",
        "/desk/../routes.py",
        "/desk//shell/main.js",
        "/shared/%2e%2e/desk/shell/main.js",
        "/client/types.d.ts",
    ],
)
def test_an_unknown_file_is_not_found(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_page_may_connect_to_the_desk_and_the_ticker_only() -> None:
    for url, origins in {
        "https://ticker.example/path": "https://ticker.example wss://ticker.example",
        "http://127.0.0.1:8000": "http://127.0.0.1:8000 ws://127.0.0.1:8000",
    }.items():
        policy = page_headers(url)["Content-Security-Policy"].split("; ")
        assert f"connect-src 'self' {origins}" in policy
        assert "default-src 'none'" in policy


def test_an_entity_tag_depends_on_the_content_and_not_on_its_time(tmp_path: Path) -> None:
    file = tmp_path / "below" / "a.js"
    file.parent.mkdir()
    file.write_text("1")
    first = load_assets(tmp_path)["below/a.js"]
    assert first == make_asset("a.js", b"1")
    assert first.media_type == "text/javascript; charset=utf-8"
    file.write_text("2")
    assert load_assets(tmp_path)["below/a.js"].etag != first.etag
