"""`POST /v1/painted`: bounded, limited, and counted only for versions of the last minute."""

import pytest

from tests.support.serving import Serving, Start, request
from ticker.core import paint_budget

pytestmark = pytest.mark.anyio


async def post(node: Serving, query: str, **headers: str) -> int:
    async with node.wire(request(query, "/v1/painted", "POST", **headers)) as wire:
        status, answer = await wire.head()
    assert status == 403 or answer["access-control-allow-origin"] in ("*", "https://news.example")
    return status


async def test_a_report_counts_for_its_version_and_anything_else_is_refused_or_ignored(node: Serving) -> None:
    line = await node.publish()
    assert await post(node, f"uri={line.uri}&version=1&ms=7") == 204
    assert node.count("flashwire_painted_seconds_count") == 1
    for unknown in ("uri=urn:other&version=1&ms=7", f"uri={line.uri}&version=2&ms=7"):
        assert await post(node, unknown) == 204
    for wrong in (
        "", f"uri={line.uri}&version=1", "version=1&ms=7", f"uri={line.uri}&version=0&ms=7",
        f"uri={line.uri}&version=1&ms=-7", f"uri={line.uri}&version=1&ms=600001", f"uri={'x' * 201}&version=1&ms=7",
        f"uri={line.uri}&version=%D9%A1&ms=7",
    ):  # fmt: skip
        assert await post(node, wrong) == 400, wrong
    assert node.count("flashwire_painted_seconds_count") == 1
    response = await node.get("/v1/painted")
    assert response.status_code == 405 and response.headers["allow"] == "POST"
    # A body is not read, however long.
    async with node.wire(request("ms=1", "/v1/painted", "POST", Content_Length="9000000") + b"x" * 70_000) as wire:
        assert (await wire.head())[0] == 400


async def test_too_many_reports_of_an_address_are_refused(node: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paint_budget, "ADDRESS_LIMIT", 2)
    query = "uri=urn:a&version=1&ms=7"
    statuses = [await post(node, query, X_Forwarded_For="203.0.113.7") for _ in range(3)]
    assert statuses == [204, 204, 429] and await post(node, query, X_Forwarded_For="203.0.113.8") == 204
    assert node.count("flashwire_paint_refused_total") == 1


async def test_only_pages_that_may_read_may_report(start: Start) -> None:
    node = await start(allowed_origins="https://news.example")
    query = "uri=urn:a&version=1&ms=7"
    assert await post(node, query, Origin="https://news.example") == 204
    assert await post(node, query, Origin="https://evil.example") == 403


@pytest.mark.parametrize(("sample", "shown"), [(0.25, 0.25), (0.0, None)])
async def test_the_first_message_names_the_share_of_pages_that_report(
    start: Start, sample: float, shown: float | None
) -> None:
    node = await start(paint_sample=sample)
    async with node.joined() as wire:
        assert (await wire.message()).get("paint") == shown
