"""`GET /v1/items/{uri}/receipt` and `/v1/receipts`, with the reports that nodes have left in their key."""

from typing import Any

import httpx2
import msgspec
import pytest

from publisher.api.parts import Parts
from tests.publisher.conftest import ClientFor
from tests.support.desk_requests import act, published
from ticker.contract.receipt import EntryReport, Report
from ticker.stream.redis_stream import Keys

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request looks at the key."""
    monkeypatch.setattr("publisher.stream.receipts._FRESH_SECONDS", 0.0)


async def leave(raw: Any, brand: str, *reports: bytes | Report) -> None:
    for report in reports:
        data = report if isinstance(report, bytes) else msgspec.json.encode(report)
        await raw.xadd(Keys(brand).receipts, {"report": data})


async def test_each_version_has_the_sum_of_the_nodes(
    chief: httpx2.AsyncClient, parts: Parts, raw: Any, brand: str
) -> None:
    uri = await published(chief)
    await act(chief, uri, "withdraw", note="Wrong")
    await act(chief, await published(chief), "hold")
    await leave(
        raw, brand,
        Report("a", 10, [EntryReport(uri, 1, {8: 10}, 0.004, 0, 0)]),
        Report("b", 5, [EntryReport(uri, 1, {20: 5}, 0.031, 0, 0), EntryReport(uri, 2, {8: 3}, 0.004, 2, 1)]),
        b"nonsense", b"[1]",
    )  # fmt: skip
    first, second = (await chief.get(f"/v1/items/{uri}/receipt")).json()["versions"]
    assert first == {
        "version": 1, "written": 15, "p50": 0.004, "p99": 0.031, "last": 0.031, "painted": None, "outstanding": None,
        "left": None, "nodes": 2, "silent": 0,
    }  # fmt: skip
    assert (second["written"], second["outstanding"], second["left"], second["nodes"]) == (3, 2, 1, 1)
    listed = (await chief.get("/v1/receipts")).json()
    assert listed["nodes"] == 2 and listed["connections"] == 15 and list(listed["receipts"]) == [uri]
    assert (await chief.get("/v1/receipts?seconds=0")).json()["receipts"] == {}
    page = (await chief.get("/metrics")).text
    assert "flashwire_desk_audience 15.0" in page and "flashwire_desk_silent_nodes 0.0" in page
    assert "flashwire_desk_recall_outstanding 2.0" in page


async def test_the_audience_is_what_nodes_report_and_part_of_what_is_confirmed(
    chief: httpx2.AsyncClient, raw: Any, brand: str
) -> None:
    async def confirmed() -> int | None:
        fields = {"text": "Civil Defence: Wards open", "edition": "ar", "dryRun": True}
        audience: int | None = (await chief.post("/v1/items", json=fields)).json()["confirmation"]["audience"]
        return audience

    unknown = {"nodes": 0, "silent": 0, "connections": None, "editions": {"en": None, "es": None, "ar": None}}
    assert (await chief.get("/v1/audience")).json() == unknown and await confirmed() is None
    assert "flashwire_desk_audience NaN" in (await chief.get("/metrics")).text
    await leave(raw, brand, Report("a", 12_430, [], {"": 400, "en": 12_000, "ar": 30}), Report("b", 2, [], {"ar": 2}))
    counts = {"en": 12_400, "es": 400, "ar": 432}
    expected = {"nodes": 2, "silent": 0, "connections": 12_432, "editions": counts}
    assert (await chief.get("/v1/audience")).json() == expected and await confirmed() == 432
    assert (await chief.get("/v1/receipts")).json()["audience"] == expected


async def test_without_a_report_the_receipt_says_so(chief: httpx2.AsyncClient) -> None:
    uri = await published(chief)
    [version] = (await chief.get(f"/v1/items/{uri}/receipt")).json()["versions"]
    assert version["version"] == 1 and version["nodes"] == 0
    assert all(version[name] is None for name in ("written", "p50", "p99", "last", "outstanding", "left"))


async def test_wrong_requests(chief: httpx2.AsyncClient, client_for: ClientFor) -> None:
    assert (await client_for(None).get("/v1/receipts")).status_code == 401
    assert (await client_for(None).get("/v1/audience")).status_code == 401
    assert (await chief.get("/v1/items/urn:flashwire:1/receipt")).status_code == 404
    for wrong in ("x", "-1", "3601", ""):
        assert (await chief.get(f"/v1/receipts?seconds={wrong}")).status_code == 400
    assert (await client_for("reporter").get("/v1/receipts")).status_code == 200
