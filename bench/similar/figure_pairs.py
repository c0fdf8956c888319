"""Figures: pairs of lines on the same news that agree, and pairs in which one figure was changed."""

from bench.similar.corpus import Pair, agreeing_pairs, disagreeing_pairs, events
from publisher.core.figures.disagreement import Disagreement, disagreements
from publisher.core.figures.reading import figures


def judge_figures() -> tuple[int, int, int, int]:
    """The number of changed pairs, how many of them are found, the number of agreeing pairs, and the false alarms."""
    found = events("figures.txt")
    changed, agreeing = list(disagreeing_pairs(found)), list(agreeing_pairs(found))
    return (
        len(changed),
        sum(bool(marked(pair)) for pair in changed),
        len(agreeing),
        sum(bool(marked(pair)) for pair in agreeing),
    )


def marked(pair: Pair) -> list[Disagreement]:
    """The figures of a pair that are marked."""
    (language, text), (other_language, other) = pair.first, pair.second
    same = language == other_language
    return disagreements(figures(text, language), figures(other, other_language), is_same_language=same)
