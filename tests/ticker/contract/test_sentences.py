"""Refusals: every one in every language, with the same facts in it."""

import string

import pytest

from ticker.contract.sentences import LANGUAGES, SENTENCES, RefusedError, add_sentences


def parameters(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("code", SENTENCES)
def test_a_refusal_is_said_in_every_language_with_the_same_facts(code: str) -> None:
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


def test_what_was_entered_is_repeated_and_never_interpreted() -> None:
    error = RefusedError("unknown-name", value="{known.__class__}{0}%s", known="en")
    assert "{known.__class__}{0}%s" in error.sentence()


def test_a_room_adds_its_own_sentences_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for code in list(SENTENCES):
        monkeypatch.setitem(SENTENCES, code, SENTENCES[code])
    forms = {language: "x {name}." for language in LANGUAGES}
    monkeypatch.setitem(SENTENCES, "test-only", forms)
    add_sentences({"test-only": dict(forms)})
    with pytest.raises(ValueError, match="is taken"):
        add_sentences({"test-only": {**forms, "en": "other"}})
    with pytest.raises(ValueError, match="is not said in"):
        add_sentences({"test-half": {"en": "only English"}})
    assert "test-half" not in SENTENCES
