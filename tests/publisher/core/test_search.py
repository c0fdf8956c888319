"""What a search on the desk finds: letters of any form, words in any order, and every other condition."""

import msgspec
import pytest

from publisher.core.search import Search, fold, matches_rest, matches_words, words_of
from tests.support.sample_items import an_item
from ticker.contract.item import Text

LINE = msgspec.structs.replace(
    an_item("urn:flashwire:01"),
    headline=Text("Évacuation à Málaga: ١٢ قتيلًا في الأردن", "en", "ltr"),
    note=Text("Straße", "de", "ltr"),
)


@pytest.mark.parametrize(
    "query",
    ["malaga", "MÁLAGA evacuation", "12 قتيلا", "قتيلًا ١٢", "الاردن", "الأردن", "strasse", "evac mal", "", "  "],
)
def test_a_line_is_found_by_its_words_in_any_form_and_order(query: str) -> None:
    assert matches_words(LINE, Search(words=words_of(query)))


@pytest.mark.parametrize("query", ["malaga madrid", "13", "évacuations", "قتلى"])
def test_a_line_without_one_of_the_words_is_not_found(query: str) -> None:
    assert not matches_words(LINE, Search(words=words_of(query)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("إسلام", "اسلام"),
        ("مدرسة", "مدرسه"),
        ("على", "علي"),
        ("عــاجل", "عاجل"),
        ("ﻋﺎﺟﻞ", "عاجل"),
        ("٣٫٥", "3٫5"),
        ("ΣΊΣΥΦΟΣ", "σισυφος"),
    ],
)
def test_two_forms_of_a_word_fold_to_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


CREATED = LINE.first_created


@pytest.mark.parametrize(
    ("search", "is_found"),
    [
        (Search(editions=frozenset({LINE.edition})), True),
        (Search(editions=frozenset({"xx"})), False),
        (Search(urgencies=frozenset({LINE.urgency})), True),
        (Search(urgencies=frozenset({7})), False),
        (Search(statuses=frozenset({"usable"})), True),
        (Search(statuses=frozenset({"withheld", "canceled"})), False),
        (Search(source=fold(LINE.info_sources[0].name.value[:4])), True),
        (Search(source="nobody"), False),
        (Search(since=CREATED), True),
        (Search(since="9999-01-01T00:00:00.000Z"), False),
        (Search(until=CREATED), False),
        (Search(until="9999-01-01T00:00:00.000Z"), True),
        (Search(story="s1"), False),
    ],
)
def test_every_condition_counts(search: Search, is_found: bool) -> None:
    assert matches_rest(LINE, search) is is_found
