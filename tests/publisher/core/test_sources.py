"""The registry of sources: which names it takes, and what a change of the site file does to it."""

from typing import Any

import pytest

from publisher.core.refusals import RefusalsError
from publisher.core.sources import (
    FileChange,
    RegisteredSource,
    checked_source,
    file_change,
    lookalike_warnings,
    suggested_id,
)
from ticker.contract.item import Role
from ticker.contract.site import Source, load_site

SITE = load_site(None)
WHO = Source("organisation", {"en": "WHO", "ar": "منظمة الصحة العالمية"}, ("World Health Organization",))
REGISTERED = {**SITE.sources, "who": WHO}


def refused(source_id: str, source: Source) -> list[tuple[str, str]]:
    with pytest.raises(RefusalsError) as error:
        checked_source(source_id, source, REGISTERED)
    return [(refusal.code, refusal.field) for refusal in error.value.refusals]


@pytest.mark.parametrize(
    ("source_id", "names", "aliases", "expected"),
    [
        ("red-cross", {}, (), [("no-name", "names")]),
        ("red-cross", {"en": " "}, (), [("text-empty", "names.en")]),
        ("red-cross", {"en": "x" * 121}, (), [("text-long", "names.en")]),
        ("red-cross", {"en": "Red\u202eCross"}, (), [("text-character", "names.en")]),
        ("red-cross", {"no language!": "Red Cross"}, (), [("language", "names")]),
        ("Red Cross", {"en": "Red Cross"}, (), [("source-id", "id")]),
        ("red-cross", {"en": "civil DEFENCE"}, (), [("source-taken", "names.en")]),
        ("red-cross", {"en": "Red Cross", "es": "WHO"}, (), [("source-taken", "names.es")]),
        ("red-cross", {"en": "Red Cross"}, ("world health organization",), [("source-taken", "aliases[0]")]),
        ("red-cross", {"en": "Red Cross"}, ("red cross",), [("repeated", "aliases[0]")]),
        ("red-cross", {"en": "Red Cross"}, ("RC", "rc"), [("repeated", "aliases[1]")]),
        ("red-cross", {f"x{chr(97 + number)}": f"N{number}" for number in range(21)}, (), [("names-many", "names")]),
    ],
)
def test_a_name_that_is_empty_unreadable_or_taken_is_refused(
    source_id: str, names: dict[str, str], aliases: tuple[str, ...], expected: list[tuple[str, str]]
) -> None:
    assert refused(source_id, Source("organisation", names, aliases)) == expected


def test_a_source_keeps_its_own_names_and_may_have_one_name_in_two_languages() -> None:
    names = {"en": "UNICEF", "es": "UNICEF"}
    assert checked_source("who", WHO, REGISTERED) == WHO
    assert checked_source("unicef", Source("organisation", names), REGISTERED).names == names


def test_a_name_that_looks_like_another_sources_name_gets_a_warning_at_its_field() -> None:
    lookalike = Source("official", {"en": "Hea1th ministry", "es": "Sanidad"}, ("Сivil Defence",))
    warnings = lookalike_warnings("new", lookalike, SITE)
    assert [(warning.code, warning.field) for warning in warnings] == [
        ("source-lookalike", "names.en"),
        ("source-lookalike", "aliases[0]"),
    ]
    # A source does not look like itself.
    assert lookalike_warnings("health-ministry", SITE.sources["health-ministry"], SITE) == []


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"en": "Médecins sans frontières"}, "medecins-sans-frontieres"),
        ({"ar": "الهلال الأحمر", "es": "Media Luna Roja"}, "media-luna-roja"),
        ({"ar": "الهلال الأحمر"}, "source-c0ffee"),
        ({"en": "WHO"}, "who-c0ffee"),
    ],
)
def test_an_id_is_made_of_the_first_latin_name(names: dict[str, str], expected: str) -> None:
    assert suggested_id(names, REGISTERED, "c0ffee") == expected


def entry(by: str | None = None, role: Role = "organisation", **fields: Any) -> RegisteredSource:
    values: dict[str, Any] = {"names": {"en": "WHO"}, "aliases": (), "retired": False, "version": 1, "changed": ""}
    return RegisteredSource(id="who", role=role, changed_by=by, **values | fields)


OLD, NEW = Source("organisation", {"en": "WHO"}), Source("official", {"en": "WHO"})


@pytest.mark.parametrize(
    ("in_file", "imported", "registered", "expected"),
    [
        (OLD, None, None, "add"),
        (OLD, OLD, entry(), None),
        (NEW, OLD, entry(), "replace"),
        (None, OLD, entry(), "retire"),
        (OLD, None, entry(retired=True), "replace"),
        # What a person has changed stays, whatever the file says.
        (OLD, OLD, entry("Maha"), None),
        (NEW, OLD, entry("Maha"), "note"),
        (None, OLD, entry("Maha"), "note"),
        # A source that only the registry has.
        (None, None, entry("Maha"), None),
        (None, None, entry(), None),
    ],
)
def test_the_file_changes_only_what_no_person_has_changed(
    in_file: Source | None, imported: Source | None, registered: RegisteredSource | None, expected: FileChange | None
) -> None:
    assert file_change(in_file, imported, registered) == expected
