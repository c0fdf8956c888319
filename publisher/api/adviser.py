"""Checks one line against the recent lines, the house style, its edition and the alert budget.

The event loop is given back after each step of less than a millisecond, so that a publication never waits for a check.
"""

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import msgspec

from publisher.api.metrics import Metrics
from publisher.api.recent import Recent
from publisher.api.style_files import StyleFiles
from publisher.api.translations import Translations
from publisher.core.advice import (
    Advice,
    Draft,
    Other,
    budget_advice,
    duplicate_advice,
    edition_advice,
    figure_advice,
    has_figures,
    near_likeness,
    style_advice,
    translation_likeness,
)
from publisher.core.alert_budget import ALERT_URGENCY, Budget
from publisher.core.similar.comparison_form import primary_language
from ticker.contract.site import Site

if TYPE_CHECKING:
    from publisher.core.similar.recent_lines import Line, Match

_SHOWN: Final = 5
# A line of one or two words resembles many others.
_SHORTEST: Final = 8


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """Where a line would go: its edition, its urgency, the item that it changes or translates."""

    edition: str
    urgency: int | None = None
    uri: str | None = None
    before_version: int | None = None
    """The versions of `uri` before this one are its earlier ones; None for all."""
    translation_of: str | None = None
    story: str | None = None
    is_published: bool = False
    """Whether the line is published already, and its answer waits for the check."""


class Similar(msgspec.Struct, frozen=True):
    """A line that says the same, the likeness, and whether the figures agree (None if there are none to compare)."""

    line: "Line"
    likeness: float
    is_translation: bool
    figures_agree: bool | None


class Checked(msgspec.Struct):
    """The result of a check."""

    similar: list[Similar] = []
    budget: Budget | None = None
    advice: list[Advice] = []


class Adviser:
    """Checks lines of one desk."""

    def __init__(
        self,
        site: Site,
        recent: Recent,
        styles: StyleFiles,
        translations: Translations,
        metrics: Metrics,
        clock: Callable[[], float],
    ) -> None:
        self._site = site
        self.recent = recent
        self.styles = styles
        self.translations = translations
        recent.on_line = translations.add
        self._metrics = metrics
        self._clock = clock

    async def check(self, draft: Draft, context: Context) -> Checked:
        """What should be said about `draft`."""
        started = time.perf_counter()
        checked = Checked()
        if not context.is_published:
            await self.recent.catch_up()
        edition = self._site.editions[context.edition]
        if draft.text.strip():
            checked.advice += edition_advice(draft, edition)
            checked.advice += style_advice(draft, self.styles.style(draft.language))
            await self._compare(draft, context, checked)
        if context.urgency is not None and context.urgency <= ALERT_URGENCY:
            checked.budget = self.recent.alerts.budget(
                context.edition,
                edition.timezone,
                edition.alerts_per_day,
                now=self._clock(),
                story=context.story,
                but_not=context.uri or "",
            )
            checked.advice.append(budget_advice(checked.budget, edition.name))
        for piece in checked.advice:
            self._metrics.advice.labels(piece.code).inc()
        self._metrics.check_seconds.observe(time.perf_counter() - started)
        return checked

    async def _compare(self, draft: Draft, context: Context, checked: Checked) -> None:
        lines = self.recent.lines
        if lines is None:
            return
        await self._pause(context)
        if context.uri is not None:
            earlier = [
                line
                for line in lines.versions(context.uri)
                if context.before_version is None or line.version < context.before_version
            ]
            if earlier:
                checked.advice += figure_advice(draft, self._other(earlier[-1], is_earlier=True))
        linked = self._linked(context)
        near: list[Match] = []
        if len(draft.text) >= _SHORTEST:
            for result in lines.search(draft.text, draft.language, but_not=context.uri or ""):
                near = result
                await self._pause(context)
        family = {line.uri for line in linked}
        for line in linked:
            self._note(draft, line, 1.0, checked, is_duplicate=False)
        threshold = near_likeness(draft.language)
        matches = [match for match in near if match.likeness >= threshold and match.line.uri not in family][:_SHOWN]
        for number, match in enumerate(matches):
            # One sentence for the nearest; the others are in the list.
            self._note(draft, match.line, match.likeness, checked, is_duplicate=number == 0)
            await self._pause(context)
        if not context.is_published:
            # A vector takes 5 ms and more; the editor had this advice while typing.
            await self._translated(draft, context, checked)
        checked.similar = sorted(checked.similar, key=lambda candidate: (-candidate.likeness, -candidate.line.created))[
            :_SHOWN
        ]

    async def _pause(self, context: Context) -> None:
        """Lets other requests run. An answer to a publication takes 2 ms at once, and does not queue behind typists."""
        if not context.is_published:
            await asyncio.sleep(0)

    async def _translated(self, draft: Draft, context: Context, checked: Checked) -> None:
        """Notes the lines in other languages that say the same."""
        lines = self.recent.lines
        if lines is None or len(draft.text) < _SHORTEST:
            return
        noted = {candidate.line.uri for candidate in checked.similar} | {context.uri}
        is_first = True
        for key, cosine in await self.translations.search(draft.text, draft.language):
            line = lines.line(key)
            if line is None or line.uri in noted or cosine < translation_likeness(draft.language, line.language):
                continue
            noted.add(line.uri)
            # The exact likeness of a cosine is not that of words: shown, and no reason to ask.
            self._note(draft, line, cosine, checked, is_duplicate=is_first)
            is_first = False

    def _linked(self, context: Context) -> "list[Line]":
        """The translations of the item, as their `translationOf` says."""
        lines = self.recent.lines
        assert lines is not None
        linked: list[Line] = []
        if context.uri is not None:
            linked += lines.siblings(context.uri)
        if context.translation_of is not None:
            linked += [*lines.versions(context.translation_of)[-1:], *lines.siblings(context.translation_of)]
        return list({line.uri: line for line in linked if line.uri != context.uri}.values())

    def _note(self, draft: Draft, line: "Line", likeness: float, checked: Checked, *, is_duplicate: bool) -> None:
        other = self._other(line, likeness=likeness)
        disagreements = figure_advice(draft, other)
        has_both = has_figures(draft, other)
        translated = primary_language(draft.language) != line.language
        checked.similar.append(Similar(line, likeness, translated, not disagreements if has_both else None))
        if is_duplicate:
            checked.advice.append(duplicate_advice(draft, other))
        checked.advice += disagreements

    def _other(self, line: "Line", *, likeness: float = 1.0, is_earlier: bool = False) -> Other:
        lines = self.recent.lines
        state = lines.state(line.uri) if lines is not None else None
        edition = self._site.editions.get(line.edition)
        return Other(
            uri=line.uri,
            version=line.version,
            text=line.headline.value,
            language=line.headline.language,
            edition=edition.name if edition else line.edition,
            status=state.status if state else "usable",
            seconds_ago=self._clock() - line.created,
            likeness=likeness,
            is_earlier=is_earlier,
        )
