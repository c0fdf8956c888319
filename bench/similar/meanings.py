"""Translations by sentence vectors: each line is typed once with and once without its translation on the desk."""

from collections.abc import Sequence
from typing import Any

from bench.similar.corpus import LANGUAGES, Event
from bench.similar.judgement import Judgement
from publisher.core.advice import translation_likeness

Typed = tuple[int, str, str]
"""An event, a text of it in the language that is typed, and its translation."""
Vectors = dict[tuple[str, int, str], Any]  # Any: numpy is optional
"""By language, event and text."""


def vectors(encoder: Any, news: Sequence[Event]) -> Vectors:  # Any: the library has no types
    """The vectors of all texts."""
    return {
        (language, number, text): encoder.encode(text)
        for number, event in enumerate(news)
        for language in LANGUAGES
        for text in (event.line[language], *event.same[language], *event.other[language])
    }


def judge_events(news: Sequence[Event], encoded: Vectors, language: str, other: str) -> Judgement:
    """Precision and recall when lines in `language` are typed and the desk has those in `other`."""
    typed = [
        (number, text, translation)
        for number, event in enumerate(news)
        for text, translation in (
            *((same, event.line[other]) for same in event.same[language]),
            (event.other[language][0], event.other[other][0]),
        )
    ]
    said = [(number, text) for number, event in enumerate(news) for text in (event.line[other], event.other[other][0])]
    return _judge(typed, said, encoded, language, other)


def judge_headlines(rows: Sequence[dict[str, str]], encoder: Any, language: str, other: str) -> Judgement:
    """The same for translated headlines. Some of them are on the same news, which counts as wrong here."""
    encoded = {
        (tag, number, row[tag]): encoder.encode(row[tag])
        for number, row in enumerate(rows)
        for tag in (language, other)
    }
    typed = [(number, row[language], row[other]) for number, row in enumerate(rows)]
    return _judge(typed, [(number, row[other]) for number, row in enumerate(rows)], encoded, language, other)


def _judge(
    typed: Sequence[Typed], said: Sequence[tuple[int, str]], encoded: Vectors, language: str, other: str
) -> Judgement:
    threshold = translation_likeness(language, other)
    result = Judgement()
    for number, text, translation in typed:
        own = encoded[language, number, text]
        scored = [(float(own @ encoded[other, index, line]), index, line) for index, line in said]
        score, index, line = max(scored)
        result.add(is_warned=score >= threshold, is_right=(index, line) == (number, translation), is_expected=True)
        elsewhere = max(score for score, index, _ in scored if index != number)
        result.add(is_warned=elsewhere >= threshold, is_right=False, is_expected=False)
    return result
