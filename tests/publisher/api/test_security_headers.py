"""The headers that every response of the desk has, and those that none has."""

from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from publisher.api.app import create_app
from publisher.api.parts import Parts
from publisher.page import desk_routes
from tests.publisher.conftest import ClientFor
from tests.support.sample_items import line
from ticker.shared.http.headers import SECURITY_HEADERS

pytestmark = pytest.mark.anyio
_OTHER = {"Origin": "https://evil.example"}


@pytest.fixture
def app(parts: Parts) -> Starlette:
    return create_app(parts, desk_routes("https://ticker.example"))


def check(answer: httpx2.Response, status: int) -> None:
    assert answer.status_code == status
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    for name, value in SECURITY_HEADERS.items():
        if name != "Content-Security-Policy":
            assert answer.headers.get_list(name) == [value], name
    policy = answer.headers.get_list("content-security-policy")
    assert len(policy) == 1 and "default-src 'none'" in policy[0] and "frame-ancestors 'none'" in policy[0]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("GET", "/desk/shell/main.js", 200),
        ("GET", "/shared/tokens.css", 200),
        ("GET", "/desk/none", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/v1/items/", 404),
        ("HEAD", "/nowhere", 404),
        ("HEAD", "/v1/items", 401),
        ("GET", "http://desk.test//", 404),
        ("GET", "/desk/../publisher", 404),
        ("POST", "/", 405),
        ("OPTIONS", "/", 405),
        ("OPTIONS", "/desk/shell/main.js", 405),
        ("PUT", "/v1/session", 405),
        ("PROPFIND", "/", 405),
        ("OPTIONS", "/v1/items", 405),
        ("TRACE", "/v1/items", 405),
        ("GET", "/v1/items", 401),
        ("POST", "/v1/items", 401),
        ("GET", "/health/live", 200),
        ("GET", "/health/ready", 503),
        ("GET", "/metrics", 200),
        ("GET", "/version", 200),
        ("GET", "/openapi.json", 200),
    ],
)
async def test_every_answer_without_authentication_has_the_security_headers(
    client_for: ClientFor, method: str, path: str, status: int
) -> None:
    answer = await client_for(None, **_OTHER).request(method, path)
    check(answer, status)
    if status == 405:
        assert answer.headers["allow"]


async def test_every_answer_to_an_editor_has_the_security_headers(
    client_for: ClientFor, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = client_for("editor", **_OTHER)
    check(await editor.get("/v1/items"), 200)
    check(await editor.post("/v1/items", json=line()), 201)
    check(await editor.post("/v1/items", json={}), 422)
    check(await editor.post("/v1/items", content=b"x" * 100_000, headers={"Content-Type": "application/json"}), 413)
    check(await editor.post("/v1/items", content=b"x"), 415)
    check(await editor.delete("/v1/session"), 403)
    page = await editor.get("/")
    check(await editor.get("/", headers={"If-None-Match": page.headers["etag"]}), 304)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(type(parts.store), "newest", broken)
    check(await editor.get("/v1/items"), 500)


async def test_a_token_sends_thirty_canaries_a_minute(client_for: ClientFor, parts: Parts) -> None:
    reporter = client_for("reporter", **{"Accept-Language": "es"})
    answers = [await reporter.post("/v1/canary") for _ in range(31)]
    assert [answer.status_code for answer in answers] == [201] * 30 + [429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60 and "30" in answers[-1].json()["detail"]
    assert (await client_for("chief", unlimited=True).post("/v1/canary")).status_code == 201
    # `POST /v1/items` does not pass the router.
    assert (await client_for("editor").post("/v1/items", json=line())).status_code == 201


def test_the_security_headers_are_defined_in_one_module() -> None:
    sources = [path for path in Path(__file__).parents[3].joinpath("publisher").rglob("*.py")]
    assert [path.name for path in sources if "nosniff" in path.read_text("utf-8")] == []
