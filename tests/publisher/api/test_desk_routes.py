"""The page's files as they are served: the same for all clients, under one policy, with a tag of their content."""

import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from publisher.api.openapi import document
from publisher.page import desk_routes
from publisher.page.linked import link
from publisher.page.routes import page_headers
from publisher.page.templates import PAGES, Page
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.template)
def test_one_script_has_every_module_of_a_page_once(client: TestClient, page: Page) -> None:
    [name] = re.findall('src="([^"]+)"', client.get(f"/{page.path}").text)
    script = client.get(f"/{name}").text
    modules = re.findall("^// (/.*)$", script, re.MULTILINE)
    assert len(modules) > 20 and len(modules) == len(set(modules)) and modules[-1] == f"/{name}"
    assert not re.search("^(?:import|export) ", script, re.MULTILINE)
    # The address of the API is below that of the page, wherever the module is that asks for it.
    assert "import.meta.url" not in script.replace('new URL("../shell/http.js", import.meta.url).href', "").replace(
        'new URL("http.js", import.meta.url).href', ""
    )


def test_a_script_runs_each_module_once_after_those_that_it_imports() -> None:
    files = {
        "/a/page.js": 'import { $, two as second } from "./two.js";\nimport { one } from "../b/one.js";\nrun($);\n',
        "/a/two.js": 'import { one } from "../b/one.js";\nexport const two = one + 1;\nexport function $() {}\n',
        "/b/one.js": "export const one = 1;\n",
    }
    script = link("/a/page.js", files)
    assert re.findall("^// (.*)$|^(const .*= module.*)$|^(return .*)$", script, re.MULTILINE) == [
        ("/b/one.js", "", ""), ("", "", "return { one };"),
        ("/a/two.js", "", ""), ("", "const { one } = module0;", ""), ("", "", "return { two, $ };"),
        ("/a/page.js", "", ""), ("", "const { $, two: second } = module1;", ""),
        ("", "const { one } = module0;", ""), ("", "", "return {  };"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ('import { a } from "./b.js";', "imports itself"),
        ('import all from "./b.js";', "another form"),
        ("export default 1;", "another form"),
        ("export let a = 1;", "another form"),
        ("await later();", "another form"),
    ],
)
def test_a_module_of_another_form_is_refused_with_its_name(source: str, says: str) -> None:
    files = {"/a.js": 'import { b } from "./b.js";\n', "/b.js": source.replace("./b.js", "./a.js") + "\n"}
    with pytest.raises(ValueError, match=rf"/[ab]\.js {says}|/[ab]\.js has {says}"):
        link("/a.js", files)


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


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("ar", "rtl")])
def test_the_page_of_the_interface_has_every_operation_and_loads_only_files_of_the_desk(
    client: TestClient, language: str, direction: str
) -> None:
    answer = client.get("/api", headers={"Accept-Language": language})
    assert f'<html lang="{language}" dir="{direction}">' in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"] and "<script" not in answer.text
    for path, methods in document("0")["paths"].items():
        for method in methods.keys() - {"parameters"}:
            assert f"{method.upper()}</b> <code>{path}</code>" in answer.text, path
    named = re.findall(r'<(?:link|img)[^>]* (?:href|src)="([^"]+)"', answer.text)
    # The API serves its description; these routes are those of the pages alone.
    files = [path for path in named if path != "openapi.json"]
    assert "desk/icon.svg" in files and {client.get(path).status_code for path in files} == {200}
    targets = set(re.findall('href="#([^"]+)"', answer.text))
    assert not [target for target in targets if f'id="{target}"' not in answer.text]
