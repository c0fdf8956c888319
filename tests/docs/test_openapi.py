"""The OpenAPI descriptions of both sides against their real answers, with Schemathesis."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from jsonschema import Draft202012Validator
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.pytest.lazy import get_all_tests
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
short = settings(
    max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)


# Made once, since each takes a while.
DOCUMENTS = {"ticker": ticker_document(), "desk": desk_document("0")}


def operations(side: str) -> list[str]:
    """The label of each operation, as Schemathesis writes it."""
    methods = ("get", "put", "post", "delete", "patch")
    paths = DOCUMENTS[side]["paths"]
    return [f"{method.upper()} {path}" for path, item in paths.items() for method in methods if method in item]


@pytest.fixture(scope="module")
def connection() -> Iterator[requests.Session]:
    """A client that keeps its connections open."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


def expect_described_answers(side: str, label: str, address: str, connection: requests.Session) -> None:
    """Sends what Schemathesis makes of one operation; each answer must be one that is described."""

    @short
    def check(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(base_url=address, checks=CHECKS, session=connection, timeout=40)

    # Not `parametrize` of Schemathesis: it makes the requests when the file is read, which takes seconds, and every
    # process of a run reads every file.
    schema = schemathesis.openapi.from_dict(DOCUMENTS[side]).include(name=label)
    # Of the methods that an operation does not have, one: each is answered by the same code.
    schema.config.phases.coverage.unexpected_methods = {"trace"}
    [generated] = get_all_tests(schema=schema, test_func=check, settings=None, given_kwargs=None)
    assert isinstance(generated, Ok), generated
    generated.ok()[1]()


@pytest.mark.parametrize("operation", operations("ticker"))
def test_the_ticker_answers_as_described(running: Running, connection: requests.Session, operation: str) -> None:
    expect_described_answers("ticker", operation, running.ticker, connection)


# `test_desk_openapi` is the short form.
@pytest.mark.slow
@pytest.mark.parametrize("operation", operations("desk"))
def test_the_desk_answers_as_described(running: Running, connection: requests.Session, operation: str) -> None:
    connection.headers["Authorization"] = f"Bearer {running.token}"
    expect_described_answers("desk", operation, running.desk, connection)


@pytest.mark.parametrize("side", ["ticker", "desk"])
def test_a_side_serves_its_description(running: Running, side: str) -> None:
    served = httpx2.get(getattr(running, side) + "/openapi.json", timeout=10)
    assert served.status_code == 200
    description = (ticker_document() if side == "ticker" else desk_document("0")) | {"info": served.json()["info"]}
    assert served.json()["paths"] == description["paths"]
    for schema in served.json()["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
