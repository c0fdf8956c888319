"""Error bodies: RFC 9457, with a sentence for each field."""

import json

from ticker.contract.problem import MEDIA_TYPE, FieldError, make_problem


def test_a_problem_names_its_type_title_status_and_what_to_do() -> None:
    assert MEDIA_TYPE == "application/problem+json"
    assert json.loads(make_problem("not-found", 404, "There is no such item.").body()) == {
        "type": "urn:flashwire:problem:not-found",
        "title": "Not found",
        "status": 404,
        "detail": "There is no such item.",
    }


def test_each_wrong_field_has_a_sentence_and_perhaps_a_code() -> None:
    errors = (FieldError("headline", "Write something here.", "text-empty"), FieldError("urgency", "From 1 to 8."))
    assert json.loads(make_problem("invalid", 422, "Correct the fields.", errors).body())["errors"] == [
        {"field": "headline", "message": "Write something here.", "code": "text-empty"},
        {"field": "urgency", "message": "From 1 to 8."},
    ]
