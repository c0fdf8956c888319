"""The OpenAPI descriptions of both sides against their real answers, with Schemathesis."""

from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from jsonschema import Draft202012Validator
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from publisher.api.openapi import document as desk_document
from tests.docs.running import Running
from ticker.http.openapi import document as ticker_document

# Whether a well-formed request is accepted depends on names of the site file, so that check is left out.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ticker = schemathesis.openapi.from_dict(ticker_document())
desk = schemathesis.openapi.from_dict(desk_document("0"))
short = settings(
    max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)


@ticker.parametrize()
@short
def test_the_ticker_answers_as_described(case: schemathesis.Case[Any], running: Running) -> None:
    case.call_and_validate(base_url=running.ticker, checks=CHECKS, timeout=40)


@desk.parametrize()
@short
def test_the_desk_answers_as_described(case: schemathesis.Case[Any], running: Running) -> None:
    headers = {"Authorization": f"Bearer {running.token}"}
    case.call_and_validate(base_url=running.desk, checks=CHECKS, headers=headers, timeout=40)


@pytest.mark.parametrize("side", ["ticker", "desk"])
def test_a_side_serves_its_description(running: Running, side: str) -> None:
    served = httpx2.get(getattr(running, side) + "/openapi.json", timeout=10)
    assert served.status_code == 200
    description = (ticker_document() if side == "ticker" else desk_document("0")) | {"info": served.json()["info"]}
    assert served.json()["paths"] == description["paths"]
    for schema in served.json()["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
