"""The site file: read whole or refused in one line; names are found as people write them."""

import unicodedata
from pathlib import Path

import pytest

from ticker.contract.item import ROLES
from ticker.contract.sentences import LANGUAGES
from ticker.contract.site import Site, SiteError, Source, direction_of, load_site

EDITION = '[editions.en]\nname = "English"\nlanguage = "en"\ndirection = "ltr"\n'


@pytest.fixture
def demonstration() -> Site:
    return load_site(None)


def load(folder: Path, content: str | bytes) -> Site:
    path = folder / "site.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_site(path)


def complaint(folder: Path, content: str | bytes) -> str:
    with pytest.raises(SiteError) as caught:
        load(folder, content)
    message = str(caught.value)
    assert str(folder / "site.toml") in message and "\n" not in message
    return message


def test_the_demonstration_site_runs_in_three_languages(demonstration: Site) -> None:
    assert set(demonstration.editions) == demonstration.language_tags() == set(LANGUAGES)
    assert demonstration.editions["ar"].direction == "rtl" and demonstration.editions["en"].direction == "ltr"
    for names in [*demonstration.sections.values(), *demonstration.places.values()]:
        assert set(names) == set(LANGUAGES)
    for source in demonstration.sources.values():
        assert set(source.names) == set(LANGUAGES) and source.role in ROLES


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_site_of_one_edition_is_enough(tmp_path: Path, mark: str) -> None:
    site = load(tmp_path, mark + EDITION)
    assert (site.sections, site.places, site.sources, site.languages) == ({}, {}, {}, ())


def test_a_filter_may_name_languages_of_the_file_and_of_editions(tmp_path: Path) -> None:
    assert load(tmp_path, 'languages = ["fr", "es-419"]\n' + EDITION).language_tags() == {"en", "fr", "es-419"}


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("", "editions"),
        ("editions = {}", "names no edition"),
        ("not toml", "line 1"),
        (b"\xff\xfe", "not text in UTF-8"),
        (EDITION + EDITION, "Cannot declare"),
        (EDITION.replace("language", "lang"), "lang"),
        (EDITION.replace('"ltr"', '"up"'), "direction"),
        (EDITION.replace('"en"', "1"), "language"),
        (EDITION + "colour = 1", "colour"),
        ("colour = 1\n" + EDITION, "colour"),
        (EDITION + "[sections]\nworld = 'World'", "sections"),
        (EDITION + '[sources.x]\nrole = "boss"\nnames = {en = "X"}', "role"),
        (EDITION + '[sources.x]\nrole = "agency"', "names"),
        (EDITION + '[sources.x]\nrole = "agency"\nnames = {}', "no name for x"),
        (EDITION + '[sources.x]\nrole = "agency"\nnames = {en = "X"}\nlink = "x"', "link"),
        (EDITION.replace("editions.en", "editions.canary"), "canary"),
        (EDITION.replace('language = "en"', 'language = "en_US"'), "'en_US'"),
        ('languages = ["?"]\n' + EDITION, "'?'"),
    ],
)
def test_an_invalid_site_file_is_refused_with_place_and_reason(tmp_path: Path, content: str | bytes, part: str) -> None:
    assert part in complaint(tmp_path, content)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"no site file .*nowhere\.toml: name .* FLASHWIRE_SITE"):
        load_site(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    "name",
    [
        "foreign-ministry",
        "Foreign-Ministry",
        "Foreign ministry spokesperson",
        "  FOREIGN MINISTRY SPOKESPERSON ",
        "portavoz de exteriores",
        "المتحدث باسم الخارجية",
    ],
)
def test_a_source_is_found_by_its_id_or_any_of_its_names(demonstration: Site, name: str) -> None:
    assert demonstration.find_source(name) == "foreign-ministry"


@pytest.mark.parametrize("name", ["", "ministry", "Foreign ministry", "foreign ministry\0"])
def test_a_similar_name_does_not_find_a_source(demonstration: Site, name: str) -> None:
    assert demonstration.find_source(name) is None


def test_a_source_is_found_however_its_accents_are_typed(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "Protección Civil")
    site = load(tmp_path, EDITION + f'[sources.x]\nrole = "official"\nnames = {{es = "{decomposed}"}}')
    assert site.find_source("PROTECCIÓN CIVIL") == "x"
    assert load_site(None).find_source(unicodedata.normalize("NFD", "protección civil")) == "civil-defence"


def test_a_label_is_in_the_requested_language_or_the_nearest() -> None:
    source = Source("agency", {"fr": "Agence", "en": "Agency", "es": "Agencia"})
    languages = ["es", "es-419", "en-GB", "de", "ar-EG"]
    assert [source.label(language) for language in languages] == ["Agencia", "Agencia", "Agency", "Agency", "Agency"]
    assert Source("agency", {"fr": "Agence", "es": "Agencia"}).label("de") == "Agence"


def test_a_source_name_has_the_language_and_direction_of_its_label(demonstration: Site) -> None:
    name = demonstration.source_name("civil-defence", "ar-SY")
    assert (name.value, name.language, name.direction) == ("الدفاع المدني", "ar", "rtl")
    assert demonstration.source_name("civil-defence", "de").language == "en"


def test_a_label_that_two_languages_share_has_the_requested_language() -> None:
    site = Site({}, sources={"x": Source("agency", {"en": "Reuters", "es": "Reuters"})})
    assert site.source_name("x", "es").language == "es"


def test_a_language_has_the_direction_of_its_script() -> None:
    assert [direction_of(tag) for tag in ("ar", "AR-EG", "fa", "he", "ur")] == ["rtl"] * 5
    assert [direction_of(tag) for tag in ("en", "es-419", "arn", "zh")] == ["ltr"] * 4
