"""Bad input to the desk: the documented status, a sentence, no traceback, and no change."""

import json
from collections.abc import AsyncIterator

import httpx2
import pytest

from publisher.api.parts import Parts
from tests.publisher.conftest import ClientFor
from tests.support.sample_items import line
from ticker.stream.redis_stream import Keys, Stream, connect

pytestmark = pytest.mark.anyio

_JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def unchanged(parts: Parts) -> AsyncIterator[None]:
    """Fails the test if the stream has an entry."""
    yield
    settings = parts.settings
    assert settings.redis_url
    stream = Stream(connect(settings.redis_url, timeout=2), settings.brand)
    assert (await stream.position()).seq == 0, Keys(settings.brand).items
    await stream.aclose()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"text": "\\ud800: x", "edition": "en"}', 400),
        (b'{"text": "\xff: x", "edition": "en"}', 400),
        (b'{"urgency": NaN, "edition": "en"}', 400),
        (b'{"x": ' + b"[" * 50_000, 400),
        (b"[]", 422),
        (b"null", 422),
        (b'{"edition": "en", "text": 3}', 422),
        (b'{"edition": "en", "text": null}', 422),
        (b'{"edition": "en", "text": "Civil Defence: x", "surprise": 1}', 422),
        (b'{"edition": "en", "text": "Civil Defence: x\\u0000"}', 422),
        (b'{"edition": "en", "text": "Civil Defence: x\\ny"}', 422),
        (json.dumps(line(text="Civil Defence: " + "a" * 501)).encode(), 422),
        (json.dumps(line(text="")).encode(), 422),
        (b'{"text": "' + b"a" * 70_000 + b'"}', 413),
    ],
    ids=lambda value: repr(value)[:40],
)
@pytest.mark.usefixtures("unchanged")
async def test_a_bad_body_is_refused_with_a_sentence(editor: httpx2.AsyncClient, body: bytes, status: int) -> None:
    answer = await editor.post("/v1/items", content=body, headers=_JSON)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].endswith(".") and "Traceback" not in answer.text
    if status == 422 and body.startswith(b"{"):
        assert all(error["field"] and error["message"].endswith((".", ")")) for error in answer.json()["errors"])


@pytest.mark.usefixtures("unchanged")
async def test_a_body_over_the_limit_is_refused_before_it_is_read_whole(editor: httpx2.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 50_000_000:
            sent += 8192
            yield b" " * 8192

    answer = await editor.post("/v1/items", content=endless(), headers=_JSON)
    assert answer.status_code == 413 and sent < 200_000


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
@pytest.mark.usefixtures("unchanged")
async def test_the_form_of_a_foreign_page_is_not_read(editor: httpx2.AsyncClient, media_type: str) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    answer = await editor.post("/v1/items", content=json.dumps(line()).encode(), headers=headers)
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Bearer fw_wrong", "Basic ZWQ6ZWQ=", "fw_x", "Bearer é"]
)
@pytest.mark.usefixtures("unchanged")
async def test_without_a_valid_token_the_answer_is_only_401(client_for: ClientFor, authorization: str | None) -> None:
    anonymous = client_for(None)
    headers = {} if authorization is None else {b"Authorization": authorization.encode()}
    uri = "urn:flashwire:01m829zdda3j8n0z41ynycsc6j"
    for method, path in (
        ("POST", "/v1/items"),
        ("GET", "/v1/items"),
        ("GET", f"/v1/items/{uri}"),
        ("POST", f"/v1/items/{uri}/acts"),
        ("POST", "/v1/canary"),
        ("POST", "/v1/split"),
        ("GET", "/v1/site"),
        ("GET", "/v1/session"),
        ("DELETE", "/v1/session"),
    ):
        answer = await anonymous.request(method, path, json=line(), headers=headers)
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.usefixtures("unchanged")
async def test_a_revoked_token_is_refused_from_the_next_request_on(editor: httpx2.AsyncClient, parts: Parts) -> None:
    assert (await editor.get("/v1/session")).status_code == 200
    parts.tokens.revoke((await editor.get("/v1/session")).json()["name"])
    assert (await editor.post("/v1/items", json=line())).status_code == 401


@pytest.mark.usefixtures("unchanged")
async def test_an_unhandled_exception_is_one_log_line_and_a_500_without_details(
    editor: httpx2.AsyncClient, parts: Parts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("the secret of the house")

    monkeypatch.setattr(type(parts.tokens), "find", broken)
    answer = await editor.get("/v1/items")
    assert answer.status_code == 500 and "secret" not in answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    output = "".join(capsys.readouterr())
    assert "secret" not in output and "Traceback" not in output
    assert output.count("ZeroDivisionError") == 1
