"""Figures of a line in three languages, and the figures in which two lines disagree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.similar.corpus import Pair, agreeing_pairs, disagreeing_pairs, events
from bench.similar.figure_pairs import marked
from publisher.core.figures.reading import _NO_FIGURES, figures

LANGUAGES = st.sampled_from(["en", "es", "ar", "fr", "xx"])


@pytest.mark.parametrize(
    ("language", "text", "values"),
    [
        ("en", "12 dead, 30 hurt", [12, 30]),
        ("en", "Twenty-one killed, one hundred and twenty hurt", [21, 120]),
        ("en", "Two dozen held, a dozen freed", [24, 12]),
        ("en", "Half a million flee", [500_000]),
        ("en", "€3bn deal, $5m fine", [3e9, 5e6]),
        ("en", "Rate at 4.25 percent", [4.25]),
        ("en", "One million two hundred thousand votes", [1_200_000]),
        ("en", "Seven Killed As Bus Falls Into River", [7]),
        ("en", "A hundred and one dead, a thousand two hundred hurt", [101, 1200]),
        ("en", "Two and a half million flee, one and a half hours later", [2.5e6, 1.5]),
        ("en", "No one hurt, nobody missing", []),
        ("es", "Un centenar de muertos, media docena de heridos y dos centenares de evacuados", [100, 6, 200]),
        ("es", "Un millón y medio de personas, 2 millones y medio de euros", [1.5e6, 2.5e6]),
        ("es", "Un millón doscientos mil votos", [1_200_000]),
        ("ar", "مليون ونصف المليون نازح و٣ ملايين ونصف", [1.5e6, 3.5e6]),
        ("es", "treinta y dos heridos y mil doscientos evacuados", [32, 1200]),
        ("es", "1.234.567,5 toneladas", [1_234_567.5]),
        ("es", "3.000 millones y mil quinientos millones", [3e9, 1.5e9]),
        ("es", "un 4,2 por ciento", [1, 4.2]),
        ("ar", "٢١ قتيلًا و٣٫٥ مليون", [21, 3.5e6]),
        ("ar", "واحد وعشرون قتيلا وثلاثة عشر جريحا", [21, 13]),
        ("ar", "ألف ومئتا شخص", [1200]),
        ("ar", "مقتل شخصين وإصابة اثني عشر", [2, 12]),
        ("ar", "ثلاثمئة وخمسون حالة", [350]),
        ("ar", "3 آلاف وخمسمئة", [3500]),
        ("fa", "۲۱ کشته", [21]),
        ("hi", "२१ मृत", [21]),
    ],
)
def test_numerals_and_number_words_are_read(language: str, text: str, values: list[float]) -> None:
    assert [figure.values[0] for figure in figures(text, language)] == values


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Doors open at 10:30, call 0800 123 456 or +34 91 123 45 67"),
        ("en", "On 12 March, March 12, 12/03/2026 and 2026-03-12"),
        ("en", "The 3rd and the 21st of the 1990s, open 24/7"),
        ("en", "Dozens dead, hundreds hurt, thousands flee"),
        ("en", "Group of Seven meets; see https://news.example/12/34"),
        ("en", "At 5 pm and 6 a.m."),
        ("en", "The docket 670fb508 and the lot b12c9d"),
        ("es", "el 12 de marzo, el 3.º, a las 20 horas"),
        ("es", "Cientos de heridos y miles de evacuados"),
        ("ar", "يوم 12 مارس الساعة 5، مجموعة الـ20"),
        ("ar", "مئات القتلى وآلاف النازحين، مجموعة السبع"),
    ],
)
def test_times_dates_ordinals_and_telephone_numbers_are_no_figures(language: str, text: str) -> None:
    assert figures(text, language) == ()


@pytest.mark.parametrize("text", ["H5N1", "B2B4", "10x15", "1000x1500", "3人死5人伤2人", "EUR5bn"])
def test_a_short_name_a_size_and_a_script_without_spaces_are_no_codes(text: str) -> None:
    assert not _NO_FIGURES.search(text)


@pytest.mark.parametrize(
    "text", ["G7 leaders", "H5N1 spreads", "A 10x15 room", "Covid-19 ward", "An F-16 lands", "Flight 370", "Article 50"]
)
def test_a_number_in_a_name_is_a_figure_of_its_own_kind(text: str) -> None:
    assert [figure.kind for figure in figures(text, "en")] == ["name"]


@pytest.mark.parametrize(
    ("language", "text", "labels"),
    [
        ("en", "Gunman kills 3, wounds 8", ["dead", "hurt"]),
        ("en", "12 people killed and 30 injured", ["dead", "hurt"]),
        ("es", "Dos muertos y cinco heridos", ["dead", "hurt"]),
        ("ar", "مقتل 12 وإصابة ثلاثين", ["dead", "hurt"]),
    ],
)
def test_the_words_around_a_number_say_what_it_counts(language: str, text: str, labels: list[str]) -> None:
    assert [figure.label for figure in figures(text, language)] == labels


@given(st.text(max_size=80), LANGUAGES)
def test_any_text_can_be_read_and_each_figure_is_a_part_of_it(text: str, language: str) -> None:
    for figure in figures(text, language):
        assert text[figure.start : figure.end] == figure.text and figure.text
        assert figure.high >= figure.values[0] >= 0


@given(
    st.lists(
        st.sampled_from(
            (
                "12 1,200 1.200,5 ٢١ ٣٫٥ - – % € twenty one hundred and thousand million mil y cien ألف مئة وعشرون "
                "dozen . , : m bn"
            ).split()
        ),
        max_size=8,
    ),
    LANGUAGES,
)
def test_any_sequence_of_number_words_can_be_read(words: list[str], language: str) -> None:
    for text in (" ".join(words), "".join(words)):
        for figure in figures(text, language):
            assert text[figure.start : figure.end] == figure.text


@given(st.integers(1, 9999))
def test_a_whole_number_is_the_same_in_the_digits_of_any_script(number: int) -> None:
    arabic = str(number).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert [figure.values for figure in figures(f"{arabic} قتيلا", "ar")] == [(float(number),)]
    assert [figure.values for figure in figures(f"{number:,} dead", "en")] == [(float(number),)]
    assert [figure.values for figure in figures(f"{number} muertos", "es")] == [(float(number),)]


def test_nearly_all_changed_figures_are_marked_and_figures_that_agree_are_not() -> None:
    found = events("figures.txt")
    changed, agreeing = list(disagreeing_pairs(found)), list(agreeing_pairs(found))
    assert len(changed) >= 100 and len(agreeing) >= 100
    assert sum(bool(marked(pair)) for pair in changed) >= 0.95 * len(changed)
    assert sum(bool(marked(pair)) for pair in agreeing) <= 0.02 * len(agreeing)


@pytest.mark.parametrize(
    ("first", "second", "is_marked"),
    [
        (("en", "12 dead"), ("ar", "٢١ قتيلًا"), True),
        (("en", "12 dead"), ("ar", "١٢ قتيلًا"), False),
        (("en", "A dozen dead"), ("es", "12 muertos"), False),
        (("en", "More than 1,200 flee"), ("es", "1234 evacuados"), False),
        (("en", "More than 1,200 flee"), ("es", "2400 evacuados"), True),
        (("en", "1.2 million votes"), ("es", "1.180.000 votos"), False),
        (("en", "12 dead"), ("en", "12 dead, 30 hurt"), False),
        (("en", "12 dead, 30 hurt"), ("en", "12 dead, 5 held"), False),
        (("en", "10-15 missing"), ("es", "12 desaparecidos"), False),
        (("en", "10-15 missing"), ("es", "22 desaparecidos"), True),
        (("en", "Won 3-1"), ("es", "Gana 1-3"), False),
        (("en", "Up 4 percent"), ("es", "Sube un 5 %"), True),
        (("en", "Killed in 1994"), ("es", "Asesinado en 1993"), False),
        (("en", "2000 dead"), ("es", "2500 muertos"), True),
        (("en", "One dead"), ("es", "Dos muertos"), True),
        (("en", "One of the ministers"), ("es", "Dos ministros"), False),
        (("en", "Flight 370"), ("es", "Vuelo 371"), True),
    ],
)
def test_lines_that_say_different_numbers_are_marked(
    first: tuple[str, str], second: tuple[str, str], is_marked: bool
) -> None:
    assert bool(marked(Pair(first, second))) is bool(marked(Pair(second, first))) is is_marked
