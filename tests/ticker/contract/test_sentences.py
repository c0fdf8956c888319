"""Refusals: every one in every language, with the same facts in it."""

import string

import pytest

from ticker.contract.sentences import LANGUAGES, SENTENCES, RefusedError, join_catalogs


def parameters(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("code", SENTENCES)
def test_a_refusal_has_the_same_parameters_in_every_language(code: str) -> None:
    forms = SENTENCES[code]
    assert tuple(forms) == LANGUAGES
    assert len({frozenset(parameters(sentence)) for sentence in forms.values()}) == 1
    assert len(set(forms.values())) == len(LANGUAGES)
    for language, sentence in forms.items():
        assert sentence == sentence.strip() and sentence.endswith((".", "؟", "?", "!")), (code, language)


@pytest.mark.parametrize("code", SENTENCES)
def test_arabic_is_written_in_arabic_letters(code: str) -> None:
    assert any("\u0620" <= character <= "\u064a" for character in SENTENCES[code]["ar"])


def test_a_refusal_becomes_a_sentence_in_the_readers_language() -> None:
    error = RefusedError("text-long", "headline", length=7, limit=6)
    assert str(error) == "headline: This has 7 characters; shorten it to 6 at most."
    assert error.sentence("es") == "Tiene 7 caracteres; acórtelo a 6 como máximo."
    assert error.sentence("de") == error.sentence() == error.sentence("en")


def test_a_refusal_can_be_given_the_field_it_belongs_to() -> None:
    error = RefusedError("text-empty")
    assert str(error) == error.sentence() and error.field == ""
    placed = RefusedError("text-long", "x", length=7, limit=6).at("infoSources.0.name")
    assert (placed.code, placed.field, placed.parameters) == (
        "text-long",
        "infoSources.0.name",
        {"length": 7, "limit": 6},
    )


def test_input_is_quoted_and_never_interpreted() -> None:
    error = RefusedError("unknown-name", value="{known.__class__}{0}%s", known="en")
    assert "{known.__class__}{0}%s" in error.sentence()


def test_catalogs_are_joined_only_if_each_code_is_in_one_of_them_and_complete() -> None:
    forms = {language: "x {name}." for language in LANGUAGES}
    catalog = join_catalogs(SENTENCES, {"test-only": forms})
    assert set(catalog) == {*SENTENCES, "test-only"} and "test-only" not in SENTENCES
    assert RefusedError("test-only", name="y").sentence("es", catalog) == "x y."
    with pytest.raises(ValueError, match="two catalogs have the code text-empty"):
        join_catalogs(SENTENCES, {"text-empty": forms})
    with pytest.raises(ValueError, match="needs a sentence in each of"):
        join_catalogs({"test-half": {"en": "only English"}})


def test_a_code_of_another_catalog_is_shown_with_its_parameters() -> None:
    assert str(RefusedError("test-only", "text", name="y")) == "text: test-only {'name': 'y'}"
