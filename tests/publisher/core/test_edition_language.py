"""A text in the script or the language of another edition."""

import pytest

from bench.similar.corpus import CHOSEN_WITH, HELD_OUT, LANGUAGES, events
from publisher.core.edition_language import edition_doubt
from publisher.core.sentences import sentence
from ticker.contract.site import Edition


def doubt(text: str, language: str) -> str | None:
    result = edition_doubt(text, Edition(language, "auto", language))
    return result.code if result else None


@pytest.mark.parametrize(
    ("language", "text", "code"),
    [
        ("en", "حريق في ميناء أوسترا", "edition-script"),
        ("ar", "Fire at the port of Ostra", "edition-script"),
        ("en", "Пожар в порту", "edition-script"),
        ("ru", "Fire in port", "edition-script"),
        ("en", "Incendio en el puerto de Ostra", "edition-language"),
        ("es", "Fire at the port of Ostra kills two", "edition-language"),
        ("fr", "Fire at the port of Ostra kills two", "edition-language"),
        ("en", "Le ministre est dans la capitale pour une visite", "edition-language"),
        ("en", "Der Minister ist in Berlin und nicht in Rom", "edition-language"),
        ("en", "Barça beat Real Madrid in La Liga", None),
        ("es", "Trump y Musk, en el Madison Square Garden", None),
        ("ar", "شركة Apple تطلق iPhone 20", None),
        ("ar", "هبط A320NEO B737MAX8 CRJ900ER", None),
        ("en", "حريق في M15 A320NEO CRJ900ER", "edition-script"),
        ("en", "El Niño hits Los Angeles and La Paz", None),
        ("en", "أ", None),
        ("en", "42", None),
        ("xx", "Fire at the port", None),
        ("ja", "東京で火災", None),
    ],
)
def test_a_text_is_held_against_its_edition(language: str, text: str, code: str | None) -> None:
    assert doubt(text, language) == code


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_of_the_edition_is_doubted_and_most_lines_of_another_are(language: str) -> None:
    result = events(CHOSEN_WITH) + events(HELD_OUT)
    texts = {own: [event.line[own] for event in result] for own in LANGUAGES}
    assert not [text for text in texts[language] if doubt(text, language)]
    for other in set(LANGUAGES) - {language}:
        doubted = sum(doubt(text, language) is not None for text in texts[other])
        assert doubted >= 0.6 * len(result), other


@pytest.mark.parametrize("language", ["en", "es", "ar"])
def test_each_doubt_is_a_sentence_in_three_languages(language: str) -> None:
    for text in ("حريق في ميناء أوسترا", "Incendio en el puerto de Ostra"):
        result = edition_doubt(text, Edition("en", "ltr", "English"))
        assert result is not None and "English" in sentence(result, language)
