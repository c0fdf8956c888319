"""The operators' side of the desk: metrics, version, OpenAPI, log; and its catalog of sentences."""

import logging
import re
import string

import jsonschema
import msgspec
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from publisher.api.app import create_app
from publisher.api.metrics import Metrics
from publisher.api.parts import Parts
from publisher.api.problems import reading_language
from publisher.core.sentences import CATALOG
from publisher.core.ulid import ulid
from tests.publisher.conftest import ClientFor
from tests.support.sample_items import line
from ticker.shared.process.logs import configure_logs

pytestmark = pytest.mark.anyio


async def test_publications_repeats_and_refusals_are_counted(client_for: ClientFor) -> None:
    editor, anonymous = client_for("editor"), client_for(None)
    for _ in range(2):
        await editor.post("/v1/items", json=line(), headers={"Idempotency-Key": "one"})
    await editor.post("/v1/items", json=line(urgency=9))
    page = (await anonymous.get("/metrics")).text
    assert 'flashwire_desk_published_total{act="publish"} 1.0' in page
    assert "flashwire_desk_answered_again_total 1.0" in page
    assert 'flashwire_desk_refused_total{reason="invalid"} 1.0' in page
    assert "flashwire_desk_publish_seconds_count 1.0" in page


def test_a_flood_of_requests_for_metrics_gets_five_pages_a_second() -> None:
    metrics = Metrics()
    pages: list[bytes] = []
    for moment in (7.0, 7.1, 7.2, 7.3, 7.4, 7.5, 7.99, 8.0):
        metrics.again.inc()
        pages.append(metrics.page(moment))
    counted = [float(re.findall(rb"(?m)^flashwire_desk_answered_again_total (\S+)", page)[0]) for page in pages]
    assert counted == [1, 2, 3, 4, 5, 5, 5, 8]


async def test_ready_says_why_not(client_for: ClientFor, parts: Parts) -> None:
    anonymous = client_for(None)
    parts.watch._note("ConnectionError: gone")
    answer = await anonymous.get("/health/ready", headers={"Host": "127.0.0.1:8001"})
    assert answer.status_code == 503 and answer.json() == {"ready": False, "reasons": ["ConnectionError: gone"]}
    # Through a proxy on this machine, with and without forwarding headers.
    proxied: list[dict[str, str]] = [{"X-Forwarded-For": "192.0.2.7"}, {"X-Forwarded-Proto": "https"}]
    for headers in (*proxied, {"Forwarded": "for=192.0.2.7"}, {"Via": "1.1 a"}):
        far = await anonymous.get("/health/ready", headers={"Host": "127.0.0.1:8001", **headers})
        assert far.status_code == 503 and far.json() == {"ready": False, "reasons": ["ConnectionError"]}, headers
    assert (await anonymous.get("/health/ready")).json() == {"ready": False, "reasons": ["ConnectionError"]}
    parts.watch._note(None)
    assert (await anonymous.get("/health/ready")).json() == {"ready": True, "reasons": []}
    parts.watch.draining = True
    assert (await anonymous.get("/health/ready")).status_code == 503
    assert (await anonymous.get("/health/live")).status_code == 200


async def test_the_description_names_every_route_and_what_answers_look_like(
    client_for: ClientFor, parts: Parts
) -> None:
    editor = client_for("editor")
    described = (await editor.get("/openapi.json")).json()
    routes = {getattr(route, "path", "") for route in create_app(parts).routes}
    # This desk has no OpenID provider; test_described compares one that has.
    assert {path for path in described["paths"] if "/oidc" not in path} == routes
    for path, method, body in (("/v1/items", "post", line()), ("/v1/canary", "post", {})):
        answer = await editor.request(method.upper(), path, json=body)
        schema = described["paths"][path][method]["responses"]["201"]["content"]["application/json"]["schema"]
        jsonschema.validate(answer.json(), {**schema, "components": described["components"]})
    problem = await editor.post("/v1/items", json={})
    schema = described["paths"]["/v1/items"]["post"]["responses"]["422"]["content"]["application/problem+json"][
        "schema"
    ]
    jsonschema.validate(problem.json(), {**schema, "components": described["components"]})


@pytest.mark.parametrize("code", CATALOG)
def test_every_sentence_takes_the_same_words_in_every_language(code: str) -> None:
    def parameters(sentence: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}

    forms = CATALOG[code]
    assert set(forms) == {"en", "ar", "es"}
    assert parameters(forms["en"]) == parameters(forms["ar"]) == parameters(forms["es"])


# A term of the English sentences, and the desk page's term in Arabic and Spanish (web/test/desk-words.test.js).
TERMS = {
    "version": ("إصدار", "versi"),
    "edition": ("نسخ", "edici"),
    "stream": ("البث", "flujo"),
    "item": ("خبر", "elemento"),
    "source": ("مصدر|مصادر", "fuente|sources"),
    "role": ("صفة|صفت|role", "función|role"),
    "readers": ("القراء|للقراء", "público"),
    "chief": ("رئيس", "jefe"),
    "token": ("رمز", "token"),
    "the desk": ("مكتب|المشرف", "mesa|administra"),
}


@pytest.mark.parametrize("code", CATALOG)
def test_a_sentence_calls_things_as_the_desk_page_does(code: str) -> None:
    forms = CATALOG[code]
    for term, (arabic, spanish) in TERMS.items():
        if re.search(rf"\b{term}\b(?!:)", re.sub(r"\{.*?\}", "", forms["en"])):
            assert re.search(arabic, forms["ar"]) and re.search(spanish, forms["es"]), term


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("ar", "ar"),
        ("es-419,es;q=0.9", "es"),
        ("fr,de", "en"),
        ("en;q=0.1, ar;q=0.2", "ar"),
        ("ar;q=0", "en"),
    ],
)
def test_the_language_with_the_highest_weight_is_chosen(accepted: str, language: str) -> None:
    assert reading_language(accepted) == language


@given(st.text(max_size=60))
def test_no_header_confuses_the_choice_of_language(accepted: str) -> None:
    assert reading_language(accepted) in ("en", "ar", "es")


@given(st.floats(0, 2**40), st.floats(0, 2**40), st.binary(min_size=10, max_size=10))
def test_ids_sort_by_time(early: float, late: float, chance: bytes) -> None:
    first, second = sorted((early, late))
    assert len(ulid(first, chance)) == 26
    assert ulid(first, chance) <= ulid(second, chance)


def test_an_id_equals_the_example_of_its_specification() -> None:
    assert ulid(1469918176.385, bytes(10)) == "01ARYZ6S41" + "0" * 16
    with pytest.raises(ValueError, match="10 random bytes"):
        ulid(0, b"")


@pytest.mark.parametrize("form", ["json", "text"])
def test_input_from_clients_cannot_add_lines_to_the_log(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    previous, handlers = structlog.get_config(), logging.getLogger().handlers[:]
    try:
        configure_logs(form, "info", side="desk")
        structlog.get_logger("hostile").info("seen", path="a\n\x1b[31mb\u202e")
        structlog.get_logger("hostile").debug("not said")
    finally:
        structlog.configure(**previous)
        logging.getLogger().handlers[:] = handlers
    output = capsys.readouterr().err
    assert len(output.splitlines()) == 1 and "\x1b[31mb" not in output and "\u202e" not in output
    assert "desk" in output and "not said" not in output
    if form == "json":
        assert msgspec.json.decode(output)["path"] == "a\\n\\x1b[31mb\\u202e"
