"""The desk's OpenAPI description against a real desk: what people send, and what Schemathesis makes up."""

import json
import os
import random
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core import NOT_SET
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from publisher.api.openapi import document
from tests.support.desk_process import Machine
from tests.support.openid_provider import CLIENT, SECRET, provider
from tests.support.real_requests import PEOPLE, QUERIES, Newsroom

# Whether a well-formed request is accepted depends on names of the site file, so that check is left out.
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Of each operation; more find more, and take longer.
EXAMPLES: Final = int(os.environ.get("EXAMPLES", "100"))
ODD_VALUES: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 2**63, 1e300, "", "x", "0", "en", "en\u202e", "😀" * 40, "a" * 3000, "\x00", "\ufeff",
    [], [None], {}, {"value": None}, ["en", "en"], "2026-02-30T00:00:00Z", "%00", "null", '"1"',
)  # fmt: skip
ODD_HEADERS: Final = (
    {"If-Match": '"99"'}, {"If-Match": "1"}, {"If-Match": ""}, {"If-None-Match": "*"}, {"Idempotency-Key": "k" * 300},
    {"Accept-Language": "ar"}, {"Accept": "text/html"}, {"Cookie": "flashwire_desk=x"},
    {"Origin": "https://evil.example"}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eA=="},
)  # fmt: skip
Case = Any  # Any: the fields of a Schemathesis case may have any type, and be set to any
METHODS: Final = ("get", "put", "post", "delete", "patch")
LABELS: Final = [
    f"{method.upper()} {path}" for path, item in document("0")["paths"].items() for method in METHODS if method in item
]
# They need a passkey's answer, a desk without a chief, a line that missed its time, and a session of somebody else.
NEVER_ACCEPTED: Final = {
    "POST /v1/session/passkey", "POST /v1/welcome", "POST /v1/schedule/{id}/publish",
    "DELETE /v1/users/{id}/sessions/{session}",
}  # fmt: skip


@cache
def operations() -> dict[str, Any]:  # Any: Schemathesis' operations
    """Each operation by its label; made when a test runs, because every process of a run reads every file."""
    schema = schemathesis.openapi.from_dict(document("0"))
    schema.config.generation.update(with_security_parameters=False)
    listed = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    return {operation.label: operation for operation in listed}


@pytest.fixture(scope="module")
def newsroom() -> Iterator[Newsroom]:
    """People at a desk with a provider, whose limits no test reaches."""
    with (
        provider() as running,
        tempfile.TemporaryDirectory(prefix="fw") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in {
            "OIDC_ISSUER": running.issuer, "OIDC_CLIENT_ID": CLIENT, "OIDC_CLIENT_SECRET": SECRET,
            "RATE_PER_MINUTE": "1000000", "ALONE_PER_MINUTE": "0", "SIGN_IN_FAILURES": "1000",
        }.items():  # fmt: skip
            patch.setenv(f"FLASHWIRE_{name}", value)
        machine = Machine(Path(folder))
        new_newsroom = Newsroom(str(machine.http.base_url), machine.token)
        try:
            yield new_newsroom
        finally:
            new_newsroom.close()
            machine.close()


def real_case(newsroom: Newsroom, label: str, who: str) -> Case:
    """A request of `who` that the desk accepts, if `who` may send it."""
    operation = operations()[label]
    ids = newsroom.path_parameters(operation.path, who)
    body = newsroom.body(operation.method.upper(), operation.path, who, ids)
    query = {parameter.name: QUERIES[parameter.name] for parameter in operation.query if QUERIES.get(parameter.name)}
    headers = {parameter.name: '"1"' for parameter in operation.headers if parameter.name == "If-Match"}
    further: dict[str, Any] = {} if body is None else {"body": body, "media_type": "application/json"}
    return operation.Case(path_parameters=ids, query=query, headers=headers, **further)


def send(newsroom: Newsroom, case: Case, who: str) -> int:
    """Sends `case` as `who`, checks the answer, and returns its status."""
    answer = case.call(
        base_url=newsroom.url, headers=newsroom.headers[who], session=newsroom.connections, timeout=40,
        allow_redirects=False,
    )  # fmt: skip
    case.validate_response(answer, checks=CHECKS)
    return int(answer.status_code)


@pytest.mark.deep
def test_real_requests_of_everyone_are_answered_as_described(newsroom: Newsroom) -> None:
    accepted = set()
    for label in LABELS:
        newsroom.renew()
        for who in PEOPLE:
            case = real_case(newsroom, label, who)
            if send(newsroom, case, who) < 400:
                accepted.add(label)
    assert set(LABELS) - accepted == NEVER_ACCEPTED


@pytest.mark.deep
def test_damaged_requests_of_everyone_are_answered_as_described(newsroom: Newsroom) -> None:
    for label in LABELS:
        newsroom.renew()
        chance = random.Random(label)
        case = real_case(newsroom, label, "chief")
        for _ in range(5):
            who = chance.choice(PEOPLE)
            send(newsroom, damage(case, chance), who)


def damage(case: Case, chance: random.Random) -> Case:
    """`case` with one thing changed that a program may do wrong."""
    fields: dict[str, Any] = {
        "query": dict(case.query or {}),
        "path_parameters": dict(case.path_parameters),
        "body": case.body,
    }
    headers = dict(case.headers)
    body = json.loads(json.dumps(case.body)) if isinstance(case.body, dict) else None
    places = [name for name in ("query", "path_parameters") if fields[name]]
    if body is not None:
        places += ["body"] * 4
    place = chance.choice([*places, "headers"])
    if place == "body" and body is not None:
        key = chance.choice([*body, "unknown"])
        if chance.random() < 0.2:
            body.pop(key, None)
        else:
            body[key] = chance.choice(ODD_VALUES)
        fields["body"] = chance.choice(ODD_VALUES) if chance.random() < 0.1 else body
    elif place == "headers":
        headers |= chance.choice(ODD_HEADERS)
    else:
        values = fields[place]
        values[chance.choice(list(values))] = chance.choice([value for value in ODD_VALUES if isinstance(value, str)])
    if case.operation.path == "/v1/events":
        fields["query"]["wait"] = "0"
    further = {} if case.body is NOT_SET else {"media_type": "application/json"}
    return case.operation.Case(**fields, headers=headers, **further)


def made_up(case: Case, data: st.DataObject, newsroom: Newsroom) -> None:
    """Sends `case`, perhaps with some of its values from a real request."""
    who = data.draw(st.sampled_from(PEOPLE), "who")
    real = real_case(newsroom, case.operation.label, who)
    if data.draw(st.booleans(), "names what exists"):
        case.path_parameters = real.path_parameters
        case.headers.update(real.headers)
        case.query = {**real.query, **(case.query or {})} if data.draw(st.booleans(), "query") else real.query
    if isinstance(real.body, dict) and isinstance(case.body, dict) and data.draw(st.booleans(), "real body"):
        body_fields = sorted(case.body.keys())
        changed = data.draw(st.lists(st.sampled_from(body_fields), max_size=2), "fields") if body_fields else []
        case.body = {**real.body, **{name: case.body[name] for name in changed}}
    if case.operation.path == "/v1/events":
        case.query = {**(case.query or {}), "wait": "0"}
    send(newsroom, case, who)


@pytest.mark.slow
@pytest.mark.parametrize("label", LABELS)
def test_made_up_requests_of_everyone_are_answered_as_described(newsroom: Newsroom, label: str) -> None:
    newsroom.renew()

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operations()[label].as_strategy(), data=st.data())
    def run(case: Case, data: st.DataObject) -> None:
        made_up(case, data, newsroom)

    run()
