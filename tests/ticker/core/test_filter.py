"""Filters against a naive reading of the protocol's table."""

from hypothesis import given
from hypothesis import strategies as st

from tests.support.items import item
from ticker.contract.item import InfoSource, Item, Story, Text
from ticker.core.filter import Filter

names = st.sampled_from(["a", "b", "c"])
languages = st.sampled_from(["en", "es", "es-419", "zh-Hant-TW", "zh-Hant", "zh"])
sets = st.frozensets(names, max_size=2)
lists = st.lists(names, max_size=2).map(tuple)
sources = st.builds(
    InfoSource,
    name=st.builds(Text, names, st.just("en"), st.just("ltr")),
    role=st.sampled_from(["official", "platform", "agency"]),
    uri=st.sampled_from(["a", "x", "y"]),
)
some_items = st.builds(
    lambda edition, sections, places, infos, language, urgency, story: item(
        edition=edition,
        sections=sections,
        places=places,
        info_sources=infos,
        headline=Text("x", language, "auto"),
        urgency=urgency,
        story=Story(story, Text("x", "en", "ltr")) if story else None,
    ),
    names,
    lists,
    lists,
    st.lists(sources, min_size=1, max_size=2).map(tuple),
    languages,
    st.integers(1, 8),
    st.none() | names,
)
filters = st.builds(
    Filter,
    editions=sets,
    sections=sets,
    places=sets,
    roles=st.frozensets(st.sampled_from(["official", "platform"]), max_size=2),
    sources=st.frozensets(st.sampled_from(["a", "b", "x"]), max_size=2),
    languages=st.frozensets(languages, max_size=2),
    stories=sets,
    urgency=st.integers(1, 8),
)


def naive(filter: Filter, candidate: Item) -> bool:
    """Each named parameter in words: empty asks for all, otherwise one of its values must be there."""
    infos = candidate.info_sources
    carried: list[tuple[frozenset[str], set[str]]] = [
        (filter.editions, {candidate.edition}),
        (filter.sections, set(candidate.sections)),
        (filter.places, set(candidate.places)),
        (filter.roles, {info.role for info in infos}),
        (filter.stories, {candidate.story.id} if candidate.story else set()),
        (filter.sources, {info.name.value for info in infos} | {str(info.uri) for info in infos}),
    ]
    language = candidate.headline.language + "-"
    speaks = not filter.languages or any(language.startswith(name + "-") for name in filter.languages)
    return candidate.urgency <= filter.urgency and speaks and all(not name or name & has for name, has in carried)


@given(filters, some_items)
def test_a_value_of_each_named_parameter_must_match(filter: Filter, candidate: Item) -> None:
    assert filter.matches(candidate) == naive(filter, candidate)


def test_a_language_range_matches_its_own_variants_and_never_a_wider_one() -> None:
    candidate = item(headline=Text("x", "es-419", "ltr"))
    assert Filter(languages=frozenset({"es"})).matches(candidate)
    assert not Filter(languages=frozenset({"es-419"})).matches(item(headline=Text("x", "es", "ltr")))
    assert not Filter(languages=frozenset({"e"})).matches(candidate)
    assert not Filter(languages=frozenset({"es"})).matches(item(headline=Text("x", "en-", "ltr")))


def test_only_a_filter_that_names_canaries_matches_them() -> None:
    assert Filter(editions=frozenset({"canary"})).canary
    assert not Filter().canary and not Filter(editions=frozenset({"en"})).canary


def test_equal_filters_have_equal_hashes() -> None:
    first, other = (Filter(editions=frozenset(["a", "b"])), Filter(editions=frozenset(["b", "a"])))
    assert {first: 1}[other] == 1


def test_a_story_is_matched_by_its_id_whatever_its_title() -> None:
    flood = item(story=Story("flood", Text("Flood", "en", "ltr")))
    assert Filter(stories=frozenset({"flood", "vote"})).matches(flood)
    assert not Filter(stories=frozenset({"vote", "Flood"})).matches(flood)
    assert not Filter(stories=frozenset({"flood"})).matches(item())
