"""The form in which lines are compared, and the likeness of two lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.core.similar.comparison_form import comparable, content_words
from publisher.core.similar.likeness import likeness, weights


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Fire in VALA!", "fire, in vala"),
        ("Niño en Málaga", "nino en malaga"),
        ("أعلنت وزارةُ الصحّة", "اعلنت وزاره الصحه"),
        ("إسرائيل، آسيا", "اسراييل اسيا"),
        ("مـــؤتمر", "موتمر"),
        ("مستشفى", "مستشفي"),
        ("٢١ قتيلًا", "21 قتيلا"),
        ("۲۱ نفر", "21 نفر"),
        ("soft\u00adhyphen and\u200b zero", "softhyphen and zero"),
        ("ﬁre", "fire"),
        ("Straße", "STRASSE"),
        ("İstanbul", "istanbul"),
    ],
)
def test_case_accents_marks_and_forms_of_letters_do_not_matter(first: str, second: str) -> None:
    assert comparable(first) == comparable(second)


@given(st.text(max_size=60))
def test_the_comparable_form_of_any_text_stays_as_it_is(text: str) -> None:
    once = comparable(text)
    assert comparable(once) == once


@given(st.text(max_size=60), st.sampled_from(["en", "es", "ar", "ar-EG", "xx", ""]))
def test_any_text_has_content_words(text: str, language: str) -> None:
    assert all(content_words(text, language))


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_likeness_is_between_0_and_1_in_both_directions_and_1_for_the_same_line(first: str, second: str) -> None:
    weight = weights({}, 100)
    own, other = content_words(first, "en"), content_words(second, "en")
    assert 0 <= likeness(own, other, weight) <= 1.0000001
    assert not own or likeness(own, own, weight) == pytest.approx(1)


@pytest.mark.parametrize(
    ("language", "line", "same", "other"),
    [
        ("en", "Twelve dead in Vala bus crash", "Bus crash in Vala kills 12", "Bus drivers in Vala on strike"),
        ("en", "Tsunami warning lifted in Ostra", "Tsunami waring lifted in Ostra", "Ostra votes for new mayor"),
        ("es", "Mueren dos mineros en Orin", "Dos mineros muertos en Orin", "Orin abre una mina nueva"),
        ("ar", "مقتل عاملين في منجم أورين", "قتيلان من عمال منجم أورين", "افتتاح مدرسة في أورين"),
    ],
)
def test_the_same_news_is_more_alike_than_other_news_of_the_place(
    language: str, line: str, same: str, other: str
) -> None:
    weight = weights({}, 100)
    words, same_words, other_words = (content_words(text, language) for text in (line, same, other))
    assert likeness(words, same_words, weight) > 0.5 > likeness(words, other_words, weight)
