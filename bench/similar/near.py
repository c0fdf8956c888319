"""Near-duplicates of one language: each rewording is typed while the desk has the lines and other news of the place."""

from collections.abc import Sequence

from bench.similar.corpus import LANGUAGES, Event, item
from bench.similar.judgement import Judgement
from publisher.core.advice import near_likeness
from publisher.core.similar.recent_lines import Match, RecentLines


def judge_near(found: Sequence[Event], language: str) -> Judgement:
    """Precision and recall for the lines of one language."""
    lines = recent(found)
    result = Judgement()
    for number, event in enumerate(found):
        for text in event.same[language]:
            match = best_match(lines, text, language)
            result.add(
                is_warned=_is_warned(match, language),
                is_right=match is not None and match.line.uri == f"{number} {language} line",
                is_expected=True,
            )
        own = f"{number} {language} other"
        match = best_match(lines, event.other[language][0], language, but_not=own)
        result.add(is_warned=_is_warned(match, language), is_right=False, is_expected=False)
    return result


def taken_for_same(headlines: Sequence[str], language: str) -> list[tuple[str, str]]:
    """The pairs of `headlines` that are taken for the same news."""
    lines = RecentLines()
    for number, text in enumerate(headlines):
        lines.add(item(str(number), language, text))
    pairs: dict[frozenset[str], tuple[str, str]] = {}
    for number, text in enumerate(headlines):
        match = best_match(lines, text, language, but_not=str(number))
        if match is not None and _is_warned(match, language):
            pairs.setdefault(frozenset((str(number), match.line.uri)), (text, match.line.headline.value))
    return list(pairs.values())


def recent(found: Sequence[Event]) -> RecentLines:
    """The lines and the other news of all languages."""
    lines = RecentLines()
    for number, event in enumerate(found):
        for language in LANGUAGES:
            lines.add(item(f"{number} {language} line", language, event.line[language]))
            lines.add(item(f"{number} {language} other", language, event.other[language][0]))
    return lines


def best_match(lines: RecentLines, text: str, language: str, *, but_not: str = "") -> Match | None:
    """The line that is most like `text`."""
    *_, matches = lines.search(text, language, but_not=but_not)
    return matches[0] if matches else None


def _is_warned(match: Match | None, language: str) -> bool:
    return match is not None and match.likeness >= near_likeness(language)
